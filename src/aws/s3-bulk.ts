import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { Clock } from '../runtime/clock.ts';
import { type BulkStore, compareKeys, type ListSegment, segmentsOf, type Usage } from './bulk-store.ts';
import { awsProblem } from './errors.ts';
import { readAll, Wire, type WireTarget } from './http-wire.ts';
import { parseListPage, xmlText } from './list-xml.ts';
import type { ObjectHeaders, StoredObject } from './object-store.ts';
import { isRetryable, retryPause, type SentError } from './retry.ts';
import { s3Store } from './s3-store.ts';
import { type AwsKeys, EMPTY_SHA256, encodeAll, encodeKey, SigV4 } from './sigv4.ts';

export interface BulkOptions {
  readonly clock: Clock;
  readonly usage: Usage;
  /** Connections to keep; also the most requests under way that make sense. */
  readonly connections: number;
  /** Asked for at each request: what undoes a cancelled deployment goes on after the cancellation. */
  signal?(): AbortSignal | undefined;
}

/** Attempts at one request: with one in five failing at random, one in 10⁹ requests fails for good. */
const ATTEMPTS = 13;
/** Listings under way at once. */
const LISTERS = 16;

/** Where a bucket is and how requests to it are signed: asked of the SDK once, used for thousands of requests. */
interface Place extends WireTarget {
  readonly host: string;
  /** Path of the bucket, without a slash at its end: '' where the bucket is in the host name. */
  readonly basePath: string;
  readonly region: string;
}

interface S3Request {
  readonly operation: string;
  readonly method: string;
  readonly key: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: string;
  open?(): Uint8Array | Readable;
}

/**
 * One bucket by a leaner path than the SDK's, for requests by the thousand: the SDK still finds the endpoint and the
 * credentials, and still does everything rare.
 * @throws ActionError `refused` without a region or credentials
 */
export async function bulkStore(client: S3Client, bucket: string, options: BulkOptions): Promise<BulkStore> {
  const place = await findPlace(client, bucket).catch((error) => {
    // No region, no credentials, a name that no endpoint can be made of: nothing has been sent.
    throw awsProblem(error, { operation: 's3:ListBucket', resource: `s3://${bucket}` });
  });
  const sender = new Sender(client, place, options);
  return {
    ...s3Store(client, bucket),
    async putContent(key, content, headers) {
      const answer = await sender.send({
        operation: 'PutObject',
        method: 'PUT',
        key,
        headers: {
          ...headerLines(headers),
          'content-length': String(content.size),
          'content-md5': Buffer.from(content.md5, 'hex').toString('base64'),
        },
        payload: content.sha256,
        open: content.open,
      });
      return { etag: unquote(answer.headers.etag) };
    },
    async copy(request) {
      const { from } = request;
      const answer = await sender.send({
        operation: 'CopyObject',
        method: 'PUT',
        key: request.key,
        headers: {
          ...headerLines(request),
          'content-length': '0',
          'x-amz-copy-source': `/${from.bucket}/${encodeKey(from.key)}`,
          ...(from.etag ? { 'x-amz-copy-source-if-match': `"${from.etag}"` } : {}),
          'x-amz-metadata-directive': 'REPLACE',
        },
      });
      return { etag: unquote(xmlText(answer.text, 'ETag')) };
    },
    async listAll(prefix, expected = []) {
      const pages = await pMap(segmentsOf(expected), (part) => listSegment(sender, prefix, part), {
        concurrency: LISTERS,
      });
      return pages.flat();
    },
    async read(key, { headersOnly } = {}) {
      const request = { operation: 'GetObject', method: 'GET', key };
      const answer = await sender.open(
        headersOnly ? { ...request, headers: { range: 'bytes=0-0' } } : request,
      );
      return { body: answer, headers: headersFrom(answer) };
    },
    close: () => sender.close(),
  };
}

async function listSegment(sender: Sender, prefix: string, part: ListSegment): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  let token: string | undefined;
  do {
    const query = [
      ...(token ? [`continuation-token=${encodeAll(token)}`] : []),
      'encoding-type=url',
      'list-type=2',
      ...(prefix ? [`prefix=${encodeAll(prefix)}`] : []),
      ...(part.after !== undefined && !token ? [`start-after=${encodeAll(part.after)}`] : []),
    ].join('&');
    const answer = await sender.send({
      operation: 'ListObjectsV2',
      method: 'GET',
      key: '',
      query,
    });
    const page = parseListPage(answer.text);
    for (const object of page.objects) {
      if (part.until !== undefined && compareKeys(object.key, part.until) > 0) return found;
      found.push(object);
    }
    const last = page.objects.at(-1);
    // The stretch ends here although the listing goes on: the next one is asked for by another request.
    if (part.until !== undefined && last && compareKeys(last.key, part.until) >= 0) return found;
    token = page.next;
  } while (token);
  return found;
}

/** Signs, sends, and sends again where that may help. */
class Sender {
  readonly #client: S3Client;
  readonly #place: Place;
  readonly #options: BulkOptions;
  readonly #wire: Wire;
  readonly #signer: SigV4;
  /** Server's clock minus ours, in milliseconds, once the server has refused our time. */
  #skew = 0;

  constructor(client: S3Client, place: Place, options: BulkOptions) {
    this.#client = client;
    this.#place = place;
    this.#options = options;
    this.#wire = new Wire(place, options.connections);
    this.#signer = new SigV4(place.region);
  }

  close(): void {
    this.#wire.close();
  }

  /** The answer with its whole body as text. */
  async send(request: S3Request): Promise<IncomingMessage & { text: string }> {
    return this.#retrying(request, async (answer) => {
      const text = (await readAll(answer)).toString();
      // CopyObject may fail after its 200 was sent (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html).
      if (request.operation === 'CopyObject' && text.includes('<Error>')) throw errorOf(answer, text);
      return Object.assign(answer, { text });
    });
  }

  /** The answer as it begins to arrive. */
  async open(request: S3Request): Promise<IncomingMessage> {
    return this.#retrying(request, async (answer) => answer);
  }

  async #retrying<T>(request: S3Request, finish: (answer: IncomingMessage) => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const signal = this.#options.signal?.();
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      try {
        const answer = await this.#once(request);
        if ((answer.statusCode ?? 0) >= 300) throw errorOf(answer, (await readAll(answer)).toString());
        return await finish(answer);
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        if (attempt >= ATTEMPTS || !this.#mayRetry(error as SentError, attempt)) throw error;
        await clock.sleep(retryPause(error as SentError, attempt, Math.random()), signal);
      }
    }
  }

  #mayRetry(error: SentError, attempt: number): boolean {
    if (error.name === 'RequestTimeTooSkewed' && error.serverTime !== undefined && attempt === 1) {
      this.#skew = error.serverTime - this.#options.clock.now();
      return true;
    }
    return isRetryable(error);
  }

  async #once(request: S3Request): Promise<IncomingMessage> {
    const { host, basePath } = this.#place;
    const query = request.query ?? '';
    const path = `${basePath}/${encodeKey(request.key)}`;
    const keys = (await this.#client.config.credentials()) as AwsKeys;
    const headers = this.#signer.sign(
      {
        method: request.method,
        path,
        query,
        headers: { ...request.headers, host },
        payload: request.payload ?? EMPTY_SHA256,
      },
      keys,
      this.#options.clock.now() + this.#skew,
    );
    this.#options.usage.count(request.operation);
    return this.#wire.send({
      method: request.method,
      path: query ? `${path}?${query}` : path,
      headers,
      body: request.open?.(),
      signal: this.#options.signal?.(),
    });
  }
}

/** Lets the SDK resolve, build and sign one request that is never sent, and reads from it where requests go. */
async function findPlace(client: S3Client, bucket: string): Promise<Place> {
  const command = new HeadObjectCommand({ Bucket: bucket, Key: 'k' });
  let seen: BuiltRequest | undefined;
  command.middlewareStack.add(
    () => async (args) => {
      seen = args.request as BuiltRequest;
      return { response: {}, output: { $metadata: {} } };
    },
    { step: 'finalizeRequest', priority: 'low', name: 'wwhdPlace' },
  );
  await client.send(command);
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\/s3\//.exec(seen?.headers['authorization'] ?? '');
  if (!seen || !scope?.[1]) throw new Error(`requests to ${bucket} are signed in a way that we do not know`);
  return {
    protocol: seen.protocol === 'http:' ? 'http:' : 'https:',
    hostname: seen.hostname,
    port: seen.port,
    host: seen.headers['host'] ?? (seen.port ? `${seen.hostname}:${seen.port}` : seen.hostname),
    basePath: seen.path.replace(/\/k$/, ''),
    region: scope[1],
  };
}

interface BuiltRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

function errorOf(answer: IncomingMessage, xml: string): SentError {
  const status = answer.statusCode ?? 0;
  const code = xmlText(xml, 'Code') || `Http${status}`;
  const region = answer.headers['x-amz-bucket-region'];
  const said = xmlText(xml, 'Message') || answer.statusMessage || 'no message';
  const error: SentError = new Error(
    region && status === 301 ? `${said} (the bucket is in ${region})` : said,
  );
  error.name = code;
  error.$metadata = { httpStatusCode: status, requestId: String(answer.headers['x-amz-request-id'] ?? '') };
  error.serverTime = Date.parse(answer.headers.date ?? '') || undefined;
  return error;
}

function headerLines(headers: ObjectHeaders): Record<string, string> {
  const lines: Record<string, string> = {};
  const put = (name: string, value: string | undefined) => {
    if (value) lines[name] = value;
  };
  put('content-type', headers.contentType);
  put('cache-control', headers.cacheControl);
  put('content-encoding', headers.contentEncoding);
  put('content-disposition', headers.contentDisposition);
  put('content-language', headers.contentLanguage);
  put('x-amz-website-redirect-location', headers.websiteRedirect);
  for (const [name, value] of Object.entries(headers.metadata ?? {})) put(`x-amz-meta-${name}`, value);
  return lines;
}

function headersFrom(answer: IncomingMessage): ObjectHeaders {
  const h = answer.headers as Record<string, string | undefined>;
  const metadata = Object.entries(h).flatMap(([name, value]) =>
    name.startsWith('x-amz-meta-') ? [[name.slice('x-amz-meta-'.length), value ?? '']] : [],
  );
  return {
    contentType: h['content-type'],
    cacheControl: h['cache-control'],
    contentEncoding: h['content-encoding'],
    contentDisposition: h['content-disposition'],
    contentLanguage: h['content-language'],
    websiteRedirect: h['x-amz-website-redirect-location'],
    ...(metadata.length > 0 ? { metadata: Object.fromEntries(metadata) } : {}),
  };
}

const unquote = (etag: string | undefined) => (etag ?? '').replaceAll('"', '');
