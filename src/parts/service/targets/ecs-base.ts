import type { AutoScalingApi } from '../../../aws/autoscaling.ts';
import type { EcsApi, EcsService, EcsTask, RegisterTaskDefinitionRequest } from '../../../aws/ecs.ts';
import { awsProblem, readAwsError } from '../../../aws/errors.ts';
import type { LoadBalancersApi } from '../../../aws/load-balancers.ts';
import type { LogsApi } from '../../../aws/logs.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { failed, messageOf, refused } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { digestOf } from '../plan/image-ref.ts';
import { type BackendSpec, type Scaling, sameScaling, type TargetKind } from '../plan/spec.ts';
import type { Findings } from '../verdict/diagnosis.ts';
import { type ContainerWish, chooseContainers } from './container-choice.ts';
import { ServiceDeployments } from './ecs-deployments.ts';
import {
  definitionOfService,
  describeService,
  describeStopped,
  digestOfTask,
  isComing,
  seconds,
  shortArn,
  tailOf,
} from './ecs-facts.ts';
import { observationOf } from './ecs-observation.ts';
import { deregister } from './left-behind.ts';
import {
  type BackendState,
  LOST,
  type Observation,
  type OneOff,
  type Rollout,
  type Running,
  type Target,
} from './target.ts';

export interface EcsPorts {
  readonly api: EcsApi;
  readonly logs: LogsApi;
  readonly scaling: AutoScalingApi;
  /** Made where it is needed. */
  readonly loadBalancers: () => LoadBalancersApi;
  readonly log: Log;
  readonly clock: Clock;
  /** True where the user gives auto-scaling numbers. */
  readonly scales: boolean;
}

/** What both ECS targets keep of a service to send it back. */
export interface Native {
  readonly service: EcsService;
  readonly container: string;
}

/** What ECS and ECS Express have in common: service deployments, tasks, events. */
export abstract class EcsBase implements Target {
  abstract readonly kind: TargetKind;
  readonly arn: string;
  readonly cluster: string;
  readonly name: string;
  protected readonly api: EcsApi;
  protected readonly log: Log;
  protected readonly wish: ContainerWish;
  protected readonly deployments: ServiceDeployments;
  /** Revisions that we registered, and that no service was updated to. */
  protected readonly unused = new Set<string>();
  readonly #ports: EcsPorts;
  readonly #definitions = new Map<string, Awaited<ReturnType<EcsApi['taskDefinition']>>>();

  constructor(service: EcsService, wish: ContainerWish, ports: EcsPorts) {
    this.arn = service.serviceArn ?? '';
    this.cluster = service.clusterArn ?? 'default';
    this.name = service.serviceName ?? '';
    this.wish = wish;
    this.api = ports.api;
    this.log = ports.log;
    this.#ports = ports;
    const { arn, cluster, name } = this;
    this.deployments = new ServiceDeployments({ ...ports, arn, cluster, name });
  }

  abstract read(): Promise<BackendState>;
  abstract start(now: BackendState, wanted: BackendSpec, evenBlind?: boolean): Promise<Rollout>;

  abstract refuse(now: BackendState, wanted: BackendSpec): void;

  protected async service(): Promise<EcsService> {
    const service = await describeService(this.api, this.cluster, this.name);
    if (service) return service;
    throw refused({
      input: 'service',
      what: 'is not there any more',
      found: this.arn,
      fix: 'create it again',
    });
  }

  /** A registered revision never changes: it is read once. */
  protected async definitionOf(arn: string): ReturnType<EcsApi['taskDefinition']> {
    const known = this.#definitions.get(arn);
    if (known) return known;
    const found = await this.api.taskDefinition(arn).catch((error) => {
      throw awsProblem(error, {
        operation: 'ecs:DescribeTaskDefinition',
        resource: arn,
        input: 'service',
      });
    });
    this.#definitions.set(arn, found);
    return found;
  }

  /** The newest active revision of a family; `undefined` where none is active. */
  protected async newestOf(
    family: string,
  ): Promise<Awaited<ReturnType<EcsApi['taskDefinition']>> | undefined> {
    return this.api.taskDefinition(family).catch((error) => {
      if (readAwsError(error).code === 'ClientException') return undefined;
      throw awsProblem(error, {
        operation: 'ecs:DescribeTaskDefinition',
        resource: `family ${family}`,
        input: 'service',
      });
    });
  }

  protected async register(input: RegisterTaskDefinitionRequest): Promise<string> {
    const arn = await this.api.registerTaskDefinition(input).catch((error) => {
      throw awsProblem(error, {
        operation: 'ecs:RegisterTaskDefinition',
        resource: `family ${input.family}`,
        input: 'service',
      });
    });
    this.unused.add(arn);
    return arn;
  }

  async discard(): Promise<void> {
    for (const arn of this.unused) await deregister(this.api, arn, this.log);
    this.unused.clear();
  }

  /** A one-off task where the service's own tasks run. */
  protected oneOffOf(service: EcsService, taskDefinition: string, container: string): OneOff {
    const { launchType, capacityProviderStrategy, platformVersion, networkConfiguration } = service;
    // A service that names neither runs by the cluster's default, and so does a task.
    const placement = capacityProviderStrategy?.length
      ? { capacityProviderStrategy }
      : { ...(launchType ? { launchType } : {}) };
    return {
      cluster: this.cluster,
      taskDefinition,
      container,
      network: networkConfiguration,
      placement: { ...placement, ...(platformVersion ? { platformVersion } : {}) },
    };
  }

  async underWay(): Promise<string | undefined> {
    return this.deployments.underWay();
  }

  async bringing(image: string): Promise<Rollout | undefined> {
    return this.deployments.bringing(image);
  }

  async observe(rollout: Rollout): Promise<Observation | undefined> {
    // Nothing had to be rolled out: only the scaling, or the circuit breaker, was changed.
    if (rollout.id === '') return { status: 'SUCCESSFUL', phase: 'succeeded' };
    if (rollout.id === LOST) return undefined;
    const deployment = await this.api.deployment(rollout.id);
    if (!deployment) return undefined;
    return observationOf(this.kind, deployment);
  }

  async rehearse(now: BackendState): Promise<void> {
    await Promise.all([this.deployments.rehearse(), this.running(undefined, now)]);
  }

  async running(rollout: Rollout | undefined, known?: BackendState): Promise<Running> {
    const [state, tasks] = await Promise.all([known ?? this.read(), this.#tasks('RUNNING')]);
    const { container, service } = state.native as Native;
    const up = tasks.filter((task) => task.lastStatus === 'RUNNING');
    const definition = definitionOfService(service);
    const ours = up.filter((task) => !definition || task.taskDefinitionArn === definition);
    const digests = ours.map((task) => digestOfTask(task, container));
    const recorded = digests.includes(undefined) ? await this.#recordedDigest(service, container) : undefined;
    const others = up.filter((task) => !ours.includes(task));
    return {
      state,
      digests: [...new Set(digests.map((digest) => digest ?? recorded ?? 'a digest that ECS does not tell'))],
      tasks: {
        wanted: service.desiredCount ?? 0,
        running: ours.length,
        others: others.map((task) => digestOfTask(task, container) ?? shortArn(task.taskDefinitionArn)),
        isComing: isComing(service),
      },
      replacedBy:
        rollout?.id && rollout.id !== LOST ? await this.deployments.replacement(rollout.id) : undefined,
    };
  }

  /**
   * The digest that ECS resolved for the revision of the service: a task need not tell its own
   * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html: imageDigest).
   */
  async #recordedDigest(service: EcsService, container: string): Promise<string | undefined> {
    for (const { arn } of service.currentServiceRevisions ?? []) {
      const revision = await this.api.revision(arn ?? '');
      if (revision?.taskDefinition !== definitionOfService(service)) continue;
      const image = revision?.containerImages?.find((one) => one.containerName === container);
      return image?.imageDigest ?? digestOf(image?.image ?? '');
    }
    return undefined;
  }

  async stop(rollout: Rollout): Promise<boolean> {
    return this.deployments.stop(rollout.id);
  }

  async candidateDigests(rollout: Rollout): Promise<string[]> {
    const deployment = await this.api.deployment(rollout.id);
    const revision = await this.api.revision(deployment?.targetServiceRevision?.arn ?? '');
    const service = await this.service();
    const { definition } = await this.definitionOf(revision?.taskDefinition ?? '');
    const { main, others } = chooseContainers(definition, this.wish, service);
    const ours = [main.name, ...others];
    const images = (revision?.containerImages ?? []).filter(({ containerName }) =>
      ours.includes(containerName),
    );
    return [...new Set(images.map(({ imageDigest, image = '' }) => imageDigest ?? digestOf(image) ?? image))];
  }

  async answer(rollout: Rollout, hook: string, action: 'CONTINUE' | 'ROLLBACK'): Promise<boolean> {
    return this.deployments.answer(rollout.id, hook, action);
  }

  async digestNow(state: BackendState): Promise<string | undefined> {
    const { container } = state.native as Native;
    const tasks = await this.#tasks('RUNNING');
    const digests = tasks.map((task) => digestOfTask(task, container));
    const [first, ...others] = [...new Set(digests.filter(Boolean))];
    return others.length === 0 ? first : undefined;
  }

  async findings(state: BackendState, rollout: Rollout | undefined): Promise<Findings> {
    const since = rollout?.startedAt ?? Date.now() - 15 * 60_000;
    const [events, stopped] = await Promise.all([this.#events(since), this.#stopped(since)]);
    const log = await this.#appLog(state, since, stopped);
    return { events, stopped: stopped.map(describeStopped), log, health: state.health };
  }

  async #events(since: number): Promise<string[]> {
    const service = await this.service().catch(() => undefined);
    const fresh = (service?.events ?? []).filter((event) => seconds(event.createdAt) * 1000 >= since - 1000);
    return fresh
      .slice(0, 10)
      .reverse()
      .map((event) => event.message ?? '');
  }

  async #stopped(since: number): Promise<EcsTask[]> {
    const tasks = await this.#tasks('STOPPED').catch(() => []);
    const fresh = tasks.filter((task) => seconds(task.createdAt) * 1000 >= since - 1000);
    return fresh.slice(0, 5);
  }

  /** The last lines of the tasks that stopped, or else of the service. */
  async #appLog(state: BackendState, since: number, stopped: readonly EcsTask[]): Promise<string[]> {
    const { container } = state.native as Native;
    const arn = stopped[0]?.taskDefinitionArn ?? state.spec.taskDefinition;
    try {
      const { definition } = await this.api.taskDefinition(arn ?? '');
      return await tailOf(this.#ports.logs, definition, container, stopped[0]?.taskArn, since);
    } catch (error) {
      this.log.debug(`the app's log could not be read: ${readAwsError(error).code}`);
      return [];
    }
  }

  protected loadBalancers(): LoadBalancersApi {
    return this.#ports.loadBalancers();
  }

  protected async scaling(): Promise<Scaling | undefined> {
    if (!this.#ports.scales) return undefined;
    return this.#ports.scaling.read(this.#resource).catch((error) => {
      throw awsProblem(error, {
        operation: 'application-autoscaling:DescribeScalableTargets and DescribeScalingPolicies',
        resource: this.#resource,
        input: 'max-instances',
      });
    });
  }

  /**
   * Changes the scaling, then sends the update. Where one of the two is refused, the scaling is put back: it belongs to
   * the change.
   * @throws ActionError `refused`: all is as it was; `failed`: the scaling could not be put back.
   */
  protected async withScaling(
    now: Scaling | undefined,
    wanted: Scaling | undefined,
    update: () => Promise<void>,
  ): Promise<void> {
    const scales = !sameScaling(now, wanted);
    try {
      if (scales) await this.#writeScaling(wanted);
      await update();
    } catch (error) {
      if (!scales) throw error;
      await this.#writeScaling(now).catch((second) => {
        throw failed({
          input: 'max-instances',
          what: `${messageOf(error)}; the auto-scaling of ${this.#resource} was changed before that and could not be put back`,
          found: messageOf(second),
          fix: 'look at its scalable target and policies in Application Auto Scaling',
        });
      });
      throw error;
    }
  }

  async #writeScaling(wanted: Scaling | undefined): Promise<void> {
    await this.#ports.scaling.write(this.#resource, wanted).catch((error) => {
      throw awsProblem(error, {
        operation: 'application-autoscaling:RegisterScalableTarget and PutScalingPolicy',
        resource: this.#resource,
        input: 'max-instances',
      });
    });
  }

  /** `service/cluster/name`, as Application Auto Scaling names it. */
  get #resource(): string {
    return `service/${this.cluster.replace(/^.*cluster\//, '')}/${this.name}`;
  }

  async #tasks(desired: 'RUNNING' | 'STOPPED'): Promise<EcsTask[]> {
    return this.api.tasksOf(this.cluster, this.name, desired).catch((error) => {
      throw awsProblem(error, {
        operation: 'ecs:ListTasks and ecs:DescribeTasks',
        resource: this.arn,
        input: 'service',
      });
    });
  }
}
