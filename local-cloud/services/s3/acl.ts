import { CloudFault } from '../../core/service.ts';
import { child, children, escapeXml, parseXml, text, type XmlNode } from '../../core/xml.ts';
import { empty, type Handler, malformedXml, NAMESPACE } from './call.ts';
import type { Bucket, Grant } from './model.ts';
import { OWNER_ID } from './owner.ts';
import { blocks } from './policy.ts';
import { receiveDocument } from './receive.ts';

type Headers = Readonly<Record<string, string>>;

const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';
const AUTHENTICATED = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';
const LOG_DELIVERY = 'http://acs.amazonaws.com/groups/s3/LogDelivery';

const own: Grant = { grantee: OWNER_ID, permission: 'FULL_CONTROL' };
const to = (grantee: string, ...permissions: string[]): Grant[] =>
  permissions.map((permission) => ({ grantee, permission }));

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl */
const CANNED: Readonly<Record<string, readonly Grant[]>> = {
  private: [own],
  'public-read': [own, ...to(ALL_USERS, 'READ')],
  'public-read-write': [own, ...to(ALL_USERS, 'READ', 'WRITE')],
  'authenticated-read': [own, ...to(AUTHENTICATED, 'READ')],
  'aws-exec-read': [own],
  'bucket-owner-read': [own],
  'bucket-owner-full-control': [own],
  'log-delivery-write': [own, ...to(LOG_DELIVERY, 'WRITE', 'READ_ACP')],
};

const PERMISSIONS: ReadonlySet<string> = new Set(['FULL_CONTROL', 'READ', 'WRITE', 'READ_ACP', 'WRITE_ACP']);

/** Who owns what is put, and whether ACLs mean anything: a new bucket's owner is enforced. */
export function ownershipOf(bucket: Bucket): string {
  const document = bucket.documents.get('ownershipControls');
  if (document === undefined) return 'BucketOwnerEnforced';
  if (document === '') return 'ObjectWriter';
  return text(child(parseXml(document, 'OwnershipControls'), 'Rule'), 'ObjectOwnership') ?? 'ObjectWriter';
}

const unsupported = () =>
  new CloudFault('AccessControlListNotSupported', 'The bucket does not allow ACLs', 400);

const invalid = (message: string, ArgumentName: string, ArgumentValue: string) =>
  new CloudFault('InvalidArgument', message, 400, { ArgumentName, ArgumentValue });

/** `id="…", uri="…"` of a header `x-amz-grant-*`. */
function granteesOf(header: string, name: string): string[] {
  return header.split(',').map((one) => {
    const match = /^\s*(id|uri|emailAddress)\s*=\s*"?([^"]*)"?\s*$/.exec(one);
    if (!match) throw invalid('Argument format not recognized', name, one.trim());
    return checkGrantee(match[1] ?? '', match[2] ?? '');
  });
}

function checkGrantee(kind: string, value: string): string {
  if (kind === 'emailAddress') {
    throw new CloudFault(
      'UnresolvableGrantByEmailAddress',
      'The e-mail address you provided does not match any account on record.',
    );
  }
  if (kind === 'id' && !/^[0-9a-f]{64}$/.test(value)) throw invalid('Invalid id', 'CanonicalUser/ID', value);
  if (kind === 'uri' && ![ALL_USERS, AUTHENTICATED, LOG_DELIVERY].includes(value))
    throw invalid('Invalid group uri', 'Group/URI', value);
  return value;
}

/**
 * The grants that a request's headers ask for, `x-amz-acl` or `x-amz-grant-*`.
 * @returns `undefined` where there are none
 * @throws CloudFault InvalidArgument, InvalidRequest
 */
export function grantsOfHeaders(headers: Headers): readonly Grant[] | undefined {
  const canned = headers['x-amz-acl'];
  const grants: Grant[] = [];
  for (const permission of PERMISSIONS) {
    const name = `x-amz-grant-${permission.toLowerCase().replaceAll('_', '-')}`;
    const header = headers[name];
    if (header === undefined) continue;
    for (const grantee of granteesOf(header, name)) grants.push({ grantee, permission });
  }
  if (canned !== undefined && grants.length > 0)
    throw new CloudFault('InvalidRequest', 'Specifying both Canned ACLs and Header Grants is not allowed');
  if (canned === undefined) return grants.length === 0 ? undefined : grants;
  const known = CANNED[canned];
  if (!known) throw invalid('', 'x-amz-acl', canned);
  return known;
}

const isPublic = (grants: readonly Grant[]) =>
  grants.some(({ grantee }) => grantee === ALL_USERS || grantee === AUTHENTICATED);

/**
 * The ACL of an object that is put.
 * @throws CloudFault AccessControlListNotSupported where the bucket's owner is enforced, AccessDenied for a public one
 * that the bucket blocks
 */
export function objectAcl(bucket: Bucket, headers: Headers): readonly Grant[] | undefined {
  const asked = grantsOfHeaders(headers);
  if (ownershipOf(bucket) === 'BucketOwnerEnforced') {
    if (asked?.some((grant) => grant.grantee !== OWNER_ID || grant.permission !== 'FULL_CONTROL'))
      throw unsupported();
    return undefined;
  }
  refusePublic(bucket, asked ?? []);
  return asked;
}

function refusePublic(bucket: Bucket, grants: readonly Grant[]): void {
  if (isPublic(grants) && blocks(bucket, 'BlockPublicAcls'))
    throw new CloudFault('AccessDenied', 'Access Denied', 403);
}

/**
 * Ownership and ACL of a bucket that is made: with ACLs only where the request names another ownership.
 * @throws CloudFault InvalidArgument, InvalidBucketAclWithObjectOwnership, InvalidBucketAclWithBlockPublicAccessError
 */
export function newBucketAcl(headers: Headers): {
  ownership: string | undefined;
  grants: readonly Grant[] | undefined;
} {
  const ownership = headers['x-amz-object-ownership'];
  if (ownership !== undefined && !OWNERSHIPS.has(ownership))
    throw invalid('Invalid x-amz-object-ownership header.', 'x-amz-object-ownership', ownership);
  const grants = grantsOfHeaders(headers);
  if (!isOwnersAlone(grants ?? []) && (ownership ?? 'BucketOwnerEnforced') === 'BucketOwnerEnforced')
    throw aclWithOwnership();
  if (grants && isPublic(grants)) {
    throw new CloudFault(
      'InvalidBucketAclWithBlockPublicAccessError',
      'Bucket cannot have public ACLs set with BlockPublicAccess enabled',
    );
  }
  return { ownership, grants };
}

export const OWNERSHIPS: ReadonlySet<string> = new Set([
  'BucketOwnerEnforced',
  'BucketOwnerPreferred',
  'ObjectWriter',
]);

/** The grants of an AccessControlPolicy. @throws CloudFault MalformedACLError, InvalidArgument, AccessDenied */
function grantsOfDocument(body: string): readonly Grant[] {
  const malformed = () =>
    new CloudFault(
      'MalformedACLError',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  let document: XmlNode;
  try {
    document = parseXml(body, 'AccessControlPolicy');
  } catch {
    throw malformed();
  }
  const owner = text(child(document, 'Owner'), 'ID');
  const list = child(document, 'AccessControlList');
  if (owner === undefined || list === undefined) throw malformed();
  if (owner !== OWNER_ID) throw new CloudFault('AccessDenied', 'Access Denied', 403);
  return children(list, 'Grant').map((grant) => {
    const [grantee, permission] = [child(grant, 'Grantee'), text(grant, 'Permission') ?? ''];
    if (!PERMISSIONS.has(permission)) throw malformed();
    const [id, uri, email] = ['ID', 'URI', 'EmailAddress'].map((name) => text(grantee, name));
    if (email !== undefined) checkGrantee('emailAddress', email);
    if (id === undefined && uri === undefined) throw malformed();
    return {
      grantee: id === undefined ? checkGrantee('uri', uri ?? '') : checkGrantee('id', id),
      permission,
    };
  });
}

/** @throws CloudFault MissingSecurityHeader, UnexpectedContent */
async function askedAcl(call: Parameters<Handler>[0]): Promise<readonly Grant[]> {
  const body = await receiveDocument(call.request);
  const headers = grantsOfHeaders(call.request.headers);
  if (headers && body !== '')
    throw new CloudFault('UnexpectedContent', 'This request does not support content');
  if (headers) return headers;
  if (body === '') {
    throw new CloudFault('MissingSecurityHeader', 'Your request was missing a required header', 400, {
      MissingHeaderName: 'x-amz-acl',
    });
  }
  return grantsOfDocument(body);
}

export const getBucketAcl: Handler = (call) => aclXml(call.bucket().acl ?? [own]);

export const putBucketAcl: Handler = async (call) => {
  const grants = await askedAcl(call);
  const bucket = call.bucket();
  if (ownershipOf(bucket) === 'BucketOwnerEnforced') throw unsupported();
  refusePublic(bucket, grants);
  call.store.changeBucket(bucket, { acl: grants });
  return empty(200);
};

export const getObjectAcl: Handler = (call) => {
  const bucket = call.bucket();
  const object = call.store.object(bucket, call.key, call.request.query.get('versionId') ?? undefined);
  const grants = ownershipOf(bucket) === 'BucketOwnerEnforced' ? undefined : object.acl;
  return aclXml(grants ?? [own]);
};

export const putObjectAcl: Handler = async (call) => {
  const grants = await askedAcl(call);
  const bucket = call.bucket();
  const versionId = call.request.query.get('versionId') ?? undefined;
  const object = call.store.object(bucket, call.key, versionId);
  if (ownershipOf(bucket) === 'BucketOwnerEnforced') throw unsupported();
  refusePublic(bucket, grants);
  call.store.amend(bucket, call.key, object, { acl: grants });
  return empty(200, object.versionId === 'null' ? {} : { 'x-amz-version-id': object.versionId });
};

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

function aclXml(grants: readonly Grant[]) {
  const list = grants.map(({ grantee, permission }) => {
    const group = grantee.startsWith('http');
    const who = group ? `<URI>${escapeXml(grantee)}</URI>` : `<ID>${grantee}</ID>`;
    return `<Grant><Grantee ${XSI} xsi:type="${group ? 'Group' : 'CanonicalUser'}">${who}</Grantee><Permission>${permission}</Permission></Grant>`;
  });
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<AccessControlPolicy xmlns="${NAMESPACE}"><Owner><ID>${OWNER_ID}</ID></Owner><AccessControlList>${list.join('')}</AccessControlList></AccessControlPolicy>`,
  };
}

/** What an action needs of an ACL: of the bucket's, or of the object's. */
const NEEDS: Readonly<Record<string, readonly ['bucket' | 'object', string]>> = {
  's3:ListBucket': ['bucket', 'READ'],
  's3:ListBucketVersions': ['bucket', 'READ'],
  's3:ListBucketMultipartUploads': ['bucket', 'READ'],
  's3:PutObject': ['bucket', 'WRITE'],
  's3:DeleteObject': ['bucket', 'WRITE'],
  's3:GetBucketAcl': ['bucket', 'READ_ACP'],
  's3:PutBucketAcl': ['bucket', 'WRITE_ACP'],
  's3:GetObject': ['object', 'READ'],
  's3:GetObjectVersion': ['object', 'READ'],
  's3:GetObjectAcl': ['object', 'READ_ACP'],
  's3:PutObjectAcl': ['object', 'WRITE_ACP'],
};

/** Whether an ACL opens an action to everyone. */
export function aclAllows(
  bucket: Bucket,
  key: string,
  action: string,
  versionId: string | undefined,
): boolean {
  const need = NEEDS[action];
  if (!need || ownershipOf(bucket) === 'BucketOwnerEnforced' || blocks(bucket, 'IgnorePublicAcls'))
    return false;
  const [of, permission] = need;
  const current = bucket.objects.get(key);
  const older = () => bucket.versions.get(key)?.find((version) => version.versionId === versionId)?.object;
  const object = versionId === undefined || current?.versionId === versionId ? current : older();
  const grants = (of === 'bucket' ? bucket.acl : object?.acl) ?? [];
  return grants.some(
    (grant) =>
      grant.grantee === ALL_USERS && (grant.permission === permission || grant.permission === 'FULL_CONTROL'),
  );
}

/** @throws CloudFault MalformedXML; InvalidBucketAclWithObjectOwnership where the ACL gives rights to others than the owner */
export function checkOwnership(body: string, bucket: Bucket): void {
  const rules = children(parseXml(body, 'OwnershipControls'), 'Rule');
  const ownership = text(rules[0], 'ObjectOwnership') ?? '';
  if (rules.length !== 1 || !OWNERSHIPS.has(ownership)) throw malformedXml();
  if (ownership === 'BucketOwnerEnforced' && !isOwnersAlone(bucket.acl ?? [])) throw aclWithOwnership();
}

const isOwnersAlone = (grants: readonly Grant[]) => grants.every((grant) => grant.grantee === OWNER_ID);

const aclWithOwnership = () =>
  new CloudFault(
    'InvalidBucketAclWithObjectOwnership',
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );
