import { wildcard } from './policy-conditions.ts';

/**
 * Words of a bucket policy: actions and condition keys, and what they go with.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Actions on objects. */
const ON_OBJECTS = words(`
  AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion
  DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold
  GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl
  GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging
  GetObjectVersionTorrent InitiateReplication ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner
  PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionAcl
  PutObjectVersionTagging ReplicateDelete ReplicateObject ReplicateTags RestoreObject
  UpdateObjectEncryption
`);

/** Actions on buckets. */
const ON_BUCKETS = words(`
  CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket
  DeleteBucketMetadataTableConfiguration DeleteBucketPolicy DeleteBucketWebsite
  GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS
  GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification
  GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus
  GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning
  GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration
  GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration
  GetReplicationConfiguration ListBucket ListBucketMultipartUploads ListBucketVersions
  ListTagsForResource PauseReplication PutAccelerateConfiguration PutAnalyticsConfiguration
  PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
  PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
  PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite
  PutEncryptionConfiguration PutIntelligentTieringConfiguration PutInventoryConfiguration
  PutLifecycleConfiguration PutMetricsConfiguration PutReplicationConfiguration TagResource
  UntagResource UpdateBucketMetadataInventoryTableConfiguration
  UpdateBucketMetadataJournalTableConfiguration
`);

/** Condition keys of every action, in lower case. */
const ANYWHERE = words(`
  s3:accesspointnetworkorigin s3:accesspointtag s3:authtype s3:buckettag s3:dataaccesspointaccount
  s3:dataaccesspointarn s3:resourceaccount s3:signatureage s3:signatureversion s3:tlsversion
  s3:x-amz-content-sha256
`);

/** Condition keys of some actions: actions, and their keys without what follows a slash. */
const SOME: ReadonlyArray<readonly [actions: string, keys: string]> = [
  ['ListBucket ListBucketVersions', 's3:delimiter s3:max-keys s3:prefix'],
  [
    'PutObject ReplicateObject UpdateObjectEncryption',
    's3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-aws-kms-key-id s3:x-amz-server-side-encryption-customer-algorithm',
  ],
  [
    'PutObject',
    's3:if-none-match s3:objectcreationoperation s3:x-amz-copy-source s3:x-amz-metadata-directive s3:x-amz-website-redirect-location',
  ],
  ['PutObject DeleteObject', 's3:if-match'],
  ['PutObject PutObjectLegalHold', 's3:object-lock-legal-hold'],
  [
    'PutObject PutObjectRetention',
    's3:object-lock-mode s3:object-lock-remaining-retention-days s3:object-lock-retain-until-date',
  ],
  [
    'CreateBucket PutBucketAcl PutObject PutObjectAcl PutObjectVersionAcl',
    's3:x-amz-acl s3:x-amz-grant-full-control s3:x-amz-grant-read s3:x-amz-grant-read-acp s3:x-amz-grant-write s3:x-amz-grant-write-acp',
  ],
  ['PutObject PutObjectAcl PutObjectVersionAcl', 's3:x-amz-storage-class'],
  ['PutObject PutObjectTagging PutObjectVersionTagging', 's3:requestobjecttag s3:requestobjecttagkeys'],
  [
    'DeleteObjectTagging DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectTagging GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionTagging PutObjectAcl PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging',
    's3:existingobjecttag',
  ],
  [
    'DeleteObjectVersion DeleteObjectVersionTagging GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionTagging PutObjectVersionAcl PutObjectVersionTagging',
    's3:versionid',
  ],
  ['CreateBucket', 's3:locationconstraint s3:x-amz-object-ownership s3:x-amz-bucket-namespace'],
  ['PutInventoryConfiguration', 's3:inventoryaccessibleoptionalfields'],
  ['PutReplicationConfiguration', 's3:isreplicationpauserequest'],
  ['PauseReplication', 's3:destinationregion'],
];

const ACTIONS_OF: ReadonlyMap<string, readonly string[]> = new Map(
  SOME.flatMap(([actions, keys]) => words(keys).map((key) => [key, words(actions)] as const)),
);

const bare = (key: string) => (key.split('/')[0] ?? '').toLowerCase();

/** `s3:prefix`, `aws:SourceArn`, … Of AWS's global keys any name is taken. */
export const isConditionKey = (key: string): boolean =>
  /^aws:[\w/${}:-]+$/i.test(key) || ANYWHERE.includes(bare(key)) || ACTIONS_OF.has(bare(key));

const meant = (pattern: string, names: readonly string[]) =>
  names.some((name) => wildcard(pattern.toLowerCase(), `s3:${name.toLowerCase()}`));

/** `s3:GetObject`, `s3:Get*`, `*`: an action that S3 has, or a pattern that stands for one. */
export const isAction = (pattern: string): boolean =>
  pattern === '*' || meant(pattern, ON_OBJECTS) || meant(pattern, ON_BUCKETS);

const onObjects = (resource: string) => resource.includes('/') || resource.includes('*');
const onBucket = (resource: string) => !resource.includes('/');

/** Each action is one of what one of the resources is: a bucket, or objects. */
export const actionsApply = (actions: readonly string[], resources: readonly string[]): boolean =>
  actions.every(
    (action) =>
      action === '*' ||
      (meant(action, ON_OBJECTS) && resources.some(onObjects)) ||
      (meant(action, ON_BUCKETS) && resources.some(onBucket)),
  );

/** One of the actions has this condition key. */
export function conditionsApply(key: string, actions: readonly string[]): boolean {
  const has = ACTIONS_OF.get(bare(key));
  return has === undefined || actions.some((action) => meant(action, has));
}
