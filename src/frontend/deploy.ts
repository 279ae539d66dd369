import { readFileSync } from 'node:fs';
import type { FenceVerdict } from '../release/fence.ts';
import type { Hold, Ledger } from '../release/ledger.ts';
import type { FrontendHalf, Pointer } from '../release/record.ts';
import type { RunContext } from '../runtime/action.ts';
import { ActionError, failed, messageOf, refused } from '../runtime/errors.ts';
import type { AnyOutcome, Outcome } from '../runtime/outcome.ts';
import { type Activation, ActivationError, activate } from './activate.ts';
import { adopt } from './adopt.ts';
import { type Change, planChange } from './change.ts';
import { collect, timeToCollect } from './collect.ts';
import {
  checkIsSite,
  type DeletionLimit,
  missingReferences,
  refuseMissing,
  tooManyDeletions,
} from './guards.ts';
import { invalidationPaths } from './invalidation-paths.ts';
import { isPage } from './is-page.ts';
import { keptFiles } from './keep.ts';
import { type SiteKeys, siteKeys } from './keys.ts';
import { liveFiles, totalBytes } from './manifest.ts';
import { describePlan, type SitePlan } from './plan.ts';
import { type Scanned, type ScanOptions, scan } from './scan.ts';
import { type Front, findFront } from './site.ts';
import { StateChanged, writeState } from './site-state.ts';
import { readSituation, type Situation } from './situation.ts';
import type {
  Activated,
  ActivationOptions,
  ActivationReport,
  Manifest,
  SitePlace,
  SitePorts,
} from './types.ts';
import { checkMissingIsMissing } from './verify.ts';

/** What a deployment is to do. */
export interface DeploySiteConfig {
  readonly place: SitePlace;
  readonly scan: Omit<ScanOptions, 'livePrefix'>;
  readonly options: ActivationOptions;
  readonly releaseId: string;
  readonly keepReleases: number;
  readonly maxDelete: DeletionLimit;
  readonly maxInvalidationPaths: number;
  /** True for a path that pages may load although the folder does not have it. */
  readonly mayBeMissing: (path: string) => boolean;
  readonly rollbackOnFailure: boolean;
  readonly dryRun: boolean;
}

/** The edges of a deployment beyond those of the site. */
export interface DeploySitePorts extends SitePorts {
  readonly ledger: Ledger;
  readonly run: RunContext;
  /** Takes the lock. */
  lock(): Promise<Hold>;
  /** May this commit take the place of the live one? */
  fence(current: Pointer | undefined): Promise<FenceVerdict>;
  /** The smoke checks, where there are any. */
  readonly gate: ((siteUrl: string | undefined) => Promise<GateAnswer>) | undefined;
  /** From now on, requests end with this signal. */
  useSignal(signal: AbortSignal): void;
  /** What a post step would have to put right: the release whose activation is open, or ''. */
  onOpen(release: string): void;
}

export interface GateAnswer {
  readonly outcome: AnyOutcome;
  readonly problems: readonly string[];
  readonly summary?: string | undefined;
}

export interface DeploySiteResult {
  readonly outcome: Outcome;
  readonly plan: SitePlan;
  readonly report: ActivationReport | undefined;
  readonly siteUrl: string | undefined;
  readonly manifest: Manifest;
  readonly cause?: ActionError | undefined;
  /** Why going back failed too. */
  readonly undoProblem?: string | undefined;
  readonly gate?: GateAnswer | undefined;
  readonly collected?: { readonly manifests: number; readonly blobs: number } | undefined;
}

/** Milliseconds: the lock of nobody takes two requests. */
const WAITED = 1500;

/** What was found out before anything was changed. */
interface Prepared {
  readonly keys: SiteKeys;
  readonly scanned: Scanned;
  readonly front: Front;
  readonly situation: Situation;
  readonly change: Change;
  readonly plan: SitePlan;
}

/**
 * Takes a folder live. Everything that can be wrong with it is found before the lock is asked for; whatever goes wrong
 * after the first change of the live bucket leads back to the release before.
 * @throws ActionError where nothing was changed
 */
export async function deploySite(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
): Promise<DeploySiteResult> {
  const keys = siteKeys(config.place);
  const prepared = await prepare(config, ports, keys);
  if (config.dryRun) return resultOf('planned', prepared);
  const asked = ports.clock.now();
  const hold = await ports.lock();
  const waited = ports.clock.now() - asked;
  const cancelled = ports.signal;
  ports.useSignal(AbortSignal.any([cancelled, hold.signal]));
  try {
    return await deployLocked(config, ports, prepared, hold, waited);
  } finally {
    await hold.release();
  }
}

async function prepare(config: DeploySiteConfig, ports: DeploySitePorts, keys: SiteKeys): Promise<Prepared> {
  const { log, clock } = ports;
  // The folder is read by other threads while the cloud answers; what is wrong with the folder is told first.
  const looking = lookAround(config, ports, keys);
  looking.catch(() => {});
  const started = clock.now();
  const scanned = await scan({ ...config.scan, livePrefix: keys.livePrefix }, log);
  log.info(`read ${scanned.files.length} files in ${clock.now() - started} ms`);
  if (scanned.skippedDotfiles.length > 0) {
    log.notice(
      `left out, for their names start with a dot: ${scanned.skippedDotfiles.slice(0, 10).join(', ')}`,
    );
  }
  checkIsSite(scanned.files, config.scan.source);
  const { front, situation } = await looking;
  checkReferences(config, scanned, front);
  return planFor(config, keys, scanned, front, situation);
}

async function lookAround(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  keys: SiteKeys,
): Promise<{ front: Front; situation: Situation }> {
  const [front, situation] = await Promise.all([
    findFront(ports, config.place, config.options.siteUrl).then(async (found) => {
      if (found.siteUrl && config.options.verify === 'full') {
        await checkMissingIsMissing(ports, found.siteUrl, found.mount);
      }
      return found;
    }),
    lookAtSite(config, ports, keys),
  ]);
  return { front, situation };
}

async function lookAtSite(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  keys: SiteKeys,
): Promise<Situation> {
  const situation = await readSituation(ports, keys, config.scan.excluded, {
    async pointerManifest() {
      const id = (await ports.ledger.current())?.frontend;
      return id ? (await ports.ledger.record(id))?.frontend?.manifest : undefined;
    },
  });
  const owner = situation.found?.state.environment;
  if (owner && owner !== config.place.environment) {
    throw refused({
      input: 'environment',
      what: `this site belongs to the environment ${owner}`,
      found: `environment: ${config.place.environment}`,
      fix: 'give each environment a bucket or a prefix of its own',
    });
  }
  return situation;
}

/** Pages that name what is not there; files that stay live for open tabs are no excuse. */
function checkReferences(config: DeploySiteConfig, scanned: Scanned, front: Front): void {
  const present = new Set(scanned.files.map((file) => file.path));
  const isPresent = (path: string) =>
    present.has(path) ||
    present.has(`${path}/index.html`) ||
    config.mayBeMissing(path) ||
    config.scan.excluded(path);
  const mounts = [...new Set(['', front.mount, config.place.prefix])];
  const missing = scanned.files.flatMap((file) => {
    const source = scanned.sources.get(file.path);
    if (source?.kind === 'bytes' || !source || !isPage(file.headers.contentType)) return [];
    return missingReferences(readFileSync(source.full, 'utf8'), file.path, mounts, isPresent);
  });
  refuseMissing(missing);
}

function planFor(
  config: DeploySiteConfig,
  keys: SiteKeys,
  scanned: Scanned,
  front: Front,
  situation: Situation,
): Prepared {
  const { found, known, live } = situation;
  const earlier = found ? known : [];
  const target: Manifest = {
    version: 1,
    release: config.releaseId,
    createdAt: new Date().toISOString(),
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
  return { keys, scanned, front, situation, change, plan };
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

async function deployLocked(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  first: Prepared,
  hold: Hold,
  waited: number,
): Promise<DeploySiteResult> {
  await checkFence(ports);
  const { keys, scanned, front } = first;
  const lookAgain = async () => {
    ports.log.info('the site has changed since it was looked at: looking again');
    return planFor(config, keys, scanned, front, await lookAtSite(config, ports, keys));
  };
  // Whoever held the lock before us has most probably changed the site.
  const prepared = waited > WAITED ? await lookAgain() : first;
  try {
    return await deployPrepared(config, ports, prepared, hold);
  } catch (error) {
    // The state is written under a condition before anything else is: nothing has been changed yet.
    if (!(error instanceof StateChanged)) throw error;
    return await deployPrepared(config, ports, await lookAgain(), hold);
  }
}

async function checkFence(ports: DeploySitePorts): Promise<void> {
  const verdict = await ports.fence(await ports.ledger.current());
  if (!verdict.allowed) {
    throw refused({
      input: 'allow-older-commit',
      what: 'an older commit does not take the place of a newer one',
      found: verdict.reason,
      fix: 'deploy the newer commit; to go back on purpose, run the rollback action or set allow-older-commit: true',
    });
  }
  if (verdict.reason) ports.log.notice(verdict.reason);
}

async function deployPrepared(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  planned: Prepared,
  hold: Hold,
): Promise<DeploySiteResult> {
  const prepared = planned.plan.adopts ? await adoptFirst(config, ports, planned) : planned;
  for (const path of prepared.change.broken.slice(0, 5)) {
    ports.log.warning(`${path} is served as immutable, and its content is another now under the same name`);
  }
  await ports.ledger.open({ id: config.releaseId, type: 'deployment', run: ports.run });
  const recorder = new Recorder(config, ports, prepared);
  await tellDeadRuns(config, ports, prepared);
  const { diff } = prepared.change;
  const open = (prepared.situation.found?.state.activating.length ?? 0) > 0;
  if (diff.writes.length === 0 && diff.deletes.length === 0 && !open && prepared.situation.baseEntry) {
    return leaveAsItIs(config, ports, prepared, recorder);
  }
  return goLive(config, ports, prepared, recorder, hold);
}

/** Records what the bucket serves as a release, before anything is changed, and plans anew on top of it. */
async function adoptFirst(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
): Promise<Prepared> {
  const { keys, situation, scanned, front } = prepared;
  const { place } = config;
  const release = `${config.releaseId}.adopted`;
  await ports.log.group(`Adopting ${situation.live.size} files that are live`, async () => {
    const { concurrency } = config.options;
    const manifest = await adopt(ports, keys, situation.live, scanned.files, release, concurrency);
    const startedAt = manifest.createdAt;
    const entry = { release, manifest: keys.manifest(release) };
    await ports.ledger.open({ id: release, type: 'adoption', run: { ...ports.run, commit: '' } });
    await ports.ledger.writeFrontend(release, {
      ...halfFor(config, prepared),
      manifest: entry.manifest,
      files: manifest.files.length,
      bytes: totalBytes(manifest.files),
      uploaded: 0,
      deleted: 0,
      result: 'deployed',
      startedAt,
      finishedAt: new Date(ports.clock.now()).toISOString(),
    });
    await ports.ledger.movePointer(release, ['frontend']);
    await writeState(
      ports.release,
      keys,
      { environment: place.environment, live: entry, activating: [], releases: [entry], sinceCollection: 0 },
      undefined,
    );
  });
  const adopted = await lookAtSite(config, ports, keys);
  return planFor(config, keys, scanned, front, adopted);
}

/** Runs that died left records that say `in-progress` for ever: they are told how they ended. */
async function tellDeadRuns(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
): Promise<void> {
  const { found, baseEntry } = prepared.situation;
  for (const entry of found?.state.activating ?? []) {
    if (entry.release === config.releaseId || entry === baseEntry) continue;
    ports.log.notice(
      `release ${entry.release} did not come to its end: what it left is put right by this one`,
    );
    const half = (await ports.ledger.record(entry.release))?.frontend;
    if (half && half.result !== 'in-progress') continue;
    await ports.ledger.writeFrontend(entry.release, {
      ...halfFor(config, prepared),
      ...half,
      manifest: entry.manifest,
      result: 'interrupted',
      cause: `its run died; release ${config.releaseId} went on from there`,
      finishedAt: new Date(ports.clock.now()).toISOString(),
    });
  }
}

async function leaveAsItIs(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
  recorder: Recorder,
): Promise<DeploySiteResult> {
  const { situation, keys, front } = prepared;
  const { found, baseEntry } = situation;
  if (!found || !baseEntry) throw new Error('an unchanged site has a state');
  const gate = await ports.gate?.(front.siteUrl);
  if (gate?.outcome === 'failed') {
    const cause = gateFailed(gate);
    await recorder.end('failed', { manifestKey: baseEntry.manifest, cause, gate });
    return { ...resultOf('failed', prepared), cause, gate };
  }
  await recorder.end('unchanged', { manifestKey: baseEntry.manifest, gate });
  await ports.ledger.movePointer(config.releaseId, ['frontend']);
  const { version: _version, nonce: _nonce, ...state } = found.state;
  const releases = [...state.releases, { release: config.releaseId, manifest: baseEntry.manifest }];
  await writeState(ports.release, keys, { ...state, releases: releases.slice(-config.keepReleases) }, found);
  return { ...resultOf('unchanged', prepared), gate };
}

function activationOf(config: DeploySiteConfig, ports: DeploySitePorts, prepared: Prepared): Activation {
  const { keys, situation, change, front, scanned } = prepared;
  return {
    place: config.place,
    keys,
    situation,
    change,
    sources: scanned.sources,
    options: config.options,
    siteUrl: front.siteUrl,
    mount: front.mount,
    maxInvalidationPaths: config.maxInvalidationPaths,
    keepReleases: config.keepReleases,
    onOpen: (open) => ports.onOpen(open ? config.releaseId : ''),
    excluded: config.scan.excluded,
  };
}

async function goLive(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
  recorder: Recorder,
  hold: Hold,
): Promise<DeploySiteResult> {
  let activated: Activated | undefined;
  let gate: GateAnswer | undefined;
  try {
    activated = await activate(ports, activationOf(config, ports, prepared));
    gate = await ports.gate?.(prepared.front.siteUrl);
    ports.signal.throwIfAborted();
    if (gate?.outcome === 'failed') throw gateFailed(gate);
    await recorder.end('deployed', { report: activated.report, gate });
    await ports.ledger.movePointer(config.releaseId, ['frontend']);
  } catch (error) {
    if (error instanceof StateChanged && !activated) throw error;
    const undo = error instanceof ActivationError ? error.undo : activated?.undo;
    const cause = asActionError(error instanceof ActivationError ? error.cause : error, ports);
    return giveUp(config, ports, prepared, recorder, hold, { undo, cause, gate });
  }
  return finishLive(config, ports, prepared, recorder, { activated, gate });
}

async function finishLive(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
  recorder: Recorder,
  done: { activated: Activated; gate: GateAnswer | undefined },
): Promise<DeploySiteResult> {
  const { gate, activated } = done;
  try {
    const { report, state } = await activated.finish();
    const collected = timeToCollect(state.state, config.keepReleases)
      ? await collect(ports, prepared.keys, state)
      : undefined;
    return { ...resultOf('deployed', prepared), report, gate, collected };
  } catch (error) {
    // The release is live and the pointer says so; what is left over is removed by the next one.
    const cause = asActionError(error, ports);
    await recorder.end('failed', { report: activated.report, cause, gate });
    return { ...resultOf('failed', prepared), report: activated.report, cause, gate };
  }
}

async function giveUp(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
  recorder: Recorder,
  hold: Hold,
  failure: { undo: (() => Promise<void>) | undefined; cause: ActionError; gate: GateAnswer | undefined },
): Promise<DeploySiteResult> {
  const { undo, cause, gate } = failure;
  const { log } = ports;
  const end = async (outcome: Outcome, undoProblem?: string): Promise<DeploySiteResult> => {
    const manifestKey = prepared.keys.manifest(config.releaseId);
    try {
      await recorder.end(outcome, { manifestKey, cause, gate });
    } catch (error) {
      log.error(`the release record could not be written: ${messageOf(error)}`);
    }
    return { ...resultOf(outcome, prepared), cause, gate, undoProblem };
  };
  ports.useSignal(hold.signal);
  // Nothing was changed, or another run holds the lock now and what we left is its business.
  if (!undo || hold.signal.aborted) return end(cause.outcome);
  if (!config.rollbackOnFailure && cause.outcome !== 'interrupted') {
    log.warning('rollback-on-failure is false: what is live now is left as it is');
    return end(cause.outcome);
  }
  log.warning(
    `${cause.problem.what}: going back to ${prepared.situation.baseEntry?.release ?? 'what was there before: nothing'}`,
  );
  try {
    await log.group('Going back', undo);
    return await end(cause.outcome === 'interrupted' ? 'interrupted' : 'rolled-back');
  } catch (error) {
    return end('rollback-failed', messageOf(error instanceof ActivationError ? error.cause : error));
  }
}

const gateFailed = (gate: GateAnswer) =>
  failed({ what: 'the smoke checks failed', details: [...gate.problems], input: 'smoke-checks' });

function asActionError(error: unknown, ports: DeploySitePorts): ActionError {
  if (error instanceof ActionError) {
    // What was refused after the first write is a failure.
    return error.outcome === 'refused' ? new ActionError('failed', error.problem) : error;
  }
  if (ports.signal.aborted && ports.signal.reason instanceof ActionError) return ports.signal.reason;
  return failed({ what: 'the deployment failed', found: messageOf(error), cause: error });
}

function resultOf(outcome: Outcome, prepared: Prepared): DeploySiteResult {
  const { plan, front, change } = prepared;
  return { outcome, plan, report: undefined, siteUrl: front.siteUrl, manifest: change.target };
}

function halfFor(config: DeploySiteConfig, prepared: Prepared): Omit<FrontendHalf, 'result'> {
  const { target } = prepared.change;
  return {
    bucket: config.place.bucket,
    prefix: config.place.prefix,
    ...(prepared.front.siteUrl ? { siteUrl: prepared.front.siteUrl } : {}),
    manifest: prepared.keys.manifest(config.releaseId),
    files: target.files.length,
    bytes: totalBytes(target.files),
    startedAt: target.createdAt,
  };
}

/** Writes how the frontend half of this release ended. */
class Recorder {
  readonly #config: DeploySiteConfig;
  readonly #ports: DeploySitePorts;
  readonly #prepared: Prepared;

  constructor(config: DeploySiteConfig, ports: DeploySitePorts, prepared: Prepared) {
    this.#config = config;
    this.#ports = ports;
    this.#prepared = prepared;
  }

  async end(
    result: Outcome,
    about: {
      report?: ActivationReport;
      manifestKey?: string;
      cause?: ActionError;
      gate?: GateAnswer | undefined;
    },
  ): Promise<void> {
    const { report, cause, gate } = about;
    const { ledger, cdn, clock } = this.#ports;
    const half: FrontendHalf = {
      ...halfFor(this.#config, this.#prepared),
      ...(cdn ? { distribution: cdn.id } : {}),
      ...(about.manifestKey ? { manifest: about.manifestKey } : {}),
      ...(report ? { uploaded: report.uploaded + report.copied } : {}),
      ...(report ? { deleted: this.#prepared.change.diff.deletes.length } : {}),
      ...(report?.invalidationId ? { invalidationId: report.invalidationId } : {}),
      ...(cause ? { cause: cause.problem.what } : {}),
      result,
      finishedAt: new Date(clock.now()).toISOString(),
    };
    await ledger.writeFrontend(this.#config.releaseId, half, gate ? { checks: gate.outcome } : {});
  }
}
