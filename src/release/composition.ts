import { ownValue } from './part-name.ts';
import { type Composition, type PartKind, type PartRecord, partOf, type ReleaseRecord } from './record.ts';

/**
 * Which releases' parts were live together once `record` was. A record that was sealed says so itself; in one that was
 * not (its run died just before), a part that it has not is that of the newest release before it that knows.
 * @param older the records before it, newest first.
 */
export function compositionOf(record: ReleaseRecord, older: readonly ReleaseRecord[]): Composition {
  if (record.composition) return record.composition;
  const before = older.find((other) => other.composition)?.composition;
  return { ...before, ...eachPart(Object.keys(record.parts), () => record.id) };
}

/** The same of each part, as one value by name. */
export const eachPart = <T>(names: readonly string[], value: (name: string) => T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, value(name)]));

/** The releases that first brought what is live, whatever was gone back to since. */
export const originsOf = (live: Composition, byId: ReadonlyMap<string, ReleaseRecord>): Composition =>
  Object.fromEntries(Object.entries(live).map(([name, id]) => [name, originOf(id, byId, name)]));

/** The release whose part this is in truth: a rollback's part is that of the release that it restored. */
export function originOf(id: string, byId: ReadonlyMap<string, ReleaseRecord>, part?: string): string {
  const seen = new Set<string>();
  let origin = id;
  for (;;) {
    const record = byId.get(origin);
    if (record?.type !== 'rollback' || !record.restores || seen.has(origin)) return origin;
    seen.add(origin);
    const restored = byId.get(record.restores);
    const next = (part !== undefined && ownValue(restored?.composition, part)) || record.restores;
    if (next === origin) return origin;
    origin = next;
  }
}

/** True where each part of `wanted` is what is live already, under whichever id. */
export function isLiveAlready(
  wanted: Composition,
  live: Composition | undefined,
  byId: ReadonlyMap<string, ReleaseRecord>,
): boolean {
  return Object.entries(wanted).every(([name, id]) => {
    const now = ownValue(live, name);
    return id === now || (now !== undefined && originOf(id, byId, name) === originOf(now, byId, name));
  });
}

/** What a part of a composition is, as its release recorded it; `undefined` where that cannot be read. */
export function recordedPart(
  composition: Composition,
  name: string,
  byId: ReadonlyMap<string, ReleaseRecord>,
): PartRecord | undefined {
  return partOf(byId.get(ownValue(composition, name) ?? ''), name);
}

/**
 * Whether a part is a service or a site. Where its own record cannot be read, the newest other one that knows the name
 * says so; the two names that deploy-backend and deploy-frontend give by default say it themselves.
 * @param records newest first
 */
export function kindOf(
  name: string,
  composition: Composition,
  records: readonly ReleaseRecord[],
): PartKind | undefined {
  const own = records.find((record) => record.id === ownValue(composition, name));
  const known =
    partOf(own, name) ??
    partOf(
      records.find((record) => partOf(record, name)),
      name,
    );
  if (known) return known.kind;
  if (name === 'backend') return 'service';
  return name === 'frontend' ? 'site' : undefined;
}
