import type {
  ContainerDefinition,
  EcsService,
  RegisterTaskDefinitionRequest,
  TaskDefinition,
} from '../../../aws/ecs.ts';
import type { BackendSpec } from '../plan/spec.ts';
import { listOf } from '../verdict/words.ts';

/** What DescribeTaskDefinition answers and RegisterTaskDefinition does not take. */
export const ANSWER_ONLY: ReadonlySet<string> = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'deregisteredAt',
  'deleteRequestedAt',
  'registeredBy',
]);

/**
 * A copy of the task definition with what differs applied to the one container, and the image to those that go with it.
 * All that someone else manages stays as it is, fields that we do not know included.
 */
export function copyDefinition(
  definition: TaskDefinition,
  tags: RegisterTaskDefinitionRequest['tags'],
  container: string,
  now: BackendSpec,
  wanted: BackendSpec,
): RegisterTaskDefinitionRequest {
  const kept = Object.fromEntries(Object.entries(definition).filter(([field]) => !ANSWER_ONLY.has(field)));
  return {
    ...(kept as unknown as RegisterTaskDefinitionRequest),
    ...(wanted.cpu !== now.cpu ? { cpu: wanted.cpu } : {}),
    ...(wanted.memory !== now.memory ? { memory: wanted.memory } : {}),
    containerDefinitions: (definition.containerDefinitions ?? []).map((one) =>
      one.name === container
        ? changeContainer(one, now, wanted, definition.networkMode)
        : { ...one, image: wanted.otherImages?.[one.name ?? ''] ?? one.image },
    ),
    ...(tags && tags.length > 0 ? { tags } : {}),
  };
}

function changeContainer(
  container: ContainerDefinition,
  now: BackendSpec,
  wanted: BackendSpec,
  networkMode: TaskDefinition['networkMode'],
): ContainerDefinition {
  const command = wanted.startCommand ? listOf(wanted.startCommand) : undefined;
  return {
    ...container,
    image: wanted.image,
    environment: toPairs(wanted.variables, (name, value) => ({ name, value })),
    secrets: toPairs(wanted.secrets, (name, valueFrom) => ({ name, valueFrom })),
    ...(wanted.startCommand !== now.startCommand ? { command } : {}),
    ...(wanted.port !== now.port
      ? { portMappings: movePort(container, now.port, Number(wanted.port), networkMode) }
      : {}),
  };
}

/** With `awsvpc` and `host` the two ports are one; with a bridge the host's is the owner's choice, and 0 is any free one. */
function movePort(
  { portMappings = [] }: ContainerDefinition,
  before: string | undefined,
  port: number,
  networkMode: TaskDefinition['networkMode'],
): ContainerDefinition['portMappings'] {
  const isSame = networkMode === 'awsvpc' || networkMode === 'host';
  const isMoved = ({ containerPort }: PortMapping) => String(containerPort) === before;
  if (!portMappings.some(isMoved)) return [...portMappings, { containerPort: port }];
  return portMappings.map((one) => {
    if (!isMoved(one)) return one;
    const hostPort = one.hostPort === undefined || !isSame ? {} : { hostPort: port };
    return { ...one, containerPort: port, ...hostPort };
  });
}

type PortMapping = NonNullable<ContainerDefinition['portMappings']>[number];

/**
 * The port of a container that the app is asked at: the load balancer's, else the first single one (a mapping may be a
 * range, which has none). A port beside it (metrics, a debugger) is not the app's.
 */
export function servedPort(
  { name, portMappings = [] }: Pick<ContainerDefinition, 'name' | 'portMappings'>,
  { loadBalancers = [] }: Pick<EcsService, 'loadBalancers'>,
): number | undefined {
  const ports = portMappings.flatMap(({ containerPort }) => containerPort ?? []);
  const asked = loadBalancers.filter(({ containerName }) => containerName === name);
  return asked.find(({ containerPort = 0 }) => ports.includes(containerPort))?.containerPort ?? ports[0];
}

const toPairs = <T>(
  entries: Readonly<Record<string, string>>,
  make: (name: string, value: string) => T,
): T[] => Object.entries(entries).map(([name, value]) => make(name, value));

/** The container's part of a spec. */
export function specOfContainer(
  container: Pick<
    ContainerDefinition,
    'name' | 'image' | 'environment' | 'secrets' | 'command' | 'portMappings'
  >,
  service: Pick<EcsService, 'loadBalancers'> = {},
): Pick<BackendSpec, 'image' | 'variables' | 'secrets' | 'startCommand' | 'port'> {
  const port = servedPort(container, service);
  return {
    image: container.image ?? '',
    variables: Object.fromEntries((container.environment ?? []).map((e) => [e.name ?? '', e.value ?? ''])),
    secrets: Object.fromEntries((container.secrets ?? []).map((s) => [s.name ?? '', s.valueFrom ?? ''])),
    startCommand: container.command?.length ? JSON.stringify(container.command) : undefined,
    port: port === undefined ? undefined : String(port),
  };
}

/** True where the tasks of the service run on Fargate, as far as service and task definition tell. */
export function isFargate(
  { launchType, capacityProviderStrategy = [] }: Pick<EcsService, 'launchType' | 'capacityProviderStrategy'>,
  definition: Pick<TaskDefinition, 'requiresCompatibilities'>,
): boolean {
  if (capacityProviderStrategy.length > 0) {
    return capacityProviderStrategy.every((one) => one.capacityProvider?.startsWith('FARGATE'));
  }
  if (launchType) return launchType === 'FARGATE';
  return definition.requiresCompatibilities?.includes('FARGATE') ?? false;
}

/**
 * `linux/amd64`, `linux/arm64`, `windows/amd64`. Fargate's default is Linux on X86_64; `undefined` on instances where the
 * task definition does not say it: they decide
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html).
 */
export function platformOf(
  { runtimePlatform }: Pick<TaskDefinition, 'runtimePlatform'>,
  onFargate: boolean,
): string | undefined {
  const os = runtimePlatform?.operatingSystemFamily?.startsWith('WINDOWS') ? 'windows' : 'linux';
  if (runtimePlatform?.cpuArchitecture === 'ARM64') return `${os}/arm64`;
  return onFargate || runtimePlatform?.cpuArchitecture ? `${os}/amd64` : undefined;
}
