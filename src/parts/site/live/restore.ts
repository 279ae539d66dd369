import type { WriteHeaders } from '../../../aws/write-headers.ts';
import { formatDuration } from '../../../runtime/duration.ts';
import { ActionError, messageOf, refused } from '../../../runtime/errors.ts';
import { type Change, planChange } from '../plan/change.ts';
import { keptFiles } from '../plan/keep.ts';
import { describePlan, type SitePlan } from '../plan/plan.ts';
import { readManifest, readSituation, type Situation } from '../plan/situation.ts';
import { afterAll, pathsOfAll } from '../plan/stale-paths.ts';
import { withoutPromise } from '../scan/mutable-names.ts';
import { noSources } from '../scan/scan.ts';
import { type Face, type Front, findFront, mapFaces, withNewFaces } from '../site.ts';
import { proveBlobs } from '../store/blob-proof.ts';
import { type SiteKeys, siteKeys } from '../store/keys.ts';
import { carry, writesToKeep } from '../store/write-options.ts';
import type { Activated, ActivationOptions, Manifest, SiteFile, SitePlace, SitePorts } from '../types.ts';
import { activate, stage } from './activate.ts';
import { type Activation, ActivationError } from './activation.ts';
import { formatBytes } from './progress.ts';
import { reachSite } from './site-access.ts';

/** Which manifest is to be live again, and as which release. */
export interface RestoreConfig {
  readonly place: SitePlace;
  /** Key, in the release bucket, of the manifest to go back to. */
  readonly manifest: string;
  /** Id of the release that going back makes. */
  readonly releaseId: string;
  readonly options: ActivationOptions;
  /** Releases that `site.json` remembers. */
  readonly keepReleases: number;
  readonly maxInvalidationPaths: number;
}

export interface RestorePorts extends SitePorts {
  /** Key of the manifest that the ledger's pointer leads to; it is what is live, unless a run died. */
  pointerManifest(): Promise<string | undefined>;
}

/** A restore that is known to be possible. */
export interface RestorePlan {
  readonly plan: SitePlan;
  /** False where what is wanted is what is live. */
  readonly changes: boolean;
  /** For people. */
  readonly lines: readonly string[];
  /** Milliseconds that it will take, about. */
  readonly estimate: number;
  readonly siteUrl: string | undefined;
  readonly files: number;
  readonly bytes: number;
  /** Key of the manifest that the restored release will have. */
  readonly manifestKey: string;
  /** For `restoreSite`. */
  readonly prepared: PreparedRestore;
}

export interface PreparedRestore {
  readonly keys: SiteKeys;
  readonly situation: Situation;
  readonly change: Change;
  readonly front: Front;
  readonly writes: WriteHeaders;
}

/**
 * What going back would change. Proves that it can be finished: the manifest can be read, and every blob is there.
 * @throws ActionError `refused` where it cannot; nothing has been changed.
 */
export async function planRestoreSite(config: RestoreConfig, ports: RestorePorts): Promise<RestorePlan> {
  const keys = siteKeys(config.place);
  // Two releases of a site have most files in common.
  const pool = new Map<string, SiteFile>();
  // The site is live, so its entry page is there to be asked for.
  const reached = async (face: Face) =>
    face.siteUrl && config.options.verify !== 'off'
      ? (await reachSite(ports, face, 'index.html')).face
      : face;
  const [reachable, situation, wanted] = await Promise.all([
    findFront(ports, config.place, config.options.siteUrl).then((found) => mapFaces(found, reached)),
    // What no release knows is left alone: a deployment's `exclude` is not known here.
    readSituation(ports, keys, () => false, ports, pool),
    readManifest(ports, config.manifest, tooOld, pool),
  ]);
  const writes = await writesToKeep(ports, keys, reachable, situation);
  carry(ports, writes);
  const { found, known, live } = situation;
  const front = withNewFaces(reachable, found?.state.distributions);
  const target: Manifest = {
    version: 1,
    release: config.releaseId,
    createdAt: new Date(ports.clock.now()).toISOString(),
    ...(wanted.entries ? { entries: wanted.entries } : {}),
    files: withoutPromise(wanted.files, new Set(found?.state.mutable)),
    kept: keptFiles(known, wanted.files, config.options.retainReleases),
  };
  const open = (found?.state.activating.length ?? 0) > 0;
  const whole = planChange(live, target, known, open ? undefined : found?.modified, () => true);
  const deletes = whole.diff.deletes.filter((step) => step.reason !== 'foreign');
  const change: Change = { ...whole, diff: { ...whole.diff, deletes } };
  await proveBlobs(
    ports,
    keys,
    change.diff.writes.map((step) => step.file),
  );
  const plan = describePlan(change, {
    liveObjects: live.size,
    storedBlobs: new Set(target.files.map((file) => file.sha256)),
    invalidate: pathsOfAll(front, afterAll(change), config.maxInvalidationPaths),
    adopts: false,
  });
  const changes = open || change.diff.writes.length > 0 || deletes.length > 0;
  // About 25 ms a copy, and what CloudFront takes for an invalidation.
  const estimate =
    2000 + (plan.writes * 25) / config.options.concurrency + (ports.cdns.length > 0 && changes ? 15_000 : 0);
  return {
    plan,
    changes,
    lines: describeRestore(plan, wanted, estimate),
    estimate,
    siteUrl: front.siteUrl,
    files: plan.files,
    bytes: plan.bytes,
    manifestKey: keys.manifest(config.releaseId),
    prepared: { keys, situation, change, front, writes },
  };
}

const tooOld = (resource: string) =>
  refused({
    input: 'to',
    what: 'the files of that release are no longer in the release bucket',
    found: `there is no ${resource}: it is older than the releases that deploy-frontend keeps`,
    fix: 'choose another release; raise `keep-releases` of deploy-frontend to be able to go further back',
  });

function describeRestore(plan: SitePlan, wanted: Manifest, estimate: number): string[] {
  const copied = `${plan.writes} of ${plan.files} files are copied inside S3 (${formatBytes(plan.writeBytes)}), ${plan.unchanged} stay`;
  const rest = `${plan.deletes} are removed, ${plan.kept} stay for open tabs, ${plan.invalidate.length} paths are invalidated`;
  return [`the site of release ${wanted.release}: ${copied}`, `${rest}; about ${formatDuration(estimate)}`];
}

/** Puts the manifest that is to be live into the release bucket. No visitor sees it. */
export const stageRestore = (config: RestoreConfig, ports: RestorePorts, plan: RestorePlan): Promise<void> =>
  stage(ports, workOf(config, plan));

/**
 * Makes the staged manifest live, without a byte through this machine. The caller holds the lock, and calls `finish` after
 * it has moved the pointer, or `undo`.
 * @throws ActionError `rollback-failed` where neither this nor what was before is live; any other: what was before is.
 */
export async function restoreSite(
  config: RestoreConfig,
  ports: RestorePorts,
  plan: RestorePlan,
): Promise<Activated> {
  try {
    return await activate(ports, workOf(config, plan));
  } catch (error) {
    if (!(error instanceof ActivationError)) throw error;
    await undoOrThrow(ports, error, 'the site could neither be restored nor put back');
    throw error.cause;
  }
}

/**
 * Goes back to what was live before an activation that failed.
 * @param neither what is said where that does not work either
 * @throws ActionError `rollback-failed`; the signal's reason when it is aborted
 */
export async function undoOrThrow(
  ports: Pick<SitePorts, 'log' | 'signal'>,
  { cause, undo }: ActivationError,
  neither: string,
): Promise<void> {
  // Cancelled, or the lock is lost: nothing more may be done here; the post step, or the next run, does it.
  ports.signal.throwIfAborted();
  ports.log.warning(`${messageOf(cause)}\ngoing back to what was live before`);
  try {
    await undo();
  } catch (undoError) {
    throw new ActionError('rollback-failed', {
      what: neither,
      found: messageOf(cause),
      details: [`putting it back: ${messageOf(undoError)}`],
      fix: 'run it again: it goes on from what is there',
      cause,
    });
  }
}

function workOf(config: RestoreConfig, plan: RestorePlan): Activation {
  const { keys, situation, change, front, writes } = plan.prepared;
  return {
    place: config.place,
    keys,
    situation,
    change,
    sources: noSources,
    options: config.options,
    front,
    writes,
    maxInvalidationPaths: config.maxInvalidationPaths,
    keepReleases: config.keepReleases,
    onOpen: () => {},
    excluded: () => false,
  };
}
