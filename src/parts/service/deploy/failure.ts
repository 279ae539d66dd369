import { isWithoutCredentials } from '../../../aws/errors.ts';
import { ActionError } from '../../../runtime/errors.ts';

/** Why a deployment did not come to a good end, once it had begun to change the service. */
export interface Failure {
  readonly kind:
    | 'failed'
    | 'timed-out'
    | 'interrupted'
    /** Another deployment took over: what runs is not ours to undo. */
    | 'replaced'
    /** The target has already put the old version back. */
    | 'target-rolled-back'
    /** Our credentials have ended: nothing can be read, put back or recorded any more. */
    | 'no-credentials';
  readonly why: string;
  readonly details: readonly string[];
  /** True where it was dropped as a candidate: no user had reached it. */
  readonly isDropped?: boolean;
  /** True where we had the target give it up, after users had reached it. */
  readonly isStopped?: boolean;
  /** True where what runs could not be read after it. */
  readonly isBlind?: boolean;
}

export function failure(kind: Failure['kind'], why: string, details: readonly string[] = []): Failure {
  return { kind, why, details };
}

/** What an aborted signal means: the job was cancelled, or the lock was lost. */
export function aborted(signal: AbortSignal): Failure {
  const reason: unknown = signal.reason;
  if (!(reason instanceof ActionError)) return failure('interrupted', 'the deployment was cancelled');
  if (isWithoutCredentials(reason)) return failure('no-credentials', reason.problem.what);
  // Without the lock another run may be at work on the service, and two that undo each other make it worse.
  return failure(reason.outcome === 'interrupted' ? 'interrupted' : 'replaced', reason.problem.what);
}
