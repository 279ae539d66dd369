import type { IncomingHttpHeaders } from 'node:http';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../runtime/clock.ts';
import type { Usage } from './bulk-store.ts';
import { parseDistribution } from './cloudfront-xml.ts';
import { type EndpointWish, endpointOf, type ServiceHost, signingRegion } from './endpoints.ts';
import { tagAsked } from './errors.ts';
import { readAll, Wire } from './http-wire.ts';
import { xmlText } from './list-xml.ts';
import { ClockSkew, RetryLoop, type SentError, serverTimeOf } from './retry.ts';
import { type AwsKeys, SigV4 } from './sigv4.ts';

/** What a deployment needs to know of a distribution. */
export interface Distribution {
  readonly id: string;
  /** `d111111abcdef8.cloudfront.net`. */
  readonly domain: string;
  /** Alternate domain names, such as `www.example.com` or `*.example.com`. */
  readonly aliases: readonly string[];
  readonly enabled: boolean;
  readonly defaultRootObject: string;
  readonly origins: ReadonlyArray<{
    readonly id: string;
    readonly domain: string;
    readonly path: string;
    /** Requests are signed for S3 (Origin Access Control or its forerunner): nothing has to be public. */
    readonly signed: boolean;
  }>;
  /**
   * True where something may find the file of an address: a function on viewer request, Lambda@Edge before the origin, or
   * an origin that is no bucket (S3's website endpoint among them).
   */
  readonly findsFiles: boolean;
  /** Paths that are answered in another way than the rest, first match first; `origin` is its id. */
  readonly behaviors: ReadonlyArray<{ readonly path: string; readonly origin: string }>;
  /** Custom error responses: an answer of the origin with `code` reaches the visitor as `path`, with `status`. */
  readonly errorPages: ReadonlyArray<{
    readonly code: number;
    readonly status: number;
    readonly path: string;
    /** Seconds that the error is kept in the caches; `undefined` leaves CloudFront's default. */
    readonly ttl?: number | undefined;
  }>;
}

export type InvalidationStatus = 'InProgress' | 'Completed' | (string & {});

/** One CloudFront distribution. All methods reject with an error as the SDK's, after retries. */
export interface Cdn {
  readonly id: string;
  describe(): Promise<Distribution>;
  /** The same reference with the same paths is the same invalidation. */
  invalidate(
    reference: string,
    paths: readonly string[],
  ): Promise<{ readonly id: string; readonly status: InvalidationStatus }>;
  invalidation(id: string): Promise<InvalidationStatus>;
}

export interface CloudFrontOptions {
  /** Whose credentials are used. */
  readonly client: S3Client;
  readonly usage: Usage;
  readonly clock: Clock;
  /** Address of the API. */
  readonly endpoint: URL;
  /** Of the bucket: the partition is found by it. */
  readonly region: string;
  signal?(): AbortSignal | undefined;
}

/** Version of the API: a part of every path. */
const API = '/2020-05-31/distribution';
const XMLNS = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';
const ATTEMPTS = 8;

/** https://docs.aws.amazon.com/general/latest/gr/cf_region.html */
export const CLOUDFRONT = {
  host: 'cloudfront',
  global: { zones: { 'aws-cn': 'cn-northwest-1' }, dualStackZones: { aws: 'global' } },
} as const satisfies ServiceHost;

/**
 * Where CloudFront's API is: the address of the partition, or the one that the environment names, service before all
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
 */
export function cloudFrontEndpoint(
  env: Readonly<Record<string, string | undefined>>,
  wish: EndpointWish,
): URL {
  const named =
    env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true'
      ? undefined
      : env['AWS_ENDPOINT_URL_CLOUDFRONT'] || env['AWS_ENDPOINT_URL'];
  return named ? new URL(named) : endpointOf(CLOUDFRONT, wish);
}

/**
 * Three calls of CloudFront's API. The SDK's client for it is a quarter of a bundle and a fifth of its time to start;
 * these are written by hand on the same signer and the same retries as the site's S3 requests.
 */
export function cloudFront(distributionId: string, options: CloudFrontOptions): Cdn {
  const call = caller(options);
  const base = `${API}/${encodeURIComponent(distributionId)}`;
  return {
    id: distributionId,
    async describe() {
      const xml = await call('GetDistribution', 'GET', base);
      return { id: distributionId, ...parseDistribution(xml) };
    },
    async invalidate(reference, paths) {
      const xml = await call('CreateInvalidation', 'POST', `${base}/invalidation`, batch(reference, paths));
      return { id: xmlText(xml, 'Id'), status: xmlText(xml, 'Status') };
    },
    async invalidation(id) {
      const xml = await call('GetInvalidation', 'GET', `${base}/invalidation/${encodeURIComponent(id)}`);
      return xmlText(xml, 'Status');
    },
  };
}

function batch(reference: string, paths: readonly string[]): string {
  const items = paths.map((path) => `<Path>${escapeXml(path)}</Path>`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?><InvalidationBatch xmlns="${XMLNS}"><Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths><CallerReference>${escapeXml(reference)}</CallerReference></InvalidationBatch>`;
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function caller({ client, usage, clock, endpoint, region, signal }: CloudFrontOptions) {
  const signer = new SigV4(signingRegion(CLOUDFRONT, region), 'cloudfront');
  const skew = new ClockSkew(clock);
  const once = async (operation: string, method: string, path: string, body: string): Promise<string> => {
    const wire = new Wire(
      {
        protocol: endpoint.protocol === 'http:' ? 'http:' : 'https:',
        hostname: endpoint.hostname,
        port: endpoint.port ? Number(endpoint.port) : undefined,
      },
      1,
    );
    try {
      usage.count(operation);
      const bytes = Buffer.from(body);
      const headers = signer.sign(
        {
          method,
          path,
          query: '',
          headers: {
            host: endpoint.host,
            'content-length': String(bytes.length),
            ...(body ? { 'content-type': 'application/xml' } : {}),
          },
          payload: bytes,
        },
        (await client.config.credentials()) as AwsKeys,
        skew.now(),
      );
      const answer = await wire.send({ method, path, headers, body: bytes, signal: signal?.() });
      const text = (await readAll(answer)).toString();
      const status = answer.statusCode ?? 0;
      if (status >= 300) throw errorOf(status, text, answer.headers);
      return text;
    } finally {
      wire.close();
    }
  };
  return async (operation: string, method: string, path: string, body = ''): Promise<string> => {
    const loop = new RetryLoop({ clock, skew, attempts: ATTEMPTS, signal: signal?.() });
    for (;;) {
      try {
        return await once(operation, method, path, body);
      } catch (error) {
        const aborted = signal?.();
        if (aborted?.aborted) throw aborted.reason;
        // One of ours under way too many is a wait of its own, with a bound of its own.
        if ((error as Error).name === 'TooManyInvalidationsInProgress') throw error;
        await loop.after(
          tagAsked(error, { operation: `cloudfront:${operation}`, resource: path }) as SentError,
        );
      }
    }
  };
}

function errorOf(status: number, xml: string, headers: IncomingHttpHeaders): SentError {
  const error: SentError = new Error(xmlText(xml, 'Message') || `HTTP ${status}`);
  error.name = xmlText(xml, 'Code') || `Http${status}`;
  error.serverTime = serverTimeOf(headers);
  error.$metadata = { httpStatusCode: status, requestId: String(headers['x-amzn-requestid'] ?? '') };
  return error;
}
