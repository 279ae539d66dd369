import type { Change } from '../plan/change.ts';
import type { SiteFile } from '../types.ts';
import { type CacheRule, isImmutable, REVALIDATE } from './cache-rules.ts';

/** Names that a site remembers, at most: a build that breaks its promise for more has no promise. */
const MOST = 2000;

/**
 * The files, with names that have changed their content before asked about each time. A rule that the user wrote is taken
 * at its word. Pure.
 */
export function withoutPromise<T extends SiteFile>(
  files: readonly T[],
  mutable: { has(path: string): boolean; readonly size: number },
  rules: readonly CacheRule[] = [],
): readonly T[] {
  if (mutable.size === 0) return files;
  return files.map((file) => {
    if (!mutable.has(file.path) || !isImmutable(file.headers.cacheControl)) return file;
    if (rules.some((rule) => rule.matches(file.path))) return file;
    return { ...file, headers: { ...file.headers, cacheControl: REVALIDATE } };
  });
}

/** What the state of the site remembers from now on: of the names that changed those that lost the promise. Pure. */
export function rememberedNames(
  before: readonly string[] = [],
  { broken, target }: Pick<Change, 'broken' | 'target'>,
): readonly string[] {
  if (broken.length === 0) return before;
  const kept = new Set(target.files.filter((f) => isImmutable(f.headers.cacheControl)).map((f) => f.path));
  return [...new Set([...before, ...broken.filter((path) => !kept.has(path))])].slice(-MOST);
}
