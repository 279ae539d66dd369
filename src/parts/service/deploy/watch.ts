import { readAwsError } from '../../../aws/errors.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { formatDuration } from '../../../runtime/duration.ts';
import { ActionError, messageOf } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { poll } from '../../../runtime/poll.ts';
import type { Observation, Pause, Rollout, Target } from '../targets/target.ts';
import type { Ending, Phase } from '../verdict/verdict.ts';

/** AWS is asked for a status once a second, no oftener. */
const EVERY = 1000;
/** No rollout is over at once: the first look comes when a very small one may be. */
const FIRST = 250;
/** A list may lag behind the update; a rollout that is not in it so many times running is gone. */
const MISSES = 3;

export interface Watched {
  readonly ending: Ending;
  readonly phase: Phase;
  readonly status: string;
  /** Why, in the target's own words. */
  readonly reason?: string | undefined;
}

export interface WatchPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What goes along with a watch. */
export interface Companion {
  /** Ends a wait that is ours to end, and is asked once for each; false where the hook is somebody else's. */
  answers?(pause: Pause): Promise<boolean>;
  /** Told of each look. Never throws. */
  looked?(seen: Observation): void;
}

/** Phases after which nothing more comes. */
const FINAL: ReadonlySet<Phase> = new Set([
  'succeeded',
  'failed',
  'stopped',
  'rolled-back',
  'rollback-failed',
]);

/**
 * Watches one rollout to its end. A status request that fails is not the end of a rollout: it is asked again at the
 * next turn, until `timeout`; only the loss of the permission ends the watching.
 * @throws the signal's reason when it is aborted; nothing else.
 */
export async function watchRollout(
  target: Target,
  rollout: Rollout,
  timeout: number,
  ports: WatchPorts,
  { answers, looked }: Companion = {},
): Promise<Watched> {
  const { clock, log, signal } = ports;
  const pauses = new Pauses(clock, log, answers);
  const last = { status: 'PENDING', phase: 'under-way' as Phase, note: undefined as string | undefined };
  let misses = 0;
  const look = async (elapsed: number): Promise<Watched | undefined> => {
    const seen = await abortable(target.observe(rollout), signal);
    if (!seen) {
      misses++;
      return misses >= MISSES && (await abortable(target.read(), signal)).condition !== 'busy'
        ? { ending: 'vanished', phase: last.phase, status: last.status }
        : undefined;
    }
    misses = 0;
    if (seen.status !== last.status || seen.note !== last.note) {
      log.info(`${formatDuration(elapsed)}  ${seen.status}${seen.note ? `  ${seen.note}` : ''}`);
      if (seen.phase === 'unknown')
        log.warning(`${seen.status} is not a status that is known; it is not taken for success`);
    } else log.progress(`${formatDuration(elapsed)}  still ${seen.status}`);
    Object.assign(last, { status: seen.status, phase: seen.phase, note: seen.note });
    looked?.(seen);
    await pauses.see(seen.pauses ?? []);
    return FINAL.has(seen.phase) ? { ending: 'final', ...seen } : undefined;
  };
  try {
    return await poll(
      {
        what: 'the rollout',
        every: EVERY,
        first: FIRST,
        timeout: () => timeout + pauses.held(),
        clock,
        signal,
      },
      async (elapsed) => {
        try {
          return await look(elapsed);
        } catch (error) {
          if (signal.aborted) throw error;
          const { kind, code } = readAwsError(error instanceof ActionError ? error.problem.cause : error);
          if (kind === 'denied' || kind === 'credentials') {
            log.warning(`the rollout cannot be watched any longer: ${messageOf(error)}`);
            return { ending: 'denied', phase: last.phase, status: last.status };
          }
          log.warning(`a status request did not work (${code}); asked again`);
          return undefined;
        }
      },
    );
  } catch (error) {
    if (error instanceof ActionError && error.outcome === 'timed-out')
      return { ending: 'timed-out', ...last };
    throw error;
  }
}

/** Hooks that hold the rollout for a decision: each is answered where it is ours, else told at once; its wait does not count. */
class Pauses {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #answers: ((pause: Pause) => Promise<boolean>) | undefined;
  readonly #met = new Set<string>();
  #since: number | undefined;
  #before = 0;

  constructor(clock: Clock, log: Log, answers: ((pause: Pause) => Promise<boolean>) | undefined) {
    this.#clock = clock;
    this.#log = log;
    this.#answers = answers;
  }

  async see(pauses: readonly Pause[]): Promise<void> {
    if (pauses.length === 0) {
      this.#before = this.held();
      this.#since = undefined;
    } else this.#since ??= this.#clock.now();
    for (const pause of pauses) {
      if (this.#met.has(pause.id)) continue;
      this.#met.add(pause.id);
      if (await this.#answers?.(pause)) continue;
      for (const line of pause.said) this.#log.notice(line);
    }
  }

  /** Milliseconds that hooks have held the rollout so far. */
  held(): number {
    return this.#before + (this.#since === undefined ? 0 : this.#clock.now() - this.#since);
  }
}

/** Rejects with the signal's reason as soon as it is aborted, whatever the work still does. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Waits until nothing is under way on the service. @throws ActionError `timed-out`, or the signal's reason. */
export async function waitUntilIdle(target: Target, timeout: number, ports: WatchPorts): Promise<void> {
  let said = '';
  await poll(
    {
      what: `another operation on ${target.arn} to end`,
      every: EVERY,
      timeout,
      clock: ports.clock,
      signal: ports.signal,
      fix: 'wait for it, or give more time with `lock-timeout`',
    },
    async () => {
      const busy = await abortable(target.underWay(), ports.signal);
      if (!busy) return true;
      if (busy !== said) ports.log.info(`waiting for what is already under way: ${busy}`);
      said = busy;
      return undefined;
    },
  );
}
