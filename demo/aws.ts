import { createHash } from 'node:crypto';
import { SigV4 } from '../src/aws/sigv4.ts';

/** Who asks, and where. */
export interface AwsAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface AwsCall {
  /** Signing name: `s3`, `apprunner`, `ecr`, … */
  readonly service: string;
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * A signed request to AWS. What the demo needs of AWS besides its actions is a dozen calls: too few for seven SDK
 * clients in its bundle.
 * @throws Error with AWS's own answer where it is not a success
 */
export async function callAws(access: AwsAccess, call: AwsCall): Promise<string> {
  const url = new URL(call.path, access.endpoint);
  const body = Buffer.from(call.body ?? '');
  const answer = await fetch(url, {
    method: call.method,
    headers: sign(access, call, url, body),
    ...(body.length > 0 ? { body } : {}),
  });
  const text = await answer.text();
  if (!answer.ok)
    throw new Error(`${call.service} ${call.method} ${call.path}: ${answer.status} ${text.slice(0, 400)}`);
  return text;
}

/** A service of the JSON protocol; `target` is such as `AppRunner.CreateService`. */
export async function callJson<T>(
  access: AwsAccess,
  service: string,
  target: string,
  body: unknown,
): Promise<T> {
  const text = await callAws(access, {
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body: JSON.stringify(body),
  });
  return JSON.parse(text || '{}') as T;
}

function sign(access: AwsAccess, call: AwsCall, url: URL, body: Buffer): Record<string, string> {
  const query = [...url.searchParams]
    .map(([name, value]) => `${strict(name)}=${strict(value)}`)
    .sort()
    .join('&');
  const request = {
    method: call.method,
    path: url.pathname,
    query,
    headers: { ...call.headers, host: url.host },
    payload: createHash('sha256').update(body).digest('hex'),
  };
  const keys = { accessKeyId: access.accessKey, secretAccessKey: access.secretKey };
  return new SigV4(access.region, call.service).sign(request, keys, Date.now());
}

function strict(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
