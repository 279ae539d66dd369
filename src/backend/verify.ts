import { readAwsError } from '../aws/errors.ts';
import { ActionError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Rollout, Running, Target } from './targets/target.ts';
import { judgeRollout, type Verdict } from './verdict.ts';
import type { Watched } from './watch.ts';

/** Judges a rollout that was watched to its end, by what runs now. `running` is missing where it could not be read. */
export async function judgeWatched(
  target: Target,
  rollout: Rollout,
  watched: Watched,
  asked: readonly string[],
  log: Log,
): Promise<{ verdict: Verdict; running: Running | undefined }> {
  const running = await target.running(rollout).catch((error) => {
    const cause = error instanceof ActionError ? error.problem.cause : error;
    log.warning(`what runs now could not be read (${readAwsError(cause).code})`);
    return undefined;
  });
  const verdict = judgeRollout({
    ending: watched.ending,
    phase: watched.phase,
    status: watched.status,
    condition: running?.state.condition ?? 'unknown',
    asked,
    running: running?.digests ?? [],
    tasks: running?.tasks,
    replacedBy: running?.replacedBy,
  });
  const reason = watched.reason?.replace(/\.$/, '');
  if (!reason || verdict.kind === 'live') return { verdict, running };
  return { verdict: { ...verdict, why: `${verdict.why}: ${reason}` }, running };
}
