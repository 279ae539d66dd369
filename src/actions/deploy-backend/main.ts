import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  awsClients,
  type BackendResult,
  cleanUpInterrupted,
  deployBackend,
  formatPercent,
  type Undo,
} from '../../parts/service/index.ts';
import { defaultReleaseId } from '../../release/id.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { ActionError, describeProblem, messageOf } from '../../runtime/errors.ts';
import { freeSavedLock } from '../lock.ts';
import { recordedSecrets } from '../recorded-secrets.ts';
import { markRelease } from '../release-metric.ts';
import { smokeGate } from '../smoke-gate.ts';
import { readInputs } from './inputs.ts';
import { action } from './interface.ts';
import {
  backendLedger,
  guardService,
  type LedgerJournal,
  openJournal,
  recordInterrupted,
  recordSafely,
  rejoinLock,
} from './journal.ts';
import { renderSummary } from './summary.ts';

type DeployBackend = typeof action;

async function main(job: Job<DeployBackend>): Promise<ActionResult<DeployBackend>> {
  const started = job.clock.now();
  const { log, clock, signal, run } = job;
  const config = readInputs(job.inputs, (path) => {
    const full = resolve(run.workspace, path);
    return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
  });
  const releaseId = config.releaseId || defaultReleaseId(started, run.commit);
  const journal =
    config.releaseBucket && !config.backend.dryRun ? openJournal(config, releaseId, job) : undefined;
  if (!config.releaseBucket) {
    log.warning(
      'no release-bucket: no lock against another deployment, no record of this one, and nothing for the rollback action to go back to',
    );
  }
  const gate = await smokeGate(config.smokeChecks, job, { secrets: job.inputs.lines('check-secrets') });
  job.saveState(
    'release',
    JSON.stringify({
      id: releaseId,
      environment: config.environment,
      part: config.part,
      bucket: journal ? config.releaseBucket : '',
    }),
  );
  // While there is a way back saved, the post step has yet to take it: nobody else may come in between.
  let keepsLock = false;
  const saveUndo = (undo: Undo | undefined) => {
    keepsLock = undo !== undefined;
    job.saveState('undo', undo ? JSON.stringify(undo) : '');
  };
  const { releaseBucket } = config;
  const ports = {
    gate,
    recordedSecrets: releaseBucket
      ? (service: string) => recordedSecrets(backendLedger(config, job), config.part, service, log)
      : undefined,
    aws: awsClients(),
    log,
    clock,
    signal,
    onUndo: saveUndo,
    onSettled: () => saveUndo(undefined),
  };
  try {
    const result = await deployBackend(config.backend, ports, journal);
    if (result.outcome === 'planned' && config.releaseBucket) {
      const ledger = backendLedger(config, job);
      await guardService(ledger, config, releaseId, result.service, job, await ledger.current());
    }
    const [unrecorded] = await Promise.all([
      journal ? recordSafely(() => journal.finish(result), log) : undefined,
      markRelease({ environment: config.environment, outcome: result.outcome }, log),
    ]);
    return answer(result, releaseId, clock.now() - started, unrecorded);
  } catch (error) {
    await abandon(journal, error, job);
    throw error;
  } finally {
    await journal?.close(keepsLock);
  }
}

async function abandon(
  journal: LedgerJournal | undefined,
  error: unknown,
  job: Job<DeployBackend>,
): Promise<void> {
  const outcome = error instanceof ActionError ? error.outcome : 'failed';
  const cause = error instanceof ActionError ? error.problem.what : messageOf(error);
  if (journal) await recordSafely(() => journal.abandon(outcome, cause), job.log);
}

function answer(
  result: BackendResult,
  releaseId: string,
  milliseconds: number,
  unrecorded: string | undefined,
): ActionResult<DeployBackend> {
  const { cause, causes, fix } = result;
  return {
    outcome: result.outcome,
    outputs: {
      'release-id': releaseId,
      image: result.image,
      'previous-image': result.previousImage,
      ...(result.serviceUrl ? { 'service-url': result.serviceUrl } : {}),
      ...(result.operationId ? { 'operation-id': result.operationId } : {}),
      ...(result.probe ? { availability: formatPercent(result.probe.report.availability) } : {}),
      plan: JSON.stringify(result.plan),
      'duration-seconds': (milliseconds / 1000).toFixed(1),
    },
    summary: renderSummary(result, releaseId, milliseconds),
    problem: cause ? describeProblem({ what: cause, details: causes, fix }) : unrecorded,
  };
}

/** After a cancellation or a kill: the service goes back to the snapshot, the record says so, the lock is freed. */
async function post(job: Job<DeployBackend>): Promise<void> {
  const saved = job.state('undo');
  if (saved) {
    const { log, clock, signal } = job;
    const hold = await rejoinLock(job);
    const timeout = job.inputs.duration('wait-timeout');
    const ports = { aws: awsClients(), log, clock, signal };
    const { outcome, cause } = await cleanUpInterrupted(JSON.parse(saved) as Undo, timeout, ports);
    if (outcome === 'rollback-failed' || outcome === 'unknown') log.error(cause);
    else log.warning(cause);
    await recordInterrupted(job, outcome, cause);
    await hold?.release();
  }
  await freeSavedLock(job);
}

export const definition: Action<DeployBackend> = { action, main, post };
