import { FrontDoor } from '../../images/front-door.ts';
import { patience } from '../../images/runner.ts';
import type { LoadBalancingService } from '../elbv2/index.ts';
import type { TaskTarget } from '../elbv2/model.ts';
import type { Input } from '../shapes/modelled.ts';
import { ErrorWatch } from './error-watch.ts';
import { exposureOf, PORT_TAG } from './exposure.ts';
import type { ServiceRecord, TaskRecord } from './model.ts';
import { shiftSteps } from './rolling.ts';
import type { EcsStore } from './store.ts';
import type { TaskRunner } from './task-runner.ts';
import { newTask } from './tasks.ts';

/** What runs of a service, beside its records. */
export interface Live {
  readonly door: FrontDoor;
  routed: string;
  /** What the target groups were told last. */
  balanced: string;
  readonly leaving: Set<string>;
  readonly counted: Set<string>;
  readonly errors: ErrorWatch;
  /** Not before this time is another task started: a failing one is not tried without pause. */
  notBefore: number;
}

/** The tasks of services and the traffic to them: started, taken away without a lost request, and routed. */
export class Fleet {
  readonly #store: EcsStore;
  readonly #runner: TaskRunner;
  readonly #live = new Map<string, Live>();

  constructor(store: EcsStore, runner: TaskRunner) {
    this.#store = store;
    this.#runner = runner;
  }

  live(service: ServiceRecord): Live | undefined {
    return this.#live.get(service.arn);
  }

  /** The service is gone: its address closes. */
  end(service: ServiceRecord): void {
    this.#live
      .get(service.arn)
      ?.door.close()
      .catch(() => {});
    this.#live.delete(service.arn);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#live.values()].map(({ door }) => door.close()));
  }

  /** Opens the public address of a service. */
  async open(service: ServiceRecord): Promise<void> {
    const door = new FrontDoor();
    const live: Live = {
      door,
      routed: '',
      balanced: '',
      leaving: new Set(),
      counted: new Set(),
      errors: new ErrorWatch(60_000 / this.#store.context.speed),
      notBefore: 0,
    };
    door.observe((status, instance) => this.#observe(service, live, status, instance));
    service.port = await door.listen(service.port || Number(service.tags[PORT_TAG] ?? 0));
    this.#live.set(service.arn, live);
  }

  #observe(service: ServiceRecord, live: Live, status: number, instance: string): void {
    const deployment = this.#store.activeDeployment(service);
    if (!deployment) return;
    const task = this.#store
      .tasksOf(service)
      .find((t) => t.revisionArn === deployment.target && this.#runner.exposed(t)?.id === instance);
    if (task) live.errors.add(status >= 400, this.#store.context.now());
  }

  tasks(service: ServiceRecord, live: Live): TaskRecord[] {
    return this.#store.tasksOf(service).filter((t) => t.stoppingAt === undefined && !live.leaving.has(t.arn));
  }

  launch(service: ServiceRecord, live: Live, revisionArn: string, count: number): void {
    if (count <= 0 || this.#store.context.now() < live.notBefore) return;
    const revision = this.#store.revisions.get(revisionArn);
    const definition = this.#store.definitions.get(revision?.taskDefinition ?? '');
    if (!revision || !definition) return;
    const [group] = groupsOf(service);
    const check = group ? this.#balancing.check(group) : undefined;
    const exposure = exposureOf(definition.document, service.settings, service.tags, revision.express, check);
    for (let i = 0; i < count; i++) {
      const task = newTask(this.#store, definition, {
        clusterArn: service.clusterArn,
        group: `service:${service.name}`,
        startedBy: this.#store.activeDeployment(service)?.id ?? service.deployments[0]?.id ?? 'ecs-svc/0',
        serviceArn: service.arn,
        revisionArn,
        input: service.settings,
      });
      this.#store.event(service, `has started 1 tasks: (task ${task.id}).`);
      this.#runner.run(task, { exposure, ...this.#faults(service, revisionArn) });
    }
  }

  /** `unhealthy` and `crash` meet what is being deployed, never what is gone back to. */
  #faults(service: ServiceRecord, revisionArn: string) {
    const hit = (kind: string) => () => {
      const deployment = this.#store.activeDeployment(service);
      if (deployment?.target !== revisionArn || deployment.status !== 'IN_PROGRESS') return false;
      return this.#store.context.fault('ecs', kind, service.arn) !== undefined;
    };
    return { unhealthy: hit('unhealthy'), crash: hit('crash') };
  }

  /** No new requests to a task; when the last one has ended, it stops. */
  leave(service: ServiceRecord, live: Live, task: TaskRecord): void {
    live.leaving.add(task.arn);
    this.#store.event(service, `has begun draining connections on 1 tasks: (task ${task.id}).`);
    const instance = this.#runner.exposed(task);
    this.route(service, live);
    const bound = patience(this.#store.context.speed, 60, 0).drain;
    const drained = instance
      ? Promise.all([live.door.drained(instance.id, bound), this.#balancing.drained(instance.id, bound)])
      : Promise.resolve();
    const reason = `Scaling activity initiated by (deployment ${service.deployments[0]?.id ?? ''})`;
    drained
      .then(() => this.#runner.stop(task, 'ServiceSchedulerInitiated', reason))
      .catch((error: unknown) => this.#store.context.log(`stopping task ${task.id}: ${error}`))
      .finally(() => live.leaving.delete(task.arn));
  }

  /** Healthy tasks get the traffic: all alike, or by the weight of a shift under way. */
  route(service: ServiceRecord, live: Live): void {
    const deployment = this.#store.activeDeployment(service);
    const shifting =
      deployment && deployment.source.length > 0 && shiftSteps(deployment.configuration).length > 0
        ? deployment
        : undefined;
    const healthy = this.tasks(service, live).filter((t) => t.healthy);
    const fresh = healthy.filter((t) => t.revisionArn === shifting?.target).length;
    const backends = healthy.flatMap((task) => {
      const instance = this.#runner.exposed(task);
      if (!instance) return [];
      const isFresh = task.revisionArn === shifting?.target;
      const share = isFresh ? (shifting?.weight ?? 0) : 100 - (shifting?.weight ?? 0);
      const among = isFresh ? fresh : healthy.length - fresh;
      return [{ id: instance.id, port: instance.port, weight: shifting ? share / among : 1 }];
    });
    this.#balance(service, live, backends);
    const routed = JSON.stringify(backends);
    if (routed === live.routed) return;
    live.routed = routed;
    live.door.route(backends);
  }

  /** The service's target groups get to know its tasks, and how each stands. */
  #balance(service: ServiceRecord, live: Live, backends: readonly Weighted[]): void {
    const groups = groupsOf(service);
    if (groups.length === 0) return;
    const told = this.#store.tasksOf(service).flatMap((task): TaskTarget[] => {
      const instance = this.#runner.exposed(task);
      if (!instance) return [];
      const weight = backends.find((one) => one.id === instance.id)?.weight ?? 0;
      const leaving = live.leaving.has(task.arn) || task.stoppingAt !== undefined;
      const state = leaving ? 'draining' : task.healthy ? 'healthy' : 'initial';
      return [{ id: instance.id, port: instance.port, weight, state }];
    });
    const balanced = JSON.stringify(told);
    if (balanced === live.balanced) return;
    live.balanced = balanced;
    for (const group of groups) this.#balancing.setTasks(group, service.arn, told);
  }

  get #balancing(): LoadBalancingService {
    return this.#store.context.service<LoadBalancingService>('elasticloadbalancing');
  }
}

interface Weighted {
  readonly id: string;
  readonly weight: number;
}

const groupsOf = (service: ServiceRecord): string[] =>
  (service.settings.loadBalancers ?? []).flatMap((one: Input) => one.targetGroupArn ?? []);
