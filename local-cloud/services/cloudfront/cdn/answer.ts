import type { Readable } from 'node:stream';
import { objectHeaders } from '../../s3/headers.ts';
import type { S3Object } from '../../s3/model.ts';
import { readObject } from '../../s3/read.ts';
import type { S3Store } from '../../s3/store.ts';

/** What an origin said. Its bytes stay readable until it is released. */
export interface OriginAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What a function has set: `Set-Cookie` headers, and the words after the status. */
  readonly cookies?: readonly string[];
  readonly reason?: string;
  readonly size: number;
  /** @param end exclusive */
  read(start: number, end: number): AsyncIterable<Buffer>;
  /** One more who needs the bytes; each calls `release` once. */
  retain(): void;
  release(): void;
}

export interface OriginRequest {
  readonly method: string;
  /** Still percent-encoded, with the origin's path in front. */
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Readable;
  /** ARN of the distribution that asks. */
  readonly distribution: string;
}

export function buffered(status: number, headers: Record<string, string>, body: Buffer): OriginAnswer {
  return {
    status,
    headers,
    size: body.length,
    async *read(start, end) {
      if (end > start) yield body.subarray(start, end);
    },
    retain: () => {},
    release: () => {},
  };
}

export function s3Answer(store: S3Store, object: S3Object): OriginAnswer {
  const headers = { ...objectHeaders(object, false), server: 'AmazonS3' };
  const only = object.blobs.length === 1 ? object.blobs[0] : undefined;
  const bytes = only && store.blobs.bytes(only);
  if (bytes) return buffered(200, headers, bytes);
  let holders = 1;
  for (const blob of object.blobs) store.blobs.retain(blob);
  return {
    status: 200,
    headers,
    size: object.size,
    read: (start, end) => readObject(store.blobs, object, start, end),
    retain: () => {
      holders++;
    },
    release: () => {
      if (--holders !== 0) return;
      for (const blob of object.blobs) store.blobs.release(blob);
    },
  };
}
