import { isImmutable } from '../scan/cache-rules.ts';
import { isPage } from '../scan/is-page.ts';
import { INDEX } from '../store/manifest.ts';
import type { SiteFile } from '../types.ts';
import type { WriteStep } from './diff.ts';

/** The order in which a site goes live, with a barrier between any two; the last are the pages that it begins with. */
export const PHASES = ['immutable assets', 'other files', 'pages', 'index.html'] as const;
export type Phase = (typeof PHASES)[number];

/** A page may load anything before it in this order; the entry page is what everybody loads. */
export function phaseOf(file: SiteFile, entries: readonly string[] = INDEX): Phase {
  if (entries.includes(file.path)) return 'index.html';
  if (isPage(file.headers.contentType)) return 'pages';
  return isImmutable(file.headers.cacheControl) ? 'immutable assets' : 'other files';
}

/** The steps of each phase that has any. */
export function inPhases(
  writes: readonly WriteStep[],
  entries?: readonly string[],
): Array<{ phase: Phase; steps: WriteStep[] }> {
  return PHASES.map((phase) => ({
    phase,
    steps: writes.filter((step) => phaseOf(step.file, entries) === phase),
  })).filter(({ steps }) => steps.length > 0);
}
