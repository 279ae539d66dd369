import { ActionError, failed, messageOf } from '../../runtime/errors.ts';
import type { Outcome } from '../../runtime/outcome.ts';
import type { DeploySitePorts, DeploySiteResult, GateAnswer } from './deploy-types.ts';
import type { Prepared } from './plan/plan-deployment.ts';

/** The result of which no more is known than the plan and the outcome. */
export function resultOf(outcome: Outcome, prepared: Prepared): DeploySiteResult {
  const { plan, front, change } = prepared;
  return { outcome, plan, report: undefined, siteUrl: front.siteUrl, manifest: change.target };
}

/** Why a release does not stay live whose smoke checks failed. */
export const gateFailed = (gate: GateAnswer) =>
  failed({ what: 'the smoke checks failed', details: [...gate.problems], input: 'smoke-checks' });

/** What went wrong after the first write, in the action's words; a cancelled run says why it was cancelled. */
export function asActionError(error: unknown, ports: Pick<DeploySitePorts, 'signal'>): ActionError {
  if (error instanceof ActionError) {
    // What was refused after the first write is a failure.
    return error.outcome === 'refused' ? new ActionError('failed', error.problem) : error;
  }
  if (ports.signal.aborted && ports.signal.reason instanceof ActionError) return ports.signal.reason;
  return failed({ what: 'the deployment failed', found: messageOf(error), cause: error });
}
