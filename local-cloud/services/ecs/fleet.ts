import { type Answer, FrontDoor } from '../../images/front-door.ts';
import { patience } from '../../images/runner.ts';
import type { TargetState } from '../elbv2/model.ts';
import { Balance, groupOf } from './balance.ts';
import { launchTypeOf, NO_INSTANCES, placedOn, providerOf } from './capacity.ts';
import { ErrorWatch } from './error-watch.ts';
import { exposureOf, PORT_TAG } from './exposure.ts';
import type {
  DeploymentRecord,
  ServiceRecord,
  ServiceSettings,
  TaskDefinitionDocument,
  TaskRecord,
} from './model.ts';
import type { EcsStore } from './store.ts';
import { shifts } from './strategy.ts';
import type { TaskRunner } from './task-runner.ts';
import { newTask } from './tasks.ts';

/** What runs of a service, beside its records. */
export interface Live {
  readonly door: FrontDoor;
  routed: string;
  /** What the target groups and the rules were told last. */
  balanced: string;
  weighed: string;
  readonly leaving: Set<string>;
  /** Tasks whose failure was counted, and those that were seen healthy. */
  readonly counted: Set<string>;
  readonly wellSeen: Set<string>;
  readonly errors: ErrorWatch;
  /** Not before this time is another task started: a failing one is not tried without pause. */
  notBefore: number;
}

/** The tasks of services and the traffic to them: started, taken away without a lost request, and routed. */
export class Fleet {
  readonly balance: Balance;
  readonly #store: EcsStore;
  readonly #runner: TaskRunner;
  readonly #live = new Map<string, Live>();

  constructor(store: EcsStore, runner: TaskRunner) {
    this.#store = store;
    this.#runner = runner;
    this.balance = new Balance(store);
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
      weighed: '',
      leaving: new Set(),
      counted: new Set(),
      wellSeen: new Set(),
      errors: new ErrorWatch(60_000 / this.#store.context.speed),
      notBefore: 0,
    };
    door.observe((answer) => this.#observe(service, live, answer));
    service.port = await door.listen(service.port || Number(service.tags[PORT_TAG] ?? 0));
    this.#live.set(service.arn, live);
  }

  #observe(service: ServiceRecord, live: Live, { status, backend }: Answer): void {
    const deployment = this.#store.activeDeployment(service);
    if (!deployment) return;
    const task = this.#store
      .tasksOf(service)
      .find((t) => t.revisionArn === deployment.target && this.#runner.exposed(t)?.id === backend);
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
    const settings = { ...service.settings, ...revision.settings };
    const group = groupOf(settings.loadBalancers?.[0] ?? {}, revision);
    const check = group ? this.balance.check(group) : undefined;
    const exposure = exposureOf(definition.document, settings, service.tags, revision.express, check);
    for (let i = 0; i < count; i++) {
      const place = this.#place(service, live, settings, definition.document);
      if (!place) return;
      const task = newTask(this.#store, definition, {
        ...place,
        clusterArn: service.clusterArn,
        group: `service:${service.name}`,
        startedBy: this.#store.activeDeployment(service)?.id ?? service.deployments[0]?.id ?? 'ecs-svc/0',
        serviceArn: service.arn,
        revisionArn,
        input: settings,
      });
      this.#store.event(service, `has started 1 tasks: (task ${task.id}).`);
      this.#runner.run(task, { exposure, ...this.#faults(service, revisionArn) });
    }
  }

  /** Where a service's next task runs; `undefined`, with an event, where no container instance can take it. */
  #place(service: ServiceRecord, live: Live, settings: ServiceSettings, definition: TaskDefinitionDocument) {
    const running = this.#store.tasksOf(service).map((task) => task.capacityProvider);
    const capacityProvider = providerOf(settings, running);
    const provider = capacityProvider ? { capacityProvider } : {};
    if (launchTypeOf(settings) !== 'EC2') return provider;
    const instances = this.#store.instancesOf({ arn: service.clusterArn });
    const instance = placedOn(instances, definition, (arn) => this.#store.tasksOn(arn));
    if (instance) return { ...provider, containerInstanceArn: instance.arn };
    const why =
      instances.length === 0
        ? NO_INSTANCES
        : 'No container instance has the attributes that the task definition requires.';
    this.#store.event(
      service,
      `was unable to place a task because no container instance met all of its requirements. Reason: ${why} For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
    );
    live.notBefore = this.#store.context.now() + Math.max(200, 10_000 / this.#store.context.speed);
    return undefined;
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

  /** Stops one running task as Fargate Spot does when it needs the capacity back (ECS developer guide, "Fargate Spot"). */
  interrupt(service: ServiceRecord): void {
    const task = this.#store.tasksOf(service).find((one) => one.lastStatus === 'RUNNING');
    if (!task) return;
    this.#runner
      .stop(task, 'SpotInterruption', 'Your Spot Task was interrupted.')
      .catch((error: unknown) => this.#store.context.log(`stopping task ${task.id}: ${error}`));
  }

  /** No new requests to a task; when the last one has ended, it stops. */
  leave(service: ServiceRecord, live: Live, task: TaskRecord): void {
    live.leaving.add(task.arn);
    this.#store.event(service, `has begun draining connections on 1 tasks: (task ${task.id}).`);
    const instance = this.#runner.exposed(task);
    this.route(service, live);
    const bound = patience(this.#store.context.speed, 60, 0).drain;
    const drained = instance
      ? Promise.all([live.door.drained(instance.id, bound), this.balance.drained(instance.id, bound)])
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
    const shifting = deployment && shifts(deployment.configuration) ? deployment : undefined;
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
    this.#tell(service, live, shifting);
    const routed = JSON.stringify(backends);
    if (routed === live.routed) return;
    live.routed = routed;
    live.door.route(backends);
  }

  /** The service's target groups get to know its tasks and how each stands, and its rules the weights of a shift. */
  #tell(service: ServiceRecord, live: Live, shifting: DeploymentRecord | undefined): void {
    if (!service.settings.loadBalancers?.length) return;
    const told = this.#store.tasksOf(service).flatMap((task) => {
      const instance = this.#runner.exposed(task);
      if (!instance) return [];
      const leaving = live.leaving.has(task.arn) || task.stoppingAt !== undefined;
      const state: TargetState = leaving ? 'draining' : task.healthy ? 'healthy' : 'initial';
      return [{ task, target: { id: instance.id, port: instance.port, state } }];
    });
    const balanced = JSON.stringify(told.map(({ target }) => target));
    if (balanced !== live.balanced) this.balance.tell(service, told);
    live.balanced = balanced;
    if (!shifting) return;
    const weighed = `${shifting.id} ${shifting.weight} ${shifting.testWeight}`;
    if (weighed !== live.weighed) this.balance.weigh(shifting);
    live.weighed = weighed;
  }
}
