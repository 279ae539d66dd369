import type { Hold } from '../../../release/ledger.ts';
import { type ActionError, messageOf } from '../../../runtime/errors.ts';
import type { Outcome } from '../../../runtime/outcome.ts';
import { resultOf } from '../deploy-result.ts';
import type { DeploySiteConfig, DeploySitePorts, DeploySiteResult, GateAnswer } from '../deploy-types.ts';
import type { Prepared } from '../plan/plan-deployment.ts';
import type { Recorder } from '../store/recorder.ts';
import { ActivationError } from './activation.ts';

/** Puts back what was live before, where anything was changed and it is ours to put back; records how that ended. */
export async function giveUp(
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
