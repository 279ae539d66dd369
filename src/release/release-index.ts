import { gunzipSync, gzipSync } from 'node:zlib';
import type { Parsed } from './documents.ts';
import { judgeRecord } from './parse.ts';
import { type ReleaseRecord, VERSION } from './record.ts';

/**
 * All records in one object, so that a thousand releases are two requests. It is never believed by itself: every
 * entry names the ETag of the record that it was copied from, and one listing of the records tells which entries are
 * stale. So a lost, old, damaged or missing index costs requests and nothing else, and no race can spoil it.
 */
export interface ReleaseIndex {
  /** That of the records in it. */
  readonly version: typeof VERSION;
  readonly environment: string;
  readonly entries: Readonly<Record<string, IndexEntry>>;
}

/** A record as it was, or why it could not be read. */
export type IndexEntry =
  | { readonly etag: string; readonly record: ReleaseRecord }
  | { readonly etag: string; readonly damage: string };

export const encodeIndex = (index: ReleaseIndex): Buffer => gzipSync(JSON.stringify(index));

export const parseIndex =
  (environment: string) =>
  (body: Buffer): Parsed<ReleaseIndex> => {
    try {
      const index = JSON.parse(gunzipSync(body).toString('utf8')) as StoredIndex;
      if (index.version > VERSION) return { damage: 'a newer wwhd-deploy wrote it', newer: true };
      if (index.environment !== environment) return { damage: 'it is foreign' };
      return { value: { version: VERSION, environment, entries: soundEntries(index) } };
    } catch {
      return { damage: 'it is not an index' };
    }
  };

/** An index as it is stored: of this version, or of an older one. */
interface StoredIndex {
  readonly version: number;
  readonly environment: string;
  readonly entries: Readonly<Record<string, { etag?: unknown; record?: unknown; damage?: unknown }>>;
}

/** What an older version of ours could not read is read again: it may be a record of this version. */
function soundEntries({ version, environment, entries }: StoredIndex): Record<string, IndexEntry> {
  const sound: Array<[string, IndexEntry]> = [];
  for (const [id, { etag, record, damage }] of Object.entries(entries)) {
    if (typeof etag !== 'string') continue;
    const judged = record === undefined ? undefined : judgeRecord(record, environment, id);
    if (judged && 'value' in judged) sound.push([id, { etag, record: judged.value }]);
    else if (!judged && typeof damage === 'string' && version === VERSION) sound.push([id, { etag, damage }]);
  }
  return Object.fromEntries(sound);
}

/** Which of the listed records must be read, and what the index knows of the others. */
export function compareIndex(
  index: ReleaseIndex | undefined,
  listed: ReadonlyMap<string, string>,
): { known: Record<string, IndexEntry>; stale: string[] } {
  const known: Record<string, IndexEntry> = {};
  const stale: string[] = [];
  for (const [id, etag] of listed) {
    const entry = index?.entries[id];
    if (entry && entry.etag === etag) known[id] = entry;
    else stale.push(id);
  }
  return { known, stale };
}

/** What an adoption's id ends with; before it stands the id of the release that found it. */
const ADOPTED = '.adopted';

/**
 * Newest first; ids, which begin with a stamp by default, decide between equal times. What a release adopted was there
 * before it, whichever of the two records was written first: the two jobs of a release write side by side.
 */
export function sortNewestFirst(records: readonly ReleaseRecord[]): ReleaseRecord[] {
  const starts = new Map(records.map((record) => [record.id, Date.parse(record.startedAt)]));
  const timeOf = ({ id, type }: ReleaseRecord) => {
    const own = starts.get(id) ?? 0;
    const finder = type === 'adoption' ? starts.get(id.slice(0, -ADOPTED.length)) : undefined;
    return finder === undefined ? own : Math.min(own, finder - 1);
  };
  return [...records].sort((a, b) => timeOf(b) - timeOf(a) || (a.id < b.id ? 1 : -1));
}
