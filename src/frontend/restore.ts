import pMap from 'p-map';
import { awsProblem } from '../aws/errors.ts';
import { formatDuration } from '../runtime/duration.ts';
import { ActionError, messageOf, refused } from '../runtime/errors.ts';
import { type Activation, ActivationError, activate } from './activate.ts';
import { type Change, planChange } from './change.ts';
import { invalidationPaths } from './invalidation-paths.ts';
import { keptFiles } from './keep.ts';
import { type SiteKeys, siteKeys } from './keys.ts';
import { describePlan, type SitePlan } from './plan.ts';
import { formatBytes } from './progress.ts';
import { type Front, findFront } from './site.ts';
import { readManifest, readSituation, type Situation } from './situation.ts';
import type { Activated, ActivationOptions, Manifest, SiteFile, SitePlace, SitePorts } from './types.ts';

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
  /** Key of the manifest that the ledger's pointer leads to; asked only where a run died. */
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
}

/**
 * What going back would change. Proves that it can be finished: the manifest can be read, and every blob is there.
 * @throws ActionError `refused` where it cannot; nothing has been changed.
 */
export async function planRestoreSite(config: RestoreConfig, ports: RestorePorts): Promise<RestorePlan> {
  const keys = siteKeys(config.place);
  const [front, situation, wanted] = await Promise.all([
    findFront(ports, config.place, config.options.siteUrl),
    // What no release knows is left alone: a deployment's `exclude` is not known here.
    readSituation(ports, keys, () => false, ports),
    readManifest(ports, config.manifest, tooOld),
  ]);
  const { found, known, live } = situation;
  const target: Manifest = {
    version: 1,
    release: config.releaseId,
    createdAt: new Date(ports.clock.now()).toISOString(),
    files: wanted.files,
    kept: keptFiles(known, wanted.files, config.options.retainReleases),
  };
  const open = (found?.state.activating.length ?? 0) > 0;
  const whole = planChange(live, target, known, open ? undefined : found?.modified);
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
    invalidate: invalidationPaths(
      [...change.changed, ...change.removed],
      front.mount,
      config.maxInvalidationPaths,
    ),
    adopts: false,
  });
  const changes = open || change.diff.writes.length > 0 || deletes.length > 0;
  // About 25 ms a copy, and what CloudFront takes for an invalidation.
  const estimate =
    2000 + (plan.writes * 25) / config.options.concurrency + (ports.cdn && changes ? 15_000 : 0);
  return {
    plan,
    changes,
    lines: describeRestore(plan, wanted, estimate),
    estimate,
    siteUrl: front.siteUrl,
    files: plan.files,
    bytes: plan.bytes,
    manifestKey: keys.manifest(config.releaseId),
    prepared: { keys, situation, change, front },
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

/** @throws ActionError `refused` that names what is missing. */
async function proveBlobs(ports: SitePorts, keys: SiteKeys, files: readonly SiteFile[]): Promise<void> {
  const wanted = new Map(files.map((file) => [keys.blob(file.sha256), file]));
  const expected = [...wanted.keys()].sort();
  const pages = Math.ceil(expected.length / 1000);
  const sizes = new Map<string, number>();
  try {
    // A few blobs are asked for one by one, many by listing all; either is no more than one request each.
    const lists =
      expected.length <= 16
        ? await pMap(expected, (key) => ports.release.listAll(key), { concurrency: 16 })
        : [await ports.release.listAll(keys.blobs, pages > 1 ? expected : [])];
    for (const object of lists.flat()) sizes.set(object.key, object.size);
  } catch (error) {
    throw awsProblem(error, {
      operation: 's3:ListBucket',
      resource: `s3://${ports.release.bucket}/${keys.blobs}`,
      input: 'release-bucket',
    });
  }
  const missing = expected.filter((key) => sizes.get(key) !== wanted.get(key)?.size);
  if (missing.length === 0) return;
  throw refused({
    input: 'to',
    what: `${missing.length} of the files of that release are no longer in the release bucket`,
    details: missing
      .slice(0, 5)
      .map((key) => `${wanted.get(key)?.path}: s3://${ports.release.bucket}/${key}`),
    fix: 'choose another release; raise `keep-releases` of deploy-frontend to be able to go further back',
  });
}

/**
 * Makes the manifest live, without a byte through this machine. The caller holds the lock, and calls `finish` after it
 * has moved the pointer, or `undo`.
 * @throws ActionError `rollback-failed` where neither this nor what was before is live; any other: what was before is.
 */
export async function restoreSite(
  config: RestoreConfig,
  ports: RestorePorts,
  plan: RestorePlan,
  onOpen: (open: boolean) => void = () => {},
): Promise<Activated> {
  const { keys, situation, change, front } = plan.prepared;
  const work: Activation = {
    place: config.place,
    keys,
    situation,
    change,
    sources: new Map(),
    options: config.options,
    siteUrl: front.siteUrl,
    mount: front.mount,
    maxInvalidationPaths: config.maxInvalidationPaths,
    keepReleases: config.keepReleases,
    onOpen,
    excluded: () => false,
  };
  try {
    return await activate(ports, work);
  } catch (error) {
    if (!(error instanceof ActivationError)) throw error;
    // Cancelled, or the lock is lost: nothing more may be done here; the post step, or the next run, does it.
    ports.signal.throwIfAborted();
    ports.log.warning(`${messageOf(error.cause)}\ngoing back to what was live before`);
    try {
      await error.undo();
    } catch (undoError) {
      throw new ActionError('rollback-failed', {
        what: 'the site could neither be restored nor put back',
        found: messageOf(error.cause),
        details: [`putting it back: ${messageOf(undoError)}`],
        fix: 'run the rollback again: it goes on from what is there',
        cause: error.cause,
      });
    }
    throw error.cause;
  }
}
