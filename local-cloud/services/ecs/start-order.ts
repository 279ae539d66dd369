import type { ContainerDefinition } from '../shapes/inputs/ecs.ts';
import { refuse } from './store.ts';

/** Containers after those that they depend on. @throws ClientException on a circle */
export function startOrder<C extends Pick<ContainerDefinition, 'name' | 'dependsOn'>>(
  containers: readonly C[],
): C[] {
  const ordered: C[] = [];
  const left = [...containers];
  while (left.length > 0) {
    const next = left.findIndex((c) =>
      (c.dependsOn ?? []).every((need) => ordered.some((o) => o.name === need.containerName)),
    );
    if (next < 0) throw refuse('ClientException', 'Dependency circle found in containers.');
    ordered.push(...left.splice(next, 1));
  }
  return ordered;
}
