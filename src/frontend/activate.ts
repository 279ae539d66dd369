import { awsProblem } from '../aws/errors.ts';
import type { WriteHeaders } from '../aws/write-headers.ts';
import { ActionError, failed, messageOf } from '../runtime/errors.ts';
import { staleAfterWrites, waitedOut } from './cached-errors.ts';
import { type Change, planChange } from './change.ts';
import { asActionError } from './deploy-result.ts';
import { invalidate } from './invalidate.ts';
import { invalidationPaths } from './invalidation-paths.ts';
import type { SiteKeys } from './keys.ts';
import { listLive, pageEndsOf } from './live-listing.ts';
import { encodeManifest, liveFiles } from './manifest.ts';
import { noSources, type Sources } from './scan.ts';
import { type FoundState, type StateEntry, writeState } from './site-state.ts';
import type { Situation } from './situation.ts';
import { putBlobs, type Written, writeLive } from './transfer.ts';
import type {
  Activated,
  ActivationOptions,
  ActivationReport,
  Finished,
  Manifest,
  SitePlace,
  SitePorts,
} from './types.ts';
import { checkMissingIsMissing, filesToVerify, verifySite } from './verify.ts';

/** All that an activation stands on. */
export interface Activation {
  readonly place: SitePlace;
  readonly keys: SiteKeys;
  readonly situation: Situation;
  readonly change: Change;
  readonly sources: Sources;
  readonly options: ActivationOptions;
  /** Where the site is read back; `undefined` where nobody has said. */
  readonly siteUrl: string | undefined;
  /** Path of the site in URLs. */
  readonly mount: string;
  /** See Front. */
  readonly errorTtl: number;
  /** See SiteState. */
  readonly writes: WriteHeaders;
  /** Whether the proof asks for a name that is not there: it could not be asked for before. */
  readonly asksForMissing?: boolean;
  readonly maxInvalidationPaths: number;
  /** Releases that `site.json` remembers. */
  readonly keepReleases: number;
  /** Called just before the first change of the live bucket, and when there is nothing left to undo. */
  readonly onOpen: (open: boolean) => void;
  readonly excluded: (path: string) => boolean;
  /** What must be written down before the first change of the live bucket; blobs and the manifest go up beside it. */
  readonly started?: Promise<void> | undefined;
}

/** Signals that tell a caller whether a failure left something behind. */
export class ActivationError extends Error {
  readonly undo: () => Promise<void>;

  constructor(cause: unknown, undo: () => Promise<void>) {
    super(messageOf(cause), { cause });
    this.name = 'ActivationError';
    this.undo = undo;
  }
}

/**
 * Makes a manifest live: blobs and the manifest first, then the state that says so, then the files in their phases,
 * the invalidation, and the proof. The caller holds the lock.
 * @throws ActivationError when something failed after the live bucket may have been changed; whatever else before.
 */
export async function activate(ports: SitePorts, work: Activation): Promise<Activated> {
  const { keys, change, situation, options, place } = work;
  const entry: StateEntry = {
    release: change.target.release,
    manifest: keys.manifest(change.target.release),
  };
  const stored = new Set(situation.found ? [...liveFiles(situation.base)].map((file) => file.sha256) : []);
  const missing = [...liveFiles(change.target)].filter(
    (file) => !stored.has(file.sha256) && work.sources.get(file.path),
  );
  await Promise.all([
    putBlobs(ports, keys, missing, work.sources, options.concurrency),
    putManifest(ports, keys, change.target),
    work.started,
  ]);
  ports.signal.throwIfAborted();
  const before = situation.found?.state;
  const open = await writeState(
    ports.release,
    keys,
    {
      environment: place.environment,
      live: before?.live,
      activating: [...(before?.activating ?? []).filter((e) => e.manifest !== entry.manifest), entry],
      releases: before?.releases ?? [],
      undone: before?.undone,
      writes: work.writes,
      pageEnds: before?.pageEnds,
      sinceCollection: before?.sinceCollection ?? 0,
    },
    situation.found,
  );
  work.onOpen(true);
  const undo = () => undoActivation(ports, work, entry, open);
  try {
    const written = await writeLive(ports, keys, change.diff.writes, work.sources, options.concurrency);
    const paths = ports.cdn
      ? invalidationPaths(staleAfterWrites(change, work.errorTtl), work.mount, work.maxInvalidationPaths)
      : [];
    const invalidation = await invalidate(ports, {
      reference: reference(ports, change.target, 'a'),
      paths,
      wait: options.waitForInvalidation,
      timeout: options.waitTimeout,
    });
    const verifiedPages = await verify(ports, work, change, options.waitForInvalidation);
    if (work.asksForMissing && work.siteUrl) await checkMissingIsMissing(ports, work.siteUrl);
    const report: ActivationReport = {
      uploaded: written.uploaded,
      copied: written.copied,
      unchanged: change.diff.unchanged,
      deleted: 0,
      bytesUploaded: written.bytesUploaded,
      invalidationId: invalidation?.id,
      invalidatedPaths: paths,
      siteUrl: work.siteUrl,
      manifestKey: entry.manifest,
      verifiedPages,
    };
    const ending = { entry, open, written, report };
    return { report, undo, finish: () => finishOrTell(ports, work, ending) };
  } catch (error) {
    throw new ActivationError(error, undo);
  }
}

async function putManifest(ports: SitePorts, keys: SiteKeys, manifest: Manifest): Promise<void> {
  await ports.release.put({
    key: keys.manifest(manifest.release),
    body: encodeManifest(manifest),
    contentType: 'application/json',
  });
}

/** Within one run the same request is the same invalidation, whatever is sent twice; in another run it is another. */
const reference = (ports: SitePorts, target: Manifest, step: string) =>
  `${target.release.slice(0, 60)}-${ports.clock.now().toString(36)}-${step}`;

async function verify(
  ports: SitePorts,
  work: Activation,
  change: Change,
  invalidated: boolean,
): Promise<number> {
  if (!work.siteUrl || work.options.verify === 'off') return 0;
  const written = new Set(change.diff.writes.map((step) => step.file.path));
  return verifySite(ports, {
    siteUrl: work.siteUrl,
    files: filesToVerify(change.target.files, written),
    level: work.options.verify,
    invalidated: ports.cdn !== undefined && invalidated,
    waitedOut: waitedOut(change, work.errorTtl),
    errorTtl: work.errorTtl,
  });
}

/** An activation that is live, as it is to be closed. */
interface Ending {
  readonly entry: StateEntry;
  /** The state that says that it is under way. */
  readonly open: FoundState;
  readonly written: Written;
  readonly report: ActivationReport;
}

/** The release is live: whatever goes wrong with what is gone is an error to be seen, and work for the next activation. */
async function finishOrTell(ports: SitePorts, work: Activation, ending: Ending): Promise<Finished> {
  const { entry, report } = ending;
  try {
    return await finish(ports, work, ending);
  } catch (error) {
    const cause = asActionError(error, ports);
    const leftOver = new ActionError(cause.outcome, {
      ...cause.problem,
      input: undefined,
      what: `release ${entry.release} is live, but what it no longer has is not all gone: ${cause.problem.what}`,
      fix: `${cause.problem.fix ? `${cause.problem.fix}; ` : ''}the next deployment or rollback removes what is left`,
    });
    ports.log.error(leftOver.message);
    // There is nothing to undo: the pointer has moved.
    work.onOpen(false);
    return { report, state: undefined, leftOver };
  }
}

async function finish(
  ports: SitePorts,
  work: Activation,
  { entry, open, written, report }: Ending,
): Promise<Finished> {
  const { keys, change, options, place } = work;
  const deletes = change.diff.deletes.map((step) => keys.live(step.path));
  await removeLive(ports, deletes);
  const paths = ports.cdn ? invalidationPaths(change.removed, work.mount, work.maxInvalidationPaths) : [];
  const removal = await invalidate(ports, {
    reference: reference(ports, change.target, 'r'),
    paths,
    wait: options.waitForInvalidation,
    timeout: options.waitTimeout,
  });
  if (written.etags.size > 0) await putManifest(ports, keys, withEtags(change.target, written.etags));
  const releases = [...open.state.releases.filter((e) => e.release !== entry.release), entry];
  const state = await writeState(
    ports.release,
    keys,
    {
      environment: place.environment,
      live: entry,
      activating: [],
      releases: releases.slice(-work.keepReleases),
      writes: work.writes,
      pageEnds: pageEndsOf(change.target),
      sinceCollection: open.state.sinceCollection + 1,
    },
    open,
  );
  work.onOpen(false);
  return {
    state,
    report: {
      ...report,
      deleted: deletes.length,
      invalidationId: report.invalidationId ?? removal?.id,
      invalidatedPaths: [...report.invalidatedPaths, ...paths],
    },
  };
}

async function removeLive(ports: SitePorts, keys: readonly string[]): Promise<void> {
  const refusedKeys = await ports.live.deleteMany(keys).catch((error) => {
    throw awsProblem(error, {
      operation: 's3:DeleteObject',
      resource: `s3://${ports.live.bucket}`,
      input: 'bucket',
      afterChange: true,
    });
  });
  if (refusedKeys.length === 0) return;
  throw failed({
    what: `S3 did not delete ${refusedKeys.length} of ${keys.length} files from ${ports.live.bucket}`,
    details: refusedKeys.slice(0, 10).map((r) => `${r.key}: ${r.code} ${r.message}`),
    fix: 'grant s3:DeleteObject on the bucket to the role that the job assumes; the next deployment deletes what is left',
  });
}

const withEtags = (manifest: Manifest, etags: ReadonlyMap<string, string>): Manifest => ({
  ...manifest,
  files: manifest.files.map((file) => ({ ...file, etag: etags.get(file.path) ?? file.etag })),
  kept: manifest.kept.map((file) => ({ ...file, etag: etags.get(file.path) ?? file.etag })),
});

/** Back to the release before: its files from their blobs, what is new removed, caches told, and the proof of it. */
export async function undoActivation(
  ports: SitePorts,
  work: Activation,
  entry: StateEntry,
  open: FoundState,
): Promise<void> {
  const { keys, situation, change, options, place } = work;
  const { base } = situation;
  const known = [base, change.target, ...situation.known.slice(1)];
  const live = await listLive(ports, keys, pageEndsOf(base), work.excluded);
  const back = planChange(live, base, known, undefined, () => true);
  const written = await writeLive(ports, keys, back.diff.writes, noSources, options.concurrency);
  await removeLive(
    ports,
    back.diff.deletes.filter((step) => step.reason !== 'foreign').map((step) => keys.live(step.path)),
  );
  const paths = ports.cdn
    ? invalidationPaths(
        [...staleAfterWrites(back, work.errorTtl), ...back.removed],
        work.mount,
        work.maxInvalidationPaths,
      )
    : [];
  const told = await invalidate(ports, {
    reference: reference(ports, change.target, 'u'),
    paths,
    wait: options.waitForInvalidation,
    timeout: options.waitTimeout,
    // What is back is back: whether visitors see it is for the proof to say.
    mayTakeLonger: true,
  });
  await verify(ports, work, back, told?.completed ?? true);
  const { baseEntry } = situation;
  if (written.etags.size > 0 && baseEntry) {
    await ports.release.put({
      key: baseEntry.manifest,
      body: encodeManifest(withEtags(back.target, written.etags)),
      contentType: 'application/json',
    });
  }
  await writeState(
    ports.release,
    keys,
    {
      environment: place.environment,
      live: baseEntry,
      activating: [],
      releases: open.state.releases.filter((e) => e.release !== entry.release),
      undone: entry,
      writes: open.state.writes,
      pageEnds: pageEndsOf(base),
      sinceCollection: open.state.sinceCollection + 1,
    },
    open,
  );
  work.onOpen(false);
}
