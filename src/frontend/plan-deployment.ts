import type { Clock } from '../runtime/clock.ts';
import { type ActionError, refused } from '../runtime/errors.ts';
import { type Change, planChange } from './change.ts';
import type { DeploySiteConfig } from './deploy-types.ts';
import { tooManyDeletions } from './guards.ts';
import { invalidationPaths } from './invalidation-paths.ts';
import { keptFiles } from './keep.ts';
import type { SiteKeys } from './keys.ts';
import { liveFiles } from './manifest.ts';
import { describePlan, type SitePlan } from './plan.ts';
import type { Scanned } from './scan.ts';
import type { Front } from './site.ts';
import type { Situation } from './situation.ts';
import type { Manifest } from './types.ts';

/** What a plan is made from: the folder, and the site as it is. */
export interface Known {
  readonly keys: SiteKeys;
  readonly scanned: Scanned;
  readonly front: Front;
  readonly situation: Situation;
}

/** What was found out before anything was changed. */
export interface Prepared extends Known {
  readonly change: Change;
  readonly plan: SitePlan;
}

/**
 * What is to change, and what that means.
 * @throws ActionError where more would be removed than `max-delete` allows
 */
export function planFor(config: DeploySiteConfig, clock: Clock, known: Known): Prepared {
  const { scanned, front, situation } = known;
  const { found, live } = situation;
  const earlier = found ? situation.known : [];
  const target: Manifest = {
    version: 1,
    release: config.releaseId,
    createdAt: new Date(clock.now()).toISOString(),
    files: scanned.files,
    // What is adopted is in no manifest yet: its files stay as those of a release would.
    kept: keptFiles(earlier, scanned.files, config.options.retainReleases),
  };
  const open = found !== undefined && found.state.activating.length > 0;
  const change = planChange(live, target, earlier, open ? undefined : found?.modified);
  const adopts = !found && live.size > 0;
  const limit = tooManyDeletions(change.diff.deletes.length, live.size, config.maxDelete);
  if (limit) throw massDelete(limit, change);
  const storedBlobs = new Set(found ? [...liveFiles(situation.base)].map((file) => file.sha256) : []);
  const plan = describePlan(change, {
    liveObjects: live.size,
    storedBlobs,
    invalidate: invalidationPaths(
      [...change.changed, ...change.removed],
      front.mount,
      config.maxInvalidationPaths,
    ),
    adopts,
  });
  return { ...known, change, plan };
}

function massDelete(limit: string, change: Change): ActionError {
  const first = change.diff.deletes.slice(0, 10).map((step) => `${step.path} (${step.reason})`);
  return refused({
    input: 'max-delete',
    what: 'this deployment would remove too much',
    found: limit,
    details: first,
    fix: 'see that `source`, `bucket` and `prefix` are right; raise `max-delete` if it is meant',
  });
}
