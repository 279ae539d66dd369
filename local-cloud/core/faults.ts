import { randomUUID } from 'node:crypto';

/**
 * Faults on demand. On the wire, they meet any operation of any service:
 *
 * | kind | what happens |
 * | --- | --- |
 * | `throttle` | the service's own throttling error, nothing done |
 * | `error` | `status` (default 500) and `code` (default `InternalError`), nothing done |
 * | `latency` | the operation waits `ms` first |
 * | `hold` | the operation waits until the fault is cleared: what a test does meanwhile, it does in the middle |
 * | `reset` | the connection is dropped before the operation |
 * | `reset-after` | the operation is done, its answer is lost |
 * | `denied` | AccessDenied in the service's own words |
 * | `expired-token` | the credentials are said to have expired |
 *
 * All other kinds belong to services, which ask for them by name: see each service's own table (docs/local-cloud.md).
 */
export const WIRE_FAULTS: ReadonlySet<string> = new Set([
  'throttle',
  'error',
  'latency',
  'hold',
  'reset',
  'reset-after',
  'denied',
  'expired-token',
]);

/** Kinds that a service asks for by itself. */
export const SERVICE_FAULTS: ReadonlySet<string> = new Set([
  'unhealthy',
  'stuck',
  'vanish',
  'operation-status',
  'crash',
  'slow-start',
  'alarm',
  'missing-image',
  'rollback-fails',
  'hook',
  'scale-out',
  'spot-stop',
  'stale-list',
  'no-digest',
  'scan-findings',
  'key-error',
  'error-in-200',
  'stale-cdn',
  'ignore-conditions',
]);

/** One fault as it was asked for; fields beyond these belong to its kind (`ms`, `status`, `code`, …). */
export interface Fault {
  readonly id: string;
  readonly kind: string;
  readonly service?: string;
  readonly operation?: string;
  /** Substring of the ARN, `bucket/key` or name. */
  readonly resource?: string;
  /** Chance that a request that matches is hit, 0 to 1; default 1. */
  readonly rate?: number;
  /** Starts the dice of `rate`: the same seed hits the same requests, the first, the third, … every time. */
  readonly seed?: number;
  /** How often it happens before it is gone; default: until it is cleared. */
  readonly count?: number;
  /** How many requests that match are left alone first. */
  readonly after?: number;
  readonly [field: string]: unknown;
}

export interface FaultPlace {
  readonly service: string;
  readonly operation?: string | undefined;
  readonly resource?: string | undefined;
}

interface Armed {
  readonly fault: Fault;
  readonly random: () => number;
  skipped: number;
  hits: number;
}

/** The faults that were asked for, and how often each has happened. */
export class Faults {
  readonly #armed: Armed[] = [];
  readonly #waiting = new Map<string, Array<() => void>>();
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** @throws Error where the document is not a fault */
  add(document: unknown): Fault {
    const fault: Fault = { ...checkFault(document), id: randomUUID().slice(0, 8) };
    const random = fault.seed === undefined ? this.#random : seeded(fault.seed);
    this.#armed.push({ fault, random, skipped: 0, hits: 0 });
    return fault;
  }

  list(): Array<Fault & { readonly hits: number }> {
    return this.#armed.map(({ fault, hits }) => ({ ...fault, hits }));
  }

  /** @returns how many are gone */
  clear(id?: string): number {
    const before = this.#armed.length;
    const rest = id === undefined ? [] : this.#armed.filter((a) => a.fault.id !== id);
    this.#armed.splice(0, before, ...rest);
    for (const one of [...this.#waiting.keys()]) if (id === undefined || id === one) this.#let(one);
    return before - rest.length;
  }

  /** Resolves when the fault is cleared. */
  cleared(fault: Fault): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(fault.id, [...(this.#waiting.get(fault.id) ?? []), resolve]);
    });
  }

  #let(id: string): void {
    for (const go of this.#waiting.get(id) ?? []) go();
    this.#waiting.delete(id);
  }

  /** The first fault of these kinds that hits at this place, counted as used. */
  take(kinds: ReadonlySet<string>, place: FaultPlace): Fault | undefined {
    for (const armed of this.#armed) {
      if (!kinds.has(armed.fault.kind) || !matches(armed.fault, place)) continue;
      if (this.#hit(armed)) return armed.fault;
    }
    return undefined;
  }

  get empty(): boolean {
    return this.#armed.length === 0;
  }

  #hit(armed: Armed): boolean {
    const { fault } = armed;
    if (fault.count !== undefined && armed.hits >= fault.count) return false;
    if (armed.skipped < (fault.after ?? 0)) {
      armed.skipped++;
      return false;
    }
    if (fault.rate !== undefined && armed.random() >= fault.rate) return false;
    armed.hits++;
    return true;
  }
}

/** Numbers from 0 to 1 that a seed decides (mulberry32, a public-domain generator by Tommy Ettinger). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function matches(fault: Fault, place: FaultPlace): boolean {
  if (fault.service !== undefined && fault.service !== place.service) return false;
  if (fault.operation !== undefined && fault.operation !== place.operation) return false;
  return fault.resource === undefined || (place.resource ?? '').includes(fault.resource);
}

const TEXT = ['service', 'operation', 'resource'] as const;
const NUMBERS = [
  ['rate', 0, 1],
  ['count', 1, 1e9],
  ['after', 0, 1e9],
  ['ms', 0, 3_600_000],
  ['seed', 0, 4294967295],
] as const;

function checkFault(document: unknown): Record<string, unknown> & { readonly kind: string } {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Error('a fault is a JSON object');
  }
  const fault = document as Record<string, unknown>;
  const { kind } = fault;
  if (typeof kind !== 'string' || !(WIRE_FAULTS.has(kind) || SERVICE_FAULTS.has(kind))) {
    throw new Error(
      `unknown kind ${JSON.stringify(kind)}; there are: ${[...WIRE_FAULTS, ...SERVICE_FAULTS].join(', ')}`,
    );
  }
  for (const name of TEXT) {
    if (fault[name] !== undefined && typeof fault[name] !== 'string')
      throw new Error(`${name} must be a text`);
  }
  for (const [name, min, max] of NUMBERS) {
    const value = fault[name];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw new Error(`${name} must be a number from ${min} to ${max}`);
  }
  return { ...fault, kind };
}
