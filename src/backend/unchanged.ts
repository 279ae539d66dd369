import type { BackendConfig, BackendPorts } from './config.ts';
import type { ResolvedImage } from './image.ts';
import type { BackendResult } from './result.ts';
import type { Target } from './targets/target.ts';
import { judgeRollout } from './verdict.ts';

/**
 * Nothing to change: still proved, for "unchanged" is green and green means live. What runs is verified as after a
 * deployment, and the smoke checks are run. There is nothing to return to when they fail.
 */
export async function unchangedResult(given: {
  config: BackendConfig;
  ports: BackendPorts;
  target: Target;
  image: ResolvedImage;
  common: Omit<BackendResult, 'outcome'>;
}): Promise<BackendResult> {
  const { ports, target, image, common } = given;
  const running = await target.running(undefined);
  const verdict = judgeRollout({
    ending: 'final',
    phase: 'succeeded',
    status: 'nothing was to be changed',
    condition: running.state.condition,
    asked: image.digests,
    running: running.digests,
    tasks: running.tasks,
  });
  if (verdict.kind !== 'live') {
    return { ...common, outcome: 'failed', cause: verdict.why, fix: 'look at the service and its events' };
  }
  const smoke = await ports.gate?.(running.state.url);
  if (smoke?.outcome === 'failed') {
    return {
      ...common,
      smoke,
      outcome: 'failed',
      cause: 'the service already runs this version, and the smoke checks fail on it',
      causes: smoke.problems,
      fix: 'run the rollback action, or deploy a version that works',
    };
  }
  return { ...common, ...(smoke ? { smoke } : {}), outcome: 'unchanged' };
}
