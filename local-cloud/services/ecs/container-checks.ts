import type { ContainerDefinition, Inputs } from '../shapes/inputs/ecs.ts';
import { startOrder } from './start-order.ts';
import { refuse } from './store.ts';

type Register = Inputs['RegisterTaskDefinition'];

const client = (message: string) => refuse('ClientException', message);

/**
 * How the containers of a task definition go together (ECS API, ContainerDefinition and ContainerDependency).
 * @throws ClientException
 */
export function checkTogether(input: Register): void {
  const containers = input.containerDefinitions;
  for (const container of containers) {
    checkDependencies(container, containers);
    for (const { sourceVolume } of container.mountPoints ?? [])
      if (!input.volumes?.some((volume) => volume.name === sourceVolume))
        throw client(`Unknown volume '${sourceVolume}'.`);
  }
  startOrder(containers);
  checkSizes(input);
}

function checkDependencies(container: ContainerDefinition, all: readonly ContainerDefinition[]): void {
  for (const { containerName, condition } of container.dependsOn ?? []) {
    const needed = all.find((one) => one.name === containerName);
    if (!needed)
      throw client(
        `Container '${container.name}' depends on container '${containerName}', which is not defined.`,
      );
    if (['COMPLETE', 'SUCCESS'].includes(condition) && needed.essential !== false)
      throw client(
        `A dependency with the condition ${condition} cannot be on an essential container: '${containerName}'.`,
      );
  }
}

/** Sizes are in MiB and CPU units; a task's, where it is one by words (`1 vCPU`), is held to Fargate's sizes alone. */
function checkSizes(input: Register): void {
  const of = (size: string | undefined) =>
    size !== undefined && /^\d+$/.test(size) ? Number(size) : undefined;
  const [cpu, memory] = [of(input.cpu), of(input.memory)];
  const total = input.containerDefinitions.reduce((sum, one) => sum + (one.cpu ?? 0), 0);
  if (cpu !== undefined && total > cpu)
    throw client(`The total CPU of the containers, ${total}, is more than the task's ${cpu}.`);
  for (const { name, memory: hard, memoryReservation: soft } of input.containerDefinitions) {
    const setting = `Invalid setting for container '${name}'.`;
    if (input.memory === undefined && hard === undefined && soft === undefined)
      throw client(`${setting} At least one of 'memory' or 'memoryReservation' must be specified.`);
    if (hard !== undefined && soft !== undefined && soft > hard)
      throw client(`${setting} 'memoryReservation' must not be more than 'memory'.`);
    const most = hard ?? soft ?? 0;
    if (memory !== undefined && most > memory)
      throw client(`${setting} Its memory, ${most} MiB, is more than the task's ${memory}.`);
  }
}
