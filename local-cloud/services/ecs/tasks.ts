import type { CloudRequest } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/ecs.ts';
import { page } from '../shapes/page.ts';
import { capacityOf, launchTypeOf, NO_INSTANCES, placedOn, providerOf } from './capacity.ts';
import type {
  ClusterRecord,
  ContainerRecord,
  ServiceSettings,
  TaskDefinitionDocument,
  TaskDefinitionRecord,
  TaskInput,
  TaskRecord,
} from './model.ts';
import { type EcsStore, refuse } from './store.ts';
import { tagList, tagMap } from './task-definitions.ts';
import type { TaskRunner } from './task-runner.ts';

interface TaskOrigin {
  readonly clusterArn: string;
  readonly group: string;
  readonly startedBy?: string;
  readonly serviceArn?: string;
  readonly revisionArn?: string;
  readonly containerInstanceArn?: string;
  readonly capacityProvider?: string;
  /** RunTask's input, or the members of the service; its capacity is settled. */
  readonly input: TaskInput;
}

/** A task's record as it is before anything of it runs. */
export function newTask(store: EcsStore, definition: TaskDefinitionRecord, origin: TaskOrigin): TaskRecord {
  const id = store.newId();
  const cluster = origin.clusterArn.split('/').at(-1);
  const arn = store.arn(definition.region, `task/${cluster}/${id}`);
  const revision = store.revisions.get(origin.revisionArn ?? '');
  const containers = definition.document.containerDefinitions.map((c): ContainerRecord => {
    const resolved = revision?.images.find((i) => i.containerName === c.name)?.imageDigest;
    return {
      name: c.name,
      arn: store.arn(definition.region, `container/${cluster}/${id}/${store.newId()}`),
      // A service runs the digest that its revision was resolved to, whatever the tag says later.
      image: resolved ? pin(c.image, resolved) : c.image,
      lastStatus: 'PENDING',
      healthStatus: 'UNKNOWN',
    };
  });
  const task: TaskRecord = {
    arn,
    id,
    region: definition.region,
    taskDefinitionArn: definition.arn,
    ...origin,
    createdAt: store.context.now(),
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    healthy: false,
    containers,
    tags: tagsOf(store, definition, origin),
  };
  store.tasks.set(arn, task);
  store.forgetOld();
  store.changed();
  return task;
}

/** Its own tags, those that are propagated to it, and ECS's own (ECS developer guide, "Tagging resources"). */
function tagsOf(
  store: EcsStore,
  definition: TaskDefinitionRecord,
  origin: TaskOrigin,
): Record<string, string> {
  const { propagateTags, enableECSManagedTags, tags } = origin.input;
  const service = store.services.get(origin.serviceArn ?? '');
  const propagated = { TASK_DEFINITION: definition.tags, SERVICE: service?.tags }[propagateTags as string];
  const managed: Record<string, string> = enableECSManagedTags
    ? {
        'aws:ecs:clusterName': origin.clusterArn.split('/').at(-1) ?? '',
        ...(service ? { 'aws:ecs:serviceName': service.name } : {}),
      }
    : {};
  return { ...propagated, ...managed, ...(service ? {} : tagMap(tags)) };
}

export const pin = (image: string, digest: string): string =>
  `${image.replace(/@.*$/, '').replace(/:[^/:]+$/, '')}@${digest}`;

export function describeTask(store: EcsStore, task: TaskRecord, withTags: boolean) {
  // The fault `no-digest`: AWS tells the digest of an image only some time after it was pulled, or never.
  const digests = !store.context.fault('ecs', 'no-digest', `${task.serviceArn ?? ''} ${task.arn}`);
  const definition = store.definitions.get(task.taskDefinitionArn)?.document;
  const time = (name: string, at: number | undefined) => (at === undefined ? {} : { [name]: new Date(at) });
  const launchType = launchTypeOf(task.input);
  const fargate = launchType === 'FARGATE';
  const instance = store.instances.get(task.containerInstanceArn ?? '');
  const arm = instance
    ? instance.architecture === 'arm64'
    : definition?.runtimePlatform?.cpuArchitecture === 'ARM64';
  return {
    attachments: [],
    attributes: [
      {
        name: 'ecs.cpu-architecture',
        value: arm ? 'arm64' : 'x86_64',
      },
    ],
    availabilityZone: `${task.region}a`,
    clusterArn: task.clusterArn,
    ...(task.capacityProvider ? { capacityProviderName: task.capacityProvider } : {}),
    ...(task.containerInstanceArn ? { containerInstanceArn: task.containerInstanceArn } : {}),
    connectivity: 'CONNECTED',
    containers: task.containers.map((c) => ({
      containerArn: c.arn,
      taskArn: task.arn,
      name: c.name,
      image: originalImage(definition, c),
      ...(c.imageDigest && digests ? { imageDigest: c.imageDigest } : {}),
      ...(c.runtimeId ? { runtimeId: c.runtimeId } : {}),
      lastStatus: c.lastStatus,
      ...(c.exitCode !== undefined ? { exitCode: c.exitCode } : {}),
      ...(c.reason ? { reason: c.reason } : {}),
      networkBindings: bindings(definition, c),
      networkInterfaces: [],
      healthStatus: c.healthStatus,
      cpu: '0',
    })),
    cpu: definition?.cpu,
    createdAt: new Date(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: task.input.enableExecuteCommand ?? false,
    ...(definition?.ephemeralStorage ? { ephemeralStorage: definition.ephemeralStorage } : {}),
    group: task.group,
    healthStatus: task.containers.some((c) => c.healthStatus === 'UNHEALTHY')
      ? 'UNHEALTHY'
      : task.healthy
        ? 'HEALTHY'
        : 'UNKNOWN',
    lastStatus: task.lastStatus,
    launchType,
    memory: definition?.memory,
    overrides: { containerOverrides: [], ...(task.serviceArn ? {} : task.input.overrides) },
    ...(fargate ? { platformVersion: '1.4.0', platformFamily: 'Linux' } : {}),
    ...time('pullStartedAt', task.pullStartedAt),
    ...time('pullStoppedAt', task.pullStoppedAt),
    ...time('startedAt', task.startedAt),
    ...(task.startedBy ? { startedBy: task.startedBy } : {}),
    ...(task.stopCode ? { stopCode: task.stopCode } : {}),
    ...time('stoppingAt', task.stoppingAt),
    ...time('stoppedAt', task.stoppedAt),
    ...time('executionStoppedAt', task.stoppedAt),
    ...(task.stoppedReason ? { stoppedReason: task.stoppedReason } : {}),
    tags: withTags ? tagList(task.tags) : [],
    taskArn: task.arn,
    taskDefinitionArn: task.taskDefinitionArn,
    version: 1,
  };
}

/** Where a container of a task that is not in `awsvpc` is reached on its host. */
function bindings(definition: TaskDefinitionDocument | undefined, container: ContainerRecord) {
  if (definition?.networkMode === 'awsvpc' || container.hostPort === undefined) return [];
  const named = definition?.containerDefinitions.find((one) => one.name === container.name);
  const containerPort = named?.portMappings?.[0]?.containerPort;
  return [{ bindIP: '0.0.0.0', containerPort, hostPort: container.hostPort, protocol: 'tcp' }];
}

/** As the task definition names it, tag or digest. */
const originalImage = (definition: TaskDefinitionDocument | undefined, container: ContainerRecord): string =>
  definition?.containerDefinitions.find((c) => c.name === container.name)?.image ?? container.image;

/** @throws InvalidParameterException where Fargate could not run it so */
export function checkNetwork(
  definition: TaskDefinitionDocument,
  input: Pick<ServiceSettings, 'networkConfiguration'>,
): void {
  const invalid = (message: string) => refuse('InvalidParameterException', message);
  if (definition.networkMode === 'awsvpc' && !input.networkConfiguration?.awsvpcConfiguration)
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  if (definition.networkMode !== 'awsvpc' && input.networkConfiguration)
    throw invalid('Network Configuration is not valid for the given networkMode of this task definition.');
  if (input.networkConfiguration && !input.networkConfiguration.awsvpcConfiguration?.subnets?.length)
    throw invalid('subnets can not be empty.');
  const { subnets = [], securityGroups = [] } = input.networkConfiguration?.awsvpcConfiguration ?? {};
  if (subnets.length > 16) throw invalid('subnets can have at most 16 items.');
  if (securityGroups.length > 5) throw invalid('securityGroups can have at most 5 items.');
}

/**
 * A task definition has to suit what its tasks are to run on (ECS API, `requiresCompatibilities`).
 * @throws InvalidParameterException
 */
export function checkLaunchType(definition: TaskDefinitionDocument, launchType: string): void {
  const required: string[] = definition.requiresCompatibilities ?? [];
  const suits =
    launchType === 'EC2' ||
    required.includes(launchType) ||
    (launchType === 'FARGATE' && required.length === 0 && definition.networkMode === 'awsvpc');
  if (!suits)
    throw refuse('InvalidParameterException', `Task definition does not support launch_type ${launchType}.`);
}

type RunInput = TaskInput & Pick<Inputs['RunTask'], 'count'>;

/** @returns how many to run */
function checkRun(definition: TaskDefinitionRecord, input: RunInput): number {
  if (definition.status !== 'ACTIVE') throw refuse('ClientException', 'TaskDefinition is inactive');
  checkNetwork(definition.document, input);
  checkLaunchType(definition.document, launchTypeOf(input));
  const count = input.count ?? 1;
  if (count < 1 || count > 10) throw refuse('InvalidParameterException', 'Count must be between 1 and 10.');
  const names = definition.document.containerDefinitions.map((c) => c.name);
  for (const override of input.overrides?.containerOverrides ?? [])
    if (!override.name || !names.includes(override.name))
      throw refuse(
        'InvalidParameterException',
        `Override for container named ${override.name} is not a container in the TaskDefinition.`,
      );
  return count;
}

const isOn = ({ containerInstanceArn: arn }: TaskRecord, instance: string): boolean =>
  arn !== undefined && (arn === instance || arn.endsWith(`/${instance}`));

type Place = Pick<TaskOrigin, 'containerInstanceArn' | 'capacityProvider'>;

/** Where each task of a RunTask goes; or, where no container instance can take them, why. */
function placesFor(
  store: EcsStore,
  cluster: ClusterRecord,
  definition: TaskDefinitionRecord,
  input: RunInput,
): Place[] | { readonly failures: unknown[] } {
  const count = checkRun(definition, input);
  const providers: Array<string | undefined> = [];
  for (let i = 0; i < count; i++) providers.push(providerOf(input, providers));
  const by = providers.map((name): Place => (name ? { capacityProvider: name } : {}));
  if (launchTypeOf(input) !== 'EC2') return by;
  const instances = store.instancesOf(cluster);
  if (instances.length === 0) throw refuse('InvalidParameterException', NO_INSTANCES);
  const taken = new Map<string, number>();
  const load = (arn: string) => store.tasksOn(arn) + (taken.get(arn) ?? 0);
  const places: Place[] = [];
  for (const place of by) {
    const instance = placedOn(instances, definition.document, load);
    if (!instance) return { failures: instances.map(({ arn }) => ({ arn, reason: 'ATTRIBUTE' })) };
    taken.set(instance.arn, (taken.get(instance.arn) ?? 0) + 1);
    places.push({ ...place, containerInstanceArn: instance.arn });
  }
  return places;
}

/** RUNNING or STOPPED, as it was at a time; `undefined` where the task was not there yet. */
export function desiredAt(
  task: Pick<TaskRecord, 'createdAt' | 'stoppingAt'>,
  time: number,
): 'RUNNING' | 'STOPPED' | undefined {
  if (task.createdAt > time) return undefined;
  return task.stoppingAt !== undefined && task.stoppingAt <= time ? 'STOPPED' : 'RUNNING';
}

export function taskOperations(store: EcsStore, runner: TaskRunner) {
  const find = (id: string, clusterArn: string) => {
    const found = [...store.tasks.values()].find((t) => t.arn === id || t.id === id);
    return found?.clusterArn === clusterArn ? found : undefined;
  };
  /** Answers by cluster and client token: a client that lost the answer asks again and starts nothing twice. */
  const answered = new Map<string, TaskRecord[]>();
  const shown = (tasks: readonly TaskRecord[]) => ({
    tasks: tasks.map((task) => describeTask(store, task, true)),
    failures: [],
  });
  return {
    RunTask: {
      resource: (input: Inputs['RunTask']) => input.taskDefinition,
      iam: ['ecs:RunTask', 'iam:PassRole'],
      run: (input: Inputs['RunTask'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        const token = input.clientToken ? `${cluster.arn}|${input.clientToken}` : undefined;
        const before = token === undefined ? undefined : answered.get(token);
        if (before) return shown(before);
        const definition = store.findDefinition(input.taskDefinition, request.region);
        if (!definition) throw refuse('ClientException', 'TaskDefinition not found.');
        const { launchType: _l, capacityProviderStrategy: _c, ...rest } = input;
        const settled = { ...rest, ...capacityOf(input, cluster) };
        const places = placesFor(store, cluster, definition, settled);
        if ('failures' in places) return { tasks: [], ...places };
        const tasks = places.map((place) => {
          const task = newTask(store, definition, {
            ...place,
            clusterArn: cluster.arn,
            group: input.group ?? `family:${definition.family}`,
            ...(input.startedBy ? { startedBy: input.startedBy } : {}),
            input: settled,
          });
          runner.run(task, {});
          return task;
        });
        if (token !== undefined) answered.set(token, tasks);
        return shown(tasks);
      },
    },
    StopTask: {
      resource: (input: Inputs['StopTask']) => input.task,
      run: (input: Inputs['StopTask'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        const task = find(input.task, cluster.arn);
        if (!task) throw refuse('InvalidParameterException', 'The referenced task was not found.');
        runner.stop(task, 'UserInitiated', input.reason ?? 'Task stopped by user').catch(() => {});
        return { task: describeTask(store, task, true) };
      },
    },
    DescribeTasks: {
      resource: (input: Inputs['DescribeTasks']) => input.tasks.join(','),
      run: (input: Inputs['DescribeTasks'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        if (input.tasks.length > 100)
          throw refuse('InvalidParameterException', 'Tasks cannot be more than 100.');
        const tasks: unknown[] = [];
        const failures: unknown[] = [];
        for (const id of input.tasks) {
          const task = find(id, cluster.arn);
          if (task) tasks.push(describeTask(store, task, input.include?.includes('TAGS') ?? false));
          else failures.push({ arn: id, reason: 'MISSING' });
        }
        return { tasks, failures };
      },
    },
    ListTasks: {
      refuses: ['daemonName'] as const,
      resource: (input: Inputs['ListTasks']) => input.serviceName ?? input.family ?? input.cluster,
      run: (input: Inputs['ListTasks'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        const service = input.serviceName ? store.findService(input.serviceName, cluster) : undefined;
        if (input.serviceName && !service) throw refuse('ServiceNotFoundException', 'Service not found.');
        store.forgetOld();
        // The fault `stale-list`: a list is eventually consistent, and tells what was true `ms` ago.
        const behind = store.context.fault('ecs', 'stale-list', service?.arn ?? cluster.arn)?.['ms'];
        const seenAt = store.context.now() - (typeof behind === 'number' ? behind : 0);
        const arns = [...store.tasks.values()]
          .filter(
            (t) =>
              t.clusterArn === cluster.arn && desiredAt(t, seenAt) === (input.desiredStatus ?? 'RUNNING'),
          )
          .filter((t) => !service || t.serviceArn === service.arn)
          .filter((t) => !input.launchType || launchTypeOf(t.input) === input.launchType)
          .filter((t) => !input.containerInstance || isOn(t, input.containerInstance))
          .filter((t) => !input.startedBy || t.startedBy === input.startedBy)
          .filter((t) => !input.family || t.taskDefinitionArn.includes(`task-definition/${input.family}:`))
          .map((t) => t.arn);
        const { items, next } = page(arns, input.nextToken, input.maxResults ?? 100);
        return { taskArns: items, nextToken: next };
      },
    },
  };
}
