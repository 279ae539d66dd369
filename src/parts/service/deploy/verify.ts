import { readAwsError } from '../../../aws/errors.ts';
import { ActionError } from '../../../runtime/errors.ts';
import { poll } from '../../../runtime/poll.ts';
import type { Rollout, Running, Target } from '../targets/target.ts';
import { judgeRollout, type Verdict } from '../verdict/verdict.ts';
import { isSettled, sayTasks } from './proof.ts';
import { abortable, type Watched, type WatchPorts } from './watch.ts';

/** Milliseconds between two looks at what runs: one is several requests. */
const EVERY = 2000;
/** So many looks in a row that fail, and what runs cannot be known. */
const FAILURES = 5;

/**
 * Looks at what runs until that is settled: tasks that are on their way are waited for, lists that lag are read again.
 * @param asked digests that are right; empty where they are not known
 * @param timeout milliseconds; when they are over, the last look counts
 * @returns `undefined` where it could not be read
 * @throws the signal's reason when it is aborted; nothing else.
 */
export async function whatRuns(
  target: Target,
  rollout: Rollout | undefined,
  asked: readonly string[],
  timeout: number,
  { clock, log, signal }: WatchPorts,
): Promise<Running | undefined> {
  let last: Running | undefined;
  const seen = { key: '', since: clock.now(), failures: 0 };
  const look = async (): Promise<{ found: Running | undefined } | undefined> => {
    try {
      const found = await abortable(target.running(rollout), signal);
      last = found;
      const key = JSON.stringify([found.tasks, found.digests]);
      if (key !== seen.key) Object.assign(seen, { key, since: clock.now() });
      seen.failures = 0;
      if (found.replacedBy || isSettled(sightOf(found), asked, clock.now() - seen.since)) return { found };
      log.progress(sayTasks(found) || `the service is ${found.state.status}`);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      const isOver = sayUnreadable(error, ++seen.failures, log);
      return isOver ? { found: undefined } : undefined;
    }
  };
  try {
    const what = 'the wanted tasks to run';
    return (await poll({ what, every: EVERY, timeout, clock, signal }, look)).found;
  } catch (error) {
    if (!signal.aborted && error instanceof ActionError && error.outcome === 'timed-out') return last;
    throw error;
  }
}

/** @returns true where there is no use in asking again */
function sayUnreadable(error: unknown, failures: number, log: WatchPorts['log']): boolean {
  const { kind, code } = readAwsError(error instanceof ActionError ? error.problem.cause : error);
  const isOver = kind === 'denied' || kind === 'credentials' || failures >= FAILURES;
  log.warning(`what runs now could not be read (${code})${isOver ? '' : '; asked again'}`);
  return isOver;
}

const sightOf = ({ state, digests, tasks }: Running) => ({ condition: state.condition, digests, tasks });

/**
 * Judges a rollout that was watched to its end, by what runs now. `running` is missing where it could not be read.
 * @param timeout milliseconds that tasks which are on their way are waited for
 */
export async function judgeWatched(
  target: Target,
  rollout: Rollout,
  watched: Watched,
  asked: readonly string[],
  timeout: number,
  ports: WatchPorts,
): Promise<{ verdict: Verdict; running: Running | undefined }> {
  // What did not succeed is judged by that: only who came after it is of interest.
  const wait = watched.ending === 'final' && watched.phase === 'succeeded' ? timeout : 0;
  const running = await whatRuns(target, rollout, asked, wait, ports);
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
