import {
  CreateBucketCommand,
  DeleteBucketOwnershipControlsCommand,
  DeletePublicAccessBlockCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const text = (log: string) => log.replaceAll('%0A', '\n').replaceAll('%25', '%');
const rollback = (site: TestSite, to: string) =>
  runAction('rollback', { 'release-bucket': site.releaseBucket, to, 'github-token': '' }, { env: cloud.env });

describe('a bucket whose files are public by their ACLs', () => {
  const readers = async (site: TestSite, Key: string) => {
    const acl = await site.s3.send(new GetObjectAclCommand({ Bucket: site.bucket, Key }));
    return (acl.Grants ?? []).map(({ Grantee, Permission }) => `${Grantee?.Type} ${Permission}`);
  };
  const PUBLIC = ['CanonicalUser FULL_CONTROL', 'Group READ'];
  const makePublic = async (name: string) => {
    const site = await makeSite(cloud, name, { distribution: false });
    const Bucket = site.bucket;
    await site.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await site.s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
    const before = { Key: 'index.html', Body: 'before', ContentType: 'text/html' };
    await site.s3.send(new PutObjectCommand({ Bucket, ...before, ACL: 'public-read' }));
    return site;
  };

  it('is refused before anything is changed, with the way on', async () => {
    const site = await makePublic('acl-refused');
    await cloud.clearRequests();
    const run = await site.deploy(makeFolder(smallSite('one')));
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(text(run.log)).toContain(`found: s3://${site.bucket}/index.html grants READ to everybody`);
    expect(text(run.log)).toContain('set `acl: public-read` in this step to keep it so');
    expect(await cloud.changes()).toEqual([]);
  });

  it('stays public by the input `acl`, and so does what goes back', async () => {
    const site = await makePublic('acl-kept');
    const acl = { acl: 'public-read' };
    const one = await site.deploy(makeFolder(smallSite('one')), { ...acl, 'release-id': 'one' });
    expect(one.outputs['outcome'], one.log).toBe('deployed');
    for (const key of (await site.live()).keys()) expect(await readers(site, key)).toEqual(PUBLIC);
    const two = await site.deploy(makeFolder(smallSite('two')), { ...acl, 'release-id': 'two' });
    expect(two.outputs['outcome'], two.log).toBe('deployed');
    const back = await rollback(site, 'one.adopted');
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    expect(await readers(site, 'index.html')).toEqual(PUBLIC);
  });

  it('is told from one that has no ACLs', async () => {
    const site = await makeSite(cloud, 'acl-none', { distribution: false });
    await site.deploy(makeFolder(smallSite('one')), { 'release-id': 'one' });
    const run = await site.deploy(makeFolder(smallSite('two')), { acl: 'public-read' });
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    expect(text(run.log)).toContain('next: take `acl` away from this step');
  });
});

describe('buckets whose policies demand that an encryption is named', () => {
  const KEY = 'arn:aws:kms:us-west-2:000000000000:key/11111111-2222-3333-4444-555555555555';
  const demands = (bucket: string, condition: object) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: `arn:aws:s3:::${bucket}/*`,
          Condition: condition,
        },
      ],
    });
  const demanding = async (name: string, algorithm: 'AES256' | 'aws:kms') => {
    const site = await makeSite(cloud, name, { distribution: false });
    for (const Bucket of [site.bucket, site.releaseBucket]) {
      const wanted = { StringNotEquals: { 's3:x-amz-server-side-encryption': algorithm } };
      await site.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: demands(Bucket, wanted) }));
      if (algorithm === 'AES256') continue;
      const byDefault = { SSEAlgorithm: algorithm, KMSMasterKeyID: KEY };
      await site.s3.send(
        new PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: byDefault }] },
        }),
      );
    }
    return site;
  };
  const encryptionOf = async (site: TestSite, Bucket: string, Key: string) => {
    const found = await site.s3.send(new GetObjectCommand({ Bucket, Key }));
    await found.Body?.transformToByteArray();
    return [found.ServerSideEncryption, found.SSEKMSKeyId];
  };

  it.each([
    ['AES256', undefined],
    ['aws:kms', KEY],
  ] as const)('are deployed to with the encryption that they have by default: %s', async (algorithm, key) => {
    const site = await demanding(`sse-${algorithm.replace(':', '-').toLowerCase()}`, algorithm);
    for (const version of ['one', 'two']) {
      const run = await site.deploy(makeFolder(smallSite(version)), { 'release-id': version });
      expect(run.outputs['outcome'], run.log).toBe('deployed');
    }
    expect(await encryptionOf(site, site.bucket, 'index.html')).toEqual([algorithm, key]);
    expect(await encryptionOf(site, site.releaseBucket, 'production/current.json')).toEqual([algorithm, key]);
    const back = await rollback(site, 'one');
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
  });

  it('and that nobody may ask for theirs: the message names the header, and the input does it', async () => {
    const site = await demanding('sse-told', 'AES256');
    const unreadable = {
      kind: 'error',
      service: 's3',
      operation: 'GetBucketEncryption',
      status: 403,
      code: 'AccessDenied',
    };
    await cloud.fault(unreadable);
    const run = await site.deploy(makeFolder(smallSite('one')));
    expect(run.outputs['outcome'], run.log).not.toBe('deployed');
    expect(text(run.log)).toMatch(/next: .*x-amz-server-side-encryption, set `encryption`/);
    const input = { encryption: 'AES256', 'release-id': 'one' };
    const again = await site.deploy(makeFolder(smallSite('one')), input);
    expect(again.outputs['outcome'], again.log).toBe('deployed');
    await site.deploy(makeFolder(smallSite('two')), { ...input, 'release-id': 'two' });
    // A rollback has no such input: the site's state, and what it reads, tell.
    const back = await rollback(site, 'one');
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    await cloud.clearFaults();
  });

  it.each(['DES', 'AES256 some-key', 'aws:kms a b'])('%j is no encryption', async (encryption) => {
    const site = await makeSite(cloud, 'sse-wrong', { distribution: false });
    const run = await site.deploy(makeFolder(smallSite('one')), { encryption });
    expect(run.log).toContain('input `encryption`: is no encryption that S3 knows');
  });
});

it('buckets with Object Lock get the checksum that they want with every write', async () => {
  const site = await makeSite(cloud, 'locked', { distribution: false });
  const releaseBucket = 'locked-releases';
  const place = { LocationConstraint: 'us-west-2' as const };
  await site.s3.send(
    new CreateBucketCommand({
      Bucket: releaseBucket,
      CreateBucketConfiguration: place,
      ObjectLockEnabledForBucket: true,
    }),
  );
  await site.s3.send(
    new PutObjectLockConfigurationCommand({
      Bucket: releaseBucket,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } },
      },
    }),
  );
  const run = await site.deploy(makeFolder(smallSite('one')), { 'release-bucket': releaseBucket });
  expect(run.outputs['outcome'], run.log).toBe('deployed');
});
