import { CloudFault } from '../../core/service.ts';
import { isObject } from '../../core/shape.ts';
import { parseXml, text } from '../../core/xml.ts';
import type { Bucket } from './model.ts';
import {
  type ConditionKeys,
  conditionsHold,
  conditionTexts,
  operatorOf,
  wildcard,
} from './policy-conditions.ts';
import { actionsApply, conditionsApply, isAction, isConditionKey } from './policy-vocabulary.ts';

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principal: Principal;
  readonly actions: readonly string[];
  readonly notActions: boolean;
  readonly resources: readonly string[];
  readonly notResources: boolean;
  readonly condition: unknown;
}

interface Principal {
  /** `NotPrincipal`: everybody but these. */
  readonly not: boolean;
  readonly aws: readonly string[];
  readonly services: readonly string[];
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
  if (policy['Statement'] === undefined) throw malformed('Missing required field Statement');
  const version = policy['Version'];
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17')
    throw malformed('The policy must contain a valid version string');
  return [policy['Statement']].flat().map(readStatement);
}

function readStatement(statement: unknown): Statement {
  if (!isObject(statement)) throw malformed('Missing required field Statement');
  const effect = statement['Effect'];
  if (effect === undefined) throw malformed('Missing required field Effect');
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`Invalid effect: ${String(effect)}`);
  const [actions, notActions] = oneOf(statement, 'Action', 'NotAction');
  const [resources, notResources] = oneOf(statement, 'Resource', 'NotResource');
  const condition = statement['Condition'];
  return {
    effect,
    principal: readPrincipal(statement),
    actions,
    notActions,
    resources,
    notResources,
    condition,
  };
}

function oneOf(statement: Record<string, unknown>, name: string, not: string): [string[], boolean] {
  const negated = statement[name] === undefined;
  const value = statement[negated ? not : name];
  if (value === undefined) throw malformed(`Missing required field ${name}`);
  return [texts(value), negated];
}

const PRINCIPAL =
  /^(\*|\d{12}|arn:aws[\w-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)\/[\w+=,.@/*-]+)|[0-9a-f]{64}|arn:aws:iam::cloudfront:user\/CloudFront Origin Access Identity \w+)$/;

function readPrincipal(statement: Record<string, unknown>): Principal {
  const not = statement['Principal'] === undefined;
  const value = statement[not ? 'NotPrincipal' : 'Principal'];
  if (value === undefined) throw malformed('Missing required field Principal');
  if (!isObject(value)) {
    if (value !== '*') throw malformed('Invalid policy syntax.');
    return { not, aws: ['*'], services: [] };
  }
  const aws = [...texts(value['AWS']), ...texts(value['CanonicalUser'])];
  const services = texts(value['Service']);
  const known = ['AWS', 'CanonicalUser', 'Service', 'Federated'];
  const wrong =
    Object.keys(value).some((kind) => !known.includes(kind)) ||
    aws.some((one) => !PRINCIPAL.test(one)) ||
    services.some((one) => !/^[a-z0-9.-]+\.amazonaws\.com$/.test(one)) ||
    Object.keys(value).length === 0;
  if (wrong) throw malformed('Invalid principal in policy');
  return { not, aws, services };
}

/** Condition keys that make a statement for everyone one for some: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html */
const FIXED = new Set([
  ...[
    'aws:principalorgid',
    'aws:principalorgpaths',
    'aws:principalarn',
    'aws:principalaccount',
    'aws:userid',
  ],
  ...[
    'aws:sourcearn',
    'aws:sourceaccount',
    'aws:sourceowner',
    'aws:sourcevpc',
    'aws:sourcevpce',
    'aws:sourceip',
  ],
  ...['s3:dataaccesspointarn', 's3:dataaccesspointaccount', 's3:x-amz-server-side-encryption-aws-kms-key-id'],
]);

function isRestricted(condition: unknown): boolean {
  if (!isObject(condition)) return false;
  return Object.entries(condition).some(([name, block]) => {
    const operator = operatorOf(name);
    if (!operator || operator.negated || operator.isNull || operator.ifExists || !isObject(block))
      return false;
    return Object.entries(block).some(
      ([key, values]) =>
        FIXED.has(key.toLowerCase()) && conditionTexts(values).every((v) => v !== '*' && !/\/0$/.test(v)),
    );
  });
}

const isPublic = (s: Statement) =>
  s.effect === 'Allow' && (s.principal.not || s.principal.aws.includes('*')) && !isRestricted(s.condition);

/** Whether a bucket's policy opens it to everyone, as GetBucketPolicyStatus says. */
export const policyIsPublic = (body: string): boolean => readPolicy(body).some(isPublic);

/** What the bucket's public access block says; one that was never put blocks all. */
export function blocks(
  bucket: Bucket,
  what: 'BlockPublicPolicy' | 'RestrictPublicBuckets' | 'BlockPublicAcls' | 'IgnorePublicAcls',
): boolean {
  const document = bucket.documents.get('publicAccessBlock');
  if (document === undefined) return true;
  if (document === '') return false;
  return text(parseXml(document, 'PublicAccessBlockConfiguration'), what)?.trim().toLowerCase() === 'true';
}

/** @throws CloudFault MalformedPolicy; AccessDenied where the bucket blocks public policies, as new ones do */
export function checkPolicy(body: string, bucket: Bucket): void {
  const statements = readPolicy(body);
  for (const statement of statements) checkStatement(statement, `arn:aws:s3:::${bucket.name}`);
  if (statements.some(isPublic) && blocks(bucket, 'BlockPublicPolicy')) {
    throw new CloudFault(
      'AccessDenied',
      'User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.',
      403,
    );
  }
}

function checkStatement(statement: Statement, own: string): void {
  const { actions, resources, condition } = statement;
  if (actions.length === 0 || !actions.every(isAction)) throw malformed('Policy has invalid action');
  const about = (r: string) => r === own || r.startsWith(`${own}/`) || (/[*?]/.test(r) && wildcard(r, own));
  if (resources.length === 0 || !resources.every((r) => r === '*' || about(r) || wildcard(r, `${own}/x`)))
    throw malformed('Policy has invalid resource');
  if (!statement.notActions && !statement.notResources && !actionsApply(actions, resources))
    throw malformed('Action does not apply to any resource(s) in statement');
  if (condition !== undefined) checkCondition(condition, statement.notActions ? [] : actions);
}

function checkCondition(condition: unknown, actions: readonly string[]): void {
  if (!isObject(condition)) throw malformed('Invalid policy syntax.');
  for (const [name, block] of Object.entries(condition)) {
    if (!operatorOf(name)) throw malformed(`Invalid Condition type : ${name}`);
    if (!isObject(block)) throw malformed('Invalid policy syntax.');
    for (const key of Object.keys(block)) {
      if (!isConditionKey(key)) throw malformed('Policy has an invalid condition key');
      if (actions.length > 0 && !conditionsApply(key, actions))
        throw malformed('Conditions do not apply to combination of actions and resources in statement');
    }
  }
}

/** Who asks: anyone, an AWS service such as `cloudfront.amazonaws.com`, or one of the account by its ARN. */
export type Asker =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'account'; readonly arn: string };

/** The forerunner of an origin access control, which a distribution signs as too. */
const IDENTITY = /^arn:aws:iam::cloudfront:user\//;

export const EVERYONE: Asker = { kind: 'everyone' };

/** What is asked for. */
export interface Question {
  /** `s3:GetObject`. */
  readonly action: string;
  /** Empty where it is about the bucket itself. */
  readonly key: string;
  readonly conditions: ConditionKeys;
}

function concerns({ not, aws, services }: Principal, asker: Asker): boolean {
  if (not) return !concerns({ not: false, aws, services }, asker);
  if (aws.includes('*')) return true;
  if (asker.kind === 'everyone') return false;
  if (asker.kind === 'service') return services.includes(asker.name) || aws.some((one) => IDENTITY.test(one));
  const account = asker.arn.split(':')[4] ?? '';
  return aws.some(
    (one) => one === account || one === `arn:aws:iam::${account}:root` || isSame(one, asker.arn),
  );
}

/** A session is its role too: `…:assumed-role/NAME/SESSION` and `…:role/NAME`. */
function isSame(principal: string, arn: string): boolean {
  if (principal === arn) return true;
  const session = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  return (
    session !== null &&
    principal.startsWith(`arn:aws:iam::${session[1]}:role/`) &&
    principal.split('/').at(-1) === session[2]
  );
}

export type Verdict = 'allowed' | 'denied' | 'silent';

/** What the bucket's policy says to an asker; a `Deny` outweighs. */
export function policyVerdict(bucket: Bucket, asker: Asker, asked: Question): Verdict {
  const body = bucket.documents.get('policy');
  if (!body) return 'silent';
  const resource = `arn:aws:s3:::${bucket.name}${asked.key === '' ? '' : `/${asked.key}`}`;
  const statements = readPolicy(body).filter(
    (s) =>
      concerns(s.principal, asker) &&
      s.actions.some((one) => wildcard(one.toLowerCase(), asked.action.toLowerCase())) !== s.notActions &&
      s.resources.some((one) => wildcard(one, resource)) !== s.notResources &&
      conditionsHold(s.condition, asked.conditions),
  );
  if (statements.some((s) => s.effect === 'Deny')) return 'denied';
  if (!statements.some((s) => s.effect === 'Allow')) return 'silent';
  const shut = asker.kind === 'everyone' && blocks(bucket, 'RestrictPublicBuckets') && policyIsPublic(body);
  return shut ? 'silent' : 'allowed';
}

/** What a service or a stranger may do: only what the policy opens to them. */
export const policyAllows = (bucket: Bucket, asker: Asker, asked: Question): boolean =>
  policyVerdict(bucket, asker, asked) === 'allowed';
