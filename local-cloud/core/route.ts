/** What a request's signature says. */
export interface Signature {
  readonly accessKey: string;
  readonly region: string;
  readonly service: string;
}

export interface Route {
  /** Signing name of the service. */
  readonly service: string;
  readonly region: string | undefined;
  readonly accessKey: string | undefined;
  readonly signed: boolean;
}

type Headers = Readonly<Record<string, string>>;

/**
 * Which service a request is for. A signature names its service in the credential scope
 * (`AKIA…/20260101/us-west-2/s3/aws4_request`); what is not signed is the OCI registry under `/v2/`, STS for its two
 * unsigned operations (a form at `/`), and else S3, where anonymous requests exist.
 */
export function route(method: string, path: string, query: URLSearchParams, headers: Headers): Route {
  const signature = signatureOf(query, headers);
  if (signature) return { ...signature, signed: true };
  const old = oldSignature(query, headers);
  if (old) return { service: 's3', region: undefined, accessKey: old, signed: true };
  const unsigned = { region: undefined, accessKey: undefined, signed: false };
  if (path === '/v2' || path.startsWith('/v2/')) return { service: 'registry', ...unsigned };
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  if (method === 'POST' && path === '/' && form) return { service: 'sts', ...unsigned };
  if (headers['x-amz-target'] || headers['smithy-protocol']) return { service: 'unsigned', ...unsigned };
  return { service: 's3', ...unsigned };
}

/** Access key of S3's signature before version 4, which older clients still make for presigned URLs. */
function oldSignature(query: URLSearchParams, headers: Headers): string | undefined {
  const header = /^AWS ([^:\s]+):/.exec(headers['authorization'] ?? '')?.[1];
  return (
    header ??
    (query.has('Signature') && query.has('Expires') ? (query.get('AWSAccessKeyId') ?? undefined) : undefined)
  );
}

/** The credential scope of a signed header or of a presigned query; `undefined` where there is none that can be read. */
export function signatureOf(query: URLSearchParams, headers: Headers): Signature | undefined {
  const header = /^AWS4-HMAC-SHA256\s+.*?Credential=([^,\s]+)/.exec(headers['authorization'] ?? '')?.[1];
  const credential = header ?? query.get('X-Amz-Credential') ?? undefined;
  if (!credential) return undefined;
  const parts = credential.split('/');
  const [end, service, region] = [parts.at(-1), parts.at(-2), parts.at(-3)];
  if (parts.length < 5 || end !== 'aws4_request' || !service || !region) return undefined;
  return { accessKey: parts.slice(0, -4).join('/'), region, service };
}
