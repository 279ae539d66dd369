import type { Pair, Part, Pointer, ReleaseRecord } from './record.ts';

/** The pair that a pointer names, and nothing else of it. */
export function pairFrom(pointer: Pick<Pointer, 'backend' | 'frontend'>): Pair {
  return {
    ...(pointer.backend ? { backend: pointer.backend } : {}),
    ...(pointer.frontend ? { frontend: pointer.frontend } : {}),
  };
}

/**
 * Which releases' halves were live together once `record` was. A record that was sealed says so itself; in one that
 * was not (its run died just before), a half that it has not is that of the newest release before it that knows.
 * @param older the records before it, newest first.
 */
export function pairOf(record: ReleaseRecord, older: readonly ReleaseRecord[]): Pair {
  if (record.pair) return record.pair;
  const before = older.find((other) => other.pair)?.pair;
  const half = (part: Part) => (record[part] ? record.id : before?.[part]);
  return pairFrom({ backend: half('backend'), frontend: half('frontend') } as Pair);
}

/** The releases that first brought what is live, whatever was gone back to since. */
export function originsOf(live: Pair, byId: ReadonlyMap<string, ReleaseRecord>): Pair {
  const origin = (part: Part) => {
    const id = live[part];
    return id === undefined ? {} : { [part]: originOf(id, byId, part) };
  };
  return { ...origin('backend'), ...origin('frontend') };
}

/** The release whose half this is in truth: a rollback's half is that of the release that it restored. */
export function originOf(id: string, byId: ReadonlyMap<string, ReleaseRecord>, part?: Part): string {
  const seen = new Set<string>();
  let origin = id;
  for (;;) {
    const record = byId.get(origin);
    if (record?.type !== 'rollback' || !record.restores || seen.has(origin)) return origin;
    seen.add(origin);
    const restored = byId.get(record.restores);
    const next = (part && restored?.pair?.[part]) ?? record.restores;
    if (next === origin) return origin;
    origin = next;
  }
}
