import type { ObjectStore } from '../aws/object-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { formatDuration } from '../runtime/duration.ts';
import type { ActionError, Problem } from '../runtime/errors.ts';

interface RacePorts {
  readonly store: Pick<ObjectStore, 'bucket'>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
}

/** Milliseconds for which lost races are retried whatever the caller's patience: ordinary ones are won in less. */
const RACES_FOR = 15_000;
/** And at least so many writes, for a network may be so slow that few of them fit into that time. */
const AT_LEAST = 10;
/** Milliseconds, doubled up to the most and spread at random. */
const PAUSE = { first: 40, most: 1500 };
/** Doublings of the pause where the others are expected to be done soon: 640 ms at most. */
const SHORT = 4;

/** Full jitter: two that met once should not meet again. */
export function racePause(race: number): number {
  return Math.ceil(Math.random() * Math.min(PAUSE.most, PAUSE.first * 2 ** race));
}

/**
 * Conditional writes of one object that were lost one after the other, and when that has to end. An object that others
 * keep changing is worth the caller's whole patience. One that stays as it is while its own ETag is refused is not:
 * then the server is at fault, and the next try would end as the last.
 */
export class LostRaces {
  readonly #ports: RacePorts;
  readonly #key: string;
  readonly #since: number;
  #tries = 0;
  /** How many of the last tries were refused under one and the same ETag. */
  #unmoved = 0;
  #etag: string | undefined;

  constructor(ports: RacePorts, key: string) {
    this.#ports = ports;
    this.#key = key;
    this.#since = ports.clock.now();
  }

  /**
   * Counts a write that was lost, and pauses before the next.
   * @param etag that it asked for; `undefined` for one that would have created the object
   * @param end makes the error of what is thrown when it is time to give up
   * @param until local time until which an object that others change is tried at least
   */
  async lost(
    etag: string | undefined,
    end: (problem: Problem) => ActionError,
    { until = 0, signal }: { until?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    this.#unmoved = this.#tries > 0 && etag === this.#etag ? this.#unmoved + 1 : 1;
    this.#etag = etag;
    this.#tries++;
    const problem = this.#problem(until);
    if (problem) throw end(problem);
    await this.#ports.clock.sleep(racePause(Math.min(this.#tries - 1, SHORT)), signal);
  }

  /** What to tell when it is time to give up; until then `undefined`. */
  #problem(until: number): Problem | undefined {
    const now = this.#ports.clock.now();
    const elapsed = now - this.#since;
    if (this.#tries < AT_LEAST || elapsed < RACES_FOR) return undefined;
    const object = `s3://${this.#ports.store.bucket}/${this.#key}`;
    const tries = `${this.#tries} tries in ${formatDuration(elapsed)}`;
    if (this.#unmoved >= AT_LEAST) {
      const condition = this.#etag === undefined ? 'If-None-Match' : 'If-Match';
      const state = this.#etag === undefined ? 'there was no such object' : 'the object had not changed';
      return {
        input: 'release-bucket',
        what: `${object} could not be written: the server answered 412 to every ${condition} although ${state}`,
        found: `${tries}${this.#etag === undefined ? '' : `, the last under the ETag ${this.#etag}`}`,
        fix: 'use a release bucket on Amazon S3, or on a server that takes an ETag in If-Match as it gives it out; look for a proxy in between that rewrites ETags',
      };
    }
    if (now < until) return undefined;
    return {
      what: `${object} could not be written: others changed it between each of our reads and writes`,
      found: tries,
      fix: 'find out what else writes there (`history` shows the runs); then run this one again',
    };
  }
}
