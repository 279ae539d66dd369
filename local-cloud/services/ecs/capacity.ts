import type { CapacityProviderStrategyItem } from '../shapes/inputs/ecs.ts';
import type { ClusterRecord, ContainerInstanceRecord, TaskDefinitionDocument, TaskInput } from './model.ts';
import { refuse } from './store.ts';

const invalid = (message: string) => refuse('InvalidParameterException', message);

/** Where tasks run: by launch type, or by capacity providers. Members as the API has them. */
export type Capacity =
  | { readonly launchType: LaunchType }
  | { readonly capacityProviderStrategy: CapacityProviderStrategyItem[] };

type LaunchType = NonNullable<TaskInput['launchType']>;

/** Where something is asked to run. */
type Asked = Pick<TaskInput, 'capacityProviderStrategy' | 'launchType'>;

const FARGATE_PROVIDERS: readonly string[] = ['FARGATE', 'FARGATE_SPOT'];

/**
 * What was asked for; left out, the cluster's default capacity provider strategy, else EC2 (ECS API, CreateService and
 * RunTask, `launchType`).
 * @throws InvalidParameterException where both were given, or providers that do not go together
 */
export function capacityOf(input: Asked, cluster: ClusterRecord): Capacity {
  const asked = input.capacityProviderStrategy?.length ? input.capacityProviderStrategy : undefined;
  if (asked && input.launchType)
    throw invalid(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  if (input.launchType) return { launchType: input.launchType };
  const strategy = asked ?? cluster.input.defaultCapacityProviderStrategy ?? [];
  if (strategy.length === 0) return { launchType: 'EC2' };
  const fargate = strategy.filter((one) => FARGATE_PROVIDERS.includes(one.capacityProvider));
  if (fargate.length > 0 && fargate.length < strategy.length)
    throw invalid(
      'A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers.',
    );
  return { capacityProviderStrategy: strategy };
}

/** FARGATE or EC2: what the tasks of a capacity are told to run on. */
export function launchTypeOf(input: Asked): string {
  const [first] = input.capacityProviderStrategy ?? [];
  if (first) return FARGATE_PROVIDERS.includes(first.capacityProvider) ? 'FARGATE' : 'EC2';
  return input.launchType ?? 'FARGATE';
}

/** The provider of the next task: the base of each first, then by their weights. */
export function providerOf(input: Asked, running: ReadonlyArray<string | undefined>): string | undefined {
  const strategy = input.capacityProviderStrategy ?? [];
  const count = (name: string) => running.filter((one) => one === name).length;
  const below = strategy.find((one) => count(one.capacityProvider) < (one.base ?? 0));
  if (below) return below.capacityProvider;
  const rest = (one: CapacityProviderStrategyItem) => count(one.capacityProvider) - (one.base ?? 0);
  const weighted = strategy.filter((one) => (one.weight ?? 0) > 0);
  const [next] = [...weighted].sort((a, b) => rest(a) / (a.weight ?? 1) - rest(b) / (b.weight ?? 1));
  return (next ?? strategy[0])?.capacityProvider;
}

/** Why a task cannot be placed on container instances, in AWS's words. */
export const NO_INSTANCES = 'No Container Instances were found in your cluster.';

/**
 * The container instance that a task is placed on: with the fewest tasks among those whose architecture the task definition
 * names; any where it names none.
 */
export function placedOn(
  instances: readonly ContainerInstanceRecord[],
  definition: Pick<TaskDefinitionDocument, 'runtimePlatform'>,
  tasksOn: (arn: string) => number,
): ContainerInstanceRecord | undefined {
  const wanted = { X86_64: 'x86_64', ARM64: 'arm64' }[definition.runtimePlatform?.cpuArchitecture as string];
  const able = instances.filter((one) => one.status === 'ACTIVE' && (!wanted || one.architecture === wanted));
  return [...able].sort((a, b) => tasksOn(a.arn) - tasksOn(b.arn))[0];
}
