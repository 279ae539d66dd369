import type {
  ContainerDefinition,
  EcsService,
  RegisterTaskDefinitionRequest,
  TaskDefinition,
} from '../../aws/ecs.ts';
import { refused } from '../../runtime/errors.ts';
import type { BackendSpec } from '../spec.ts';
import { listOf } from '../words.ts';

/**
 * The container that gets the image: the one that is named, the one behind the load balancer, the only essential one, or
 * the only one.
 * @throws ActionError `refused` where that does not decide it.
 */
export function chooseContainer(
  definition: TaskDefinition,
  named: string,
  service: Pick<EcsService, 'loadBalancers'>,
): ContainerDefinition {
  const containers = definition.containerDefinitions ?? [];
  const names = containers.map((container) => container.name ?? '');
  const found = (name: string | undefined) => containers.find((container) => container.name === name);
  if (named) {
    const container = found(named);
    if (container) return container;
    throw refused({
      input: 'container',
      what: `the task definition has no container named ${named}`,
      found: names.join(', '),
      fix: 'use one of these names',
    });
  }
  const balanced = [...new Set((service.loadBalancers ?? []).map((lb) => lb.containerName))];
  const essential = containers.filter((container) => container.essential !== false);
  const only =
    (balanced.length === 1 ? found(balanced[0]) : undefined) ??
    (essential.length === 1 ? essential[0] : undefined);
  if (only) return only;
  throw refused({
    input: 'container',
    what: 'the task definition has several containers, and nothing says which one gets the image',
    found: names.join(', '),
    fix: 'set `container` to one of these names',
  });
}

/** What DescribeTaskDefinition answers and RegisterTaskDefinition does not take. */
const ANSWER_ONLY = new Set([
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
 * A copy of the task definition with what differs applied to the one container. All that someone else manages stays as
 * it is, fields that we do not know included.
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
      one.name === container ? changeContainer(one, now, wanted) : one,
    ),
    ...(tags && tags.length > 0 ? { tags } : {}),
  };
}

function changeContainer(
  container: ContainerDefinition,
  now: BackendSpec,
  wanted: BackendSpec,
): ContainerDefinition {
  const command = wanted.startCommand ? listOf(wanted.startCommand) : undefined;
  return {
    ...container,
    image: wanted.image,
    environment: toPairs(wanted.variables, (name, value) => ({ name, value })),
    secrets: toPairs(wanted.secrets, (name, valueFrom) => ({ name, valueFrom })),
    ...(wanted.startCommand !== now.startCommand ? { command } : {}),
    ...(wanted.port !== now.port ? { portMappings: movePort(container, Number(wanted.port)) } : {}),
  };
}

function movePort(container: ContainerDefinition, port: number): ContainerDefinition['portMappings'] {
  const [first, ...rest] = container.portMappings ?? [];
  // With awsvpc, which Fargate asks for, the two ports are the same.
  return [
    { ...first, containerPort: port, ...(first?.hostPort === undefined ? {} : { hostPort: port }) },
    ...rest,
  ];
}

const toPairs = <T>(
  entries: Readonly<Record<string, string>>,
  make: (name: string, value: string) => T,
): T[] => Object.entries(entries).map(([name, value]) => make(name, value));

/** The container's part of a spec. */
export function specOfContainer(
  container: Pick<ContainerDefinition, 'image' | 'environment' | 'secrets' | 'command' | 'portMappings'>,
): Pick<BackendSpec, 'image' | 'variables' | 'secrets' | 'startCommand' | 'port'> {
  const port = container.portMappings?.[0]?.containerPort;
  return {
    image: container.image ?? '',
    variables: Object.fromEntries((container.environment ?? []).map((e) => [e.name ?? '', e.value ?? ''])),
    secrets: Object.fromEntries((container.secrets ?? []).map((s) => [s.name ?? '', s.valueFrom ?? ''])),
    startCommand: container.command?.length ? JSON.stringify(container.command) : undefined,
    port: port === undefined ? undefined : String(port),
  };
}

/** `linux/amd64` or `linux/arm64`: Fargate's default is X86_64. */
export function platformOf(definition: Pick<TaskDefinition, 'runtimePlatform'>): string {
  return definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64';
}
