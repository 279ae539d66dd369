import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** Keys as the SDK's credential providers give them. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface UnsignedRequest {
  readonly method: string;
  /** Percent-encoded path, as it goes on the wire. */
  readonly path: string;
  /** Canonical query string (sorted, encoded), without `?`. */
  readonly query: string;
  /** All headers but the signature's own; names in lower case; `host` among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, or the hex SHA-256 of it. */
  readonly payload: string | Uint8Array;
}

export const EMPTY_SHA256 = hash('sha256', '');

/**
 * Signature Version 4 (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). The
 * signing key is derived once a day and not once a request, and the body's hash is one that we know already: what is
 * left is two hashes of a few hundred bytes.
 */
export class SigV4 {
  readonly #region: string;
  readonly #service: string;
  #cached: { readonly day: string; readonly secret: string; readonly key: KeyObject } | undefined;

  constructor(region: string, service = 's3') {
    this.#region = region;
    this.#service = service;
  }

  /** The headers to send: those given, and the signature's. `now` in milliseconds since the epoch. */
  sign(request: UnsignedRequest, keys: AwsKeys, now: number): Record<string, string> {
    const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const day = time.slice(0, 8);
    const payload = typeof request.payload === 'string' ? request.payload : hash('sha256', request.payload);
    const headers: Record<string, string> = {
      ...request.headers,
      'x-amz-content-sha256': payload,
      'x-amz-date': time,
      ...(keys.sessionToken ? { 'x-amz-security-token': keys.sessionToken } : {}),
    };
    const names = Object.keys(headers).sort();
    const signed = names.join(';');
    const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}\n`);
    const canonical = `${request.method}\n${request.path}\n${request.query}\n${lines.join('')}\n${signed}\n${payload}`;
    const scope = `${day}/${this.#region}/${this.#service}/aws4_request`;
    const digest = hash('sha256', canonical);
    const signature = createHmac('sha256', this.#key(day, keys.secretAccessKey))
      .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`)
      .digest('hex');
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    return headers;
  }

  /** A key object: Node 24 takes five times as long to make an HMAC with a buffer. */
  #key(day: string, secret: string): KeyObject {
    if (this.#cached?.day !== day || this.#cached.secret !== secret) {
      const bytes = [day, this.#region, this.#service, 'aws4_request'].reduce<Buffer>(
        (parent, part) => createHmac('sha256', parent).update(part).digest(),
        Buffer.from(`AWS4${secret}`),
      );
      this.#cached = { day, secret, key: createSecretKey(bytes) };
    }
    return this.#cached.key;
  }
}

/** A key as a path: every byte but the unreserved ones encoded, slashes kept. */
export function encodeKey(key: string): string {
  return /^[\w./~-]*$/.test(key) ? key : key.split('/').map(encodeAll).join('/');
}

/** RFC 3986: everything but letters, digits and `-_.~`. */
export function encodeAll(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
