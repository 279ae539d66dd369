import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../runtime/clock.ts';
import type { Usage } from './bulk-store.ts';
import { readAll, Wire, type WireRequest } from './http-wire.ts';
import { xmlText } from './list-xml.ts';
import { agentProxy } from './proxy.ts';
import { isRetryable, retryPause, type SentError } from './retry.ts';
import type { Place } from './s3-place.ts';
import { type AwsKeys, EMPTY_SHA256, encodeKey, SigV4 } from './sigv4.ts';
import { SmallWire } from './small-wire.ts';

export interface SenderOptions {
  readonly clock: Clock;
  readonly usage: Usage;
  /** Connections to keep; also the most requests under way that make sense. */
  readonly connections: number;
  /** Asked for at each request: what undoes a cancelled deployment goes on after the cancellation. */
  signal?(): AbortSignal | undefined;
}

export interface S3Request {
  readonly operation: string;
  readonly method: string;
  readonly key: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the body; left out where there is none. */
  readonly payload?: string;
  open?(): Uint8Array | Readable;
}

/** The beginning of an answer, of either wire. */
export interface AnswerHead {
  readonly statusCode?: number | undefined;
  readonly statusMessage?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
export type TextAnswer = AnswerHead & { readonly text: string };

/** Attempts at one request: with one in five failing at random, one in 10⁹ requests fails for good. */
const ATTEMPTS = 13;

/** Signs, sends, and sends again where that may help. */
export class S3Sender {
  readonly #client: S3Client;
  readonly #place: Place;
  readonly #options: SenderOptions;
  /** For what does not fit in memory, and for whoever must go through a proxy. */
  readonly #wire: Wire;
  /** For everything else. */
  readonly #small: SmallWire | undefined;
  readonly #signer: SigV4;
  /** Server's clock minus ours, in milliseconds, once the server has refused our time. */
  #skew = 0;

  constructor(client: S3Client, place: Place, options: SenderOptions) {
    this.#client = client;
    this.#place = place;
    this.#options = options;
    this.#wire = new Wire(place, options.connections);
    this.#small = agentProxy().proxyEnv ? undefined : new SmallWire(place, options.connections);
    this.#signer = new SigV4(place.region);
  }

  close(): void {
    this.#wire.close();
    this.#small?.close();
  }

  /** The answer with its whole body as text. */
  async send(request: S3Request): Promise<TextAnswer> {
    return this.#retrying(request, async (signed) => {
      const answer = await this.#sendWhole(signed);
      // CopyObject may fail after its 200 was sent (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html).
      const failed = request.operation === 'CopyObject' && answer.text.includes('<Error>');
      if (failed || (answer.statusCode ?? 0) >= 300) throw errorOf(answer, answer.text);
      return answer;
    });
  }

  /** The answer as it begins to arrive. */
  async open(request: S3Request): Promise<AnswerHead & Readable> {
    return this.#retrying(request, async (signed) => {
      const answer = await this.#wire.send(signed);
      if ((answer.statusCode ?? 0) >= 300) throw errorOf(answer, (await readAll(answer)).toString());
      return answer;
    });
  }

  async #sendWhole(signed: WireRequest): Promise<TextAnswer> {
    const { body, ...rest } = signed;
    if (this.#small && (body === undefined || body instanceof Uint8Array)) {
      const answer = await this.#small.send({ ...rest, body });
      return { ...answer, text: answer.body.toString() };
    }
    const answer = await this.#wire.send(signed);
    return Object.assign(answer, { text: (await readAll(answer)).toString() });
  }

  async #retrying<T>(request: S3Request, exchange: (signed: WireRequest) => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const signal = this.#options.signal?.();
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await exchange(await this.#sign(request));
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

  async #sign(request: S3Request): Promise<WireRequest> {
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
    // Not signed, for a proxy may add to it.
    headers['user-agent'] = 'wwhd-deploy';
    this.#options.usage.count(request.operation);
    return {
      method: request.method,
      path: query ? `${path}?${query}` : path,
      headers,
      body: request.open?.(),
      signal: this.#options.signal?.(),
    };
  }
}

function errorOf(answer: AnswerHead, xml: string): SentError {
  const status = answer.statusCode ?? 0;
  const code = xmlText(xml, 'Code') || `Http${status}`;
  const region = answer.headers['x-amz-bucket-region'];
  const said = xmlText(xml, 'Message') || answer.statusMessage || 'no message';
  const error: SentError = new Error(
    region && status === 301 ? `${said} (the bucket is in ${region})` : said,
  );
  error.name = code;
  error.$metadata = { httpStatusCode: status, requestId: String(answer.headers['x-amz-request-id'] ?? '') };
  error.serverTime = Date.parse(String(answer.headers['date'] ?? '')) || undefined;
  return error;
}
