import { CloudFault } from '../../core/service.ts';
import * as acl from './acl.ts';
import { getObjectAttributes } from './attributes.ts';
import * as buckets from './buckets.ts';
import type { Handler } from './call.ts';
import { copyObject } from './copy.ts';
import { deleteObject, deleteObjects } from './delete.ts';
import { DOCUMENTS, deleteDocument, getBucketPolicyStatus, getDocument, putDocument } from './documents.ts';
import * as lists from './list.ts';
import { listObjectVersions } from './list-versions.ts';
import * as lock from './lock-operations.ts';
import * as multipart from './multipart.ts';
import { completeMultipartUpload } from './multipart-complete.ts';
import * as read from './read.ts';
import { putObject } from './write.ts';

export interface S3Operation {
  readonly name: string;
  readonly handle: Handler;
  readonly mutating: boolean;
  /** IAM actions: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
  readonly iam: readonly string[];
}

const reads = (name: string, iam: string, handle: Handler): S3Operation => ({
  name,
  handle,
  mutating: false,
  iam: [`s3:${iam}`],
});
const writes = (name: string, iam: string, handle: Handler): S3Operation => ({
  name,
  handle,
  mutating: true,
  iam: iam.split('+').map((one) => `s3:${one}`),
});

type Headers = Readonly<Record<string, string>>;

/** Subresources that S3 has and this one does not. */
const ABSENT = [
  'accelerate',
  'analytics',
  'intelligent-tiering',
  'inventory',
  'metrics',
  'replication',
  'torrent',
  'restore',
  'select',
  'session',
  'attributes-v2',
  'metadataTable',
  'metadataConfiguration',
];

const notAllowed = (method: string, resource: string) =>
  new CloudFault('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405, {
    Method: method,
    ResourceType: resource,
  });

/**
 * Which operation a request is, by its method, what it is about, and the subresource in its query.
 * @throws CloudFault MethodNotAllowed, NotImplemented
 */
export function operationOf(
  method: string,
  target: { readonly bucket: string; readonly key: string },
  query: URLSearchParams,
  headers: Headers,
): S3Operation {
  const absent = ABSENT.find((name) => query.has(name));
  if (absent) {
    throw new CloudFault('NotImplemented', `The local cloud's S3 does not have ?${absent}.`, 501);
  }
  if (target.bucket === '') {
    if (method === 'GET') return reads('ListBuckets', 'ListAllMyBuckets', buckets.listBuckets);
    throw notAllowed(method, 'SERVICE');
  }
  if (target.key === '') return bucketOperation(method, query);
  const found = objectOperation(method, query, headers);
  if (!found) throw notAllowed(method, 'OBJECT');
  return found;
}

function bucketOperation(method: string, query: URLSearchParams): S3Operation {
  const document = documentOperation(method, query);
  if (document) return document;
  switch (method) {
    case 'GET':
      return bucketRead(query);
    case 'HEAD':
      return reads('HeadBucket', 'ListBucket', buckets.headBucket);
    case 'PUT':
      return bucketWrite(query);
    case 'DELETE':
      return writes('DeleteBucket', 'DeleteBucket', buckets.deleteBucket);
    case 'POST':
      if (query.has('delete')) return writes('DeleteObjects', 'DeleteObject', deleteObjects);
      throw notAllowed(method, 'BUCKET');
    default:
      throw notAllowed(method, 'BUCKET');
  }
}

function bucketWrite(query: URLSearchParams): S3Operation {
  if (query.has('versioning'))
    return writes('PutBucketVersioning', 'PutBucketVersioning', buckets.putBucketVersioning);
  if (query.has('acl')) return writes('PutBucketAcl', 'PutBucketAcl', acl.putBucketAcl);
  if (query.has('object-lock')) {
    const iam = 'PutBucketObjectLockConfiguration';
    return writes('PutObjectLockConfiguration', iam, lock.putObjectLockConfiguration);
  }
  return writes('CreateBucket', 'CreateBucket', buckets.createBucket);
}

function bucketRead(query: URLSearchParams): S3Operation {
  if (query.has('acl')) return reads('GetBucketAcl', 'GetBucketAcl', acl.getBucketAcl);
  if (query.has('policyStatus'))
    return reads('GetBucketPolicyStatus', 'GetBucketPolicyStatus', getBucketPolicyStatus);
  if (query.has('object-lock')) {
    const iam = 'GetBucketObjectLockConfiguration';
    return reads('GetObjectLockConfiguration', iam, lock.getObjectLockConfiguration);
  }
  if (query.has('location'))
    return reads('GetBucketLocation', 'GetBucketLocation', buckets.getBucketLocation);
  if (query.has('versioning'))
    return reads('GetBucketVersioning', 'GetBucketVersioning', buckets.getBucketVersioning);
  if (query.has('versions')) return reads('ListObjectVersions', 'ListBucketVersions', listObjectVersions);
  if (query.has('uploads'))
    return reads('ListMultipartUploads', 'ListBucketMultipartUploads', multipart.listMultipartUploads);
  if (query.get('list-type') === '2') return reads('ListObjectsV2', 'ListBucket', lists.listObjectsV2);
  return reads('ListObjects', 'ListBucket', lists.listObjects);
}

/** IAM names that are not the operation's own: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const DOCUMENT_IAM: Readonly<Record<string, string>> = {
  BucketCors: 'BucketCORS',
  BucketLifecycleConfiguration: 'LifecycleConfiguration',
  BucketEncryption: 'EncryptionConfiguration',
  PublicAccessBlock: 'BucketPublicAccessBlock',
  BucketNotificationConfiguration: 'BucketNotification',
};

/** `DeleteBucketLifecycle`, and not `…LifecycleConfiguration`. */
const deleteName = (operation: string) => `Delete${operation.replace('Configuration', '')}`;

function documentOperation(method: string, query: URLSearchParams): S3Operation | undefined {
  for (const name in DOCUMENTS) {
    const spec = DOCUMENTS[name];
    if (!spec || !query.has(name)) continue;
    const iam = DOCUMENT_IAM[spec.operation] ?? spec.operation;
    if (method === 'GET') return reads(`Get${spec.operation}`, `Get${iam}`, getDocument(name, spec));
    if (method === 'PUT') return writes(`Put${spec.operation}`, `Put${iam}`, putDocument(name, spec));
    if (method === 'DELETE' && DELETABLE.has(name)) {
      const verb = name === 'policy' || name === 'website' ? 'Delete' : 'Put';
      return writes(deleteName(spec.operation), `${verb}${iam}`, deleteDocument(name, spec));
    }
    throw notAllowed(method, 'BUCKET');
  }
  return undefined;
}

function objectOperation(method: string, query: URLSearchParams, headers: Headers): S3Operation | undefined {
  switch (method) {
    case 'GET':
      return objectRead(query);
    case 'HEAD':
      return reads('HeadObject', versioned('GetObject*', query), read.getObject);
    case 'PUT':
      return objectWrite(query, headers);
    case 'DELETE':
      if (query.has('uploadId'))
        return writes('AbortMultipartUpload', 'AbortMultipartUpload', multipart.abortMultipartUpload);
      if (query.has('tagging'))
        return writes(
          'DeleteObjectTagging',
          versioned('DeleteObject*Tagging', query),
          read.deleteObjectTagging,
        );
      return writes(
        'DeleteObject',
        versioned('DeleteObject*', query) + readsToCompare(headers),
        deleteObject,
      );
    case 'POST':
      if (query.has('uploads'))
        return writes('CreateMultipartUpload', 'PutObject', multipart.createMultipartUpload);
      if (query.has('uploadId'))
        return writes(
          'CompleteMultipartUpload',
          `PutObject${readsToCompare(headers)}`,
          completeMultipartUpload,
        );
      return undefined;
    default:
      return undefined;
  }
}

/**
 * A condition on an entity tag needs the right to read the object as well:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html and …/conditional-deletes.html
 */
const readsToCompare = (headers: Headers): string => {
  const match = headers['if-match'];
  return match === undefined || match.trim() === '*' ? '' : '+GetObject';
};

/** The IAM action on a version is another one: `GetObject*Tagging` is `GetObjectTagging`, or `GetObjectVersionTagging`. */
const versioned = (action: string, query: URLSearchParams) =>
  action.replace('*', query.has('versionId') ? 'Version' : '');

function objectRead(query: URLSearchParams): S3Operation {
  if (query.has('tagging'))
    return reads('GetObjectTagging', versioned('GetObject*Tagging', query), read.getObjectTagging);
  if (query.has('attributes'))
    return reads('GetObjectAttributes', versioned('GetObject*Attributes', query), getObjectAttributes);
  if (query.has('uploadId')) return reads('ListParts', 'ListMultipartUploadParts', multipart.listParts);
  if (query.has('acl')) return reads('GetObjectAcl', versioned('GetObject*Acl', query), acl.getObjectAcl);
  if (query.has('retention'))
    return reads('GetObjectRetention', 'GetObjectRetention', lock.getObjectRetention);
  if (query.has('legal-hold'))
    return reads('GetObjectLegalHold', 'GetObjectLegalHold', lock.getObjectLegalHold);
  return reads('GetObject', versioned('GetObject*', query), read.getObject);
}

function objectWrite(query: URLSearchParams, headers: Headers): S3Operation {
  const copies = headers['x-amz-copy-source'] !== undefined;
  if (query.has('uploadId') && query.has('partNumber')) {
    return copies
      ? writes('UploadPartCopy', 'GetObject+PutObject', multipart.uploadPartCopy)
      : writes('UploadPart', 'PutObject', multipart.uploadPart);
  }
  if (query.has('tagging'))
    return writes('PutObjectTagging', versioned('PutObject*Tagging', query), read.putObjectTagging);
  if (query.has('acl')) return writes('PutObjectAcl', versioned('PutObject*Acl', query), acl.putObjectAcl);
  if (query.has('retention'))
    return writes('PutObjectRetention', 'PutObjectRetention', lock.putObjectRetention);
  if (query.has('legal-hold'))
    return writes('PutObjectLegalHold', 'PutObjectLegalHold', lock.putObjectLegalHold);
  const tagging = headers['x-amz-tagging'] === undefined ? '' : '+PutObjectTagging';
  if (copies) return writes('CopyObject', `GetObject+PutObject${tagging}`, copyObject);
  return writes('PutObject', `PutObject${tagging}${readsToCompare(headers)}`, putObject);
}

/** Deleting is possible where AWS has an operation for it. */
const DELETABLE: ReadonlySet<string> = new Set([
  'policy',
  'cors',
  'lifecycle',
  'website',
  'tagging',
  'encryption',
  'publicAccessBlock',
  'ownershipControls',
]);

function documentNames(name: string): string[] {
  const spec = DOCUMENTS[name];
  if (!spec) return [];
  return [
    `Get${spec.operation}`,
    `Put${spec.operation}`,
    ...(DELETABLE.has(name) ? [deleteName(spec.operation)] : []),
  ];
}

/** All operations that S3 has here. */
export const OPERATION_NAMES: readonly string[] = [
  ...['ListBuckets', 'CreateBucket', 'HeadBucket', 'DeleteBucket', 'GetBucketLocation'],
  ...['GetBucketVersioning', 'PutBucketVersioning', 'GetBucketPolicyStatus'],
  ...['GetBucketAcl', 'PutBucketAcl', 'GetObjectAcl', 'PutObjectAcl'],
  ...['GetObjectLockConfiguration', 'PutObjectLockConfiguration'],
  ...['GetObjectRetention', 'PutObjectRetention', 'GetObjectLegalHold', 'PutObjectLegalHold'],
  ...['ListObjects', 'ListObjectsV2', 'ListObjectVersions', 'ListMultipartUploads', 'ListParts'],
  ...[
    'GetObject',
    'HeadObject',
    'GetObjectAttributes',
    'PutObject',
    'CopyObject',
    'DeleteObject',
    'DeleteObjects',
  ],
  ...['GetObjectTagging', 'PutObjectTagging', 'DeleteObjectTagging'],
  ...[
    'CreateMultipartUpload',
    'UploadPart',
    'UploadPartCopy',
    'CompleteMultipartUpload',
    'AbortMultipartUpload',
  ],
  ...Object.keys(DOCUMENTS).flatMap(documentNames),
];
