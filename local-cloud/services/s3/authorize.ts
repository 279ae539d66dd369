import { CloudFault, type CloudRequest } from '../../core/service.ts';
import { aclAllows } from './acl.ts';
import type { Call } from './call.ts';
import { taggingHeader } from './headers.ts';
import type { Bucket } from './model.ts';
import { copySource } from './names.ts';
import { type Asker, EVERYONE, policyVerdict } from './policy.ts';
import type { ConditionKeys } from './policy-conditions.ts';

/**
 * The account's owner can always mend a policy that shuts everybody out; the user of the local cloud stands for them, and
 * a role's session does not.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
 */
const ALWAYS: ReadonlySet<string> = new Set([
  's3:PutBucketPolicy',
  's3:GetBucketPolicy',
  's3:DeleteBucketPolicy',
]);

/** Who has signed: the lasting keys' user, or a session of STS. */
const askerOf = ({ request }: Call): Asker =>
  request.holder ? { kind: 'account', arn: request.holder.arn } : EVERYONE;

/** Whether an action may be done on a key, or on the bucket where the key is empty. */
export function mayDo(call: Call, bucket: Bucket, key: string, action: string): boolean {
  const asker = askerOf(call);
  if (call.request.holder && !call.request.holder.role && ALWAYS.has(action)) return true;
  const conditions = conditionKeys(call, bucket, key);
  const verdict = policyVerdict(bucket, asker, { action, key, conditions });
  if (asker.kind === 'account') return verdict !== 'denied';
  if (verdict !== 'silent') return verdict === 'allowed';
  const versionId = call.request.query.get('versionId') ?? undefined;
  // Who may list is told that the key is not there: there is no ACL of an object to ask.
  if (action === 's3:GetObject' && !bucket.objects.get(key)) return mayDo(call, bucket, '', 's3:ListBucket');
  return aclAllows(bucket, key, action, versionId);
}

/** @throws CloudFault AccessDenied for what the policy denies, and to strangers for all that it does not open */
export function refuseDenied(call: Call, bucket: Bucket, key: string, action: string): void {
  if (mayDo(call, bucket, key, action)) return;
  const { holder } = call.request;
  if (!holder) throw new CloudFault('AccessDenied', 'Access Denied', 403);
  const resource = `arn:aws:s3:::${bucket.name}${key === '' ? '' : `/${key}`}`;
  throw new CloudFault(
    'AccessDenied',
    `User: ${holder.arn} is not authorized to perform: ${action} on resource: "${resource}" with an explicit deny in a resource-based policy`,
    403,
  );
}

/** What an origin that asks without a signature may do: what policy or ACL open to everyone. */
export function mayAnyone(bucket: Bucket, action: string, key: string): boolean {
  const conditions = new Map([['aws:securetransport', ['true']]]);
  const verdict = policyVerdict(bucket, EVERYONE, { action, key, conditions });
  return verdict === 'allowed' || (verdict === 'silent' && aclAllows(bucket, key, action, undefined));
}

/** @throws CloudFault AccessDenied where a request expects the bucket to be another account's */
function refuseOtherOwner({ request, store }: Call): void {
  for (const name of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
    const owner = request.headers[name];
    if (owner !== undefined && owner !== store.context.account)
      throw new CloudFault('AccessDenied', 'Access Denied', 403);
  }
}

/**
 * Holds a request to the policies of the buckets that it is about, before anything is done.
 * DeleteObjects is judged key by key, by itself.
 * @throws CloudFault AccessDenied
 */
export function authorize(call: Call, actions: readonly string[]): void {
  const { store, request, operation, bucketName, key } = call;
  refuseOtherOwner(call);
  const bucket = store.buckets.get(bucketName);
  if (!bucket) {
    if (!request.signed && operation !== 'CreateBucket' && bucketName !== '') return;
    if (!request.signed) throw new CloudFault('AccessDenied', 'Access Denied', 403);
    return;
  }
  if (operation === 'CreateBucket' && request.signed) return;
  const source = sourceOf(call);
  for (const action of operation === 'DeleteObjects' ? [] : actions) {
    const reads = source !== undefined && /^s3:GetObject(Version)?$/.test(action);
    const of = reads ? store.buckets.get(source.bucket) : bucket;
    if (of) refuseDenied(call, of, reads ? source.key : key, action);
  }
}

function sourceOf(call: Call): { bucket: string; key: string } | undefined {
  const header = call.request.headers['x-amz-copy-source'];
  if (header === undefined || !call.operation.includes('Copy')) return undefined;
  try {
    return copySource(header);
  } catch {
    // Refused by the operation, in words of its own.
    return undefined;
  }
}

/** Without the right to list, S3 says 403 and not 404 for a key that is not there. */
export function hideMissing(call: Call, error: unknown): unknown {
  if (!(error instanceof CloudFault) || error.code !== 'NoSuchKey' || !READS.has(call.operation))
    return error;
  const bucket = call.store.buckets.get(call.bucketName);
  if (!bucket || mayDo(call, bucket, '', 's3:ListBucket')) return error;
  return new CloudFault('AccessDenied', 'Access Denied', 403);
}

const READS: ReadonlySet<string> = new Set([
  'GetObject',
  'HeadObject',
  'GetObjectAttributes',
  'GetObjectTagging',
]);

/** Headers and query parameters that are condition keys by the same name. */
const FROM_HEADERS =
  /^x-amz-(acl|content-sha256|copy-source|grant-[a-z-]+|metadata-directive|object-ownership|server-side-encryption.*|storage-class|website-redirect-location)$/;
const FROM_QUERY: readonly string[] = ['prefix', 'delimiter', 'max-keys', 'versionId'];

/**
 * What a request has of condition keys. A loopback address is served over HTTP, and counts as TLS: a policy that
 * demands `aws:SecureTransport` would lock everybody out of the local cloud.
 */
function conditionKeys(call: Call, bucket: Bucket, key: string): ConditionKeys {
  const { request, store } = call;
  const { account } = store.context;
  const keys = new Map<string, readonly string[]>([
    ['aws:securetransport', ['true']],
    ['s3:tlsversion', ['1.3']],
    ['aws:currenttime', [new Date(store.context.now()).toISOString()]],
    ['aws:epochtime', [String(Math.floor(store.context.now() / 1000))]],
    ['aws:sourceip', [(request.raw.socket.remoteAddress ?? '127.0.0.1').replace('::ffff:', '')]],
    ['aws:requestedregion', [bucket.region]],
    ['aws:resourceaccount', [account]],
    ['s3:resourceaccount', [account]],
    ...principalKeys(request),
    ...requestKeys(request),
  ]);
  const object = bucket.objects.get(key);
  for (const [name, value] of Object.entries(object?.tags ?? {}))
    keys.set(`s3:existingobjecttag/${name.toLowerCase()}`, [value]);
  return keys;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties */
function principalKeys({ holder, query }: CloudRequest): Array<[string, readonly string[]]> {
  if (!holder)
    return [
      ['aws:principaltype', ['Anonymous']],
      ['s3:authtype', ['REST-HEADER']],
    ];
  const { arn, role, userId, account } = holder;
  return [
    ['aws:principaltype', [role === undefined ? 'User' : 'AssumedRole']],
    ['aws:principalarn', [role ?? arn]],
    ['aws:principalaccount', [account]],
    ...(role === undefined ? [['aws:username', [arn.split('/').at(-1) ?? '']] as [string, string[]]] : []),
    ['aws:userid', [userId]],
    ['aws:principalisawsservice', ['false']],
    ['s3:authtype', [query.has('X-Amz-Signature') ? 'REST-QUERY-STRING' : 'REST-HEADER']],
    ['s3:signatureversion', ['AWS4-HMAC-SHA256']],
  ];
}

function* requestKeys({ headers, query }: CloudRequest): Generator<[string, readonly string[]]> {
  for (const name in headers) if (FROM_HEADERS.test(name)) yield [`s3:${name}`, [headers[name] ?? '']];
  for (const name of FROM_QUERY) {
    const value = query.get(name);
    if (value !== null) yield [`s3:${name.toLowerCase()}`, [value]];
  }
  for (const name of ['if-match', 'if-none-match']) {
    const value = headers[name];
    if (value !== undefined) yield [`s3:${name}`, [value]];
  }
  const lock = ['mode', 'retain-until-date', 'legal-hold'].map((name) => [
    name,
    headers[`x-amz-object-lock-${name}`],
  ]);
  for (const [name, value] of lock) if (value !== undefined) yield [`s3:object-lock-${name}`, [value]];
  for (const [name, own] of [
    ['user-agent', 'aws:useragent'],
    ['referer', 'aws:referer'],
  ] as const) {
    const value = headers[name];
    if (value !== undefined) yield [own, [value]];
  }
  if (headers['x-amz-tagging'] === undefined) return;
  const tags = taggingHeader(headers['x-amz-tagging']);
  yield ['s3:requestobjecttagkeys', Object.keys(tags)];
  for (const [tag, value] of Object.entries(tags))
    yield [`s3:requestobjecttag/${tag.toLowerCase()}`, [value]];
}
