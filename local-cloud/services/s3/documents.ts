import { CloudFault } from '../../core/service.ts';
import { child, parseXml, text } from '../../core/xml.ts';
import { empty, type Handler, NAMESPACE } from './call.ts';
import type { Bucket } from './model.ts';
import { refusePublicPolicy } from './policy.ts';
import { receiveDocument } from './receive.ts';

/** A configuration of a bucket that is a document: kept and given back as it was put. */
interface DocumentSpec {
  readonly operation: string;
  /** Root element; `json` for a policy. */
  readonly root: string;
  /** Error code where there is none; with `fallback`, there always is one. */
  readonly missing?: string;
  readonly fallback?: string;
  /** HTTP status of a put that succeeded. */
  readonly put: number | 'refused';
}

const open = (root: string, inner: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${inner}</${root}>`;

/** By subresource (`?policy`). New buckets block public access, encrypt, and enforce their owner, as AWS's do. */
export const DOCUMENTS: Readonly<Record<string, DocumentSpec>> = {
  policy: { operation: 'BucketPolicy', root: 'json', missing: 'NoSuchBucketPolicy', put: 204 },
  cors: { operation: 'BucketCors', root: 'CORSConfiguration', missing: 'NoSuchCORSConfiguration', put: 200 },
  lifecycle: {
    operation: 'BucketLifecycleConfiguration',
    root: 'LifecycleConfiguration',
    missing: 'NoSuchLifecycleConfiguration',
    put: 200,
  },
  website: {
    operation: 'BucketWebsite',
    root: 'WebsiteConfiguration',
    missing: 'NoSuchWebsiteConfiguration',
    put: 200,
  },
  tagging: { operation: 'BucketTagging', root: 'Tagging', missing: 'NoSuchTagSet', put: 204 },
  encryption: {
    operation: 'BucketEncryption',
    root: 'ServerSideEncryptionConfiguration',
    fallback: open(
      'ServerSideEncryptionConfiguration',
      '<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>',
    ),
    put: 200,
  },
  publicAccessBlock: {
    operation: 'PublicAccessBlock',
    root: 'PublicAccessBlockConfiguration',
    missing: 'NoSuchPublicAccessBlockConfiguration',
    fallback: open(
      'PublicAccessBlockConfiguration',
      '<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>',
    ),
    put: 200,
  },
  ownershipControls: {
    operation: 'BucketOwnershipControls',
    root: 'OwnershipControls',
    missing: 'OwnershipControlsNotFoundError',
    fallback: open(
      'OwnershipControls',
      '<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>',
    ),
    put: 200,
  },
  logging: {
    operation: 'BucketLogging',
    root: 'BucketLoggingStatus',
    fallback: open('BucketLoggingStatus', ''),
    put: 200,
  },
  notification: {
    operation: 'BucketNotificationConfiguration',
    root: 'NotificationConfiguration',
    fallback: open('NotificationConfiguration', ''),
    put: 200,
  },
  requestPayment: {
    operation: 'BucketRequestPayment',
    root: 'RequestPaymentConfiguration',
    fallback: open('RequestPaymentConfiguration', '<Payer>BucketOwner</Payer>'),
    put: 200,
  },
  acl: {
    operation: 'BucketAcl',
    root: 'AccessControlPolicy',
    fallback: open(
      'AccessControlPolicy',
      '<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>',
    ),
    put: 'refused',
  },
};

/**
 * What a bucket encrypts new objects with, as the headers that S3 answers with.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
 */
export function bucketEncryption(bucket: Bucket): Record<string, string> {
  const put = bucket.documents.get('encryption');
  const rule = put && child(parseXml(put, 'ServerSideEncryptionConfiguration'), 'Rule');
  const wanted = child(rule || undefined, 'ApplyServerSideEncryptionByDefault');
  const key = text(wanted, 'KMSMasterKeyID');
  return {
    'x-amz-server-side-encryption': text(wanted, 'SSEAlgorithm') ?? 'AES256',
    ...(key ? { 'x-amz-server-side-encryption-aws-kms-key-id': key } : {}),
  };
}

/** A document that was deleted although there is one by default. */
const DELETED = '';

export const getDocument =
  (name: string, spec: DocumentSpec): Handler =>
  (call) => {
    const body = call.bucket().documents.get(name) ?? spec.fallback;
    if (body === undefined || body === DELETED) {
      throw new CloudFault(
        spec.missing ?? 'NoSuchConfiguration',
        'The specified configuration does not exist.',
        404,
        {
          BucketName: call.bucketName,
        },
      );
    }
    const type = spec.root === 'json' ? 'application/json' : 'application/xml';
    return { status: 200, headers: { 'content-type': type }, body };
  };

export const putDocument =
  (name: string, spec: DocumentSpec): Handler =>
  async (call) => {
    const body = await receiveDocument(call.request);
    const bucket = call.bucket();
    if (spec.put === 'refused') {
      throw new CloudFault('AccessControlListNotSupported', 'The bucket does not allow ACLs', 400);
    }
    if (spec.root === 'json') refusePublicPolicy(body, bucket);
    else parseXml(body, spec.root);
    bucket.documents.set(name, body);
    return empty(spec.put);
  };

export const deleteDocument =
  (name: string, spec: DocumentSpec): Handler =>
  (call) => {
    const { documents } = call.bucket();
    if (spec.fallback !== undefined && spec.missing !== undefined) documents.set(name, DELETED);
    else documents.delete(name);
    return empty(204);
  };
