import type { Readable } from 'node:stream';
import type { ObjectHeaders, ObjectStore, StoredObject } from './object-store.ts';
import type { WriteHeaders } from './write-headers.ts';

/** Content to put whose hashes are known before it is sent. */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** Hex. S3 refuses the request when the body that arrives is another. */
  readonly sha256: string;
  /** Hex. */
  readonly md5: string;
  /** Opened again for every attempt. */
  open(): Uint8Array | Readable;
}

/** What a server keeps of an object's bytes. */
export interface ObjectDigests {
  /** Without quotes. */
  readonly etag: string;
  /** Hex SHA-256 of all bytes; `undefined` where the server has none, or one of the parts alone. */
  readonly sha256: string | undefined;
}

export interface CopyRequest extends ObjectHeaders {
  readonly from: { readonly bucket: string; readonly key: string; readonly etag?: string | undefined };
  readonly key: string;
}

/** What a site needs of a bucket beyond the ledger: thousands of requests at the least cost each. */
export interface BulkStore extends ObjectStore {
  /** An object as it arrives, for what is large; `undefined` where there is none. */
  stream(key: string): Promise<AsyncIterable<Buffer> | undefined>;
  putContent(key: string, content: Content, headers: ObjectHeaders): Promise<{ etag: string }>;
  /** Server-side; headers are replaced by those given. At most 5 GB. */
  copy(request: CopyRequest): Promise<{ etag: string }>;
  /**
   * All objects under a prefix. `ends`, the keys that pages are expected to end with, let the pages be asked for side by
   * side, and one after another only where there is more than was expected. Wrong ones cost requests, and nothing else.
   */
  listAll(prefix: string, ends?: readonly string[]): Promise<StoredObject[]>;
  /** An object as a stream, or (`headersOnly`) its first byte, for the sake of its headers. */
  read(key: string, options?: { headersOnly?: boolean }): Promise<{ body: Readable; headers: ObjectHeaders }>;
  /** What S3 keeps of an object's bytes, without sending them. */
  digests(key: string): Promise<ObjectDigests>;
  /** From now on everything that is written carries these too. */
  carry(headers: WriteHeaders): void;
  /** Whether everybody may read an object by its ACL; `undefined` where that may not be asked. */
  isPublicByAcl(key: string): Promise<boolean | undefined>;
  /** Closes kept connections. */
  close(): void;
}

/** Requests that were sent, retries included, by what they cost. One for all clients of a run. */
export class Usage {
  readonly #counts = new Map<string, number>();

  /** @param operation as S3 and CloudFront call it: `PutObject`. */
  count(operation: string): void {
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, n) => sum + n, 0);
  }

  get byOperation(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}

/** Order of S3's listings: by the bytes of the key in UTF-8. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // Surrogates sort below U+E000 in UTF-16 but stand for characters above it.
    const [xs, ys] = [x >= 0xd800 && x < 0xe000, y >= 0xd800 && y < 0xe000];
    return xs === ys ? x - y : xs ? (y >= 0xe000 ? 1 : x - y) : x >= 0xe000 ? -1 : x - y;
  }
  return a.length - b.length;
}

/** Keys on a page of a listing (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html). */
export const PAGE = 1000;

/** One stretch of a listing: what comes after `after`, up to and including `until`. */
export interface ListSegment {
  readonly after: string | undefined;
  readonly until: string | undefined;
}

/** Keys that the pages of a listing end with, but for the last page. @param sorted the expected keys, as S3 sorts */
export const pageEnds = (sorted: readonly string[]): string[] =>
  sorted.filter((_key, i) => (i + 1) % PAGE === 0 && i < sorted.length - 1);

/** Cuts a listing into stretches of exactly one page each, if all is as expected. */
export const segmentsOf = (ends: readonly string[]): ListSegment[] =>
  [...ends, undefined].map((until, i) => ({ after: ends[i - 1], until }));
