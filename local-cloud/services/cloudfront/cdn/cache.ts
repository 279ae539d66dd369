import { invalidates } from '../paths.ts';
import type { OriginAnswer } from './answer.ts';

export interface CacheEntry {
  readonly path: string;
  readonly query: string;
  readonly answer: OriginAnswer;
  /** Milliseconds since the epoch. */
  stored: number;
  fresh: number;
  /** The origin has failed: until then it is left alone, and the stale entry sent. */
  quiet?: number;
}

/** What one distribution keeps. Entries are found by path, query and encoding. */
export class Cache {
  readonly #entries = new Map<string, CacheEntry>();

  static key(path: string, query: string, variant: string): string {
    return `${variant} ${path}?${query}`;
  }

  get(key: string): CacheEntry | undefined {
    return this.#entries.get(key);
  }

  set(key: string, entry: CacheEntry): void {
    this.#entries.get(key)?.answer.release();
    this.#entries.set(key, entry);
  }

  delete(key: string): void {
    this.#entries.get(key)?.answer.release();
    this.#entries.delete(key);
  }

  /** @returns how many entries are gone */
  invalidate(patterns: readonly string[]): number {
    let gone = 0;
    const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
    const wild = patterns.filter((pattern) => pattern.endsWith('*'));
    for (const [key, entry] of this.#entries) {
      const url = entry.query === '' ? entry.path : `${entry.path}?${entry.query}`;
      if (!exact.has(url) && !wild.some((pattern) => invalidates(pattern, entry))) continue;
      entry.answer.release();
      this.#entries.delete(key);
      gone++;
    }
    return gone;
  }

  clear(): void {
    for (const entry of this.#entries.values()) entry.answer.release();
    this.#entries.clear();
  }

  list(): Array<{ path: string; query: string; status: number; etag: string | undefined; fresh: number }> {
    return [...this.#entries.values()].map(({ path, query, answer, fresh }) => ({
      path,
      query,
      status: answer.status,
      etag: answer.headers['etag'],
      fresh,
    }));
  }
}
