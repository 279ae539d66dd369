import { messageOf } from '../../../runtime/errors.ts';
import type { Deployment } from '../deploy/deployment.ts';
import { type Failure, failure } from '../deploy/failure.ts';
import type { Pause, Rollout } from '../targets/target.ts';
import type { CandidateAddress } from './address.ts';
import { isOurPause } from './hooks.ts';
import { judgeLoad, loadCandidate, sayLoad } from './load.ts';
import type { CandidateReport } from './report.ts';

/**
 * Ends a wait of the rollout that is ours to end: asks the candidate, and lets users reach it or drops it.
 * @returns false where the hook is not ours: then somebody else answers it
 * @throws the signal's reason when it is aborted; nothing else
 */
export async function decidePause(d: Deployment, rollout: Rollout, pause: Pause): Promise<boolean> {
  const { candidate, ports } = d;
  if (!isOurPause(pause)) return false;
  if (d.config.letsThrough) return letThrough(d, rollout, pause);
  if (!candidate) return false;
  d.gate = await ports.log.group(`Ask the candidate, at ${pause.stage}`, () =>
    ask(d, rollout, pause, candidate),
  );
  await answer(d, rollout, pause);
  return true;
}

/** What goes live has been proved when it was released: nothing is asked again, and nobody waits. */
async function letThrough({ target, ports }: Deployment, rollout: Rollout, pause: Pause): Promise<boolean> {
  if (!(await target.answer?.(rollout, pause.id, 'CONTINUE'))) return false;
  ports.log.info(`the hook at ${pause.stage} is ours: what goes back has been proved, and is let through`);
  return true;
}

async function ask(
  d: Deployment,
  rollout: Rollout,
  pause: Pause,
  { url, headers }: CandidateAddress,
): Promise<CandidateReport> {
  const { log, signal } = d.ports;
  const share = pause.share ?? 0;
  const report = { url, stage: pause.stage, share, digests: [] as readonly string[] };
  const drop = (found: object, why: Failure): CandidateReport => ({
    ...report,
    ...found,
    decision: 'ROLLBACK',
    failure: why,
  });
  log.info(
    `the new tasks run beside the old ones, and have ${share} % of the users' requests; asked at ${url}`,
  );
  try {
    const digests = (await d.target.candidateDigests?.(rollout)) ?? [];
    const strangers = digests.filter((digest) => !d.image.digests.includes(digest));
    if (digests.length === 0 || strangers.length > 0) {
      const what = strangers.join(', ') || 'nothing that ECS tells';
      return drop({ digests }, failure('failed', `the candidate runs ${what}, and not what was asked for`));
    }
    log.info(`its revision has the digest that was asked for: ${digests.join(', ')}`);
    const load = await shortLoad(d, url, headers);
    if (load) log.info(`load: ${sayLoad(load)}`);
    const tooMany = load && judgeLoad(load, d.config.probe.maxErrorRate);
    if (tooMany) return drop({ digests, load }, failure('failed', tooMany));
    const smoke = await d.ports.gate?.(url, headers);
    if (smoke?.outcome === 'failed')
      return drop(
        { digests, load, smoke },
        failure('failed', 'the smoke checks of the candidate failed', smoke.problems),
      );
    return { ...report, digests, load, smoke, decision: 'CONTINUE' };
  } catch (error) {
    if (signal.aborted) throw error;
    return drop({}, failure('failed', `the candidate could not be asked: ${messageOf(error)}`));
  }
}

async function shortLoad(d: Deployment, url: string, headers: CandidateAddress['headers']) {
  const requests = d.config.gate?.load ?? 0;
  if (requests === 0) return undefined;
  const { updatedAt = Number.POSITIVE_INFINITY } = d.probe?.marks ?? {};
  const before = (d.probe?.samples() ?? []).filter(({ at }) => at < updatedAt);
  const usuallyFine = before.length > 0 && before.every(({ status }) => status > 0 && status < 400);
  return loadCandidate({ url: `${url}${pathOf(d)}`, headers }, requests, usuallyFine, d.ports);
}

/** What the probe asks users' side for, so that the two can be compared. */
function pathOf({ probe, snapshot }: Deployment): string {
  if (probe) {
    const { pathname, search } = new URL(probe.url);
    return `${pathname}${search}`;
  }
  return snapshot.health.path || '/';
}

/** Tells ECS. Where the hook does not wait any more, or may not be answered, a candidate that failed is stopped. */
async function answer(d: Deployment, rollout: Rollout, pause: Pause): Promise<void> {
  const { log } = d.ports;
  const gate = d.gate as CandidateReport;
  const action = gate.decision;
  if (gate.failure) log.warning(gate.failure.why);
  try {
    if (await d.target.answer?.(rollout, pause.id, action)) {
      log.info(
        action === 'CONTINUE' ? 'the candidate passed: users may reach it' : 'the candidate is dropped',
      );
      return;
    }
    log.warning(
      `the hook ${pause.id} does not wait any more: somebody else has answered it, or its time was over`,
    );
  } catch (error) {
    const why = `the hook could not be answered: ${messageOf(error)}`;
    log.warning(why);
    d.gate = { ...gate, decision: 'ROLLBACK', failure: gate.failure ?? failure('failed', why) };
  }
  if (d.gate?.failure) await d.target.stop(rollout).catch(() => false);
}
