import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { rememberingStore } from '../../aws/remembering-store.ts';
import { type SiteClients, siteClients } from '../../aws/site-clients.ts';
import {
  carry,
  type DeploySitePorts,
  type DeploySiteResult,
  deploySite,
  type ListedPlan,
  listPlan,
  notVerified,
  planJson,
  planLines,
  recoverSite,
  renderSiteSummary,
} from '../../parts/site/index.ts';
import { defaultReleaseId } from '../../release/id.ts';
import { ledgerKeys } from '../../release/keys.ts';
import type { Ledger } from '../../release/ledger.ts';
import type { Occupant } from '../../release/occupant.ts';
import { openLedger } from '../../release/open.ts';
import { publishHistory } from '../../release/publish.ts';
import { liveRelease, type Pointer, recordedDistributions, siteOf } from '../../release/record.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { commitFence } from '../commit-fence.ts';
import { freeSavedLock, holdLock, savedToken } from '../lock.ts';
import { guardPart } from '../part-guard.ts';
import { markRelease } from '../release-metric.ts';
import { makeReportFile } from '../report-file.ts';
import { smokeGate } from '../smoke-gate.ts';
import { readVerifyHeaders } from '../verify-headers.ts';
import { isSiteGone } from './gone.ts';
import { type DeployFrontendConfig, readInputs } from './inputs.ts';
import { action } from './interface.ts';

type DeployFrontend = typeof action;
type FrontendJob = Job<DeployFrontend>;

/** Under which name the post step finds the release whose activation is open. */
const OPEN = 'open-release';

async function main(job: FrontendJob): Promise<ActionResult<DeployFrontend>> {
  const started = job.clock.now();
  const config = readInputs(job.inputs, job.run.workspace);
  const releaseId = config.releaseId || defaultReleaseId(started, job.run.commit);
  const edges = await openEdges(config, job, releaseId);
  try {
    const gate = await smokeGate(config.smokeChecks, job, { secrets: job.inputs.lines('check-secrets') });
    const refuseOlder = commitFence(job, config);
    const ports: DeploySitePorts = Object.assign(edges.ports, {
      ledger: edges.ledger,
      run: job.run,
      lock: () =>
        holdLock(job, edges.ledger, {
          release: releaseId,
          parts: [config.site.part],
          timeout: config.lockTimeout,
        }),
      fence: async (current: Pointer | undefined, log: Log) => {
        await Promise.all([refuseOlder(current, log), guardSite(edges, config, releaseId, job, current)]);
      },
      gate,
      pointerManifest: () => pointedManifest(edges.ledger, config.site.part),
      onOpen: (release: string) => job.saveState(OPEN, release),
    });
    const result = await deploySite({ ...config.site, releaseId }, ports);
    if (result.outcome === 'planned') {
      await guardSite(edges, config, releaseId, job, await edges.ledger.current());
      for (const line of planLines(result.plan)) job.log.info(line);
    }
    const { environment } = config.site.place;
    await Promise.all([
      config.historyPage && result.outcome !== 'planned' ? publishHistory(edges.ledger, job) : undefined,
      markRelease({ environment, outcome: result.outcome }, job.log),
    ]);
    const listed = result.diff && listPlan(result.plan, result.diff);
    const known = answer(config, releaseId, job.clock.now() - started, result, edges.clients);
    if (!listed) return known;
    return { ...known, outputs: { ...known.outputs, plan: planJson(listed), ...writePlan(listed, job) } };
  } finally {
    edges.clients.close();
  }
}

/** The whole plan as a file, for an output holds so much and no more. A file that cannot be written fails no plan. */
function writePlan(plan: ListedPlan, job: FrontendJob): { 'plan-file'?: string } {
  try {
    const path = makeReportFile({ path: undefined, input: 'dry-run', name: 'deploy-frontend-plan' }, job);
    writeFileSync(path, JSON.stringify(plan));
    return { 'plan-file': path };
  } catch (error) {
    job.log.warning(`the whole plan is in no file: ${messageOf(error)}`);
    return {};
  }
}

async function openEdges(config: DeployFrontendConfig, job: FrontendJob, releaseId = '') {
  let signal = job.signal;
  setMaxListeners(0, signal);
  const { log, clock } = job;
  const clients = await siteClients({
    bucket: config.site.place.bucket,
    releaseBucket: config.releaseBucket,
    distributions: config.distributions,
    connections: config.site.options.concurrency,
    clock,
    signal: () => signal,
  });
  const { live, release, cdns, usage } = clients;
  const verifyHeaders = readVerifyHeaders(job.inputs.lines('verify-headers'), (value) => log.mask(value));
  carry(clients, config.site.writes);
  const ports = {
    live,
    release,
    cdns,
    usage,
    log,
    clock,
    verifyHeaders,
    useSignal: (next: AbortSignal) => {
      // Every request under way listens to it.
      setMaxListeners(0, next);
      signal = next;
    },
  };
  // A getter, so that every part of the work sees the signal that counts at that moment.
  Object.defineProperty(ports, 'signal', { get: () => signal, enumerable: true });
  const { environment } = config.site.place;
  const keys = ledgerKeys(environment);
  const record = releaseId ? [keys.record(releaseId)] : [];
  const store = rememberingStore(release, {
    keys: [keys.current, ...record],
    // An id that was given may be that of the backend's job too.
    new: config.releaseId ? [] : record,
  });
  const ledger: Ledger = openLedger({ store, environment, log, clock });
  const fresh: Ledger = openLedger({ store: release, environment, log, clock });
  return { clients, ledger, fresh, ports: ports as typeof ports & { readonly signal: AbortSignal } };
}

/** Refuses a second site under the name of the first. @throws ActionError `refused`. */
function guardSite(
  { ledger, fresh }: { readonly ledger: Ledger; readonly fresh: Ledger },
  config: DeployFrontendConfig,
  release: string,
  job: FrontendJob,
  current: Parameters<DeploySitePorts['fence']>[0],
): Promise<boolean> {
  const { bucket, prefix } = config.site.place;
  const wanted = { bucket, prefix, ...recordedDistributions(config.distributions) };
  const { part } = config.site;
  const isGone = (before: Occupant) => isSiteGone(before, wanted, job);
  const { replacePart: replace } = config;
  return guardPart(ledger, { part, wanted, release, replace, log: job.log, isGone, fresh }, current);
}

function answer(
  config: DeployFrontendConfig,
  releaseId: string,
  duration: number,
  result: DeploySiteResult,
  clients: SiteClients,
): ActionResult<DeployFrontend> {
  const { report, plan, cause, undoProblem } = result;
  const { usage } = clients;
  return {
    outcome: result.outcome,
    outputs: {
      'release-id': releaseId,
      uploaded: String((report?.uploaded ?? 0) + (report?.copied ?? 0)),
      unchanged: String(plan.unchanged),
      deleted: String(report?.deleted ?? 0),
      'bytes-uploaded': String(report?.bytesUploaded ?? 0),
      requests: String(usage.total),
      ...(report?.invalidationIds.length ? { 'invalidation-id': report.invalidationIds.join(',') } : {}),
      'invalidated-paths': report?.invalidatedPaths.join('\n') ?? '',
      ...(result.siteUrl ? { 'site-url': result.siteUrl } : {}),
      plan: JSON.stringify(plan),
      'duration-seconds': (duration / 1000).toFixed(1),
    },
    summary: renderSiteSummary({ result, bucket: config.site.place.bucket, releaseId, duration, usage }),
    problem: cause
      ? [cause.message, ...(undoProblem ? [`going back: ${undoProblem}`] : [])].join('\n')
      : result.siteUrl
        ? undefined
        : withRelease(releaseId, notVerified(result)),
  };
}

const withRelease = (id: string, unseen: string | undefined) => unseen && `release ${id}: ${unseen}`;

/** After a cancellation or a kill: what was left half done goes back to the release before, then the lock is freed. */
async function post(job: FrontendJob): Promise<void> {
  const releaseId = job.state(OPEN);
  try {
    if (releaseId) await putRight(job, releaseId);
  } finally {
    await freeSavedLock(job);
  }
}

async function putRight(job: FrontendJob, releaseId: string): Promise<void> {
  const config = readInputs(job.inputs, job.run.workspace);
  const { clients, ledger, ports } = await openEdges(config, job);
  try {
    // The entry of the step that was stopped is ours: its token takes it over.
    const hold = await ledger.acquire({
      release: releaseId,
      parts: [config.site.part],
      run: job.run,
      timeout: config.lockTimeout,
      signal: job.signal,
      token: savedToken(job),
    });
    try {
      const { place, options, scan } = config.site;
      const { keepReleases, maxInvalidationPaths } = config.site;
      const { excluded } = scan;
      const undone = await recoverSite(
        { place, releaseId, options, keepReleases, maxInvalidationPaths, excluded },
        ports,
        { pointerManifest: () => pointedManifest(ledger, config.site.part) },
      );
      if (!undone) return;
      job.log.warning(`release ${releaseId} was stopped half-way: the release before is live again`);
      await markInterrupted(ledger, releaseId, config.site.part, job);
    } finally {
      await hold.release();
    }
  } catch (error) {
    job.log.error(
      `release ${releaseId} was stopped half-way; the next deployment puts it right: ${messageOf(error)}`,
    );
  } finally {
    clients.close();
  }
}

async function pointedManifest(ledger: Ledger, part: string): Promise<string | undefined> {
  const id = liveRelease(await ledger.current(), part);
  return id ? siteOf(await ledger.record(id), part)?.manifest : undefined;
}

async function markInterrupted(
  ledger: Ledger,
  releaseId: string,
  part: string,
  job: FrontendJob,
): Promise<void> {
  const left = siteOf(await ledger.record(releaseId), part);
  const finishedAt = new Date(job.clock.now()).toISOString();
  if (left) await ledger.writePart(releaseId, part, { ...left, result: 'interrupted', finishedAt });
  else await ledger.update(releaseId, { result: 'interrupted', finishedAt });
}

export const definition: Action<DeployFrontend> = { action, main, post };
