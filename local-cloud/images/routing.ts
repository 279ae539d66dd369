import type { IncomingHttpHeaders } from 'node:http';

/** Where requests can go, and its share beside the others of its pool. */
export interface Backend {
  readonly id: string;
  readonly port: number;
  readonly weight: number;
}

/** Backends that are one to the outside: a target group. Its share holds however many backends it has. */
export interface Pool {
  readonly id: string;
  readonly weight: number;
  readonly backends: readonly Backend[];
}

/** An answer that the door gives by itself. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a rule may ask of a request. */
export interface Asked {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
}

/** The first rule that matches decides. */
export interface Rule {
  readonly id: string;
  matches(asked: Asked): boolean;
  readonly to: readonly Pool[] | ((asked: Asked) => Reply);
}

/** One rule for all requests. */
export const toAll = (backends: readonly Backend[]): Rule[] => [
  { id: 'all', matches: () => true, to: [{ id: 'all', weight: 1, backends }] },
];

/** Smooth weighted round robin: over 100 picks each candidate gets its share, evenly spread. */
export class Spread {
  readonly #credit = new Map<string, number>();

  /** @returns one with a weight above 0; `undefined` where there is none */
  pick<T extends { readonly id: string; readonly weight: number }>(candidates: readonly T[]): T | undefined {
    const usable = candidates.filter((one) => one.weight > 0);
    const total = usable.reduce((sum, one) => sum + one.weight, 0);
    let best: T | undefined;
    for (const one of usable) {
      const credit = (this.#credit.get(one.id) ?? 0) + one.weight;
      this.#credit.set(one.id, credit);
      if (!best || credit > (this.#credit.get(best.id) ?? 0)) best = one;
    }
    if (best) this.#credit.set(best.id, (this.#credit.get(best.id) ?? 0) - total);
    return best;
  }
}
