import type { CloudRequest } from '../../core/service.ts';
import { ensureCluster } from '../ecs/clusters.ts';
import type { Fleet } from '../ecs/fleet.ts';
import type { ExpressConfiguration, ExpressScaling, ServiceRecord } from '../ecs/model.ts';
import { newDeployment, newRevision } from '../ecs/revisions.ts';
import { addService, retireService } from '../ecs/services.ts';
import { type EcsStore, refuse } from '../ecs/store.ts';
import { isFargateSize, register, tagList, tagMap } from '../ecs/task-definitions.ts';
import type { ExpressGatewayScalingTarget, Inputs } from '../shapes/inputs/ecs.ts';

/** How Express deploys (Amazon ECS developer guide, "Express Mode"): 5 % first, three minutes of watching, then all. */
export const EXPRESS_DEPLOYMENT = {
  strategy: 'CANARY',
  canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 3 },
  bakeTimeInMinutes: 3,
  maximumPercent: 200,
  minimumHealthyPercent: 100,
  deploymentCircuitBreaker: { enable: true, rollback: true },
} as const;

const invalid = (message: string) => refuse('InvalidParameterException', message);

/** What CreateExpressGatewayService and UpdateExpressGatewayService have in common. */
type Asked = Omit<Inputs['UpdateExpressGatewayService'], 'serviceArn'>;

/** A configuration of an Express service with all defaults of the API filled in. */
function complete(input: Asked, before: ExpressConfiguration | undefined): ExpressConfiguration {
  if (input.taskDefinitionArn !== undefined)
    throw invalid('taskDefinitionArn is not offered by the local cloud; give a primaryContainer.');
  const given = input.primaryContainer;
  const primaryContainer = given
    ? { ...given, containerPort: given.containerPort ?? 80 }
    : before?.primaryContainer;
  if (!primaryContainer) throw invalid('primaryContainer is required where there is no taskDefinitionArn.');
  const executionRoleArn = input.executionRoleArn ?? before?.executionRoleArn;
  if (!executionRoleArn) throw invalid('executionRoleArn is required where there is no taskDefinitionArn.');
  const configuration: ExpressConfiguration = {
    executionRoleArn,
    taskRoleArn: input.taskRoleArn ?? before?.taskRoleArn,
    cpu: input.cpu ?? before?.cpu ?? '256',
    memory: input.memory ?? before?.memory ?? '512',
    cpuArchitecture: input.cpuArchitecture ?? before?.cpuArchitecture,
    networkConfiguration: input.networkConfiguration ?? before?.networkConfiguration ?? defaultNetwork,
    healthCheckPath: input.healthCheckPath ?? before?.healthCheckPath ?? '/ping',
    primaryContainer,
    scalingTarget: scalingOf({ ...before?.scalingTarget, ...input.scalingTarget }),
  };
  check(configuration);
  return configuration;
}

function scalingOf(given: ExpressGatewayScalingTarget): ExpressScaling {
  return {
    minTaskCount: given.minTaskCount ?? 1,
    maxTaskCount: given.maxTaskCount ?? 20,
    autoScalingMetric: given.autoScalingMetric ?? 'AVERAGE_CPU',
    autoScalingTargetValue: given.autoScalingTargetValue ?? 60,
  };
}

const defaultNetwork = {
  subnets: ['subnet-default-a', 'subnet-default-b'],
  securityGroups: ['sg-express-default'],
};

function check(configuration: ExpressConfiguration): void {
  if (!configuration.healthCheckPath.startsWith('/'))
    throw invalid('healthCheckPath must start with a forward slash.');
  if (!isFargateSize(configuration.cpu, configuration.memory))
    throw invalid(
      `cpu ${configuration.cpu} and memory ${configuration.memory} do not go together on Fargate.`,
    );
  const { minTaskCount, maxTaskCount } = configuration.scalingTarget;
  if (minTaskCount < 0 || maxTaskCount < Math.max(1, minTaskCount))
    throw invalid('maxTaskCount must be 1 at least and not below minTaskCount.');
  const port = configuration.primaryContainer.containerPort;
  if (port < 1 || port > 65535) throw invalid(`containerPort ${port} is not valid.`);
}

/** The task definition that ECS makes for a configuration: one container, `Main`. */
function taskDefinition(
  name: string,
  configuration: ExpressConfiguration,
  region: string,
): Inputs['RegisterTaskDefinition'] {
  const { primaryContainer: container } = configuration;
  const logs = container.awsLogsConfiguration;
  const credentialsParameter = container.repositoryCredentials?.credentialsParameter;
  return {
    family: name.replace(/[^\w-]/g, '-'),
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: configuration.cpu,
    memory: configuration.memory,
    executionRoleArn: configuration.executionRoleArn,
    runtimePlatform: {
      cpuArchitecture: configuration.cpuArchitecture ?? 'X86_64',
      operatingSystemFamily: 'LINUX',
    },
    ...(configuration.taskRoleArn ? { taskRoleArn: configuration.taskRoleArn } : {}),
    containerDefinitions: [
      {
        name: 'Main',
        image: container.image,
        essential: true,
        portMappings: [{ containerPort: container.containerPort, protocol: 'tcp' }],
        ...(container.command ? { command: container.command } : {}),
        ...(container.environment ? { environment: container.environment } : {}),
        ...(container.secrets ? { secrets: container.secrets } : {}),
        ...(credentialsParameter ? { repositoryCredentials: { credentialsParameter } } : {}),
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': logs?.logGroup ?? `/aws/ecs/express/${name}`,
            'awslogs-region': region,
            'awslogs-stream-prefix': logs?.logStreamPrefix ?? 'ecs',
            'awslogs-create-group': 'true',
          },
        },
      },
    ],
  };
}

function shownConfiguration(
  service: ServiceRecord,
  revisionArn: string,
  express: ExpressConfiguration | undefined,
  createdAt: number,
) {
  return {
    serviceRevisionArn: revisionArn,
    ...express,
    ingressPaths: [{ accessType: 'PUBLIC', endpoint: `127.0.0.1:${service.port}` }],
    createdAt: new Date(createdAt),
  };
}

function describe(store: EcsStore, service: ServiceRecord, withTags: boolean) {
  const active = store.activeDeployment(service);
  const arns = [...new Set([service.currentRevision, active?.target])].filter((arn) => arn !== undefined);
  const newest = service.deployments[0];
  return {
    cluster: service.clusterArn.split('/').at(-1),
    serviceName: service.name,
    serviceArn: service.arn,
    infrastructureRoleArn: service.express?.infrastructureRoleArn,
    status: { statusCode: service.status },
    ...(newest ? { currentDeployment: newest.arn } : {}),
    activeConfigurations: arns.flatMap((arn) => {
      const revision = store.revisions.get(arn);
      return revision ? [shownConfiguration(service, arn, revision.express, revision.createdAt)] : [];
    }),
    ...(withTags ? { tags: tagList(service.tags) } : {}),
    createdAt: new Date(service.createdAt),
    updatedAt: new Date(service.updatedAt),
  };
}

/** The Express operations of the ECS API. An overlapping update replaces the deployment that is under way. */
export function expressOperations(store: EcsStore, fleet: Fleet) {
  const resource = (input: { readonly serviceArn?: string; readonly serviceName?: string | undefined }) =>
    input.serviceArn ?? input.serviceName;
  const find = (arn: string, request: CloudRequest, code: string): ServiceRecord => {
    const service = store.services.get(arn);
    if (service?.express && service.region === request.region && service.status !== 'INACTIVE')
      return service;
    throw refuse(code, 'Service not found.');
  };
  const release = (service: ServiceRecord, configuration: ExpressConfiguration) => {
    const definition = register(
      store,
      taskDefinition(service.name, configuration, service.region),
      service.region,
    );
    const { subnets, securityGroups } = configuration.networkConfiguration;
    service.settings = {
      ...service.settings,
      taskDefinition: definition.arn,
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: subnets ?? [],
          securityGroups: securityGroups ?? [],
          assignPublicIp: 'ENABLED',
        },
      },
      loadBalancers: [
        {
          targetGroupArn: `arn:aws:elasticloadbalancing:${service.region}:${store.context.account}:targetgroup/ecs-gateway-tg/${service.name.slice(0, 16)}`,
          containerName: 'Main',
          containerPort: configuration.primaryContainer.containerPort,
        },
      ],
    };
    const { minTaskCount, maxTaskCount } = configuration.scalingTarget;
    service.desired = Math.min(Math.max(service.desired, minTaskCount), maxTaskCount);
    if (service.express) service.express.scalingTarget = configuration.scalingTarget;
    service.updatedAt = store.context.now();
    const revision = newRevision(store, service, definition.arn, configuration);
    newDeployment(store, service, revision);
    return revision;
  };
  return {
    CreateExpressGatewayService: {
      resource,
      iam: ['ecs:CreateExpressGatewayService', 'ecs:RegisterTaskDefinition', 'iam:PassRole'],
      run: async (input: Inputs['CreateExpressGatewayService'], request: CloudRequest) => {
        const named = input.cluster && input.cluster !== 'default';
        const cluster = named
          ? store.cluster(input.cluster, request.region)
          : ensureCluster(store, 'default', request.region);
        const name = input.serviceName ?? `express-${store.newId().slice(0, 8)}`;
        if (!/^[\w-]{1,255}$/.test(name)) throw invalid('Service name contains invalid characters.');
        const configuration = complete(input, undefined);
        const service = await addService(store, fleet, {
          name,
          cluster,
          region: request.region,
          settings: {
            launchType: 'FARGATE',
            platformVersion: 'LATEST',
            deploymentConfiguration: EXPRESS_DEPLOYMENT,
          },
          desired: configuration.scalingTarget.minTaskCount,
          tags: tagMap(input.tags),
          express: {
            infrastructureRoleArn: input.infrastructureRoleArn,
            scalingTarget: configuration.scalingTarget,
          },
        });
        release(service, configuration);
        return { service: describe(store, service, true) };
      },
    },
    DescribeExpressGatewayService: {
      resource,
      run: (input: Inputs['DescribeExpressGatewayService'], request: CloudRequest) => ({
        service: describe(
          store,
          find(input.serviceArn, request, 'ResourceNotFoundException'),
          input.include?.includes('TAGS') ?? false,
        ),
      }),
    },
    UpdateExpressGatewayService: {
      resource,
      iam: ['ecs:UpdateExpressGatewayService', 'ecs:RegisterTaskDefinition', 'iam:PassRole'],
      run: (input: Inputs['UpdateExpressGatewayService'], request: CloudRequest) => {
        const service = find(input.serviceArn, request, 'ServiceNotFoundException');
        if (service.status !== 'ACTIVE') throw refuse('ServiceNotActiveException', 'Service was not ACTIVE.');
        const newest = store.activeDeployment(service)?.target ?? service.currentRevision ?? '';
        const before =
          store.revisions.get(newest)?.express ??
          store.revisions.get(service.deployments[0]?.target ?? '')?.express;
        const revision = release(service, complete(input, before));
        return {
          service: {
            serviceArn: service.arn,
            cluster: service.clusterArn.split('/').at(-1),
            serviceName: service.name,
            status: { statusCode: service.status },
            targetConfiguration: shownConfiguration(
              service,
              revision.arn,
              revision.express,
              revision.createdAt,
            ),
            createdAt: new Date(service.createdAt),
            updatedAt: new Date(service.updatedAt),
          },
        };
      },
    },
    DeleteExpressGatewayService: {
      resource,
      run: (input: Inputs['DeleteExpressGatewayService'], request: CloudRequest) => {
        const service = find(input.serviceArn, request, 'ServiceNotFoundException');
        if (service.status !== 'ACTIVE') throw refuse('ServiceNotActiveException', 'Service was not ACTIVE.');
        retireService(store, service);
        return { service: describe(store, service, true) };
      },
    },
  };
}
