import type { Clock } from './clock.ts';
import { formatDuration } from './duration.ts';
import { timedOut } from './errors.ts';

export interface PollOptions {
  /** What is waited for, to complete "timed out after 20m waiting for …". */
  readonly what: string;
  /** Milliseconds between two asks; at least 1000 against AWS, so that no API sees more than one a second. */
  readonly every: number;
  /** Milliseconds before the first ask, for what is never over at once; left out: asks at once. At most `every`. */
  readonly first?: number;
  /** True: the pauses double from `first` up to `every`, so that what ends soon is seen soon. */
  readonly doubling?: boolean;
  /** Bound on the whole wait, in milliseconds; a function where it grows while something else is waited for. */
  readonly timeout: number | (() => number);
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** What to do next when the time is up. */
  readonly fix?: string;
}

/**
 * Asks until `ask` answers with something. The one waiting loop of this repository: every wait has a bound, can be
 * cancelled, and says at its end what it waited for.
 * @throws ActionError `timed-out` when the bound is reached; the signal's reason when it is aborted.
 */
export async function poll<T>(
  options: PollOptions,
  ask: (elapsed: number) => Promise<T | undefined>,
): Promise<T> {
  const { clock, every, first, doubling, signal, what } = options;
  const bound = () => (typeof options.timeout === 'function' ? options.timeout() : options.timeout);
  const start = clock.now();
  let turn = doubling && first !== undefined ? first : every;
  if (first !== undefined) await clock.sleep(Math.min(first, bound()), signal);
  for (;;) {
    signal?.throwIfAborted();
    const asked = clock.now();
    const answer = await ask(asked - start);
    if (answer !== undefined) return answer;
    const elapsed = clock.now() - start;
    const timeout = bound();
    if (elapsed >= timeout) {
      throw timedOut({
        what: `timed out after ${formatDuration(elapsed)} waiting for ${what}`,
        fix: options.fix,
      });
    }
    if (doubling) turn = Math.min(every, turn * 2);
    const pause = Math.max(0, turn - (clock.now() - asked));
    await clock.sleep(Math.min(pause, timeout - elapsed), signal);
  }
}
