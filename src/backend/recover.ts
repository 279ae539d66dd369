import { formatDuration } from '../runtime/duration.ts';
import type { Deployment } from './deployment.ts';
import { findingLines } from './diagnosis.ts';
import { aborted, type Failure } from './failure.ts';
import { shortImage } from './image-ref.ts';
import { probeChart } from './probe-chart.ts';
import { type Restored, returnToSnapshot } from './restore.ts';
import type { BackendResult } from './result.ts';

/** The end of a deployment: green where nothing failed, else the diagnosis and the way back. */
export async function recover(d: Deployment, failure: Failure | undefined): Promise<BackendResult> {
  if (!failure) {
    d.ports.onSettled?.();
    return { ...soFar(d), outcome: 'deployed' };
  }
  d.ports.log.error(failure.why);
  if (failure.kind === 'interrupted') return stopHere(d, failure);
  const details = [...failure.details, ...(await diagnose(d))];
  for (const line of details) d.ports.log.info(line);
  const base = { ...soFar(d), details };
  if (failure.kind === 'replaced') {
    d.ports.onSettled?.();
    return {
      ...base,
      outcome: 'failed',
      cause: `${failure.why}; the service was left as that one wants it`,
      fix: 'let only one workflow deploy to this service (a concurrency group, or a release-bucket for the lock)',
    };
  }
  if (!d.config.rollbackOnFailure && failure.kind !== 'target-rolled-back') {
    d.ports.onSettled?.();
    return {
      ...base,
      outcome: failure.kind === 'timed-out' ? 'timed-out' : 'failed',
      cause: `${failure.why}; rollback-on-failure is false, so the service was left as it is`,
      fix: 'run the rollback action, or deploy a version that works',
    };
  }
  try {
    const restored = await d.ports.log.group('Return to the snapshot', () => goBack(d, failure));
    d.ports.onSettled?.();
    return { ...base, ...endOf(d, failure, restored) };
  } catch (error) {
    if (!d.ports.signal.aborted) throw error;
    return stopHere(d, aborted(d.ports.signal));
  }
}

/** A rollout that still runs is stopped where the target can; then the snapshot. */
async function goBack(d: Deployment, failure: Failure): Promise<Restored> {
  if (failure.kind === 'timed-out' && d.rollout) {
    const stopped = await d.target.stop(d.rollout).catch(() => false);
    if (!stopped)
      d.ports.log.warning(`${d.target.kind} cannot cancel a rollout: waiting for it to end by itself`);
  }
  return returnToSnapshot(d.target, d.undo, d.config.waitTimeout, d.ports);
}

function endOf(
  d: Deployment,
  failure: Failure,
  restored: Restored,
): Pick<BackendResult, 'outcome' | 'cause' | 'fix'> {
  const before = shortImage(d.undo.pinned ?? d.undo.previousImage);
  switch (restored.kind) {
    case 'restored':
      return {
        outcome: 'rolled-back',
        cause: `${failure.why}; ${restored.byTarget ? `${d.target.kind} went back to ${before} by itself` : `the service was returned to ${before}`}, and that was verified`,
        fix: 'users are on the release before; correct the cause above and deploy again',
      };
    case 'still-busy':
      return {
        outcome: 'timed-out',
        cause: `${failure.why}; ${restored.why}, so the service could not be returned to ${before}`,
        fix: `when the operation has ended, see what runs, and run the rollback action if it is ${shortImage(d.image.image)}`,
      };
    case 'failed':
      return {
        outcome: 'rollback-failed',
        cause: `${failure.why}; and the return to ${before} failed: ${restored.why}`,
        fix: 'users may be without a working release: look at the service now, then run the rollback action',
      };
  }
}

/** Cancelled: what can be stopped at once is; the `post:` step does the rest, for it has minutes and we have seconds. */
async function stopHere(d: Deployment, failure: Failure): Promise<BackendResult> {
  const stopped = d.rollout ? await d.target.stop(d.rollout).catch(() => false) : false;
  return {
    ...soFar(d),
    outcome: 'interrupted',
    cause: `${failure.why}; ${
      stopped ? 'the rollout was told to stop and go back' : 'the rollout cannot be cancelled'
    }, and the clean-up step returns the service to the snapshot`,
    fix: 'see the clean-up step at the end of this job for how the service was left',
  };
}

async function diagnose(d: Deployment): Promise<string[]> {
  const findings = await d.target.findings(d.snapshot, d.rollout);
  const configured = {
    ...findings,
    health: { ...findings.health, port: d.wanted.port ?? findings.health.port },
  };
  return findingLines(configured, d.target.kind);
}

function soFar(d: Deployment): Omit<BackendResult, 'outcome'> {
  const { probe, common } = d;
  const sorted = [...(probe?.samples() ?? [])].sort((a, b) => a.at - b.at);
  const report = probe?.report();
  if (report) {
    const { during, after, failures } = report;
    d.ports.log.debug(
      `probe ended after ${formatDuration((sorted.at(-1)?.at ?? 0) - (sorted[0]?.at ?? 0))}: ${during.requests + after.requests} requests, ${failures.length} failed`,
    );
  }
  return {
    ...common,
    operationId: d.rollout?.id,
    ...(probe && report
      ? { probe: { report, chart: probeChart(sorted, probe.marks.updatedAt, probe.marks.verdictAt) } }
      : {}),
    ...(d.smoke ? { smoke: d.smoke } : {}),
    ...(d.alarmJudgement ? { alarms: d.alarmJudgement } : {}),
  };
}
