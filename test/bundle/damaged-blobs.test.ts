import { createHash } from 'node:crypto';
import { PutBucketEncryptionCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';

/*
 * Blobs whose bytes are not what their names say: nobody may see them, neither by a rollback nor by a deployment that
 * undoes itself.
 */
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const LOGO = { one: '<svg><!-- one --></svg>', two: '<svg><!-- two --></svg>' };
const filesOf = (version: 'one' | 'two') => ({ ...smallSite(version), 'logo.svg': LOGO[version] });

async function twoReleases(name: string, kms = false): Promise<TestSite> {
  const site = await makeSite(cloud, name);
  if (kms) await encrypt(site);
  for (const version of ['one', 'two'] as const) {
    const run = await site.deploy(makeFolder(filesOf(version)), { 'release-id': version });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
  }
  return site;
}

async function encrypt(site: TestSite): Promise<void> {
  const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const } };
  for (const Bucket of [site.bucket, site.releaseBucket]) {
    await site.s3.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: { Rules: [rule] },
      }),
    );
  }
}

/** Puts `body` where the blob of `content` is. */
async function overwriteBlob(site: TestSite, content: string, body: string): Promise<string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const Key = (await site.stored()).find((key) => key.endsWith(sha256)) ?? '';
  expect(Key).not.toBe('');
  await site.s3.send(new PutObjectCommand({ Bucket: site.releaseBucket, Key, Body: body }));
  return Key;
}

const rollback = (site: TestSite) =>
  runAction(
    'rollback',
    { 'release-bucket': site.releaseBucket, to: 'one' },
    { runNumber: 90, job: 'rollback', commit: '9'.repeat(40), env: cloud.env },
  );

/** Requests for single objects of the release bucket's blobs, by operation. */
const blobRequests = async () =>
  (await cloud.requests())
    .filter(({ resource, operation }) => resource.includes('/blobs/') && !operation.startsWith('List'))
    .map(({ operation }) => operation)
    .sort();

describe('a rollback to a release with a damaged blob', () => {
  it.each([
    ['whose ETag is the MD5', 'damaged-md5', false],
    ['of a bucket that is encrypted with KMS', 'damaged-kms', true],
  ])('is refused, and changes nothing: a blob %s', async (_which, name, kms) => {
    const site = await twoReleases(name, kms);
    const key = await overwriteBlob(site, LOGO.one, LOGO.one.replace('one', 'bad'));
    const before = await site.live();
    const run = await rollback(site);
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toContain('1 of the files of that release are damaged');
    expect(run.log).toContain(`logo.svg: s3://${site.releaseBucket}/${key}`);
    expect(await site.live()).toEqual(before);
    expect((await site.get('/logo.svg')).body).toBe(LOGO.two);
  });
});

describe('a rollback to a release whose blobs are whole', () => {
  it('asks for no blob by itself where ETags are MD5s', async () => {
    const site = await twoReleases('whole-md5');
    await cloud.clearRequests();
    const run = await rollback(site);
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    expect(await blobRequests()).toEqual([]);
  });

  it('asks for the checksum alone where they are not, and for the bytes where S3 has no checksum of them', async () => {
    const site = await twoReleases('whole-kms', true);
    // As an older version of the action stored it: the bytes are right, and no SHA-256 is kept with them.
    await overwriteBlob(site, LOGO.one, LOGO.one);
    await cloud.clearRequests();
    const run = await rollback(site);
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    const asked = await blobRequests();
    expect(asked).toContain('HeadObject');
    // Once for the plan before the lock, once for the one under it, once for the copy.
    expect(asked.filter((operation) => operation === 'GetObject')).toHaveLength(3);
    await site.dropped();
    expect((await site.get('/logo.svg')).body).toBe(LOGO.one);
  });
});

describe('a deployment that cannot put back what was live', () => {
  it('says which blob is damaged, and does not call it rolled back', async () => {
    const site = await twoReleases('damaged-undo');
    const key = await overwriteBlob(site, LOGO.two, LOGO.two.replace('two', 'bad'));
    await cloud.fault({ kind: 'denied', service: 'cloudfront', operation: 'CreateInvalidation', count: 1 });
    const run = await site.deploy(makeFolder(filesOf('one')), { 'release-id': 'three' });
    expect(run.outputs['outcome'], run.log).toBe('rollback-failed');
    expect(run.log).toContain('the release bucket has other bytes than those of logo.svg');
    expect(run.log).toContain(key);
  });
});
