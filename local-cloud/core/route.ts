import { type Claim, readClaim } from './signature/claim.ts';
import type { Problem } from './signature/problem.ts';

export interface Route {
  /** Signing name of the service. */
  readonly service: string;
  /** From the signature; `undefined` where it names none. */
  readonly region: string | undefined;
  /** What the request says of its signature, or what is wrong with that; `undefined`: it is not signed. */
  readonly claim: Claim | Problem | undefined;
  readonly signed: boolean;
}

type Headers = Readonly<Record<string, string>>;

/**
 * Which service a request is for. A signature names its service in the credential scope
 * (`AKIA…/20260101/us-west-2/s3/aws4_request`); what is not signed is the OCI registry under `/v2/`, STS for its two
 * unsigned operations (a form at `/`), and else S3, where anonymous requests exist.
 */
export function route(method: string, path: string, query: URLSearchParams, headers: Headers): Route {
  const claim = readClaim(query, headers);
  if (claim && !('problem' in claim))
    return { service: claim.service, region: claim.region, claim, signed: true };
  const signed = claim !== undefined;
  const service = claim?.problem === 'old-version' ? 's3' : unsignedService(method, path, headers, signed);
  return { service, region: undefined, claim, signed };
}

function unsignedService(method: string, path: string, headers: Headers, signed: boolean): string {
  if (!signed && (path === '/v2' || path.startsWith('/v2/'))) return 'registry';
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  if (method === 'POST' && path === '/' && form) return 'sts';
  return headers['x-amz-target'] || headers['smithy-protocol'] ? 'unsigned' : 's3';
}

/** What the scope of a signature must have, where the host or the protocol tells. */
export interface Wanted {
  readonly service: string | undefined;
  readonly region: string | undefined;
}

/** An AWS endpoint's own name: `s3.us-west-2.amazonaws.com`, `bucket.s3.amazonaws.com`, `api.ecr.eu-west-1.amazonaws.com`. */
const ENDPOINT =
  /(?:^|\.)(s3|sts|ecr|ecs|apprunner|cloudfront|secretsmanager|monitoring|logs|elasticloadbalancing|application-autoscaling)(?:\.dualstack)?(?:[.-]([a-z]{2,3}(?:-[a-z]+)+-\d))?\.(?:amazonaws\.com(?:\.cn)?|api\.aws)(?::\d+)?$/i;

/** @param targets signing names by what stands before the dot in `X-Amz-Target` */
export function wantedScope(headers: Headers, targets: ReadonlyMap<string, string>): Wanted {
  const [, service, region] = ENDPOINT.exec(headers['host'] ?? '') ?? [];
  const target = headers['x-amz-target'] ?? '';
  const called = targets.get(target.slice(0, Math.max(target.lastIndexOf('.'), 0)));
  return { service: called ?? service?.toLowerCase(), region: region?.toLowerCase() };
}
