import { explainAws, isWithoutCredentials } from '../../../aws/errors.ts';
import { formatDuration } from '../../../runtime/duration.ts';
import { ActionError, messageOf, refused } from '../../../runtime/errors.ts';
import { decidePause } from '../candidate/gate.ts';
import { judgeProbe } from '../probe/probe-statistics.ts';
import { type BackendState, BusyError, type Rollout } from '../targets/target.ts';
import { Bake } from './bake.ts';
import type { Deployment } from './deployment.ts';
import { aborted, type Failure, failure } from './failure.ts';
import { LISTS_LAG } from './proof.ts';
import { fingerprints } from './result.ts';
import { judgeWatched } from './verify.ts';
import { abortable, waitUntilIdle, watchRollout } from './watch.ts';

/**
 * Sends the update and sees it through: watch, verify, probe, smoke checks, alarms.
 * @returns why it did not come to a good end; `undefined` when all is well.
 * @throws ActionError `refused` only as long as nothing has been changed.
 */
export async function bringLive(d: Deployment): Promise<Failure | undefined> {
  const { ports } = d;
  try {
    d.rollout = await abortable(send(d), ports.signal);
  } catch (error) {
    if (!d.sent) throw error;
    return ports.signal.aborted ? aborted(ports.signal) : unexpected(error);
  }
  try {
    const failed = await ports.log.group('Watch the rollout', () => watchOurs(d, d.rollout as Rollout));
    return failed ?? (await passGates(d));
  } catch (error) {
    if (ports.signal.aborted) return aborted(ports.signal);
    return unexpected(error);
  }
}

/** Whatever it was, the service may have been changed: the way back is taken for a bug of ours as for a failure of AWS. */
function unexpected(thrown: unknown): Failure {
  const error = explainAws(thrown) ?? thrown;
  const details = error instanceof ActionError ? [] : [String((error as Error)?.stack ?? error)];
  return { ...failure('failed', messageOf(error), details), isBlind: isWithoutCredentials(thrown) };
}

/** The update itself, once the service is free and still as it was in the snapshot. */
async function send(d: Deployment): Promise<Rollout> {
  const { target, ports, config, snapshot } = d;
  const deadline = ports.clock.now() + config.lockTimeout;
  for (;;) {
    const now = await target.read();
    if (now.version !== snapshot.version) {
      throw refused({
        input: 'service',
        what: 'was changed by someone else while this deployment was getting ready; nothing was changed by us',
        found: `${now.spec.image}, where the snapshot had ${snapshot.spec.image}`,
        fix: 'find out who else deploys to it, then run this again',
      });
    }
    ports.signal.throwIfAborted();
    ports.onUndo?.(d.undo);
    d.sent = true;
    d.probe?.markUpdate();
    try {
      const rollout = await target.start(now, d.wanted);
      d.undo = { ...d.undo, rollout };
      ports.onUndo?.(d.undo);
      return rollout;
    } catch (error) {
      const isBusy = error instanceof BusyError;
      // Anything else may have come after the update was sent: then the way back stays what it is.
      if (!isBusy && !(error instanceof ActionError && error.outcome === 'refused')) throw error;
      ports.onSettled?.();
      d.sent = false;
      if (!isBusy) throw error;
      ports.log.info(`the service is busy: ${error.message}`);
      await waitUntilIdle(target, Math.max(0, deadline - ports.clock.now()), ports);
    }
  }
}

async function watchOurs(d: Deployment, rollout: Rollout): Promise<Failure | undefined> {
  const { target, ports, config, image } = d;
  const started = ports.clock.now();
  const allowed = config.waitTimeout + (d.snapshot.strategy?.length ?? 0);
  const end = started + allowed;
  const bake = new Bake(d, rollout);
  const watched = await watchRollout(target, rollout, allowed, ports, {
    answers: (pause) => decidePause(d, rollout, pause),
    looked: (seen) => bake.looked(seen),
  });
  const stopped = await bake.end();
  const left = Math.max(LISTS_LAG, end - ports.clock.now());
  const { verdict, running } = await judgeWatched(target, rollout, watched, image.digests, left, ports);
  d.probe?.markVerdict();
  if (running) d.common = { ...d.common, ...recordOf(running.state) };
  ports.log.info(`${formatDuration(ports.clock.now() - started)}  ${verdict.why}`);
  const ours = d.gate?.failure ?? stopped;
  if (ours && verdict.kind === 'target-rolled-back') {
    const isDropped = ours === d.gate?.failure && d.gate.share === 0;
    return { ...ours, kind: 'target-rolled-back', isDropped, isStopped: !isDropped };
  }
  if (ours && verdict.kind === 'live') return ours;
  if (verdict.kind !== 'live') return { ...failure(verdict.kind, verdict.why), isBlind: !running };
  d.proved = true;
  return undefined;
}

/** What is recorded is what runs: a way back that keeps the variables of today says so of itself. */
function recordOf({ arn, spec }: BackendState) {
  const { taskDefinition, variables, secrets } = spec;
  return { taskDefinition, variables: fingerprints(arn, variables), secrets };
}

async function passGates(d: Deployment): Promise<Failure | undefined> {
  const { config, ports, probe } = d;
  // One answer after the switch at the least, so that "after" is not empty.
  probe?.askNow();
  await probe?.moreSamples(config.probe.forRecordOnly ? 1 : 2, Math.min(config.probe.interval * 3, 1500));
  const early = probeFailure(d);
  if (early) return early;
  // What passed in the bake need not be asked again.
  if (ports.gate && !d.smoke) {
    const gate = ports.gate;
    d.smoke = await ports.log.group('Smoke checks', () => gate(d.snapshot.url));
    if (d.smoke.outcome === 'failed') return failure('failed', 'the smoke checks failed', d.smoke.problems);
  }
  if (d.alarms) {
    d.alarmJudgement = await d.alarms.watch(config.bakeTime);
    const { rang, blind } = d.alarmJudgement;
    for (const alarm of blind) {
      ports.log.warning(
        `alarm ${alarm.name} has ${alarm.state}: it neither passed nor failed this deployment`,
      );
    }
    if (rang.length > 0) {
      return failure(
        'failed',
        `${rang.map((alarm) => alarm.name).join(', ')} went into ALARM`,
        rang.map((alarm) => `${alarm.name}: ${alarm.reason}`),
      );
    }
  } else if (config.bakeTime > 0) {
    await ports.clock.sleep(config.bakeTime, ports.signal);
  }
  return probeFailure(d);
}

function probeFailure({ probe, config, ports }: Deployment): Failure | undefined {
  if (!probe) return undefined;
  const verdict = judgeProbe(probe.report(), config.probe.maxErrorRate);
  if (verdict.passes) {
    ports.log.debug(verdict.why);
    return undefined;
  }
  return failure('failed', verdict.why);
}
