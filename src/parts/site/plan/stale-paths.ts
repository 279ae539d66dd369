import { staleAfterWrites } from '../live/cached-errors.ts';
import { type Face, type Front, facesOf } from '../site.ts';
import type { Change } from './change.ts';
import { encodePath, invalidationPaths } from './invalidation-paths.ts';

/** Paths of the site whose cached answers must go, at one of its faces; `all` where nobody knows what it holds. */
export type Stale = (face: Face) => readonly string[] | 'all';

/** What the writes make stale: a distribution that keeps errors for long has more of it. */
export const afterWrites =
  (change: Change): Stale =>
  ({ errorTtl, isNew }) =>
    isNew ? 'all' : staleAfterWrites(change, errorTtl);

/** The same, and what goes with the deletions. */
export const afterAll =
  (change: Change): Stale =>
  ({ errorTtl, isNew }) =>
    isNew ? 'all' : [...staleAfterWrites(change, errorTtl), ...change.removed];

/** As one distribution knows them. @param max see invalidationPaths */
export function pathsAt(face: Face, stale: Stale, max: number): string[] {
  const paths = stale(face);
  if (paths !== 'all') return invalidationPaths(paths, face.mount, max);
  const folder = face.mount ? `/${encodePath(face.mount)}` : '';
  return folder ? [folder, `${folder}/*`] : ['/*'];
}

/** The paths of all faces, each once: for people, and for the plan. */
export const pathsOfAll = (front: Front, stale: Stale, max: number): string[] => [
  ...new Set(facesOf(front).flatMap((face) => pathsAt(face, stale, max))),
];
