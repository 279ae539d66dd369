import type { ContainerDefinition, EcsService, TaskDefinition } from '../../../aws/ecs.ts';
import { refused } from '../../../runtime/errors.ts';
import { repositoryKey } from '../plan/image-ref.ts';

/** Which containers of a task definition a deployment is about. */
export interface ContainerChoice {
  /** The one that gets the variables, the port and the command too, and that is looked at for the proof. */
  readonly main: ContainerDefinition;
  /** Names of the others that get the image with it. */
  readonly others: readonly string[];
  /** Names of those that run the same repository and stay as they are, because only others were named. */
  readonly behind: readonly string[];
}

export interface ContainerWish {
  /** Names as the user gave them; empty where the repository is to decide. */
  readonly names: readonly string[];
  /** `registry/repository` of the image that is to run. */
  readonly repository: string;
}

/** `web worker`, `web, worker` or a line each. */
export const containerNames = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

/**
 * The containers that get the image: those that are named; else a single one, whatever its image; else all whose image
 * has the repository that is asked for. Of several, the one behind the load balancer is the main one, else the first
 * essential one that has a port, else the first essential one.
 * @throws ActionError `refused` where that does not decide it.
 */
export function chooseContainers(
  definition: TaskDefinition,
  { names, repository }: ContainerWish,
  service: Pick<EcsService, 'loadBalancers'>,
): ContainerChoice {
  const containers = definition.containerDefinitions ?? [];
  const known = containers.map((container) => container.name ?? '');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw refused({
      input: 'container',
      what: `the task definition has no container named ${unknown}`,
      found: known.join(', '),
      fix: 'use one of these names',
    });
  }
  const key = repositoryKey(repository);
  const same = containers.filter((container) => repositoryKey(container.image ?? '') === key);
  const chosen =
    names.length > 0
      ? names.flatMap((name) => containers.find((container) => container.name === name) ?? [])
      : containers.length === 1
        ? containers
        : same;
  const main = names.length > 0 ? chosen[0] : mainOf(chosen, service);
  if (!main) throw undecided(containers, repository);
  const nameOf = ({ name = '' }: ContainerDefinition) => name;
  return {
    main,
    others: chosen.filter((one) => one !== main).map(nameOf),
    behind: same.filter((one) => !chosen.includes(one)).map(nameOf),
  };
}

function mainOf(
  chosen: readonly ContainerDefinition[],
  { loadBalancers = [] }: Pick<EcsService, 'loadBalancers'>,
) {
  const balanced = chosen.find(({ name }) => loadBalancers.some((one) => one.containerName === name));
  if (balanced) return balanced;
  const essential = chosen.filter((one) => one.essential !== false);
  return essential.find(({ portMappings = [] }) => portMappings.length > 0) ?? essential[0] ?? chosen[0];
}

function undecided(containers: readonly ContainerDefinition[], repository: string): Error {
  return refused({
    input: 'container',
    what: `the task definition has several containers, and none of them runs an image of ${repository}`,
    found: containers.map(({ name, image }) => `${name} (${image})`).join(', '),
    fix: 'set `container` to the names of those that get the image',
  });
}
