import { CloudFault } from '../../core/service.ts';
import { isObject } from '../../core/shape.ts';
import { parseXml, text } from '../../core/xml.ts';
import type { Bucket } from './model.ts';

interface Statement {
  readonly effect: string;
  readonly everyone: boolean;
  readonly services: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditional: boolean;
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');

const malformed = (why: string) => new CloudFault('MalformedPolicy', why, 400);

/** @throws CloudFault MalformedPolicy */
export function readPolicy(body: string): Statement[] {
  let policy: unknown;
  try {
    policy = JSON.parse(body);
  } catch {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  if (!isObject(policy)) throw malformed("Policies must be valid JSON and the first byte must be '{'");
  const statements = Array.isArray(policy['Statement']) ? policy['Statement'] : [policy['Statement']];
  return statements.map((statement) => {
    if (!isObject(statement)) throw malformed('Missing required field Statement');
    if (!['Allow', 'Deny'].includes(String(statement['Effect'])))
      throw malformed('Missing required field Effect');
    if (statement['Principal'] === undefined) throw malformed('Missing required field Principal');
    if (statement['Action'] === undefined) throw malformed('Missing required field Action');
    if (statement['Resource'] === undefined) throw malformed('Missing required field Resource');
    const principal = statement['Principal'];
    const aws = isObject(principal) ? texts(principal['AWS']) : texts(principal);
    return {
      effect: String(statement['Effect']),
      everyone: aws.includes('*'),
      services: isObject(principal) ? texts(principal['Service']) : [],
      actions: texts(statement['Action']),
      resources: texts(statement['Resource']),
      conditional: statement['Condition'] !== undefined,
    };
  });
}

function blocks(bucket: Bucket, what: 'BlockPublicPolicy' | 'RestrictPublicBuckets'): boolean {
  const document = bucket.documents.get('publicAccessBlock');
  if (document === undefined) return true;
  if (document === '') return false;
  return text(parseXml(document, 'PublicAccessBlockConfiguration'), what)?.trim() === 'true';
}

const isPublic = (s: Statement) => s.effect === 'Allow' && s.everyone && !s.conditional;

/** @throws CloudFault MalformedPolicy; AccessDenied where the bucket blocks public policies, as new ones do */
export function refusePublicPolicy(body: string, bucket: Bucket): void {
  const statements = readPolicy(body);
  const own = `arn:aws:s3:::${bucket.name}`;
  if (statements.some((s) => s.resources.some((r) => r !== own && !r.startsWith(`${own}/`))))
    throw malformed('Policy has invalid resource');
  if (statements.some(isPublic) && blocks(bucket, 'BlockPublicPolicy')) {
    throw new CloudFault(
      'AccessDenied',
      'User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.',
      403,
    );
  }
}

const wildcard = (pattern: string, value: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  ).test(value);

/** Who asks without a signature of the account: anyone, or an AWS service such as CloudFront. */
export type Asker = 'everyone' | 'cloudfront.amazonaws.com';

/**
 * What the bucket's policy says to an asker. A `Deny` outweighs; conditions of a service's statement are taken to hold
 * (there is one account here).
 */
export function policyAllows(bucket: Bucket, asker: Asker, action: string, key: string): boolean {
  const body = bucket.documents.get('policy');
  if (!body) return false;
  const resource = `arn:aws:s3:::${bucket.name}${key === '' ? '' : `/${key}`}`;
  const asked = (s: Statement) =>
    s.everyone || (asker !== 'everyone' && s.services.includes(asker)) ? covers(s, action, resource) : false;
  const statements = readPolicy(body);
  if (statements.some((s) => s.effect === 'Deny' && !s.conditional && asked(s))) return false;
  if (asker !== 'everyone') return statements.some((s) => s.effect === 'Allow' && asked(s));
  return !blocks(bucket, 'RestrictPublicBuckets') && statements.some((s) => isPublic(s) && asked(s));
}

const covers = (s: Statement, action: string, resource: string) =>
  s.actions.some((pattern) => wildcard(pattern.toLowerCase(), action.toLowerCase())) &&
  s.resources.some((pattern) => wildcard(pattern, resource));
