import { CloudFault } from '../../core/service.ts';
import { child, parseXml, text } from '../../core/xml.ts';
import { newBucketAcl } from './acl.ts';
import { empty, type Handler, malformedXml, NAMESPACE, numberParameter, xml } from './call.ts';
import { hasLock } from './lock.ts';
import { Bucket } from './model.ts';
import { isBucketName } from './names.ts';
import { OWNER_ID } from './owner.ts';
import { receiveDocument } from './receive.ts';
import { invalidName } from './store.ts';

export const listBuckets: Handler = (call) => {
  const { query } = call.request;
  const max = numberParameter(query, 'max-buckets', 10_000, 10_000);
  const prefix = query.get('prefix') ?? '';
  const token = query.get('continuation-token') ?? '';
  const region = query.get('bucket-region');
  const names = [...call.store.buckets.keys()]
    .filter((name) => name.startsWith(prefix) && name > token)
    .filter((name) => !region || call.store.buckets.get(name)?.region === region)
    .sort();
  const page = names.slice(0, max);
  return xml('ListAllMyBucketsResult', {
    Owner: { ID: OWNER_ID },
    Buckets: {
      Bucket: page.map((name) => {
        const bucket = call.store.buckets.get(name) as Bucket;
        return { Name: name, CreationDate: new Date(bucket.created), BucketRegion: bucket.region };
      }),
    },
    Prefix: prefix || undefined,
    ContinuationToken: names.length > page.length ? page.at(-1) : undefined,
  });
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
export const createBucket: Handler = async (call) => {
  const { request, store, bucketName } = call;
  const body = await receiveDocument(request);
  if (!isBucketName(bucketName)) throw invalidName(bucketName);
  const configuration = body.trim() === '' ? undefined : parseXml(body, 'CreateBucketConfiguration');
  const constraint = text(configuration, 'LocationConstraint');
  const region = placeOf(constraint, request.region);
  const { ownership, grants } = newBucketAcl(request.headers);
  const existing = store.buckets.get(bucketName);
  if (existing) {
    // In us-east-1, and there only, creating one's own bucket again succeeds, and its ACL begins anew.
    if (existing.region === 'us-east-1' && request.region === 'us-east-1') {
      store.changeBucket(existing, { acl: grants });
      return empty(200, { location: `/${bucketName}` });
    }
    throw new CloudFault(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      409,
      { BucketName: bucketName },
    );
  }
  const bucket = new Bucket(bucketName, region, store.context.now());
  if (request.headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true') {
    bucket.versioning = 'Enabled';
    bucket.documents.set('object-lock', LOCKED);
  }
  if (ownership !== undefined) bucket.documents.set('ownershipControls', ownershipDocument(ownership));
  bucket.acl = grants;
  store.buckets.set(bucketName, bucket);
  return empty(200, { location: `/${bucketName}` });
};

const document = (root: string, inner: string) => `<${root} xmlns="${NAMESPACE}">${inner}</${root}>`;

/** A bucket that is made with locks has no retention by default. */
const LOCKED = document('ObjectLockConfiguration', '<ObjectLockEnabled>Enabled</ObjectLockEnabled>');

const ownershipDocument = (ownership: string) =>
  document('OwnershipControls', `<Rule><ObjectOwnership>${ownership}</ObjectOwnership></Rule>`);

function placeOf(constraint: string | undefined, region: string): string {
  if (region === 'us-east-1') {
    if (constraint === 'us-east-1') {
      throw new CloudFault(
        'InvalidLocationConstraint',
        'The specified location-constraint is not valid',
        400,
        {
          LocationConstraint: constraint,
        },
      );
    }
    return constraint === 'EU' ? 'eu-west-1' : (constraint ?? 'us-east-1');
  }
  if (constraint === region) return region;
  throw new CloudFault(
    'IllegalLocationConstraintException',
    `The ${constraint ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
}

export const headBucket: Handler = (call) =>
  empty(200, { 'x-amz-bucket-region': call.bucket().region, 'content-type': 'application/xml' });

export const deleteBucket: Handler = (call) => {
  const bucket = call.bucket();
  if (bucket.objects.size > 0 || bucket.versions.size > 0) {
    throw new CloudFault('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409, {
      BucketName: bucket.name,
    });
  }
  for (const upload of [...call.store.uploads.values()])
    if (upload.bucket === bucket.name) call.store.dropUpload(upload);
  call.store.buckets.delete(bucket.name);
  return empty(204);
};

/** The one operation on a bucket that the global endpoint answers for any region. */
export const getBucketLocation: Handler = (call) => {
  const { store, request, bucketName } = call;
  const known = request.region === 'us-east-1' ? store.buckets.get(bucketName) : undefined;
  const { region } = known ?? call.bucket();
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${region === 'us-east-1' ? '' : region}</LocationConstraint>`,
  };
};

export const getBucketVersioning: Handler = (call) =>
  xml('VersioningConfiguration', { Status: call.bucket().versioning });

export const putBucketVersioning: Handler = async (call) => {
  const document = parseXml(await receiveDocument(call.request), 'VersioningConfiguration');
  const status = text(document, 'Status');
  if (child(document, 'MfaDelete') !== undefined && text(document, 'MfaDelete') === 'Enabled')
    throw new CloudFault('AccessDenied', 'MFA delete needs the root user of an account.', 403);
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  const bucket = call.bucket();
  if (status === 'Suspended' && hasLock(bucket)) {
    throw new CloudFault(
      'InvalidBucketState',
      'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
      409,
    );
  }
  call.store.changeBucket(bucket, { versioning: status });
  return empty(200);
};
