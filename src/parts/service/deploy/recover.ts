import { shortImage } from '../plan/image-ref.ts';
import { probeChart } from '../probe/probe-chart.ts';
import { findingLines, likelyCauses } from '../verdict/diagnosis.ts';
import type { Deployment } from './deployment.ts';
import { aborted, type Failure } from './failure.ts';
import { lookCommand } from './look-at.ts';
import { type Restored, returnToSnapshot, sayProof } from './restore.ts';
import type { BackendResult } from './result.ts';

/** The end of a deployment: green where nothing failed, else the diagnosis and the way back. */
export async function recover(d: Deployment, failure: Failure | undefined): Promise<BackendResult> {
  if (!failure) {
    d.ports.onSettled?.();
    return { ...soFar(d), outcome: 'deployed' };
  }
  d.ports.log.warning(failure.why);
  if (failure.kind === 'interrupted') return stopHere(d, failure);
  if (failure.kind === 'no-credentials') return leaveUnknown(d, failure.why);
  const { causes, lines } = await diagnose(d);
  const details = [...failure.details, ...lines];
  await d.ports.log.group('Why', async () => {
    for (const line of [...causes, ...details]) d.ports.log.info(line);
  });
  const base = { ...soFar(d), details, causes: [...failure.details.slice(0, 5), ...causes] };
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
      ...(failure.isBlind ? { isUnknown: true } : {}),
      cause: `${failure.why}; rollback-on-failure is false, so the service was left as it is`,
      fix: failure.isBlind ? maybeLive(d) : 'run the rollback action, or deploy a version that works',
    };
  }
  try {
    const back = await d.ports.log.group('Return to the snapshot', () => goBack(d, failure));
    const { restored } = back;
    if (restored.kind === 'restored') d.ports.onSettled?.();
    // Where it is not known what is live, the post step tries once more.
    else d.ports.onUndo?.({ ...d.undo, ended: restored.kind === 'failed' ? 'rollback-failed' : 'timed-out' });
    return { ...base, ...endOf(d, failure, back) };
  } catch (error) {
    if (!d.ports.signal.aborted) throw error;
    return stopHere(d, aborted(d.ports.signal));
  }
}

/** A rollout that still runs is stopped where the target can; then the snapshot. */
async function goBack(
  d: Deployment,
  failure: Failure,
): Promise<{ readonly restored: Restored; readonly stopped: boolean }> {
  let stopped = false;
  if (failure.kind === 'timed-out' && d.rollout) {
    stopped = await d.target.stop(d.rollout).catch(() => false);
    if (!stopped)
      d.ports.log.warning(`${d.target.kind} cannot cancel a rollout: waiting for it to end by itself`);
  }
  return { restored: await returnToSnapshot(d.target, d.undo, d.config.waitTimeout, d.ports), stopped };
}

/** Who brought the old release back: what the target does when we stop its rollout, it does not do by itself. */
function sayReturn(d: Deployment, before: string, byTarget: boolean, stopped: boolean): string {
  if (!byTarget) return `the service was returned to ${before}`;
  return stopped
    ? `the rollout was stopped by us, and ${d.target.kind} went back to ${before}`
    : `${d.target.kind} went back to ${before} by itself`;
}

function endOf(
  d: Deployment,
  failure: Failure,
  { restored, stopped }: { readonly restored: Restored; readonly stopped: boolean },
): Pick<BackendResult, 'outcome' | 'cause' | 'fix' | 'isUnknown'> {
  const before = shortImage(d.undo.pinned ?? d.undo.previousImage);
  switch (restored.kind) {
    case 'restored':
      return {
        outcome: 'rolled-back',
        cause: `${failure.why}; ${failure.isDropped ? `it was dropped before any user reached it: users stayed on ${before}` : sayReturn(d, before, restored.byTarget, stopped || failure.isStopped === true)}, ${sayProof(restored)}`,
        fix: 'users are on the release before; correct the cause above and deploy again',
      };
    case 'still-busy':
      return {
        outcome: 'timed-out',
        cause: `${failure.why}; ${restored.why}, so the service could not be returned to ${before}`,
        fix: `when the operation has ended, see what runs, and run the rollback action if it is ${shortImage(d.image.image)}`,
      };
    case 'failed':
      if (!restored.isKnown) {
        return unknownEnd(
          d,
          `${failure.why}; the return to ${before} could not be seen through: ${restored.why}`,
        );
      }
      return {
        outcome: 'rollback-failed',
        cause: `${failure.why}; and the return to ${before} failed: ${restored.why}`,
        fix: 'users may be without a working release: look at the service now, then run the rollback action',
      };
  }
}

/** Nothing can be asked any more, so nothing is tried: the post step, or a person with credentials, goes on. */
function leaveUnknown(d: Deployment, why: string): BackendResult {
  d.ports.onUndo?.({ ...d.undo, ended: 'rollback-failed' });
  return { ...soFar(d), ...unknownEnd(d, why) };
}

function unknownEnd(
  d: Deployment,
  why: string,
): Pick<BackendResult, 'outcome' | 'cause' | 'fix' | 'isUnknown'> {
  return { outcome: 'rollback-failed', isUnknown: true, cause: why, fix: maybeLive(d) };
}

/** What may be live where nobody can look, and how a person looks. */
function maybeLive(d: Deployment): string {
  const look = lookCommand(d.target.kind, d.target.arn);
  const live = d.proved
    ? `${shortImage(d.image.image)} was live when it was last seen, before its checks were over`
    : `the new version (${shortImage(d.image.image)}) may be live`;
  return `${live}: with fresh credentials, look at it by \`${look}\`, then run the rollback action or deploy again`;
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

async function diagnose(d: Deployment): Promise<{ causes: string[]; lines: string[] }> {
  const found = await d.target.findings(d.snapshot, d.rollout);
  const findings = { ...found, health: { ...found.health, port: d.wanted.port ?? found.health.port } };
  return { causes: likelyCauses(findings, d.target.kind), lines: findingLines(findings) };
}

function soFar(d: Deployment): Omit<BackendResult, 'outcome'> {
  const { probe, common } = d;
  const sorted = [...(probe?.samples() ?? [])].sort((a, b) => a.at - b.at);
  const report = probe?.report();
  if (report) {
    const { during, after, failures } = report;
    d.ports.log.info(
      `probe: ${failures.length} of ${during.requests + after.requests} requests failed since the update`,
    );
  }
  return {
    ...common,
    operationId: d.rollout?.id,
    ...(probe && report
      ? { probe: { report, chart: probeChart(sorted, probe.marks.updatedAt, probe.marks.verdictAt) } }
      : {}),
    ...(d.gate ? { candidate: d.gate } : {}),
    ...(d.smoke ? { smoke: d.smoke } : {}),
    ...(d.alarmJudgement ? { alarms: d.alarmJudgement } : {}),
  };
}
