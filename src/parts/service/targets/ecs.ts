import { createHash } from 'node:crypto';
import type { EcsApi, EcsService, TaskDefinition, UpdateServiceRequest } from '../../../aws/ecs.ts';
import { awsProblem, mayBeDone, readAwsError } from '../../../aws/errors.ts';
import { refused } from '../../../runtime/errors.ts';
import type { CandidateAddress } from '../candidate/address.ts';
import { planChanges } from '../plan/plan.ts';
import { refuseSizes } from '../plan/sizes.ts';
import type { BackendSpec } from '../plan/spec.ts';
import { strategyLength } from '../plan/strategy.ts';
import { conditionOf } from '../verdict/verdict.ts';
import { type ContainerWish, chooseContainers } from './container-choice.ts';
import { compareDefinitions } from './definition-drift.ts';
import { addressOf, candidateOf, type Found } from './ecs-address.ts';
import { EcsBase, type EcsPorts, type Native } from './ecs-base.ts';
import { hooksOf, refuseRoleless } from './ecs-facts.ts';
import { ownerNotes } from './owner.ts';
import type { BackendState, NewerRevision, OneOff, Rollout } from './target.ts';
import { copyDefinition, isFargate, platformOf, servedPort, specOfContainer } from './task-definition.ts';

/** Native part of an ECS service's state. */
interface EcsNative extends Native {
  readonly definition: TaskDefinition;
  readonly tags: Awaited<ReturnType<EcsApi['taskDefinition']>>['tags'];
}

/** ECS with its rolling deployments: a copy of the task definition with another image. */
export class EcsTarget extends EcsBase {
  readonly kind = 'ecs';

  constructor(service: EcsService, wish: ContainerWish, ports: EcsPorts) {
    super(service, wish, ports);
    refuseForeignController(service);
  }

  async read(): Promise<BackendState> {
    const service = await this.service();
    const { definition, tags } = await this.definitionOf(service.taskDefinition ?? '');
    const scaling = await this.scaling();
    return {
      target: 'ecs',
      arn: this.arn,
      name: this.name,
      status: service.status ?? '',
      condition: conditionOf('ecs', service.status ?? ''),
      // A service does not know the addresses of its load balancers.
      url: undefined,
      strategy: strategyLength(service.deploymentConfiguration),
      hooks: hooksOf(service),
      ...this.#withDefinition(service, definition, tags, {
        scaling,
        circuitBreaker: service.deploymentConfiguration?.deploymentCircuitBreaker?.rollback === true,
        taskDefinition: definition.taskDefinitionArn,
      }),
      desired: service.desiredCount ?? 0,
      version: versionOf(service),
    };
  }

  /** What a state has of its task definition. @param own what the service itself says */
  #withDefinition(
    service: EcsService,
    definition: TaskDefinition,
    tags: EcsNative['tags'],
    own: Pick<BackendSpec, 'scaling' | 'circuitBreaker' | 'taskDefinition' | 'base'>,
  ): Pick<BackendState, 'health' | 'platform' | 'notes' | 'spec' | 'entryPoint' | 'native'> {
    const { main: container, others, behind } = chooseContainers(definition, this.wish, service);
    const native: EcsNative = { service, container: container.name ?? '', definition, tags };
    const port = String(servedPort(container, service) ?? '');
    return {
      health: { protocol: 'HTTP', path: '', port },
      platform: platformOf(definition, isFargate(service, definition)),
      notes: [...ownerNotes(service.tags), ...notesOf(definition, behind)],
      spec: {
        ...specOfContainer(container, service),
        ...(others.length > 0 ? { otherImages: imagesOf(definition, others) } : {}),
        cpu: definition.cpu,
        memory: definition.memory,
        ...own,
      },
      entryPoint: container.entryPoint,
      native,
    };
  }

  async newer(now: BackendState): Promise<NewerRevision | undefined> {
    const { definition, service, container } = now.native as EcsNative;
    const found = await this.newestOf(definition.family ?? '');
    if (!found || (found.definition.revision ?? 0) <= (definition.revision ?? 0)) return undefined;
    const { taskDefinitionArn: arn = '', registeredBy: by } = found.definition;
    const ours = [container, ...Object.keys(now.spec.otherImages ?? {})];
    const differences = compareDefinitions(definition, found.definition, ours);
    if (differences.length === 0) return undefined;
    const { scaling, circuitBreaker, taskDefinition } = now.spec;
    const own = { scaling, circuitBreaker, taskDefinition, base: arn };
    return {
      arn,
      by,
      differences,
      asBase: () => ({ ...now, ...this.#withDefinition(service, found.definition, found.tags, own) }),
    };
  }

  refuse(now: BackendState, wanted: BackendSpec): void {
    const { definition, service, container } = now.native as EcsNative;
    if (wanted.port !== now.spec.port) refuseBalancedPort(service, container, now.spec.port);
    refuseRoleless(definition.executionRoleArn, wanted, now.arn);
    if (isFargate(service, definition)) {
      refuseSizes('ecs', wanted.cpu, wanted.memory);
    }
  }

  async start(now: BackendState, wanted: BackendSpec, evenBlind = false): Promise<Rollout> {
    try {
      return await this.#send(now, wanted, evenBlind);
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  async #send(now: BackendState, wanted: BackendSpec, evenBlind: boolean): Promise<Rollout> {
    const startedAt = Date.now();
    const taskDefinition = await this.#definitionFor(now, wanted);
    const restart = wanted.restart !== undefined && taskDefinition === now.spec.taskDefinition;
    const breaker = wanted.circuitBreaker !== now.spec.circuitBreaker;
    const rolls = taskDefinition !== now.spec.taskDefinition || restart;
    const known = rolls ? await this.deployments.known(evenBlind) : undefined;
    await this.withScaling(now.spec.scaling, wanted.scaling, async () => {
      if (!rolls && !breaker) return;
      await this.#update({
        cluster: this.cluster,
        service: this.name,
        taskDefinition,
        ...(restart ? { forceNewDeployment: true } : {}),
        ...(breaker ? { deploymentConfiguration: withBreaker(now, wanted.circuitBreaker ?? true) } : {}),
      });
    });
    this.unused.delete(taskDefinition ?? '');
    if (!rolls) return { id: '', startedAt };
    const id = await this.deployments.find(known, async (brief) => {
      const revision = await this.api.revision(brief.targetServiceRevisionArn ?? '');
      return revision?.taskDefinition === taskDefinition;
    });
    return { id, startedAt };
  }

  async findAddress(now: BackendState): Promise<Found> {
    const groups = (now.native as EcsNative).service.loadBalancers?.flatMap(
      (one) => one.targetGroupArn ?? [],
    );
    return addressOf(groups ?? [], this.loadBalancers());
  }

  async findCandidate(now: BackendState): Promise<CandidateAddress | { readonly why: string }> {
    return candidateOf((now.native as EcsNative).service, this.loadBalancers());
  }

  async oneOff(now: BackendState, wanted: BackendSpec): Promise<OneOff> {
    const { service, container } = now.native as EcsNative;
    const taskDefinition = (await this.#definitionFor(now, wanted)) ?? '';
    return this.oneOffOf(service, taskDefinition, container);
  }

  /** The task definition to run: a given one as it is, or a copy of the present one with the changes. */
  async #definitionFor(now: BackendState, wanted: BackendSpec): Promise<string | undefined> {
    if (wanted.taskDefinition !== now.spec.taskDefinition && wanted.taskDefinition) {
      if (await this.#isActive(wanted.taskDefinition)) return wanted.taskDefinition;
      this.log.warning(
        `${wanted.taskDefinition} is not active any more: a copy of the present one gets its image`,
      );
    }
    const { spec, native } = wanted.base ? await this.#stateAt(now, wanted.base) : now;
    const { definition, tags, container } = native as EcsNative;
    if (sameContent(spec, wanted)) return definition.taskDefinitionArn;
    const made = this.#made;
    if (made?.wanted === wanted) return made.arn;
    const copy = copyDefinition(definition, tags, container, spec, wanted);
    const arn = await this.register(copy);
    this.#made = { wanted, arn };
    return arn;
  }

  /** The service as it would be with another task definition. */
  async #stateAt(now: BackendState, arn: string): Promise<Pick<BackendState, 'spec' | 'native'>> {
    const { definition, tags } = await this.definitionOf(arn);
    return this.#withDefinition((now.native as EcsNative).service, definition, tags, {});
  }

  override async discard(): Promise<void> {
    this.#made = undefined;
    await super.discard();
  }

  /** A migration and the rollout after it share one revision. */
  #made: { readonly wanted: BackendSpec; readonly arn: string } | undefined;

  async #isActive(arn: string): Promise<boolean> {
    try {
      return (await this.api.taskDefinition(arn)).definition.status === 'ACTIVE';
    } catch (error) {
      if (readAwsError(error).kind === 'denied') throw error;
      return false;
    }
  }

  /**
   * An update whose answer was lost may have been done: then the service names our task definition. Where that cannot be
   * read, it counts as sent.
   * @throws ActionError `refused`: it is known not to have been done.
   */
  async #update(input: UpdateServiceRequest): Promise<void> {
    try {
      await this.api.updateService(input);
    } catch (error) {
      const seen = mayBeDone(error) ? await this.service().catch(() => 'unreadable' as const) : undefined;
      if (seen === 'unreadable') {
        this.log.warning('the answer to the update was lost, and whether the service has it cannot be read');
        return;
      }
      if (seen && seen.taskDefinition === input.taskDefinition) {
        this.log.warning('the answer to the update was lost; the service has it');
        return;
      }
      throw awsProblem(error, { operation: 'ecs:UpdateService', resource: this.arn, input: 'service' });
    }
  }
}

function imagesOf(definition: TaskDefinition, names: readonly string[]): Record<string, string> {
  const of = (name: string) => definition.containerDefinitions?.find((one) => one.name === name)?.image;
  return Object.fromEntries(names.map((name) => [name, of(name) ?? '']));
}

function notesOf(definition: TaskDefinition, behind: readonly string[]): string[] {
  return Object.entries(imagesOf(definition, behind)).map(
    ([name, image]) => `the container ${name} is not named in \`container\` and keeps its image ${image}`,
  );
}

/** True where the task definition need not differ: only what is set on the service itself does. */
function sameContent(now: BackendSpec, wanted: BackendSpec): boolean {
  const { scaling, circuitBreaker, taskDefinition } = now;
  return (
    planChanges(now, {
      ...wanted,
      scaling,
      circuitBreaker,
      taskDefinition,
      base: undefined,
      restart: undefined,
    }).length === 0
  );
}

function withBreaker(now: BackendState, on: boolean): UpdateServiceRequest['deploymentConfiguration'] {
  const { service } = now.native as EcsNative;
  return {
    ...service.deploymentConfiguration,
    deploymentCircuitBreaker: {
      ...service.deploymentConfiguration?.deploymentCircuitBreaker,
      enable: on,
      rollback: on,
    },
  };
}

/** A load balancer sends to a port of a container by its number: ECS takes no revision without it. */
function refuseBalancedPort(service: EcsService, container: string, port: string | undefined): void {
  const asked = service.loadBalancers?.find(
    (one) => one.containerName === container && String(one.containerPort) === port,
  );
  if (!asked) return;
  throw refused({
    input: 'port',
    what: `cannot be changed by a deployment: the service's load balancer sends to port ${port} of the container ${container}`,
    found: `loadBalancers of ${service.serviceArn}`,
    fix: 'leave `port` out; to move the app to another port, change the service (Terraform: `container_port` of `load_balancer`) together with its task definition',
  });
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentController.html */
function refuseForeignController(service: EcsService): void {
  const type = service.deploymentController?.type ?? 'ECS';
  if (type === 'ECS') return;
  throw refused({
    input: 'service',
    what: 'is deployed by another controller than ECS itself, which takes no update from us',
    found: `deployment controller ${type} of ${service.serviceArn}`,
    fix:
      type === 'CODE_DEPLOY'
        ? 'deploy it through CodeDeploy, or make a service with the controller ECS'
        : 'deploy it with the tool that set the controller, or make a service with the controller ECS',
  });
}

function versionOf(service: EcsService): string {
  const { taskDefinition, networkConfiguration, loadBalancers, platformVersion } = service;
  return createHash('sha256')
    .update(JSON.stringify([taskDefinition, networkConfiguration, loadBalancers, platformVersion]))
    .digest('hex');
}
