import type { Clock } from '../../src/runtime/clock.ts';

/** Time that stands still until everything waits, and then jumps to the next thing that is due. */
export interface SimulatedClock extends Clock {
  /** Runs until `done` settles. @throws where nothing is left that could make it. */
  run<T>(done: Promise<T>): Promise<T>;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

export function simulatedClock(start = Date.parse('2026-11-23T12:00:00Z')): SimulatedClock {
  let now = start;
  let order = 0;
  const timers = new Set<Timer>();

  const next = () => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
  };

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const onAbort = () => {
          timers.delete(timer);
          reject(signal?.reason);
        };
        const timer: Timer = {
          at: now + Math.max(0, ms),
          order: order++,
          fire: () => {
            timers.delete(timer);
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        timers.add(timer);
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    async run(done) {
      let settled = false;
      const mark = () => {
        settled = true;
      };
      done.then(mark, mark);
      for (;;) {
        // Everything that can go on without time passing goes on first.
        await new Promise((resolve) => setImmediate(resolve));
        if (settled) return done;
        const timer = next();
        if (!timer) throw new Error('nothing is left to wait for, and it is not done');
        now = Math.max(now, timer.at);
        timer.fire();
      }
    },
  };
}
