import { sameHeaders } from '../scan/headers.ts';
import type { SiteFile } from '../types.ts';

/** What the listing of the live bucket says of one object. */
export interface LiveObject {
  readonly size: number;
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

/** Why a file is written. */
export type WriteReason =
  | 'new'
  | 'content'
  | 'size'
  /** The bytes are right, Content-Type, Cache-Control or another header is not. */
  | 'headers'
  /** The bytes are right, but somebody else wrote them, or a run that died: the headers cannot be known. */
  | 'headers-unknown';

export interface WriteStep {
  readonly kind: 'write';
  readonly file: SiteFile;
  readonly reason: WriteReason;
  /** Live and right in its bytes: only the headers have to be written. */
  readonly bytesAreLive: boolean;
  /** What is live now; `undefined` for a new file. */
  readonly live: LiveObject | undefined;
}

export interface DeleteStep {
  readonly kind: 'delete';
  readonly path: string;
  readonly reason:
    | 'removed'
    /** Kept for open tabs until now. */
    | 'expired'
    /** In no release that we know. */
    | 'foreign';
}

export interface Diff {
  readonly writes: readonly WriteStep[];
  readonly deletes: readonly DeleteStep[];
  /** Wanted files that are live as wanted. */
  readonly unchanged: number;
}

/** What earlier releases say of the live objects. */
export interface Knowledge {
  /**
   * What each release that may have written to the live bucket says of its files: the live one's first, then those
   * of activations that did not end.
   */
  readonly manifests: readonly ReadonlyMap<string, SiteFile>[];
  /**
   * When the last activation ended, by the server's clock. An object that was written later was written by somebody
   * else. `undefined` while an activation is open: then its own writes are later.
   */
  readonly closedAt: number | undefined;
}

/**
 * The steps from what is live to what is wanted. No time decides that a file is the same, and no request is made for
 * one: the listing proves the bytes, and the manifests of the releases that wrote them know the headers.
 * @param live objects by path, without what `exclude` leaves alone
 * @param wanted all that is to be live, kept files among it
 */
export function diffSite(
  live: ReadonlyMap<string, LiveObject>,
  wanted: readonly SiteFile[],
  knowledge: Knowledge,
): Diff {
  const writes: WriteStep[] = [];
  const paths = new Set<string>();
  for (const file of wanted) {
    paths.add(file.path);
    const now = live.get(file.path);
    const reason = reasonToWrite(now, file, knowledge);
    if (reason) {
      const bytesAreLive = reason === 'headers' || reason === 'headers-unknown';
      writes.push({ kind: 'write', file, reason, bytesAreLive, live: now });
    }
  }
  const deletes: DeleteStep[] = [];
  for (const path of live.keys()) {
    if (!paths.has(path)) deletes.push({ kind: 'delete', path, reason: reasonToDelete(path, knowledge) });
  }
  return { writes, deletes, unchanged: wanted.length - writes.length };
}

/** Why `wanted` has to be written; `undefined` where what is live is it. */
export function reasonToWrite(
  now: LiveObject | undefined,
  wanted: SiteFile,
  knowledge: Knowledge,
): WriteReason | undefined {
  if (!now) return 'new';
  if (now.size !== wanted.size) return 'size';
  // What any release wrote with this ETag. An ETag that is not the MD5 says nothing but through a manifest.
  const writers: SiteFile[] = [];
  for (const manifest of knowledge.manifests) {
    const file = manifest.get(wanted.path);
    if (file && file.size === now.size && etagOf(file) === now.etag) writers.push(file);
  }
  const sameBytes = now.etag === wanted.md5 || writers.some((file) => file.sha256 === wanted.sha256);
  if (!sameBytes) return 'content';
  if (knowledge.closedAt !== undefined && now.modified > knowledge.closedAt) return 'headers-unknown';
  const [first, ...rest] = writers;
  if (!first || rest.some((file) => !sameHeaders(file.headers, first.headers))) return 'headers-unknown';
  return sameHeaders(first.headers, wanted.headers) ? undefined : 'headers';
}

const etagOf = (file: SiteFile) => file.etag ?? file.md5;

function reasonToDelete(path: string, knowledge: Knowledge): DeleteStep['reason'] {
  const known = knowledge.manifests.find((manifest) => manifest.has(path))?.get(path);
  if (!known) return 'foreign';
  return 'age' in known ? 'expired' : 'removed';
}
