import type { CloudRequest } from '../../core/service.ts';
import type { LoadBalancingService } from '../elbv2/index.ts';
import type { Inputs } from '../shapes/inputs/ecs.ts';
import { page } from '../shapes/page.ts';
import { capacityOf, launchTypeOf } from './capacity.ts';
import { checkConfiguration, checkStrategy } from './configuration.ts';
import { PORT_TAG } from './exposure.ts';
import type { Fleet } from './fleet.ts';
import type { ClusterRecord, ServiceRecord, ServiceSettings, TaskDefinitionDocument } from './model.ts';
import { makesRevision, newDeployment, newRevision } from './revisions.ts';
import { type EcsStore, refuse } from './store.ts';
import { tagMap } from './task-definitions.ts';
import { checkLaunchType, checkNetwork } from './tasks.ts';
import { describeService } from './views.ts';

const invalid = (message: string) => refuse('InvalidParameterException', message);

function checkBalancers(
  definition: TaskDefinitionDocument,
  input: Pick<ServiceSettings, 'loadBalancers'>,
): void {
  for (const balancer of input.loadBalancers ?? []) {
    if (!balancer.targetGroupArn && !balancer.loadBalancerName)
      throw invalid('A load balancer of a service must have a targetGroupArn or a loadBalancerName.');
    const container = definition.containerDefinitions.find((c) => c.name === balancer.containerName);
    if (!container)
      throw invalid(`The container ${balancer.containerName} does not exist in the task definition.`);
    if (!(container.portMappings ?? []).some((p) => p.containerPort === balancer.containerPort))
      throw invalid(
        `The container ${balancer.containerName} did not have a container port ${balancer.containerPort} defined.`,
      );
  }
}

/** A target group that is named has to be there, with a listener in front of it, and its targets of the network's kind. */
function checkGroups(
  store: EcsStore,
  definition: TaskDefinitionDocument,
  input: Pick<ServiceSettings, 'loadBalancers'>,
): void {
  const balancing = store.context.service<LoadBalancingService>('elasticloadbalancing');
  for (const { targetGroupArn: group } of input.loadBalancers ?? []) {
    if (!group) continue;
    if (!balancing.isUsed(group))
      throw invalid(
        `The target group with targetGroupArn ${group} does not have an associated load balancer.`,
      );
    const type = balancing.targetType(group);
    if (definition.networkMode === 'awsvpc' && type !== 'ip')
      throw invalid(
        `The provided target group ${group} has target type ${type}, which is incompatible with the awsvpc network mode specified in the task definition.`,
      );
  }
}

/**
 * Members of a service that are by themselves, or with each other, what ECS does not take (ECS API, CreateService).
 * @throws InvalidParameterException
 */
function checkSettings(settings: ServiceSettings, desired: number | undefined): void {
  if (desired !== undefined && desired < 0) throw invalid('The desired count must not be negative.');
  if (settings.schedulingStrategy !== 'DAEMON') return;
  if (desired) throw invalid('The daemon scheduling strategy does not support a desired count for services.');
  if (launchTypeOf(settings) === 'FARGATE')
    throw invalid('The Fargate launch type does not support the DAEMON scheduling strategy.');
}

interface NewService {
  readonly name: string;
  readonly cluster: ClusterRecord;
  readonly region: string;
  readonly settings: ServiceSettings;
  readonly desired: number;
  readonly tags: Record<string, string>;
  readonly express?: NonNullable<ServiceRecord['express']>;
}

/** Makes the record and opens its address. @throws InvalidParameterException where the name is taken */
export async function addService(store: EcsStore, fleet: Fleet, given: NewService): Promise<ServiceRecord> {
  const arn = store.arn(given.region, `service/${given.cluster.name}/${given.name}`);
  const known = store.services.get(arn);
  if (known && known.status !== 'INACTIVE')
    throw invalid(
      known.status === 'DRAINING'
        ? 'Unable to Start a service that is still Draining.'
        : 'Creation of service was not idempotent.',
    );
  if (!/^[\w-]{1,255}$/.test(given.name)) throw invalid('Service name contains invalid characters.');
  const port = given.tags[PORT_TAG];
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw invalid(`The tag ${PORT_TAG} must be a port.`);
  const now = store.context.now();
  const service: ServiceRecord = {
    name: given.name,
    arn,
    clusterArn: given.cluster.arn,
    region: given.region,
    status: 'ACTIVE',
    desired: given.desired,
    settings: given.settings,
    port: 0,
    createdAt: now,
    updatedAt: now,
    events: [],
    deployments: [],
    tags: given.tags,
    ...(given.express ? { express: given.express } : {}),
  };
  await fleet.open(service);
  store.services.set(arn, service);
  return service;
}

/** A service's members with those of an update. @throws InvalidParameterException where they do not go together */
function updatedSettings(
  store: EcsStore,
  service: ServiceRecord,
  members: ServiceSettings,
  definition: TaskDefinitionDocument,
): ServiceSettings {
  const merged = { ...service.settings, ...members };
  // Capacity providers that are asked for take the place of a launch type.
  if (members.capacityProviderStrategy?.length) delete merged.launchType;
  checkNetwork(definition, merged);
  checkBalancers(definition, merged);
  checkLaunchType(definition, launchTypeOf(merged));
  if (!service.express) checkStrategy(store, merged);
  else if (members.deploymentConfiguration?.strategy)
    throw invalid('The deployment strategy of an Express service cannot be changed.');
  return merged;
}

export function serviceOperations(store: EcsStore, fleet: Fleet) {
  const resource = (input: { readonly service?: string; readonly serviceName?: string }) =>
    input.service ?? input.serviceName;
  const definitionOf = (id: string, region: string) => {
    const definition = store.findDefinition(id, region);
    if (!definition) throw refuse('ClientException', 'TaskDefinition not found.');
    if (definition.status !== 'ACTIVE') throw refuse('ClientException', 'TaskDefinition is inactive');
    return definition;
  };
  return {
    CreateService: {
      resource,
      iam: ['ecs:CreateService', 'iam:PassRole'],
      run: async (input: Inputs['CreateService'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        const controller = input.deploymentController?.type ?? 'ECS';
        if (controller !== 'EXTERNAL' && !input.taskDefinition)
          throw invalid('TaskDefinition can not be blank.');
        checkConfiguration(input.deploymentConfiguration ?? {}, controller);
        const definition = input.taskDefinition
          ? definitionOf(input.taskDefinition, request.region)
          : undefined;
        if (definition) {
          checkNetwork(definition.document, input);
          checkBalancers(definition.document, input);
          checkGroups(store, definition.document, input);
        }
        checkStrategy(store, input);
        const { launchType: _l, capacityProviderStrategy: _p, ...rest } = input;
        const settings = { ...rest, ...capacityOf(input, cluster) };
        if (definition) checkLaunchType(definition.document, launchTypeOf(settings));
        checkSettings(settings, input.desiredCount);
        const service = await addService(store, fleet, {
          name: input.serviceName,
          cluster,
          region: request.region,
          settings: { ...settings, ...(definition ? { taskDefinition: definition.arn } : {}) },
          desired: input.desiredCount ?? 0,
          tags: tagMap(input.tags),
        });
        if (definition) {
          const revision = newRevision(store, service, definition.arn);
          if (controller === 'ECS') newDeployment(store, service, revision);
          else service.currentRevision = revision.arn;
        }
        return { service: describeService(store, service, true) };
      },
    },
    UpdateService: {
      resource,
      iam: ['ecs:UpdateService', 'iam:PassRole'],
      run: (input: Inputs['UpdateService'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        const service = store.activeService(input.service, cluster);
        const controller = service.settings.deploymentController?.type ?? 'ECS';
        const changing = input.taskDefinition !== undefined || makesRevision(input);
        if (changing && controller !== 'ECS')
          throw invalid(
            `Unable to update task definition on services with a ${controller} deployment controller. ${controller === 'CODE_DEPLOY' ? 'Use AWS CodeDeploy to trigger a new deployment.' : 'Use UpdateTaskSet.'}`,
          );
        checkConfiguration(input.deploymentConfiguration ?? {}, controller);
        const named = input.taskDefinition ?? service.settings.taskDefinition;
        // A service whose deployments somebody else makes may have none yet: it has its task sets.
        if (named === undefined) throw invalid('TaskDefinition can not be blank.');
        const wanted = definitionOf(named, request.region);
        const { cluster: _c, service: _s, forceNewDeployment: _f, desiredCount, ...members } = input;
        checkGroups(store, wanted.document, input);
        const merged = updatedSettings(store, service, members, wanted.document);
        checkSettings(merged, desiredCount);
        const other = wanted.arn !== service.settings.taskDefinition;
        service.settings = { ...merged, taskDefinition: wanted.arn };
        if (desiredCount !== undefined) service.desired = desiredCount;
        service.updatedAt = store.context.now();
        if (other || makesRevision(input)) {
          // An Express service that is only deployed anew keeps its configuration.
          const express = store.revisions.get(service.currentRevision ?? '')?.express;
          newDeployment(store, service, newRevision(store, service, wanted.arn, express));
        }
        return { service: describeService(store, service, true) };
      },
    },
    DescribeServices: {
      resource: (input: Inputs['DescribeServices']) => input.services.join(','),
      run: (input: Inputs['DescribeServices'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        if (input.services.length === 0) throw invalid('Services cannot be empty.');
        if (input.services.length > 10) throw invalid('Services cannot be more than 10.');
        const services: unknown[] = [];
        const failures: unknown[] = [];
        for (const id of input.services) {
          const service = store.findService(id, cluster);
          if (service)
            services.push(describeService(store, service, input.include?.includes('TAGS') ?? false));
          else
            failures.push({
              arn: id.startsWith('arn:') ? id : store.arn(request.region, `service/${cluster.name}/${id}`),
              reason: 'MISSING',
            });
        }
        return { services, failures };
      },
    },
    ListServices: {
      resource: (input: Inputs['ListServices']) => input.cluster,
      run: (input: Inputs['ListServices'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        const arns = [...store.services.values()]
          .filter((s) => s.clusterArn === cluster.arn && s.status !== 'INACTIVE')
          .map((s) => s.arn);
        const { items, next } = page(arns, input.nextToken, input.maxResults ?? 10);
        return { serviceArns: items, nextToken: next };
      },
    },
    DeleteService: {
      resource,
      run: (input: Inputs['DeleteService'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        const service = store.activeService(input.service, cluster);
        if (service.desired > 0 && !input.force)
          throw invalid('The service cannot be stopped while it is scaled above 0.');
        retireService(store, service);
        return { service: describeService(store, service, true) };
      },
    },
  };
}

/** The service stops taking new requests and ends its tasks; then it is INACTIVE. */
export function retireService(store: EcsStore, service: ServiceRecord): void {
  service.desired = 0;
  service.status = 'DRAINING';
  service.updatedAt = store.context.now();
  const active = store.activeDeployment(service);
  if (active) {
    active.status = 'STOPPED';
    active.stoppedAt = store.context.now();
    active.finishedAt = active.stoppedAt;
  }
  store.changed();
}
