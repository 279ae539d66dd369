import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyStatusCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '../../../local-cloud/core/cloud.ts';
import { services } from '../../../local-cloud/services/index.ts';

let cloud: Cloud;
let s3: S3Client;
let buckets = 0;

const client = (region: string, more = {}) =>
  new S3Client({
    region,
    endpoint: cloud.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    ...more,
  });

beforeAll(async () => {
  const options = { port: 0, host: '127.0.0.1', speed: 100, latency: 0, region: 'us-west-2', log: () => {} };
  cloud = await startCloud(services, options);
  s3 = client('us-west-2');
});
afterAll(() => cloud.close());

async function bucket(more: object = {}): Promise<string> {
  const Bucket = `bucket-${++buckets}`;
  const CreateBucketConfiguration = { LocationConstraint: 'us-west-2' as const };
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration, ...more }));
  return Bucket;
}

const put = (Bucket: string, Key: string, more: object = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: 'text', ...more }));

const deny = (Bucket: string, Action: string, Condition?: object) =>
  s3.send(
    new PutBucketPolicyCommand({
      Bucket,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Deny', Principal: '*', Action, Resource: `arn:aws:s3:::${Bucket}/*`, Condition },
        ],
      }),
    }),
  );

const denied = expect.objectContaining({ name: 'AccessDenied' });

describe('a policy that denies binds its owner too', () => {
  it('PutObject without the encryption that it demands', async () => {
    const Bucket = await bucket();
    await deny(Bucket, 's3:PutObject', { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } });
    await expect(put(Bucket, 'a')).rejects.toThrow(/explicit deny in a resource-based policy/);
    const answer = await put(Bucket, 'a', { ServerSideEncryption: 'aws:kms' });
    expect(answer.SSEKMSKeyId).toMatch(/^arn:aws:kms:us-west-2:/);
  });
  it('a copy into it, and one key of a batch delete', async () => {
    const Bucket = await bucket();
    await put(Bucket, 'keep/a');
    await put(Bucket, 'b');
    const Resource = `arn:aws:s3:::${Bucket}/keep/*`;
    const statement = {
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:DeleteObject', 's3:PutObject'],
      Resource,
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statement });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    await expect(
      s3.send(new CopyObjectCommand({ Bucket, Key: 'keep/c', CopySource: `${Bucket}/b` })),
    ).rejects.toThrow(denied);
    const Objects = [{ Key: 'keep/a' }, { Key: 'b' }];
    const answer = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(answer.Deleted?.map((one) => one.Key)).toEqual(['b']);
    expect(answer.Errors).toMatchObject([{ Key: 'keep/a', Code: 'AccessDenied' }]);
    const status = await s3.send(new GetBucketPolicyStatusCommand({ Bucket }));
    expect(status.PolicyStatus?.IsPublic).toBe(false);
  });
  it('can be put right again', async () => {
    const Bucket = await bucket();
    await deny(Bucket, 's3:*');
    await expect(put(Bucket, 'a')).rejects.toThrow(denied);
    await deny(Bucket, 's3:DeleteObject');
    await put(Bucket, 'a');
  });
});

describe('encryption', () => {
  it('is what the bucket has by default, and told by every answer', async () => {
    const Bucket = await bucket();
    expect((await put(Bucket, 'plain')).ServerSideEncryption).toBe('AES256');
    const ApplyServerSideEncryptionByDefault = {
      SSEAlgorithm: 'aws:kms' as const,
      KMSMasterKeyID: 'one-key',
    };
    const Rules = [{ ApplyServerSideEncryptionByDefault, BucketKeyEnabled: true }];
    const ServerSideEncryptionConfiguration = { Rules };
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
    const expected = {
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'arn:aws:kms:us-west-2:000000000000:key/one-key',
      BucketKeyEnabled: true,
    };
    expect(await put(Bucket, 'a')).toMatchObject(expected);
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).toMatchObject(expected);
    expect(await put(Bucket, 'b', { ServerSideEncryption: 'AES256' })).toMatchObject({
      ServerSideEncryption: 'AES256',
    });
  });
  it.each([
    [{ ServerSideEncryption: 'rot13' }, 'InvalidArgument'],
    [{ ServerSideEncryption: 'AES256', SSEKMSKeyId: 'one-key' }, 'InvalidArgument'],
    [{ SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) }, 'AccessDenied'],
  ])('refuses %j', async (headers, name) => {
    await expect(put(await bucket(), 'a', headers)).rejects.toThrow(expect.objectContaining({ name }));
  });
});

describe('object lock', () => {
  const day = new Date(Date.now() + 86_400_000);
  it('retains by default what comes with a checksum', async () => {
    const Bucket = await bucket({ ObjectLockEnabledForBucket: true });
    const DefaultRetention = { Mode: 'GOVERNANCE' as const, Days: 1 };
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const, Rule: { DefaultRetention } };
    await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    const bare = client('us-west-2', { requestChecksumCalculation: 'WHEN_REQUIRED' });
    await expect(bare.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidRequest' }),
    );
    const { VersionId } = await put(Bucket, 'a');
    const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket, Key: 'a' }));
    expect(Retention?.Mode).toBe('GOVERNANCE');
    const left = (Retention?.RetainUntilDate?.getTime() ?? 0) - Date.now();
    expect(left).toBeGreaterThan(86_000_000);
    await expect(s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId }))).rejects.toThrow(denied);
    expect((await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))).DeleteMarker).toBe(true);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId, BypassGovernanceRetention: true }));
  });
  it('of compliance yields to nobody, a legal hold to its end', async () => {
    const Bucket = await bucket({ ObjectLockEnabledForBucket: true });
    const lock = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: day };
    const { VersionId } = await put(Bucket, 'a', lock);
    const bypass = { Bucket, Key: 'a', VersionId, BypassGovernanceRetention: true };
    await expect(s3.send(new DeleteObjectCommand(bypass))).rejects.toThrow(denied);
    const held = await put(Bucket, 'b', { ObjectLockLegalHoldStatus: 'ON' });
    const b = { Bucket, Key: 'b', VersionId: held.VersionId };
    await expect(s3.send(new DeleteObjectCommand(b))).rejects.toThrow(denied);
    await s3.send(new PutObjectLegalHoldCommand({ ...b, LegalHold: { Status: 'OFF' } }));
    await s3.send(new DeleteObjectCommand(b));
  });
  it('keeps versioning on, and needs it', async () => {
    const locked = await bucket({ ObjectLockEnabledForBucket: true });
    const Suspended = { VersioningConfiguration: { Status: 'Suspended' as const } };
    await expect(s3.send(new PutBucketVersioningCommand({ Bucket: locked, ...Suspended }))).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidBucketState' }),
    );
    const plain = await bucket();
    await expect(put(plain, 'a', { ObjectLockLegalHoldStatus: 'ON' })).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidRequest' }),
    );
  });
});

describe('access control lists', () => {
  it('are refused where the owner is enforced, as in new buckets', async () => {
    const Bucket = await bucket();
    const name = 'AccessControlListNotSupported';
    await expect(put(Bucket, 'a', { ACL: 'public-read' })).rejects.toThrow(expect.objectContaining({ name }));
    await put(Bucket, 'a', { ACL: 'bucket-owner-full-control' });
    await expect(s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', ACL: 'private' }))).rejects.toThrow(
      expect.objectContaining({ name }),
    );
    await expect(bucket({ ACL: 'public-read' })).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidBucketAclWithObjectOwnership' }),
    );
  });
  it('open an object where ownership and the public access block allow them', async () => {
    const Bucket = await bucket();
    const OwnershipControls = { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' as const }] };
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    await expect(put(Bucket, 'a', { ACL: 'public-read' })).rejects.toThrow(denied);
    const PublicAccessBlockConfiguration = { BlockPublicAcls: false, IgnorePublicAcls: false };
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    await put(Bucket, 'a', { ACL: 'public-read' });
    await put(Bucket, 'b');
    const { Grants } = await s3.send(new GetObjectAclCommand({ Bucket, Key: 'a' }));
    expect(Grants?.map((grant) => grant.Permission)).toEqual(['FULL_CONTROL', 'READ']);
    expect((await fetch(`${cloud.endpoint}/${Bucket}/a`)).status).toBe(200);
    expect((await fetch(`${cloud.endpoint}/${Bucket}/b`)).status).toBe(403);
    expect((await fetch(`${cloud.endpoint}/${Bucket}/none`)).status).toBe(403);
  });
});

describe("another region's bucket", () => {
  it('is told by S3 in the words of its endpoints', async () => {
    const Bucket = await bucket();
    const east = client('us-east-1', { followRegionRedirects: false });
    const eu = client('eu-west-1', { followRegionRedirects: false });
    await expect(east.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow(
      expect.objectContaining({ name: 'AuthorizationHeaderMalformed', Region: 'us-west-2' }),
    );
    const redirected = await eu.send(new GetObjectCommand({ Bucket, Key: 'a' })).catch((error) => error);
    expect(redirected).toMatchObject({ name: 'PermanentRedirect', $metadata: { httpStatusCode: 301 } });
    expect(redirected.$response.headers['x-amz-bucket-region']).toBe('us-west-2');
    const head = await eu.send(new HeadBucketCommand({ Bucket })).catch((error) => error);
    expect(head.$response.headers['x-amz-bucket-region']).toBe('us-west-2');
  });
  it('may have the source of a copy, and not its target', async () => {
    const Source = await bucket();
    await put(Source, 'a');
    const eu = client('eu-west-1', { followRegionRedirects: false });
    const Bucket = `${Source}-eu`;
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' as const };
    await eu.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    const copy = () => new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Source}/a` });
    await eu.send(copy());
    const copied = await eu.send(new GetObjectCommand({ Bucket, Key: 'b' }));
    expect(await copied.Body?.transformToString()).toBe('text');
    await expect(client('us-west-2', { followRegionRedirects: false }).send(copy())).rejects.toThrow(
      expect.objectContaining({ name: 'PermanentRedirect' }),
    );
    const none = new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Source}-none/a` });
    await expect(eu.send(none)).rejects.toThrow(expect.objectContaining({ name: 'NoSuchBucket' }));
  });
});

describe('multipart uploads', () => {
  async function upload(Bucket: string, complete: object) {
    const Key = 'big';
    const created = await s3.send(
      new CreateMultipartUploadCommand({
        Bucket,
        Key,
        ChecksumAlgorithm: 'CRC32',
        ChecksumType: 'FULL_OBJECT',
      }),
    );
    const at = { Bucket, Key, UploadId: created.UploadId };
    const part = await s3.send(
      new UploadPartCommand({ ...at, PartNumber: 1, Body: '123456789', ChecksumAlgorithm: 'CRC32' }),
    );
    const Parts = [{ PartNumber: 1, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 }];
    return s3.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts }, ...complete }));
  }
  it('are completed with the checksum of the object, and not with another', async () => {
    const Bucket = await bucket();
    // The check value of CRC-32, for 123456789.
    const ChecksumCRC32 = Buffer.from('cbf43926', 'hex').toString('base64');
    const right = { ChecksumCRC32, ChecksumType: 'FULL_OBJECT' };
    expect(await upload(Bucket, right)).toMatchObject(right);
    await expect(upload(Bucket, { ...right, ChecksumCRC32: 'AAAAAA==' })).rejects.toThrow(
      expect.objectContaining({ name: 'BadDigest' }),
    );
    await expect(upload(Bucket, { ...right, ChecksumType: 'COMPOSITE' })).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidRequest' }),
    );
  });
  it('tell their parts, versions included', async () => {
    const Bucket = await bucket();
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const created = await s3.send(
      new CreateMultipartUploadCommand({ Bucket, Key: 'a', ChecksumAlgorithm: 'SHA256' }),
    );
    const at = { Bucket, Key: 'a', UploadId: created.UploadId };
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const Body = Buffer.alloc(5 * 1024 ** 2, PartNumber);
      const { ETag, ChecksumSHA256 } = await s3.send(
        new UploadPartCommand({ ...at, PartNumber, Body, ChecksumAlgorithm: 'SHA256' }),
      );
      Parts.push({ PartNumber, ETag, ChecksumSHA256 });
    }
    const { VersionId } = await s3.send(
      new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts } }),
    );
    const ObjectAttributes = ['ETag', 'Checksum', 'ObjectParts', 'ObjectSize'] as const;
    const told = await s3.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: 'a',
        VersionId,
        ObjectAttributes: [...ObjectAttributes],
        MaxParts: 1,
      }),
    );
    expect(told).toMatchObject({
      VersionId,
      ObjectSize: 10 * 1024 ** 2,
      Checksum: { ChecksumType: 'COMPOSITE' },
      ObjectParts: {
        TotalPartsCount: 2,
        IsTruncated: true,
        Parts: [{ PartNumber: 1, Size: 5 * 1024 ** 2, ChecksumSHA256: Parts[0]?.ChecksumSHA256 }],
      },
    });
  });
});

describe('what S3 refuses', () => {
  it('to read what is archived, and not to tell of it', async () => {
    const Bucket = await bucket();
    await put(Bucket, 'a', { StorageClass: 'GLACIER' });
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidObjectState' }),
    );
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).StorageClass).toBe('GLACIER');
  });
  it("another account's bucket where this one was expected", async () => {
    const Bucket = await bucket();
    await put(Bucket, 'a', { ExpectedBucketOwner: '000000000000' });
    await expect(put(Bucket, 'a', { ExpectedBucketOwner: '111111111111' })).rejects.toThrow(denied);
  });
  it('no condition for a quote that is missing', async () => {
    const Bucket = await bucket();
    const { ETag } = await put(Bucket, 'a');
    await put(Bucket, 'a', { IfMatch: ETag?.slice(0, -1) });
  });
  const rule = { ID: 'r', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 1 } };
  const { Filter: _filter, ...noFilter } = rule;
  it.each([
    [[], 'MalformedXML'],
    [[{ ...rule, Status: 'enabled' as 'Enabled' }], 'MalformedXML'],
    [[{ ...rule, Expiration: { Days: 0 } }], 'InvalidArgument'],
    [[{ ...rule, Expiration: undefined }], 'InvalidRequest'],
    [[{ ...rule, ID: 'r'.repeat(256) }], 'InvalidArgument'],
    [[rule, rule], 'InvalidArgument'],
    [[noFilter], 'MalformedXML'],
    [[{ ...rule, Expiration: { Date: new Date('2030-01-01T10:00:00Z') } }], 'InvalidArgument'],
    [[{ ...rule, Transitions: [{ Days: 1, StorageClass: 'STANDARD_IA' as const }] }], 'InvalidArgument'],
  ])('the lifecycle rules %j', async (Rules, name) => {
    const Bucket = await bucket();
    await expect(
      s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } })),
    ).rejects.toThrow(expect.objectContaining({ name }));
  });
  it('no lifecycle rule without an id, and gives it one', async () => {
    const Bucket = await bucket();
    const { ID: _id, ...bare } = rule;
    const LifecycleConfiguration = { Rules: [bare] };
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
    const told = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(told.Rules).toMatchObject([{ ...bare, ID: expect.stringMatching(/.{40}/) }]);
  });
  it.each([
    [{ AllowedMethods: ['PATCH'], AllowedOrigins: ['*'] }, 'InvalidRequest'],
    [{ AllowedMethods: ['GET'], AllowedOrigins: ['https://*.a.*'] }, 'InvalidRequest'],
    [{ AllowedMethods: [], AllowedOrigins: ['*'] }, 'MalformedXML'],
  ])('the CORS rule %j', async (corsRule, name) => {
    const Bucket = await bucket();
    const CORSConfiguration = { CORSRules: [corsRule] };
    await expect(s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration }))).rejects.toThrow(
      expect.objectContaining({ name }),
    );
  });
  it.each([
    [[{ Key: 'a', Value: '<b>' }], 'InvalidTag'],
    [[{ Key: '', Value: 'b' }], 'InvalidTag'],
    [[{ Key: 'aws:a', Value: 'b' }], 'InvalidTag'],
    [['a', 'a'].map((Key) => ({ Key, Value: 'b' })), 'InvalidTag'],
    [Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: 'v' })), 'BadRequest'],
  ])('the tags %j', async (TagSet, name) => {
    const Bucket = await bucket();
    await expect(s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }))).rejects.toThrow(
      expect.objectContaining({ name }),
    );
  });
});
