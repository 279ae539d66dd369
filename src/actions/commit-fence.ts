import type { CommitOrder } from '../github/commit-order.ts';
import { compareCommits } from '../github/commits.ts';
import { fence } from '../release/fence.ts';
import type { Pointer } from '../release/record.ts';
import type { Job } from '../runtime/action.ts';
import { refused } from '../runtime/errors.ts';
import type { ActionInterface } from '../runtime/inputs.ts';
import type { Log } from '../runtime/log.ts';
import { githubAccess } from './github-access.ts';

/**
 * Refuses an older commit in the place of a newer one.
 * @param log where it is said why a commit that is not plainly newer may go
 * @throws ActionError `refused`
 */
export type CommitFence = (current: Pointer | undefined, log: Pick<Log, 'notice'>) => Promise<void>;

/**
 * The fence of one job. It is asked before the lock and again under it; GitHub is asked once for each pair of commits, for
 * how they stand to one another never changes.
 * @param options `token` of the input `github-token`: without one the order of the runs decides
 */
export function commitFence<A extends ActionInterface>(
  job: Pick<Job<A>, 'run' | 'log' | 'clock' | 'signal'>,
  { token, allowOlder }: { readonly token: string; readonly allowOlder: boolean },
): CommitFence {
  const { run } = job;
  const known = new Map<string, Promise<CommitOrder>>();
  const orderAfter = (live: string): Promise<CommitOrder> => {
    const order = known.get(live) ?? compareCommits(githubAccess(job, token), live, run.commit);
    known.set(live, order);
    return order;
  };
  return async (current, log) => {
    const order = current?.commit && token ? await orderAfter(current.commit) : 'unknown';
    const wanted = { commit: run.commit, runNumber: run.runNumber, runUrl: run.url };
    const verdict = fence({ current, wanted, order, allowOlder });
    if (!verdict.allowed) {
      throw refused({
        input: 'allow-older-commit',
        what: 'an older commit does not take the place of a newer one',
        found: verdict.reason,
        fix: 'deploy the newer commit; to go back on purpose, run the rollback action or set allow-older-commit: true',
      });
    }
    if (verdict.reason) log.notice(verdict.reason);
  };
}
