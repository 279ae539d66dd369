import { sayFailure } from '../../release/ending.ts';
import { ChecksFailed, type ReleaseEnd } from '../../release/take-live.ts';
import { describeProblem, messageOf } from '../../runtime/errors.ts';
import type { Survey } from './survey.ts';

/** What a rollback that did not come to its end tells: what is live now, why, and what to do next. */
export function describeFailure(
  { current, target }: Pick<Survey, 'current' | 'target'>,
  answer: Exclude<ReleaseEnd, { kind: 'live' }>,
): string {
  const cause = answer.cause instanceof ChecksFailed ? answer.cause.problems : [messageOf(answer.cause)];
  const details = cause.flatMap((text) => text.split('\n'));
  if (answer.kind === 'unfinished') {
    return describeProblem({
      what: `release ${target.id} is live again and was proved to be; the rest of the rollback could not be finished`,
      details,
      fix: `run rollback again with to: ${target.id}: it finishes what is left, such as files to remove and the release record`,
    });
  }
  const what = sayFailure(answer.failed);
  if (answer.kind === 'put-back') {
    return describeProblem({
      what: `the rollback to ${target.id} failed at ${what}; release ${current.release} is live again, whole`,
      details,
      fix: 'see what failed; go back to another release with `to`, or fix forward',
    });
  }
  return describeProblem({
    what: `the rollback to ${target.id} failed at ${what}, and what was live before could not be put back whole`,
    details: [...details, ...answer.left.map(({ part, why }) => `${part}: ${why}`)],
    fix: `run rollback again with to: ${target.id} (it goes on where this one stopped), or with to: ${current.release} for what was live before`,
  });
}
