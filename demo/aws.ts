import { createHash, createHmac } from 'node:crypto';

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
 * Signature: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
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
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const date = time.slice(0, 8);
  const payload = sha256(body);
  const headers: Record<string, string> = {
    ...call.headers,
    host: url.host,
    'x-amz-content-sha256': payload,
    'x-amz-date': time,
  };
  const names = Object.keys(headers).sort();
  const query = [...url.searchParams]
    .map(([name, value]) => `${strict(name)}=${strict(value)}`)
    .sort()
    .join('&');
  const request = [
    call.method,
    url.pathname,
    query,
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    names.join(';'),
    payload,
  ].join('\n');
  const scope = `${date}/${access.region}/${call.service}/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(request)}`;
  let key: Buffer = Buffer.from(`AWS4${access.secretKey}`);
  for (const part of [date, access.region, call.service, 'aws4_request', text])
    key = createHmac('sha256', key).update(part).digest();
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${access.accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${key.toString('hex')}`;
  return headers;
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function strict(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
