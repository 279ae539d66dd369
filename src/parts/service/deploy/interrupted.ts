import { messageOf } from '../../../runtime/errors.ts';
import type { BackendPorts } from '../plan/config.ts';
import { shortImage } from '../plan/image-ref.ts';
import { parseServiceRef } from '../plan/service-ref.ts';
import { openTarget } from '../targets/open.ts';
import { LOST } from '../targets/target.ts';
import { lookCommand } from './look-at.ts';
import { returnToSnapshot, sayProof } from './restore.ts';
import type { Undo } from './undo.ts';

export interface CleanedUp {
  readonly outcome: 'interrupted' | 'rolled-back' | 'rollback-failed' | 'unknown';
  /** How the service was left, in a sentence; `unknown` where that could not be read. */
  readonly cause: string;
}

/**
 * What the `post:` step does after a cancelled or killed deployment, and after one whose way back did not work: the service returns to the snapshot, whatever stage
 * the rollout had reached, and it is said how it was left. Never throws.
 * @param timeout milliseconds for all of it
 */
export async function cleanUpInterrupted(
  undo: Undo,
  timeout: number,
  ports: Pick<BackendPorts, 'aws' | 'log' | 'clock' | 'signal'>,
): Promise<CleanedUp> {
  const before = shortImage(undo.pinned ?? undo.previousImage);
  const what = undo.ended ? `the deployment ended as ${undo.ended}` : 'the deployment was interrupted';
  const left = (why: string, isKnown: boolean): CleanedUp => ({
    outcome: isKnown ? 'rollback-failed' : 'unknown',
    cause: `${what}, and the service could not be returned to ${before}: ${why}${isKnown ? '' : `; what it runs is not known: look at it by \`${lookCommand(undo.target, undo.service)}\``}`,
  });
  try {
    const ref = parseServiceRef({ service: undo.service, target: undo.target, cluster: '' });
    const scales = undo.change.scaling !== undefined;
    const target = await openTarget({ ref, container: undo.container, image: undo.image, scales }, ports);
    const isKnown = undo.rollout && undo.rollout.id !== LOST;
    const rollout = isKnown ? undo.rollout : await target.bringing?.(undo.image).catch(() => undefined);
    if (rollout) await target.stop(rollout).catch(() => false);
    const restored = await returnToSnapshot(target, undo, timeout, ports);
    if (restored.kind !== 'restored')
      return left(restored.why, restored.kind !== 'failed' || restored.isKnown);
    const how = restored.byTarget ? 'the service is on' : 'the service was returned to';
    const proof = restored.proved ? 'verified' : sayProof(restored);
    const outcome = undo.ended ? 'rolled-back' : 'interrupted';
    return { outcome, cause: `${what}; ${how} ${before}, ${proof}` };
  } catch (error) {
    return left(messageOf(error), false);
  }
}
