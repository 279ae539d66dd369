import { ActionError, LeftUnknown, messageOf } from '../runtime/errors.ts';
import type { Outcome } from '../runtime/outcome.ts';
import { LeftAsItIs } from './part.ts';
import { ChecksFailed, type FailedAt, type ReleaseEnd } from './take-live.ts';

/** A deployment's end in words. */
export interface Ending {
  readonly outcome: Outcome;
  /** Why it is red, in a sentence; `undefined` where it is not. */
  readonly what?: string;
  readonly details?: readonly string[];
}

/**
 * How a deployment ended, and what is live then. Pure.
 * @param changes false where all parts were live already
 */
export function endingOf(end: ReleaseEnd, changes: boolean, rollbackOnFailure: boolean): Ending {
  switch (end.kind) {
    case 'live':
      return { outcome: changes ? 'deployed' : 'unchanged' };
    case 'unfinished':
      return {
        outcome: 'deployed',
        what: `the release is live and proved; what comes after that could not be finished: ${messageOf(end.cause)}`,
      };
    case 'put-back': {
      const wasLive = end.undone.length > 0;
      return {
        outcome: wasLive ? 'rolled-back' : 'failed',
        what: `the release failed at ${sayFailure(end.failed)}; ${wasLive ? 'what was live before is live again, whole' : 'no user has seen anything of it'}`,
        details: causesOf(end.cause),
      };
    }
    case 'torn': {
      const left = end.left.map(({ part, why }) => `${part}: ${why}`);
      const details = [...causesOf(end.cause), ...left];
      if (!rollbackOnFailure && end.left.every(({ cause }) => !isLost(cause)))
        return {
          outcome: 'failed',
          what: `the release failed at ${sayFailure(end.failed)}; rollback-on-failure is false, so what is live is left as it is`,
          details,
        };
      const isUnderWay = end.left.some(
        ({ cause }) => cause instanceof ActionError && cause.outcome === 'timed-out',
      );
      return {
        outcome: isUnderWay ? 'timed-out' : 'rollback-failed',
        what: `the release failed at ${sayFailure(end.failed)}, and what was live before could not be put back whole`,
        details,
      };
    }
  }
}

/** Neither what was wanted nor what was before, or nobody can say which. */
const isLost = (cause: unknown) =>
  cause instanceof ActionError &&
  !(cause instanceof LeftAsItIs) &&
  (cause.outcome === 'rollback-failed' || cause.outcome === 'timed-out');

/** Parts of which nobody can say what is live. */
export const unknownParts = (end: ReleaseEnd): ReadonlySet<string> =>
  new Set(
    end.kind === 'torn'
      ? end.left.filter(({ cause }) => cause instanceof LeftUnknown).map(({ part }) => part)
      : [],
  );

const causesOf = (cause: unknown): string[] =>
  (cause instanceof ChecksFailed ? [...cause.problems] : [messageOf(cause)]).flatMap((text) =>
    text.split('\n'),
  );

/** Where a release failed, to stand after `at`. */
export function sayFailure({ at, part }: FailedAt): string {
  if (at === 'checks') return 'the checks at the end';
  return at === 'record' ? 'the record' : `the ${part}`;
}
