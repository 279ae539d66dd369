import type { Clock } from '../../../runtime/clock.ts';
import { type ActionError, refused } from '../../../runtime/errors.ts';
import type { DeploySiteConfig } from '../deploy-types.ts';
import type { Address } from '../live/addresses.ts';
import { type CacheRule, cacheControlOf, isImmutable } from '../scan/cache-rules.ts';
import { withoutPromise } from '../scan/mutable-names.ts';
import type { Scanned } from '../scan/scan.ts';
import { type Front, withNewFaces } from '../site.ts';
import { withCarried } from '../store/carried-headers.ts';
import type { SiteKeys } from '../store/keys.ts';
import { INDEX, liveFiles } from '../store/manifest.ts';
import type { Manifest } from '../types.ts';
import { type Change, planChange } from './change.ts';
import { keptFiles } from './keep.ts';
import { type Removal, removalOf, tooManyDeletions } from './mass-removal.ts';
import { describePlan, type SitePlan } from './plan.ts';
import type { Situation } from './situation.ts';
import { afterAll, pathsOfAll } from './stale-paths.ts';

/** What a plan is made from: the folder, and the site as it is. */
export interface Known {
  readonly keys: SiteKeys;
  readonly scanned: Scanned;
  readonly front: Front;
  readonly situation: Situation;
  /** Addresses of pages that the release's pages link to. */
  readonly addresses: readonly Address[];
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
  const { scanned, situation } = known;
  const { found, live } = situation;
  const front = withNewFaces(known.front, found?.state.distributions);
  const earlier = found ? situation.known : [];
  const rules = scanned.cacheRules;
  const { files: built, losses } = withCarried(scanned.files, situation.base, scanned.headerRules);
  const files = withoutPromise(built, new Set(found?.state.mutable), rules);
  const target: Manifest = {
    version: 1,
    release: config.releaseId,
    createdAt: new Date(clock.now()).toISOString(),
    ...(isDefault(config.scan.entries) ? {} : { entries: config.scan.entries }),
    files,
    // What is adopted is in no manifest yet: its files stay as those of a release would.
    kept: keptFiles(earlier, scanned.files, config.options.retainReleases),
  };
  const open = found !== undefined && found.state.activating.length > 0;
  const changeTo = (wanted: Manifest) =>
    planChange(live, wanted, earlier, open ? undefined : found?.modified, situation.named);
  const first = changeTo(target);
  const honest = withoutPromise(files, new Set(first.broken), rules);
  const change = honest === files ? first : changeTo({ ...target, files: honest });
  const adopts = !found && live.size > 0;
  const removal = removalOf(ownPaths(rules, situation), scanned.files, change.diff.deletes);
  const limit = tooManyDeletions(removal, config.maxDelete);
  if (limit) throw massDelete(limit, removal);
  const storedBlobs = new Set(found ? [...liveFiles(situation.base)].map((file) => file.sha256) : []);
  const plan = describePlan(change, {
    liveObjects: live.size,
    storedBlobs,
    invalidate: pathsOfAll(front, afterAll(change), config.maxInvalidationPaths),
    adopts,
    losses,
  });
  return { ...known, front, change, plan };
}

/** A manifest that says nothing begins with `index.html`, so that every version of ours reads it. */
const isDefault = (entries: readonly string[]): boolean => entries.join() === INDEX.join();

/** Names that do not change with every build: of the live release, or of what a bucket serves that we have never deployed to. */
function ownPaths(cacheRules: readonly CacheRule[], { found, base, live }: Situation): string[] {
  if (!found) return [...live.keys()].filter((path) => !isImmutable(cacheControlOf(path, cacheRules)));
  return base.files.filter((file) => !isImmutable(file.headers.cacheControl)).map((file) => file.path);
}

function massDelete(limit: string, { removed }: Removal): ActionError {
  return refused({
    input: 'max-delete',
    what: 'this deployment would remove too much',
    found: limit,
    details: [...removed.slice(0, 10), ...(removed.length > 10 ? [`… ${removed.length - 10} more`] : [])],
    fix: 'see that `source`, `bucket` and `prefix` are right; raise `max-delete` if it is meant',
  });
}
