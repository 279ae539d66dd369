import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import type { LogEntry } from './request-log.ts';
import type { Route } from './route.ts';
import { CloudFault, type CloudRequest, type RequestNote } from './service.ts';
import type { ChunkSignatures } from './signature/chunks.ts';
import type { Holder } from './signature/verify.ts';

/** What a service may read into memory at once; S3 streams what may be larger. */
const MAX_BODY = 64 * 1024 * 1024;

/** Half of an id is this process's own, the other half counts: unique, and no random bytes for each request. */
const PROCESS = randomBytes(4).toString('hex').toUpperCase();
let requests = randomBytes(4).readUInt32BE();

/** Upper-case hex digits, as AWS's request ids look. */
export function newRequestId(): string {
  requests = (requests + 0x9e3779b1) >>> 0;
  return PROCESS + requests.toString(16).toUpperCase().padStart(8, '0');
}

/** The path and query of a request line; `http://host/path` is taken too, as servers must. */
export function splitUrl(url: string): { path: string; rawQuery: string; query: URLSearchParams } {
  const relative = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/?#]*/i, '') || '/';
  const mark = relative.indexOf('?');
  if (mark < 0) return { path: relative, rawQuery: '', query: new URLSearchParams() };
  const rawQuery = relative.slice(mark + 1);
  return { path: relative.slice(0, mark) || '/', rawQuery, query: new URLSearchParams(rawQuery) };
}

export function headersOf(raw: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in raw.headers) {
    const value = raw.headers[name];
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return headers;
}

export interface RequestParts {
  readonly raw: IncomingMessage;
  /** Lets the client send the body; called when it is read. */
  proceed(): void;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Record<string, string>;
  readonly route: Route;
  readonly defaultRegion: string;
  readonly entry: LogEntry;
  /** Lets the faults on the wire happen. */
  admit(note: RequestNote): Promise<void>;
}

export class HttpCloudRequest implements CloudRequest {
  readonly id: string;
  readonly method: string;
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly region: string;
  readonly signed: boolean;
  readonly host: string;
  /** Known once the signature is verified. */
  holder: Holder | undefined;
  /** Likewise: what verifies the chunks of a body that is signed chunk by chunk. */
  chunks: ChunkSignatures | undefined;
  readonly trailers: Record<string, string> = {};
  readonly raw: IncomingMessage;
  readonly #parts: RequestParts;
  #body: Promise<Buffer> | undefined;

  constructor(parts: RequestParts) {
    this.#parts = parts;
    this.raw = parts.raw;
    this.id = parts.entry.id;
    this.method = parts.raw.method ?? 'GET';
    this.rawPath = parts.path;
    this.query = parts.query;
    this.headers = parts.headers;
    this.region = parts.route.region ?? parts.defaultRegion;
    this.signed = parts.route.signed;
    this.host = parts.headers['host'] ?? '';
  }

  body(): Promise<Buffer> {
    this.#body ??= readAll(this.stream(), MAX_BODY);
    return this.#body;
  }

  stream(): Readable {
    const { raw, headers, entry } = this.#parts;
    this.#parts.proceed();
    raw.on('data', (chunk: Buffer) => {
      entry.bytesIn += chunk.length;
    });
    if (!isAwsChunked(headers)) return raw;
    const decoder = new AwsChunkedDecoder(this.trailers, this.chunks);
    raw.on('error', (error) => decoder.destroy(error));
    raw.on('aborted', () => decoder.destroy(new Error('the client went away')));
    return raw.pipe(decoder);
  }

  async enter(note: RequestNote): Promise<void> {
    this.note(note);
    await this.#parts.admit(note);
  }

  note(note: Partial<RequestNote>): void {
    const { entry } = this.#parts;
    if (note.operation !== undefined) entry.operation = note.operation;
    if (note.resource !== undefined) entry.resource = note.resource;
    if (note.source !== undefined) entry.source = note.source;
    if (note.mutating !== undefined) entry.mutating = note.mutating;
    if (note.iam !== undefined) entry.iam = note.iam;
  }
}

/** The payload's kind tells it; `aws-chunked` in Content-Encoding alone does not, and is not kept with an object. */
export function isAwsChunked(headers: Readonly<Record<string, string>>): boolean {
  return (headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
}

/** @throws CloudFault EntityTooLarge beyond `max` bytes */
export function readAll(stream: Readable, max: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > max) {
        stream.removeAllListeners('data');
        stream.resume();
        reject(new CloudFault('EntityTooLarge', 'The request is larger than the allowed maximum.', 413));
      } else chunks.push(chunk);
    });
    stream.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('the client went away')));
  });
}
