import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { document } from '../../../core/xml.ts';
import { mayAnyone } from '../../s3/authorize.ts';
import { objectHeaders } from '../../s3/headers.ts';
import type { Bucket } from '../../s3/model.ts';
import { type Asker, policyAllows } from '../../s3/policy.ts';
import type { S3Store } from '../../s3/store.ts';
import type { Origin } from '../config.ts';
import { buffered, type OriginAnswer, type OriginRequest, s3Answer } from './answer.ts';
import { bucketOf, websiteOf } from './decide.ts';
import { askWebsite } from './website.ts';

/** Asks an origin: S3 inside of this process, any other over HTTP. */
export async function askOrigin(
  store: S3Store,
  origin: Origin,
  request: OriginRequest,
): Promise<OriginAnswer> {
  const bucket = bucketOf(origin.domain);
  if (bucket !== undefined && !origin.custom) return askS3(store, bucket, origin, request);
  const website = websiteOf(origin.domain);
  if (website !== undefined) return askWebsite(store, website, request);
  return askHttp(origin, request);
}

const s3Error = (status: number, code: string, message: string): OriginAnswer =>
  buffered(
    status,
    { 'content-type': 'application/xml', server: 'AmazonS3' },
    Buffer.from(document('Error', { Code: code, Message: message })),
  );

function askS3(store: S3Store, name: string, origin: Origin, request: OriginRequest): OriginAnswer {
  let key: string;
  try {
    key = decodeURIComponent(request.path.slice(1));
  } catch {
    return s3Error(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
  const bucket = store.buckets.get(name);
  if (!bucket) return s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return s3Error(403, 'AccessDenied', 'Access Denied');
  if (key === '' || !allowed(bucket, origin, request, 's3:GetObject', key))
    return s3Error(403, 'AccessDenied', 'Access Denied');
  const object = bucket.objects.get(key);
  if (!object) {
    return allowed(bucket, origin, request, 's3:ListBucket', '')
      ? s3Error(404, 'NoSuchKey', 'The specified key does not exist.')
      : s3Error(403, 'AccessDenied', 'Access Denied');
  }
  if (request.headers['if-none-match'] === `"${object.etag}"`) {
    return buffered(304, { etag: `"${object.etag}"`, ...objectHeaders(object, false) }, Buffer.alloc(0));
  }
  return s3Answer(store, object);
}

const CLOUDFRONT: Asker = { kind: 'service', name: 'cloudfront.amazonaws.com' };

/**
 * With a bucket policy, the policy says what a signed origin may read. Without one, it may read and list, as if the
 * policy that this suite's Terraform writes were there; an unsigned origin reads what is public. Without
 * `s3:ListBucket`, S3 says 403 and not 404 for a key that is not there.
 */
function allowed(
  bucket: Bucket,
  origin: Origin,
  { distribution }: OriginRequest,
  action: string,
  key: string,
): boolean {
  if (!origin.signed) return mayAnyone(bucket, action, key);
  if (!bucket.documents.has('policy')) return true;
  const conditions = new Map([
    ['aws:sourcearn', [distribution]],
    ['aws:sourceaccount', [distribution.split(':')[4] ?? '']],
    ['aws:securetransport', ['true']],
    ['aws:principalisawsservice', ['true']],
    ['aws:principalservicename', ['cloudfront.amazonaws.com']],
  ]);
  return policyAllows(bucket, CLOUDFRONT, { action, key, conditions });
}

/** Milliseconds: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html */
const READ_TIMEOUT = 30_000;

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
]);

function askHttp(origin: Origin, request: OriginRequest): Promise<OriginAnswer> {
  const [host = '', port] = origin.domain.split(':');
  const https = origin.custom?.https ?? false;
  const send = https ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const outgoing = send({
      host,
      port: Number(port ?? (https ? origin.custom?.httpsPort : origin.custom?.httpPort) ?? 80),
      method: request.method,
      path: request.query === '' ? request.path : `${request.path}?${request.query}`,
      headers: {
        host: origin.domain,
        ...request.headers,
        ...origin.headers,
        via: '1.1 local-cloud (CloudFront)',
      },
      timeout: READ_TIMEOUT,
    });
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', () => resolve(badGateway()));
      incoming.on('end', () => {
        resolve(answerOf(incoming, Buffer.concat(chunks)));
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('the origin did not answer in time')));
    outgoing.on('error', () => resolve(badGateway()));
    if (request.body) request.body.pipe(outgoing);
    else outgoing.end();
  });
}

function answerOf(incoming: IncomingMessage, body: Buffer): OriginAnswer {
  const { 'set-cookie': cookies, ...headers } = incoming.headers;
  const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name));
  const texts = kept.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]);
  const answer = buffered(incoming.statusCode ?? 502, Object.fromEntries(texts), body);
  return cookies === undefined ? answer : { ...answer, cookies };
}

const badGateway = () =>
  buffered(
    502,
    { 'content-type': 'text/html' },
    Buffer.from('<html><body><h1>502 ERROR</h1><p>CloudFront could not reach the origin.</p></body></html>'),
  );
