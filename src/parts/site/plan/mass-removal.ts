import type { SiteFile } from '../types.ts';
import type { DeleteStep } from './diff.ts';

export interface DeletionLimit {
  /** Share of what the live release has, 0 to 1, or a number of files. */
  readonly kind: 'share' | 'files';
  readonly value: number;
}

/** What of the live site a release would do without. */
export interface Removal {
  /** Paths, in order. */
  readonly removed: readonly string[];
  /** Files that were compared. */
  readonly of: number;
}

/**
 * What the new release does without of what is live, whether it is deleted now or stays for open tabs for a while. The
 * live release's own files count, and what nobody knows; not what stayed from earlier releases and expires now. Pure.
 * @param own paths of the live release, without those that stayed for open tabs, and without immutable names: they
 *   change with every build
 * @param wanted the new release's files
 */
export function removalOf(
  own: readonly string[],
  wanted: readonly Pick<SiteFile, 'path'>[],
  deletes: readonly DeleteStep[],
): Removal {
  const staying = new Set(wanted.map((file) => file.path));
  const foreign = deletes.filter((step) => step.reason === 'foreign').map((step) => step.path);
  const all = new Set([...own, ...foreign]);
  return { removed: [...all].filter((path) => !staying.has(path)), of: all.size };
}

/** Deleting a handful is never a mass, whatever its share. */
const ALWAYS_ALLOWED = 5;

/** Why so many files must not be removed; `undefined` where they may. */
export function tooManyDeletions({ removed, of }: Removal, limit: DeletionLimit): string | undefined {
  const deletions = removed.length;
  if (deletions <= ALWAYS_ALLOWED && limit.value > 0) return undefined;
  const most = limit.kind === 'share' ? Math.floor(of * limit.value) : limit.value;
  if (deletions <= most) return undefined;
  const share = of > 0 ? ` (${Math.round((deletions / of) * 100)} %)` : '';
  return `${deletions} of ${of} live files would be removed${share}; at most ${most} may be`;
}
