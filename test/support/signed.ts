import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { TestCloud } from './cloud.ts';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A request to sign: `path` with its query, percent-encoded; names of headers in lower case. */
export interface ToSign {
  readonly service: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly region?: string;
  readonly keys?: Keys;
  /** Defaults to now. */
  readonly at?: Date;
}

/** The hash that AWS's signer asks for. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string | Uint8Array);
  }
  update(bytes: string | Uint8Array): void {
    this.#hash.update(bytes);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

const signer = (cloud: TestCloud, { service, region, keys }: ToSign) =>
  new SignatureV4({
    service,
    region: region ?? cloud.client.region,
    credentials: keys ?? cloud.client.credentials,
    sha256: Sha256,
    // S3 alone takes a path as it is written.
    uriEscapePath: service !== 's3',
  });

function unsigned(cloud: TestCloud, { method = 'GET', path = '/', headers, body }: ToSign) {
  const url = new URL(cloud.endpoint);
  const query: Record<string, string[]> = {};
  const [pathname = '/', search = ''] = path.split(/\?(.*)/s);
  for (const [name, value] of new URLSearchParams(search)) query[name] = [...(query[name] ?? []), value];
  return {
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    method,
    path: pathname,
    query,
    headers: { host: url.host, ...headers },
    body,
  };
}

/** Headers of a request, signed by AWS's own signer (`@smithy/signature-v4`). */
export async function signedHeaders(cloud: TestCloud, request: ToSign): Promise<Record<string, string>> {
  const s3 = request.service === 's3' && !request.headers?.['x-amz-content-sha256'];
  const headers = s3 ? { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...request.headers } : request.headers;
  const signed = await signer(cloud, request).sign(
    unsigned(cloud, headers ? { ...request, headers } : request),
    request.at ? { signingDate: request.at } : {},
  );
  return signed.headers as Record<string, string>;
}

/** Sends a signed request to the local cloud. */
export async function signedFetch(cloud: TestCloud, request: ToSign): Promise<Response> {
  const { host: _, ...headers } = await signedHeaders(cloud, request);
  const { method = 'GET', path = '/', body } = request;
  const sent = body === undefined ? {} : { body: body as string };
  return fetch(cloud.endpoint + path, { method, headers, redirect: 'manual', ...sent });
}

/** A presigned URL. @param expiresIn seconds */
export async function presigned(cloud: TestCloud, request: ToSign, expiresIn = 300): Promise<string> {
  const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...request.headers };
  const made = await signer(cloud, request).presign(unsigned(cloud, { ...request, headers }), {
    expiresIn,
    unhoistableHeaders: new Set(Object.keys(request.headers ?? {})),
    unsignableHeaders: new Set(['x-amz-content-sha256']),
    ...(request.at ? { signingDate: request.at } : {}),
  });
  const query = Object.entries(made.query ?? {}).flatMap(([name, value]) =>
    [value ?? ''].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  return `${cloud.endpoint}${made.path}?${query.join('&')}`;
}
