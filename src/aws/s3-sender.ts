import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../runtime/clock.ts';
import { isProxied } from '../runtime/network.ts';
import type { BucketHome } from './bucket-region.ts';
import type { Usage } from './bulk-store.ts';
import { tagAsked } from './errors.ts';
import { readAll, Wire, type WireRequest } from './http-wire.ts';
import { xmlText } from './list-xml.ts';
import { regionNamed } from './region-named.ts';
import { ClockSkew, RetryLoop, type SentError, serverTimeOf } from './retry.ts';
import { findPlace, type Place } from './s3-place.ts';
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

/** The way to a bucket in one region. */
interface Route {
  readonly client: S3Client;
  readonly place: Place;
  readonly signer: SigV4;
  /** For what does not fit in memory, and for whoever must go through a proxy. */
  readonly wire: Wire;
  /** For everything else. */
  readonly small: SmallWire | undefined;
}
type Exchange<T> = (signed: WireRequest, route: Route) => Promise<T>;

/** Attempts at one request: with one in five failing at random, one in 10⁹ requests fails for good. */
const ATTEMPTS = 13;

/** Signs, sends, and sends again where that may help: to another region where the bucket is there. */
export class S3Sender {
  readonly #home: BucketHome;
  readonly #bucket: string;
  readonly #options: SenderOptions;
  #route: Route;
  /** Those before, on which requests may still be under way. */
  readonly #left: Route[] = [];
  #moving: Promise<Route> | undefined;
  readonly #skew: ClockSkew;
  /** How many requests have been answered. */
  #answers = 0;

  /** @throws the SDK's error without a region or credentials; nothing is sent */
  static async open(home: BucketHome, bucket: string, options: SenderOptions): Promise<S3Sender> {
    return new S3Sender(home, bucket, options, await routeTo(home.client, bucket, options.connections));
  }

  private constructor(home: BucketHome, bucket: string, options: SenderOptions, route: Route) {
    this.#home = home;
    this.#bucket = bucket;
    this.#options = options;
    this.#skew = new ClockSkew(options.clock);
    this.#route = route;
  }

  close(): void {
    for (const route of [this.#route, ...this.#left]) {
      route.wire.close();
      route.small?.close();
    }
  }

  /** The answer with its whole body as text. */
  async send(request: S3Request): Promise<TextAnswer> {
    return this.#retrying(request, async (signed, route) => {
      const answer = await sendWhole(signed, route);
      // CopyObject may fail after its 200 was sent (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html).
      const failed = request.operation === 'CopyObject' && answer.text.includes('<Error>');
      if (failed || (answer.statusCode ?? 0) >= 300) throw errorOf(answer, answer.text);
      return answer;
    });
  }

  /** The answer as it begins to arrive. */
  async open(request: S3Request): Promise<AnswerHead & Readable> {
    return this.#retrying(request, async (signed, { wire }) => {
      const answer = await wire.send(signed);
      if ((answer.statusCode ?? 0) >= 300) throw errorOf(answer, (await readAll(answer)).toString());
      return answer;
    });
  }

  async #retrying<T>(request: S3Request, exchange: Exchange<T>): Promise<T> {
    const { clock } = this.#options;
    const signal = this.#options.signal?.();
    let answers = this.#answers;
    const answersOthers = () => {
      const before = answers;
      answers = this.#answers;
      return answers > before;
    };
    const loop = new RetryLoop({ clock, skew: this.#skew, attempts: ATTEMPTS, signal, answersOthers });
    for (;;) {
      signal?.throwIfAborted();
      const route = this.#home.client === this.#route.client ? this.#route : await this.#move();
      try {
        const answer = await exchange(await this.#sign(request, route), route);
        this.#answers++;
        return answer;
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        if (await this.#home.follow(route.client, (error as SentError).region)) continue;
        await loop.after(tagAsked(error, this.#asked(request)) as SentError);
      }
    }
  }

  #asked({ operation, key }: S3Request) {
    const name = operation === 'ListObjectsV2' ? 'ListBucket' : operation;
    return { operation: `s3:${name}`, resource: `s3://${this.#bucket}/${key}` };
  }

  /** Many requests learn at once that the bucket is elsewhere, and go there by one route. */
  #move(): Promise<Route> {
    this.#moving ??= routeTo(this.#home.client, this.#bucket, this.#options.connections)
      .then((route) => {
        this.#left.push(this.#route);
        this.#route = route;
        return route;
      })
      .finally(() => {
        this.#moving = undefined;
      });
    return this.#moving;
  }

  async #sign(request: S3Request, { client, place, signer }: Route): Promise<WireRequest> {
    const { host, basePath } = place;
    const query = request.query ?? '';
    const path = `${basePath}/${encodeKey(request.key)}`;
    const keys = (await client.config.credentials()) as AwsKeys;
    const headers = signer.sign(
      {
        method: request.method,
        path,
        query,
        headers: { ...request.headers, host },
        payload: request.payload ?? EMPTY_SHA256,
      },
      keys,
      this.#skew.now(),
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

async function routeTo(client: S3Client, bucket: string, connections: number): Promise<Route> {
  const place = await findPlace(client, bucket);
  return {
    client,
    place,
    signer: new SigV4(place.region),
    wire: new Wire(place, connections),
    small: isProxied(urlOf(place)) ? undefined : new SmallWire(place, connections),
  };
}

const urlOf = ({ protocol, hostname, port }: Place) =>
  new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}`);

async function sendWhole(signed: WireRequest, { wire, small }: Route): Promise<TextAnswer> {
  const { body, ...rest } = signed;
  if (small && (body === undefined || body instanceof Uint8Array)) {
    const answer = await small.send({ ...rest, body });
    return { ...answer, text: answer.body.toString() };
  }
  const answer = await wire.send(signed);
  return Object.assign(answer, { text: (await readAll(answer)).toString() });
}

function errorOf(answer: AnswerHead, xml: string): SentError {
  const status = answer.statusCode ?? 0;
  const code = xmlText(xml, 'Code') || `Http${status}`;
  const header = answer.headers['x-amz-bucket-region'];
  const region = regionNamed({ status, code, header: typeof header === 'string' ? header : undefined });
  const said = xmlText(xml, 'Message') || answer.statusMessage || 'no message';
  const error: SentError = new Error(region ? `${said} (the bucket is in ${region})` : said);
  error.name = code;
  error.region = region;
  error.$metadata = { httpStatusCode: status, requestId: String(answer.headers['x-amz-request-id'] ?? '') };
  error.serverTime = serverTimeOf(answer.headers);
  return error;
}
