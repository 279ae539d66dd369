import type { Clock } from '../../../runtime/clock.ts';
import { formatDuration } from '../../../runtime/duration.ts';
import type { Log } from '../../../runtime/log.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes as a person says them: `812 B`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** How far long work has come, as one line. Pure. `elapsed` in milliseconds. */
export function progressLine(
  what: string,
  done: { files: number; bytes: number },
  all: { files: number; bytes: number },
  elapsed: number,
): string {
  const rate = elapsed > 0 ? done.bytes / (elapsed / 1000) : 0;
  // Small files cost requests and not bytes: what remains is judged by both.
  const share = (done.files / Math.max(1, all.files) + done.bytes / Math.max(1, all.bytes || 1)) / 2;
  const left =
    share > 0.02 && elapsed > 2000 ? (elapsed / Math.min(1, share)) * (1 - Math.min(1, share)) : undefined;
  const parts = [
    `${what}: ${done.files} of ${all.files} files`,
    `${formatBytes(done.bytes)} of ${formatBytes(all.bytes)}`,
    `${formatBytes(rate)}/s`,
  ];
  if (left !== undefined && done.files < all.files) parts.push(`about ${formatDuration(left)} left`);
  return parts.join(', ');
}

/** Counts what is done and says so. */
export class Progress {
  readonly #what: string;
  readonly #all: { files: number; bytes: number };
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #start: number;
  #files = 0;
  #bytes = 0;

  constructor(what: string, all: { files: number; bytes: number }, log: Log, clock: Clock) {
    this.#what = what;
    this.#all = all;
    this.#log = log;
    this.#clock = clock;
    this.#start = clock.now();
  }

  add(bytes: number): void {
    this.#files++;
    this.#bytes += bytes;
    // A line a file would be most of the work of a small one.
    if (this.#files % 50 !== 0 && this.#files !== this.#all.files && bytes < 1_000_000) return;
    const done = { files: this.#files, bytes: this.#bytes };
    this.#log.progress(progressLine(this.#what, done, this.#all, this.#clock.now() - this.#start));
  }
}
