import type { CloudRequest } from '../../core/service.ts';
import type { ContainerDefinition, Inputs } from '../shapes/inputs/ecs.ts';
import { page } from '../shapes/page.ts';
import { checkTogether } from './container-checks.ts';
import type { ContainerDocument, TaskDefinitionDocument, TaskDefinitionRecord } from './model.ts';
import { type EcsStore, refuse } from './store.ts';

/** Memory in MiB that Fargate offers for each size in CPU units (ECS developer guide, "Task CPU and memory"). */
const FARGATE: Readonly<Record<string, readonly [from: number, to: number, step: number]>> = {
  '256': [512, 2048, 512],
  '512': [1024, 4096, 1024],
  '1024': [2048, 8192, 1024],
  '2048': [4096, 16384, 1024],
  '4096': [8192, 30720, 1024],
  '8192': [16384, 61440, 4096],
  '16384': [32768, 122880, 8192],
};

export function isFargateSize(cpu: string, memory: string): boolean {
  const size = FARGATE[units(cpu, 'vcpu')];
  const mib = Number(units(memory, 'gb'));
  if (!size) return false;
  const [from, to, step] = size;
  return (
    mib >= from &&
    mib <= to &&
    ((mib - from) % step === 0 || (cpu === '256' && [512, 1024, 2048].includes(mib)))
  );
}

/** `1 vCPU` is 1024, `2 GB` is 2048. */
function units(text: string, unit: string): string {
  const match = new RegExp(`^([\\d.]+)\\s*${unit}$`, 'i').exec(text);
  return match ? String(Number(match[1]) * 1024) : text;
}

type Register = Inputs['RegisterTaskDefinition'];

/** What RegisterTaskDefinition refuses, in AWS's words where they are known. */
function check(input: Register): void {
  const client = (message: string) => refuse('ClientException', message);
  if (!/^[\w-]{1,255}$/.test(input.family)) throw client('Family contains invalid characters.');
  if (input.containerDefinitions.length === 0) throw client('Container list cannot be empty.');
  const names = new Set<string>();
  for (const container of input.containerDefinitions) {
    if (!container.name) throw client('Container.name should not be null or empty.');
    if (!container.image) throw client('Container.image should not be null or empty.');
    if (names.has(container.name)) throw client(`Duplicate container name: ${container.name}`);
    names.add(container.name);
    checkContainer(input, container);
  }
  if (!input.containerDefinitions.some((c) => c.essential !== false))
    throw client('At least one container must be essential.');
  checkTogether(input);
  if (input.requiresCompatibilities?.includes('FARGATE')) checkFargate(input);
}

function checkContainer(input: Register, container: ContainerDefinition): void {
  const client = (message: string) => refuse('ClientException', message);
  for (const port of container.portMappings ?? [])
    if (input.networkMode === 'awsvpc' && port.hostPort && port.hostPort !== port.containerPort)
      throw client(
        'When networkMode=awsvpc, the host ports and container ports in port mappings must match.',
      );
  if (container.secrets?.length && !input.executionRoleArn)
    throw client(
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    );
  if (container.environment?.some((variable) => !variable.name))
    throw client('The name of an environment variable must not be null or empty.');
  if (container.environmentFiles?.length)
    throw client(
      'environmentFiles is not offered by the local cloud; give the variables in environment or secrets.',
    );
  const variables = new Set((container.environment ?? []).map((v) => v.name));
  for (const secret of container.secrets ?? [])
    if (variables.has(secret.name))
      throw client(
        `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${secret.name}'.`,
      );
}

/** Seconds that a container on Fargate may take to stop (ECS API, ContainerDefinition.stopTimeout). */
const MAX_STOP = 120;

function checkFargate(input: Register): void {
  const client = (message: string) => refuse('ClientException', message);
  if (input.containerDefinitions.some((container) => container.privileged))
    throw client('Fargate does not support privileged containers.');
  for (const { stopTimeout } of input.containerDefinitions)
    if (stopTimeout !== undefined && stopTimeout > MAX_STOP)
      throw client(`Container.stopTimeout must be ${MAX_STOP} seconds at most on Fargate.`);
  if (input.networkMode !== 'awsvpc') throw client("Fargate only supports network mode 'awsvpc'.");
  if (!input.cpu || !input.memory)
    throw client(`Fargate requires that '${input.cpu ? 'memory' : 'cpu'}' be defined at the task level.`);
  if (!isFargateSize(input.cpu, input.memory))
    throw client(
      'No Fargate configuration exists for given values. See the Amazon ECS documentation for the valid values.',
    );
  const logs = input.containerDefinitions.some((c) => c.logConfiguration?.logDriver === 'awslogs');
  if (logs && !input.executionRoleArn)
    throw client(
      'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
    );
  if (!input.executionRoleArn && input.containerDefinitions.some((c) => isPrivate(c.image ?? '')))
    throw client('Fargate requires task definition to have execution role ARN to support ECR images.');
}

/** An image of ECR, or of the local cloud's own registry, which stands for it. */
const isPrivate = (image: string): boolean => /^(\d{12}\.dkr[.-]ecr\.|127\.0\.0\.1:|localhost:)/.test(image);

/** The members that DescribeTaskDefinition shows although nobody gave them. */
function withDefaults(input: Register): TaskDefinitionDocument {
  const { tags: _tags, ...rest } = input;
  return {
    ...rest,
    volumes: input.volumes ?? [],
    placementConstraints: input.placementConstraints ?? [],
    containerDefinitions: (input.containerDefinitions as ContainerDocument[]).map((container) => ({
      ...container,
      cpu: container.cpu ?? 0,
      essential: container.essential ?? true,
      environment: container.environment ?? [],
      mountPoints: container.mountPoints ?? [],
      volumesFrom: container.volumesFrom ?? [],
      systemControls: container.systemControls ?? [],
      portMappings: (container.portMappings ?? []).map((port) => ({
        ...port,
        ...(input.networkMode === 'awsvpc' ? { hostPort: port.containerPort } : {}),
        protocol: port.protocol ?? 'tcp',
      })),
    })),
  };
}

export function describeDefinition(record: TaskDefinitionRecord) {
  const fargate = record.document.requiresCompatibilities?.includes('FARGATE');
  return {
    ...record.document,
    taskDefinitionArn: record.arn,
    family: record.family,
    revision: record.revision,
    status: record.status,
    requiresAttributes: [],
    compatibilities: fargate ? ['EC2', 'FARGATE'] : ['EC2'],
    registeredAt: new Date(record.registeredAt),
    ...(record.deregisteredAt === undefined ? {} : { deregisteredAt: new Date(record.deregisteredAt) }),
    registeredBy: 'arn:aws:iam::000000000000:root',
  };
}

export const tagMap = (
  tags: ReadonlyArray<{ readonly key?: string | undefined; readonly value?: string | undefined }> = [],
): Record<string, string> => Object.fromEntries(tags.map((tag) => [tag.key ?? '', tag.value ?? '']));

export const tagList = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

/** Makes the next revision of a family. */
export function register(store: EcsStore, input: Register, region: string): TaskDefinitionRecord {
  check(input);
  const revision = (store.family(input.family, region)[0]?.revision ?? 0) + 1;
  const record: TaskDefinitionRecord = {
    arn: store.arn(region, `task-definition/${input.family}:${revision}`),
    region,
    family: input.family,
    revision,
    status: 'ACTIVE',
    registeredAt: store.context.now(),
    document: withDefaults(input),
    tags: tagMap(input.tags),
  };
  store.definitions.set(record.arn, record);
  store.changed();
  return record;
}

export function taskDefinitionOperations(store: EcsStore) {
  const must = (id: string, region: string): TaskDefinitionRecord => {
    const record = store.findDefinition(id, region);
    if (!record) throw refuse('ClientException', 'Unable to describe task definition.');
    return record;
  };
  const resource = (input: {
    readonly taskDefinition?: string;
    readonly family?: string;
    readonly familyPrefix?: string | undefined;
  }) => input.taskDefinition ?? input.family ?? input.familyPrefix;
  return {
    RegisterTaskDefinition: {
      resource,
      iam: ['ecs:RegisterTaskDefinition', 'iam:PassRole'],
      run: (input: Inputs['RegisterTaskDefinition'], request: CloudRequest) => {
        const record = register(store, input, request.region);
        return { taskDefinition: describeDefinition(record), tags: tagList(record.tags) };
      },
    },
    DescribeTaskDefinition: {
      resource,
      run: (input: Inputs['DescribeTaskDefinition'], request: CloudRequest) => {
        const record = must(input.taskDefinition, request.region);
        const tags = input.include?.includes('TAGS') ? { tags: tagList(record.tags) } : {};
        return { taskDefinition: describeDefinition(record), ...tags };
      },
    },
    DeregisterTaskDefinition: {
      resource,
      run: (input: Inputs['DeregisterTaskDefinition'], request: CloudRequest) => {
        if (!input.taskDefinition.includes(':'))
          throw refuse('ClientException', 'The specified task definition must include a revision.');
        const record = must(input.taskDefinition, request.region);
        record.status = 'INACTIVE';
        record.deregisteredAt = store.context.now();
        return { taskDefinition: describeDefinition(record) };
      },
    },
    DeleteTaskDefinitions: {
      resource: (input: Inputs['DeleteTaskDefinitions']) => input.taskDefinitions.join(','),
      run: (input: Inputs['DeleteTaskDefinitions'], request: CloudRequest) => {
        const taskDefinitions: unknown[] = [];
        const failures: unknown[] = [];
        for (const id of input.taskDefinitions) {
          const record = store.findDefinition(id, request.region);
          if (record?.status !== 'INACTIVE') {
            failures.push({
              arn: id,
              reason: record
                ? 'The specified task definition is still in ACTIVE status. Please deregister the target and try again.'
                : 'MISSING',
            });
            continue;
          }
          record.status = 'DELETE_IN_PROGRESS';
          taskDefinitions.push(describeDefinition(record));
        }
        return { taskDefinitions, failures };
      },
    },
    ListTaskDefinitions: {
      resource,
      run: (input: Inputs['ListTaskDefinitions'], request: CloudRequest) => {
        const arns = [...store.definitions.values()]
          .filter((d) => d.region === request.region && d.status === (input.status ?? 'ACTIVE'))
          .filter((d) => !input.familyPrefix || d.family === input.familyPrefix)
          .sort((a, b) => (a.family === b.family ? a.revision - b.revision : a.family < b.family ? -1 : 1))
          .map((d) => d.arn);
        if (input.sort === 'DESC') arns.reverse();
        const { items, next } = page(arns, input.nextToken, input.maxResults ?? 100);
        return { taskDefinitionArns: items, nextToken: next };
      },
    },
    ListTaskDefinitionFamilies: {
      resource,
      run: (input: Inputs['ListTaskDefinitionFamilies'], request: CloudRequest) => {
        const families = [...store.definitions.values()]
          .filter((d) => d.region === request.region)
          .filter((d) => input.status === 'ALL' || d.status === (input.status ?? 'ACTIVE'))
          .map((d) => d.family)
          .filter((family) => family.startsWith(input.familyPrefix ?? ''));
        const { items, next } = page([...new Set(families)].sort(), input.nextToken, input.maxResults ?? 100);
        return { families: items, nextToken: next };
      },
    },
  };
}
