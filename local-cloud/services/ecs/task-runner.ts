import type { CloudContext } from '../../core/service.ts';
import { becomesHealthy, type HealthCheck, sleep } from '../../images/health.ts';
import type { Exit, Instance } from '../../images/instance.ts';
import { LINUX_AMD64 } from '../../images/platform.ts';
import { PullError, type PulledImage } from '../../images/pull.ts';
import { patience, runnerOf } from '../../images/runner.ts';
import type { LogsService } from '../logs/index.ts';
import type { ContainerOverride } from '../shapes/inputs/ecs.ts';
import { isSecretArn, secretValue } from '../ssm/secret.ts';
import type { ContainerDocument, ContainerRecord, TaskDefinitionDocument, TaskRecord } from './model.ts';
import { startOrder } from './start-order.ts';
import type { EcsStore } from './store.ts';

/** Seconds that Fargate takes, at speed 1. */
const SECONDS = { provision: 10, pull: 10, deprovision: 3 };

/** Which container is reached from outside, and how its health is asked. */
export interface Exposure {
  readonly container: string;
  readonly containerPort: number;
  readonly check: HealthCheck;
}

export interface TaskHooks {
  readonly exposure?: Exposure | undefined;
  /** A fault: health checks fail whatever the app says. */
  readonly unhealthy?: (() => boolean) | undefined;
  readonly crash?: (() => boolean) | undefined;
}

/** Why a task could not start. */
class StartFailed extends Error {
  readonly container: ContainerRecord | undefined;
  constructor(message: string, container?: ContainerRecord) {
    super(message);
    this.container = container;
  }
}

interface Running {
  readonly instances: Map<string, Instance>;
  /** Reached from outside: its id and port go to the front door. */
  exposed?: Instance;
}

/** Runs tasks: every container of one as an instance, with its output in Logs, and AWS's statuses in AWS's order. */
export class TaskRunner {
  readonly #store: EcsStore;
  readonly #context: CloudContext;
  readonly #running = new Map<string, Running>();
  #closed = false;

  constructor(store: EcsStore) {
    this.#store = store;
    this.#context = store.context;
  }

  /** The instance that serves a task's traffic, once it runs. */
  exposed(task: TaskRecord): Instance | undefined {
    return this.#running.get(task.arn)?.exposed;
  }

  /** Starts a task and follows it to its end; its record tells how it stands. */
  run(task: TaskRecord, hooks: TaskHooks): void {
    const running: Running = { instances: new Map() };
    this.#running.set(task.arn, running);
    this.#start(task, running, hooks).catch(async (error: unknown) => {
      if (!(error instanceof StartFailed))
        this.#context.log(`task ${task.id}: ${(error as Error).stack ?? error}`);
      const container = error instanceof StartFailed ? error.container : undefined;
      if (container) container.reason = (error as Error).message;
      await this.#finish(task, 'TaskFailedToStart', (error as Error).message);
    });
  }

  async stop(task: TaskRecord, code: string, reason: string): Promise<void> {
    if (task.stoppingAt === undefined) await this.#finish(task, code, reason);
  }

  close(): void {
    this.#closed = true;
  }

  async #start(task: TaskRecord, running: Running, hooks: TaskHooks): Promise<void> {
    const definition = this.#store.definitions.get(task.taskDefinitionArn)?.document;
    if (!definition) throw new StartFailed(`There is no task definition ${task.taskDefinitionArn}.`);
    await this.#wait(SECONDS.provision);
    const slow = this.#context.fault('ecs', 'slow-start', task.serviceArn ?? task.taskDefinitionArn);
    if (typeof slow?.['ms'] === 'number') await sleep(slow['ms']);
    if (ending(task)) return;
    this.#status(task, 'PENDING');
    const prepared = await this.#prepare(task, definition);
    await this.#wait(SECONDS.pull);
    if (ending(task)) return;
    await this.#startContainers(task, definition, prepared, running, hooks);
    if (ending(task)) return;
    task.startedAt = this.#context.now();
    this.#status(task, 'RUNNING');
    if (hooks.crash?.()) for (const instance of running.instances.values()) await instance.stop(0);
    await this.#checkHealth(task, running, hooks);
  }

  /** All that can fail before anything runs: images, secrets, log groups. */
  async #prepare(task: TaskRecord, definition: TaskDefinitionDocument): Promise<Map<string, Prepared>> {
    const prepared = new Map<string, Prepared>();
    task.pullStartedAt = this.#context.now();
    for (const container of definition.containerDefinitions) {
      const record = task.containers.find((c) => c.name === container.name);
      if (!record) continue;
      const override = (task.input.overrides?.containerOverrides ?? []).find(
        (o) => o.name === container.name,
      );
      const image = await this.#pull(task, definition, record);
      record.imageDigest = image.digest;
      prepared.set(record.name, {
        image,
        env: this.#environment(task, container, override),
        onLine: this.#logger(task, container),
        command: override?.command ?? container.command,
      });
    }
    task.pullStoppedAt = this.#context.now();
    return prepared;
  }

  async #pull(
    task: TaskRecord,
    definition: TaskDefinitionDocument,
    record: ContainerRecord,
  ): Promise<PulledImage> {
    const instance = this.#store.instances.get(task.containerInstanceArn ?? '');
    const arm = instance
      ? instance.architecture === 'arm64'
      : definition.runtimePlatform?.cpuArchitecture === 'ARM64';
    const platform = arm ? { os: 'linux', architecture: 'arm64' } : LINUX_AMD64;
    try {
      return await runnerOf(this.#context).pull(record.image, task.region, platform);
    } catch (error) {
      if (!(error instanceof PullError)) throw error;
      const what =
        error.reason === 'platform'
          ? `pull image manifest has been retried 7 time(s): ${error.message}`
          : `pull image manifest has been retried 1 time(s): failed to resolve ref ${error.message}`;
      throw new StartFailed(`CannotPullContainerError: ${what}`, record);
    }
  }

  #environment(
    task: TaskRecord,
    container: ContainerDocument,
    override: ContainerOverride | undefined,
  ): Record<string, string> {
    const env: Record<string, string> = {};
    for (const { name = '', value = '' } of container.environment ?? []) env[name] = value;
    for (const secret of container.secrets ?? []) {
      try {
        env[secret.name] = secretValue(this.#context, secret.valueFrom, task.region);
      } catch (error) {
        const why = isSecretArn(secret.valueFrom)
          ? `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${secret.valueFrom} from secrets manager: ${(error as Error).message}`
          : `unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: ${secret.valueFrom}`;
        throw new StartFailed(
          `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ${why}`,
        );
      }
    }
    for (const { name = '', value = '' } of override?.environment ?? []) env[name] = value;
    return env;
  }

  /** The awslogs driver: the group has to be there, unless `awslogs-create-group` is true. */
  #logger(task: TaskRecord, container: ContainerDocument): (line: string) => void {
    const options = container.logConfiguration?.options ?? {};
    const group = options['awslogs-group'];
    if (container.logConfiguration?.logDriver !== 'awslogs' || !group) return () => {};
    const region = options['awslogs-region'] ?? task.region;
    const logs = this.#context.service<LogsService>('logs');
    if (!logs.hasGroup(region, group) && options['awslogs-create-group'] !== 'true')
      throw new StartFailed(
        'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.',
      );
    const stream = `${options['awslogs-stream-prefix'] ?? 'ecs'}/${container.name}/${task.id}`;
    return (line) => logs.write(region, group, stream, line);
  }

  async #startContainers(
    task: TaskRecord,
    definition: TaskDefinitionDocument,
    prepared: ReadonlyMap<string, Prepared>,
    running: Running,
    hooks: TaskHooks,
  ): Promise<void> {
    for (const container of startOrder(definition.containerDefinitions)) {
      for (const need of container.dependsOn ?? [])
        if (['COMPLETE', 'SUCCESS'].includes(need.condition))
          await running.instances.get(need.containerName)?.exited;
      if (ending(task)) return;
      const record = task.containers.find((c) => c.name === container.name);
      const ready = prepared.get(container.name);
      if (!record || !ready) continue;
      const isExposed = hooks.exposure?.container === container.name;
      const instance = await runnerOf(this.#context).launch({
        image: ready.image,
        env: ready.env,
        entryPoint: container.entryPoint,
        command: ready.command,
        workdir: container.workingDirectory,
        port: isExposed ? hooks.exposure?.containerPort : undefined,
        onLine: ready.onLine,
      });
      running.instances.set(record.name, instance);
      if (isExposed) running.exposed = instance;
      if (isExposed) record.hostPort = instance.port;
      record.runtimeId = `${task.id}-${instance.id.slice(0, 10)}`;
      record.lastStatus = 'RUNNING';
      instance.exited.then((exit) => this.#exited(task, container, record, exit));
    }
  }

  async #exited(
    task: TaskRecord,
    container: ContainerDocument,
    record: ContainerRecord,
    exit: Exit,
  ): Promise<void> {
    record.lastStatus = 'STOPPED';
    record.exitCode = exit.code;
    if (exit.startError) {
      record.reason = `CannotStartContainerError: Error response: failed to create shim task: OCI runtime create failed: ${exit.startError}: unknown`;
      delete record.exitCode;
    }
    this.#store.changed();
    if (this.#closed || container.essential === false || task.stoppingAt !== undefined) return;
    if (exit.startError) await this.#finish(task, 'TaskFailedToStart', record.reason ?? '');
    else await this.#finish(task, 'EssentialContainerExited', 'Essential container in task exited');
  }

  async #checkHealth(task: TaskRecord, running: Running, hooks: TaskHooks): Promise<void> {
    const { exposure } = hooks;
    const instance = running.exposed;
    if (!exposure || !instance) {
      task.healthy = true;
      this.#store.changed();
      return;
    }
    const started = await becomesHealthy(instance, exposure.check, {
      speed: this.#context.speed,
      forced: hooks.unhealthy,
      cancelled: () => this.#closed || ending(task),
    });
    const record = task.containers.find((c) => c.name === exposure.container);
    if (started.healthy) {
      task.healthy = true;
      if (record) record.healthStatus = 'HEALTHY';
      this.#store.changed();
      return;
    }
    if (started.cause !== 'unhealthy') return;
    if (record) record.healthStatus = 'UNHEALTHY';
    await this.#finish(
      task,
      'ServiceSchedulerInitiated',
      `Task failed ELB health checks in (target-group ${this.#targetGroup(task)}): ${started.why}`,
    );
  }

  #targetGroup(task: TaskRecord): string {
    const service = this.#store.services.get(task.serviceArn ?? '');
    return service?.settings.loadBalancers?.[0]?.targetGroupArn ?? 'none';
  }

  /** Ends a task: containers get SIGTERM, and SIGKILL after their stop timeout. */
  async #finish(task: TaskRecord, code: string, reason: string): Promise<void> {
    if (task.stoppingAt !== undefined) return;
    task.stoppingAt = this.#context.now();
    task.desiredStatus = 'STOPPED';
    task.stopCode = code;
    task.stoppedReason = reason;
    task.healthy = false;
    this.#status(task, 'STOPPING');
    const instances = [...(this.#running.get(task.arn)?.instances ?? [])];
    await Promise.all(instances.map(([name, instance]) => instance.stop(this.#grace(task, name))));
    this.#status(task, 'DEPROVISIONING');
    await this.#wait(SECONDS.deprovision);
    for (const container of task.containers) container.lastStatus = 'STOPPED';
    task.stoppedAt = this.#context.now();
    this.#running.delete(task.arn);
    this.#status(task, 'STOPPED');
  }

  /** Milliseconds between SIGTERM and SIGKILL: the container's `stopTimeout`, 30 s without one. */
  #grace(task: TaskRecord, name: string): number {
    const definition = this.#store.definitions.get(task.taskDefinitionArn)?.document;
    const container = definition?.containerDefinitions.find((one) => one.name === name);
    return patience(this.#context.speed, 0, container?.stopTimeout ?? 30).stop;
  }

  #status(task: TaskRecord, status: TaskRecord['lastStatus']): void {
    task.lastStatus = status;
    this.#store.changed();
  }

  #wait(seconds: number): Promise<void> {
    return sleep((seconds * 1000) / this.#context.speed);
  }
}

interface Prepared {
  readonly image: PulledImage;
  readonly env: Record<string, string>;
  readonly onLine: (line: string) => void;
  readonly command: readonly string[] | undefined;
}

const ending = (task: TaskRecord) => task.stoppingAt !== undefined;
