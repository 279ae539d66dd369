import { ActionError } from '../../../runtime/errors.ts';
import { asActionError } from '../deploy-result.ts';
import type { Change } from '../plan/change.ts';
import { afterWrites } from '../plan/stale-paths.ts';
import { rememberedNames } from '../scan/mutable-names.ts';
import { facesOf } from '../site.ts';
import { liveFiles } from '../store/manifest.ts';
import { type FoundState, type StateEntry, writeState } from '../store/site-state.ts';
import { putBlobs, type Written, writeLive } from '../store/transfer.ts';
import type { Activated, ActivationReport, Finished, SitePorts } from '../types.ts';
import {
  type Activation,
  ActivationError,
  atEachFace,
  putManifest,
  reference,
  removeLive,
  verify,
  withEtags,
} from './activation.ts';
import { addressesToAsk, pagesOf } from './addresses.ts';
import { followLinks } from './follow-links.ts';
import { invalidateAll } from './invalidate-all.ts';
import { undoActivation } from './undo.ts';
import { checkMissingIsMissing } from './verify.ts';

/** Blobs and the manifest: all that a site goes live with, in the release bucket. No visitor sees it. */
export async function stage(ports: SitePorts, work: Omit<Activation, 'onOpen'>): Promise<void> {
  const { keys, change, situation, options } = work;
  const stored = new Set(situation.found ? [...liveFiles(situation.base)].map((file) => file.sha256) : []);
  const missing = [...liveFiles(change.target)].filter(
    (file) => !stored.has(file.sha256) && work.sources.get(file.path),
  );
  await Promise.all([
    putBlobs(ports, keys, missing, work.sources, options.concurrency),
    putManifest(ports, keys, change.target),
  ]);
  ports.signal.throwIfAborted();
}

/**
 * Makes a manifest live that is staged: the state that says so first, then the files in their phases, the invalidation,
 * and the proof. The caller holds the lock.
 * @throws ActivationError when something failed after the live bucket may have been changed; whatever else before.
 */
export async function activate(ports: SitePorts, work: Activation): Promise<Activated> {
  const { keys, change, situation, options, place } = work;
  const entry: StateEntry = {
    release: change.target.release,
    manifest: keys.manifest(change.target.release),
  };
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
      mutable: rememberedNames(before?.mutable, change),
      sinceCollection: before?.sinceCollection ?? 0,
    },
    situation.found,
  );
  work.onOpen(true);
  const undo = () => undoActivation(ports, work, entry, open);
  try {
    const written = await writeLive(
      ports,
      keys,
      { steps: change.diff.writes, sources: work.sources, entries: change.target.entries },
      options.concurrency,
    );
    const invalidation = await invalidateAll(ports, work, afterWrites(change), {
      reference: reference(ports, change.target, 'a'),
    });
    const verifiedPages = await verify(ports, work, change, options.waitForInvalidation);
    await verifyAddresses(ports, work, change);
    if (work.asksForMissing) await atEachFace(work, ({ siteUrl }) => checkMissingIsMissing(ports, siteUrl));
    const report: ActivationReport = {
      uploaded: written.uploaded,
      copied: written.copied,
      unchanged: change.diff.unchanged,
      deleted: 0,
      bytesUploaded: written.bytesUploaded,
      invalidationIds: invalidation.ids,
      invalidatedPaths: invalidation.paths,
      siteUrl: work.front.siteUrl,
      manifestKey: entry.manifest,
      verifiedPages,
    };
    const ending = { entry, open, written, report };
    return { report, undo, finish: () => finishOrTell(ports, work, ending) };
  } catch (error) {
    throw new ActivationError(error, undo);
  }
}

/** The pages as visitors ask for them, by the links of the release's own pages. */
async function verifyAddresses(ports: SitePorts, work: Activation, change: Change): Promise<void> {
  const addresses = addressesToAsk(work.addresses ?? [], change.target.entries);
  const pages = pagesOf(change.target.files);
  await atEachFace(work, ({ siteUrl, distribution, errorTtl }) =>
    followLinks(ports, {
      siteUrl,
      addresses,
      pages,
      invalidated: distribution !== undefined && work.options.waitForInvalidation,
      errorTtl,
    }),
  );
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
  const { keys, change, place } = work;
  const deletes = change.diff.deletes.map((step) => keys.live(step.path));
  await removeLive(ports, deletes);
  const removal = await invalidateAll(ports, work, () => change.removed, {
    reference: reference(ports, change.target, 'r'),
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
      distributions: facesOf(work.front).flatMap(({ distribution }) => distribution ?? []),
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
      invalidationIds: report.invalidationIds.length > 0 ? report.invalidationIds : removal.ids,
      invalidatedPaths: [...report.invalidatedPaths, ...removal.paths],
    },
  };
}
