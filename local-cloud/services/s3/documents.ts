import { CloudFault } from '../../core/service.ts';
import { parseXml } from '../../core/xml.ts';
import { checkOwnership } from './acl.ts';
import { empty, type Handler, NAMESPACE, xml } from './call.ts';
import {
  checkBucketTags,
  checkCors,
  checkLifecycle,
  checkPublicAccessBlock,
  checkRequestPayment,
  checkWebsite,
  withRuleIds,
} from './document-checks.ts';
import { checkEncryption } from './encryption.ts';
import type { Bucket } from './model.ts';
import { checkPolicy, policyIsPublic } from './policy.ts';
import { readTags } from './read.ts';
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
  readonly put: number;
  /** Throws for what S3 would not take. */
  readonly check?: (body: string, bucket: Bucket) => void;
  /** What is kept of it, where that is not the document as it came. */
  readonly keep?: (body: string) => string;
}

const open = (root: string, inner: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${inner}</${root}>`;

/** By subresource (`?policy`). New buckets block public access, encrypt, and enforce their owner, as AWS's do. */
export const DOCUMENTS: Readonly<Record<string, DocumentSpec>> = {
  policy: {
    operation: 'BucketPolicy',
    root: 'json',
    missing: 'NoSuchBucketPolicy',
    put: 204,
    check: checkPolicy,
  },
  cors: {
    operation: 'BucketCors',
    root: 'CORSConfiguration',
    missing: 'NoSuchCORSConfiguration',
    put: 200,
    check: checkCors,
  },
  lifecycle: {
    operation: 'BucketLifecycleConfiguration',
    root: 'LifecycleConfiguration',
    missing: 'NoSuchLifecycleConfiguration',
    put: 200,
    check: checkLifecycle,
    keep: withRuleIds,
  },
  website: {
    operation: 'BucketWebsite',
    root: 'WebsiteConfiguration',
    missing: 'NoSuchWebsiteConfiguration',
    put: 200,
    check: checkWebsite,
  },
  tagging: {
    operation: 'BucketTagging',
    root: 'Tagging',
    missing: 'NoSuchTagSet',
    put: 204,
    check: checkBucketTags,
    keep: (body) => (Object.keys(readTags(body)).length === 0 ? DELETED : body),
  },
  encryption: {
    operation: 'BucketEncryption',
    root: 'ServerSideEncryptionConfiguration',
    check: checkEncryption,
    fallback: open(
      'ServerSideEncryptionConfiguration',
      '<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule>',
    ),
    put: 200,
  },
  publicAccessBlock: {
    operation: 'PublicAccessBlock',
    root: 'PublicAccessBlockConfiguration',
    check: checkPublicAccessBlock,
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
    check: checkOwnership,
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
    check: checkRequestPayment,
    fallback: open('RequestPaymentConfiguration', '<Payer>BucketOwner</Payer>'),
    put: 200,
  },
};

/** A document that was deleted although there is one by default, or that was put without anything in it. */
const DELETED = '';

const missing = (code: string, message: string, BucketName: string) =>
  new CloudFault(code, message, 404, { BucketName });

const MISSING: Readonly<Record<string, string>> = {
  policy: 'The bucket policy does not exist',
  cors: 'The CORS configuration does not exist',
  lifecycle: 'The lifecycle configuration does not exist',
  website: 'The specified bucket does not have a website configuration',
  tagging: 'The TagSet does not exist',
  publicAccessBlock: 'The public access block configuration was not found',
  ownershipControls: 'The bucket ownership controls were not found',
};

export const getDocument =
  (name: string, spec: DocumentSpec): Handler =>
  (call) => {
    const body = call.bucket().documents.get(name) ?? spec.fallback;
    if (body === undefined || body === DELETED) {
      throw missing(
        spec.missing ?? 'NoSuchConfiguration',
        MISSING[name] ?? 'The specified configuration does not exist.',
        call.bucketName,
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
    if (spec.check) spec.check(body, bucket);
    else parseXml(body, spec.root);
    call.store.setDocument(bucket, name, spec.keep?.(body) ?? body);
    return empty(spec.put);
  };

export const deleteDocument =
  (name: string, spec: DocumentSpec): Handler =>
  (call) => {
    const always = spec.fallback !== undefined && spec.missing !== undefined;
    call.store.setDocument(call.bucket(), name, always ? DELETED : undefined);
    return empty(204);
  };

/** Whether the policy is public: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html */
export const getBucketPolicyStatus: Handler = (call) => {
  const body = call.bucket().documents.get('policy');
  if (body === undefined)
    throw missing('NoSuchBucketPolicy', 'The bucket policy does not exist', call.bucketName);
  return xml('PolicyStatus', { IsPublic: policyIsPublic(body) });
};
