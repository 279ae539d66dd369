import { randomUUID } from 'node:crypto';
import type { CloudContext } from '../../core/service.ts';
import { FrontDoor } from '../../images/front-door.ts';
import { sleep } from '../../images/health.ts';
import type { Instance } from '../../images/instance.ts';
import { patience, retire, runnerOf } from '../../images/runner.ts';
import type { CloudWatchService } from '../cloudwatch/index.ts';
import type { LogsService } from '../logs/index.ts';
import type { Configuration, OperationRecord, OperationType, ServiceRecord } from './model.ts';
import { RolloutFailed, startInstance } from './start.ts';

/** Seconds that App Runner takes, at speed 1; measured services take 2 to 5 minutes in all, so this is a quick one. */
const SECONDS = { pending: 2, rollback: 10, pause: 20, remove: 20 };

/** What runs of one service. */
interface Live {
  readonly door: FrontDoor;
  instance?: Instance;
}

/** Runs operations: pulls, starts, checks, switches, and puts back. One at a time for each service. */
export class Rollouts {
  readonly #context: CloudContext;
  readonly #live = new Map<string, Live>();
  #closed = false;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** Opens the public address. @returns its port */
  async open(service: ServiceRecord): Promise<void> {
    const door = new FrontDoor();
    const cloudWatch = this.#context.service<CloudWatchService>('monitoring');
    const dimensions = [
      { Name: 'ServiceName', Value: service.name },
      { Name: 'ServiceID', Value: service.id },
    ];
    door.observe(({ status }) => {
      const name = `${Math.floor(status / 100)}xxStatusResponses`;
      cloudWatch.record(service.region, 'AWS/AppRunner', name, dimensions, 1);
    });
    const port = await door.listen(service.port);
    if (service.port !== 0 && port !== service.port)
      this.#context.log(`port ${service.port} of ${service.name} is taken; it is at ${port} now`);
    service.port = port;
    this.#live.set(service.arn, { door });
  }

  /** After a restart with state: what ran runs again, and an operation that was under way begins again. */
  async resume(service: ServiceRecord): Promise<void> {
    await this.open(service);
    const operation = service.operations.at(-1);
    const busy = service.status === 'OPERATION_IN_PROGRESS' && operation && operation.endedAt === undefined;
    const first = operation?.type === 'CREATE_SERVICE' || operation?.type === 'RESUME_SERVICE';
    if (service.status === 'RUNNING' || (busy && !first)) {
      try {
        await this.#deploy(service, service.current, undefined, false);
      } catch (error) {
        this.#say(service, `[AppRunner] The service did not come back: ${(error as Error).message}`);
      }
    }
    if (busy) this.#run(service, operation);
  }

  /** Begins an operation; its answer is out before it does anything. */
  begin(service: ServiceRecord, type: OperationType, pending?: Configuration): OperationRecord {
    const now = this.#context.now();
    const vanish = this.#context.fault('apprunner', 'vanish', service.arn);
    const operation: OperationRecord = {
      id: randomUUID().replaceAll('-', ''),
      type,
      status: 'PENDING',
      startedAt: now,
      updatedAt: now,
      ...(vanish ? { hidden: true } : {}),
    };
    service.operations.push(operation);
    service.status = 'OPERATION_IN_PROGRESS';
    service.updatedAt = now;
    this.#say(service, `[AppRunner] Service status is set to ${service.status}.`);
    if (pending) service.pending = pending;
    else delete service.pending;
    this.#run(service, operation);
    return operation;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#live.values()].map(({ door }) => door.close()));
    await runnerOf(this.#context).close();
  }

  #run(service: ServiceRecord, operation: OperationRecord): void {
    this.#perform(service, operation).catch((error: unknown) => {
      if (this.#closed) return;
      this.#context.log(`${operation.type} of ${service.name} failed: ${(error as Error).stack ?? error}`);
      // Nothing that AWS would say: whoever looks into the service's log is to find what went wrong here.
      this.#say(service, `[local cloud] ${(error as Error).message ?? error}`, operation);
      service.status = this.#live.get(service.arn)?.instance ? 'RUNNING' : 'CREATE_FAILED';
      this.#end(service, operation, 'FAILED');
    });
  }

  async #perform(service: ServiceRecord, operation: OperationRecord): Promise<void> {
    await this.#wait(SECONDS.pending);
    this.#set(service, operation, 'IN_PROGRESS');
    await this.#whileStuck(service);
    const forced = this.#context.fault('apprunner', 'operation-status', service.arn)?.['status'];
    if (typeof forced === 'string') return this.#forced(service, operation, forced);
    switch (operation.type) {
      case 'PAUSE_SERVICE':
        return this.#pause(service, operation);
      case 'DELETE_SERVICE':
        return this.#remove(service, operation);
      default:
        return this.#rollout(service, operation);
    }
  }

  /** The fault `stuck`: until it is cleared; one with a `count` for good. */
  async #whileStuck(service: ServiceRecord): Promise<void> {
    for (;;) {
      const stuck = this.#context.fault('apprunner', 'stuck', service.arn);
      if (!stuck) return;
      if (stuck['count'] !== undefined) await new Promise(() => {});
      await sleep(100);
    }
  }

  /** The fault `operation-status`: the operation ends so, and nothing was deployed. */
  async #forced(service: ServiceRecord, operation: OperationRecord, status: string): Promise<void> {
    if (status.startsWith('ROLLBACK_') && status !== 'ROLLBACK_IN_PROGRESS') {
      this.#set(service, operation, 'ROLLBACK_IN_PROGRESS');
      await this.#wait(SECONDS.rollback);
    }
    delete service.pending;
    if (['PENDING', 'IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'].includes(status)) {
      this.#set(service, operation, status);
      return;
    }
    service.status = this.#live.get(service.arn)?.instance ? 'RUNNING' : 'CREATE_FAILED';
    this.#end(service, operation, status);
  }

  async #rollout(service: ServiceRecord, operation: OperationRecord): Promise<void> {
    const wanted = service.pending ?? service.current;
    const idle = operation.type === 'UPDATE_SERVICE' && !this.#live.get(service.arn)?.instance;
    const paused = idle && service.operations.some((o) => o.type === 'PAUSE_SERVICE');
    if (paused) return this.#storeOnly(service, operation, wanted);
    this.#say(service, `[AppRunner] Deployment with ID : ${operation.id} started.`, operation);
    try {
      await this.#deploy(service, wanted, operation, true);
    } catch (error) {
      if (!(error instanceof RolloutFailed)) throw error;
      this.#say(service, error.message, operation);
      this.#say(service, `[AppRunner] Deployment with ID : ${operation.id} failed.`, operation);
      return this.#putBack(service, operation);
    }
    service.current = wanted;
    delete service.pending;
    this.#say(service, '[AppRunner] Successfully deployed your application image.', operation);
    service.status = 'RUNNING';
    this.#end(service, operation, 'SUCCEEDED');
  }

  /** A paused service takes another configuration and stays paused. */
  async #storeOnly(service: ServiceRecord, operation: OperationRecord, wanted: Configuration): Promise<void> {
    service.current = wanted;
    delete service.pending;
    service.status = 'PAUSED';
    this.#end(service, operation, 'SUCCEEDED');
  }

  /**
   * A failed first deployment leaves nothing (CREATE_FAILED); a failed resume leaves the service paused; after any
   * other the previous version, which never stopped, goes on, with the previous configuration.
   */
  async #putBack(service: ServiceRecord, operation: OperationRecord): Promise<void> {
    if (!this.#live.get(service.arn)?.instance) {
      if (operation.type === 'CREATE_SERVICE' && service.pending) service.current = service.pending;
      delete service.pending;
      service.status = operation.type === 'RESUME_SERVICE' ? 'PAUSED' : 'CREATE_FAILED';
      this.#end(service, operation, 'FAILED');
      return;
    }
    this.#set(service, operation, 'ROLLBACK_IN_PROGRESS');
    this.#say(service, '[AppRunner] Rolling back to the last successful deployment.', operation);
    await this.#wait(SECONDS.rollback);
    delete service.pending;
    service.status = 'RUNNING';
    const failed = this.#context.fault('apprunner', 'rollback-fails', service.arn);
    this.#end(service, operation, failed ? 'ROLLBACK_FAILED' : 'ROLLBACK_SUCCEEDED');
  }

  /** Starts an instance of a configuration, waits until it is healthy, and gives it the traffic. */
  async #deploy(
    service: ServiceRecord,
    wanted: Configuration,
    operation: OperationRecord | undefined,
    paced: boolean,
  ): Promise<void> {
    const started = await startInstance(this.#context, service, wanted, {
      paced,
      say: (line) => this.#say(service, line, operation),
      cancelled: () => this.#closed,
      // Faults meet what an operation brings, never what comes back by itself.
      forced: (kind) =>
        operation !== undefined && this.#context.fault('apprunner', kind, service.arn) !== undefined,
    });
    if (!started) return;
    const { instance, image } = started;
    this.#switch(service, instance);
    service.digest = image.digest;
    this.#context.changed('apprunner');
  }

  /** New requests go to the new instance; the old one ends its own, and then itself. */
  #switch(service: ServiceRecord, instance: Instance): void {
    const live = this.#live.get(service.arn);
    if (!live) return;
    const old = live.instance;
    live.instance = instance;
    live.door.route([{ id: instance.id, port: instance.port, weight: 100 }]);
    if (old) retire(live.door, old, patience(this.#context.speed, 120, 30)).catch(() => {});
    instance.exited.then(() => this.#revive(service, instance));
  }

  /** An instance that ends by itself is replaced, again and again, as App Runner does. */
  async #revive(service: ServiceRecord, instance: Instance): Promise<void> {
    const mine = () => !this.#closed && this.#live.get(service.arn)?.instance === instance;
    while (mine()) {
      this.#say(service, '[AppRunner] Your application stopped. Starting a new instance.');
      await sleep(Math.max(250, 5_000 / this.#context.speed));
      if (!mine()) return;
      try {
        return await this.#deploy(service, service.current, undefined, false);
      } catch (error) {
        this.#say(service, (error as Error).message);
      }
    }
  }

  async #pause(service: ServiceRecord, operation: OperationRecord): Promise<void> {
    await this.#stopInstance(service);
    await this.#wait(SECONDS.pause);
    service.status = 'PAUSED';
    this.#end(service, operation, 'SUCCEEDED');
  }

  async #remove(service: ServiceRecord, operation: OperationRecord): Promise<void> {
    await this.#stopInstance(service);
    await this.#wait(SECONDS.remove);
    await this.#live.get(service.arn)?.door.close();
    this.#live.delete(service.arn);
    service.status = 'DELETED';
    service.deletedAt = this.#context.now();
    this.#end(service, operation, 'SUCCEEDED');
  }

  async #stopInstance(service: ServiceRecord): Promise<void> {
    const live = this.#live.get(service.arn);
    const instance = live?.instance;
    if (!live || !instance) return;
    delete live.instance;
    live.door.route([]);
    await retire(live.door, instance, patience(this.#context.speed, 120, 30));
  }

  #set(service: ServiceRecord, operation: OperationRecord, status: string): void {
    const now = this.#context.now();
    operation.status = status;
    operation.updatedAt = now;
    service.updatedAt = now;
    this.#context.changed('apprunner');
  }

  #end(service: ServiceRecord, operation: OperationRecord, status: string): void {
    operation.endedAt = this.#context.now();
    this.#say(service, `[AppRunner] Service status is set to ${service.status}.`);
    this.#set(service, operation, status);
  }

  #say(service: ServiceRecord, line: string, operation?: OperationRecord): void {
    const group = `/aws/apprunner/${service.name}/${service.id}/service`;
    const logs = this.#context.service<LogsService>('logs');
    logs.write(service.region, group, operation ? `deployment/${operation.id}` : 'events', line);
  }

  #wait(seconds: number): Promise<void> {
    return sleep((seconds * 1000) / this.#context.speed);
  }
}
