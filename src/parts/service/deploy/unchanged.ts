import type { BackendConfig, BackendPorts } from '../plan/config.ts';
import { shortImage } from '../plan/image-ref.ts';
import type { Taken } from '../plan/snapshot.ts';
import type { BackendState } from '../targets/target.ts';
import { judgeRollout } from '../verdict/verdict.ts';
import { lookCommand } from './look-at.ts';
import type { Prepared } from './prepare.ts';
import { returnToSnapshot, sayProof } from './restore.ts';
import type { BackendResult } from './result.ts';
import { undoToImage } from './undo.ts';
import { whatRuns } from './verify.ts';

/**
 * Nothing to change: still proved, for "unchanged" is green and green means live. What runs is verified as after a
 * deployment, and the smoke checks are run.
 * @param proved what to return to when they fail: there is such an image only where what runs was left by a run that died
 */
export async function unchangedResult(
  { target, image }: Prepared,
  { common }: Taken,
  proved: string | undefined,
  config: BackendConfig,
  ports: BackendPorts,
): Promise<BackendResult> {
  const running = await whatRuns(target, undefined, image.digests, config.waitTimeout, ports);
  const verdict = judgeRollout({
    ending: 'final',
    phase: 'succeeded',
    status: 'nothing was to be changed',
    condition: running?.state.condition ?? 'unknown',
    asked: image.digests,
    running: running?.digests ?? [],
    tasks: running?.tasks,
  });
  if (!running || verdict.kind !== 'live') {
    return { ...common, outcome: 'failed', cause: verdict.why, fix: 'look at the service and its events' };
  }
  const smoke = await ports.gate?.(running.state.url);
  if (smoke?.outcome !== 'failed') return { ...common, ...(smoke ? { smoke } : {}), outcome: 'unchanged' };
  const failed = { ...common, smoke, causes: smoke.problems };
  const cause = 'the service already runs this version, and the smoke checks fail on it';
  if (!proved || !config.rollbackOnFailure) {
    return {
      ...failed,
      outcome: 'failed',
      cause,
      fix: 'run the rollback action, or deploy a version that works',
    };
  }
  return { ...failed, ...(await goBack(target, running.state, proved, config, ports, cause)) };
}

async function goBack(
  target: Prepared['target'],
  now: BackendState,
  proved: string,
  config: BackendConfig,
  ports: BackendPorts,
  cause: string,
): Promise<Pick<BackendResult, 'outcome' | 'cause' | 'fix' | 'isUnknown'>> {
  const undo = undoToImage(now, proved, config.container);
  ports.onUndo?.(undo);
  const restored = await returnToSnapshot(target, undo, config.waitTimeout, ports);
  if (restored.kind === 'restored') {
    ports.onSettled?.();
    return {
      outcome: 'rolled-back',
      cause: `${cause}; the service was returned to ${shortImage(proved)}, ${sayProof(restored)}`,
      fix: 'users are on the release before; correct the cause above and deploy again',
    };
  }
  return {
    outcome: 'rollback-failed',
    ...(restored.kind === 'failed' && !restored.isKnown ? { isUnknown: true } : {}),
    cause: `${cause}; and the return to ${shortImage(proved)} failed: ${restored.why}`,
    fix: `look at the service now (${lookCommand(target.kind, target.arn)}), then run the rollback action`,
  };
}
