import type { Clock } from '../runtime/clock.ts';

/** HTTP dates are whole seconds, cut and not rounded. */
const DATE_STEP = 1000;
/** A local clock that is this far off is not believed in what we write down. */
const TRUSTED_SKEW = 5000;

/**
 * The storage server's time, estimated from the dates of its answers. The estimate is never early: an answer's date
 * is at most one second behind the server, and the server stamped it after we had sent the request. Where a server
 * sends no dates it is the local time.
 */
export class ServerClock {
  readonly #clock: Clock;
  #offset = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param sentAt local time just before the request was sent. */
  observe(date: number | undefined, sentAt: number): void {
    if (date !== undefined) this.#offset = date + DATE_STEP - sentAt;
  }

  /** Milliseconds since the epoch; never earlier than the server's own time. */
  now(): number {
    return this.#clock.now() + this.#offset;
  }

  /** The time for people and for the order of releases: local, unless the local clock is seen to be wrong. */
  stamp(): string {
    const local = this.#clock.now();
    const trusted = Math.abs(this.#offset) <= TRUSTED_SKEW;
    return new Date(trusted ? local : local + this.#offset).toISOString();
  }
}
