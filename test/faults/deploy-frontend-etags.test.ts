import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { useCloud } from '../support/cloud-env.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';
import { labDeploy, labRestore } from '../support/site-lab.ts';

/*
 * ETags that are not the MD5 of the content: S3 answers so in a bucket that encrypts with KMS, and for an object that
 * was uploaded in parts (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
 */
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
  useCloud(cloud);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cloud?.stop();
  removeFolders();
});

async function encryptWithKms(site: TestSite, ...buckets: string[]) {
  for (const Bucket of buckets) {
    await site.s3.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
        },
      }),
    );
  }
}

/** Which keys of the live bucket some work wrote. */
async function written(site: TestSite, work: () => Promise<unknown>): Promise<string[]> {
  await cloud.clearRequests();
  await work();
  return (await cloud.changes())
    .filter(
      ({ resource, operation }) => resource.startsWith(`${site.bucket}/`) && operation !== 'DeleteObjects',
    )
    .map(({ resource }) => resource.slice(site.bucket.length + 1))
    .sort();
}

async function expectDeployed(
  site: TestSite,
  files: Record<string, string | Buffer>,
  release: string,
  expected: string[],
) {
  const keys = await written(site, async () => {
    const result = await labDeploy(site, makeFolder(files), release);
    expect(result.outcome, result.cause?.message).toBe(expected.length > 0 ? 'deployed' : 'unchanged');
  });
  expect(keys).toEqual([...expected].sort());
}

describe('a bucket that encrypts with KMS', () => {
  it('is written to where something differs, release after release, and comes back', async () => {
    const site = await makeSite(cloud, 'kms-site');
    await encryptWithKms(site, site.bucket, site.releaseBucket);
    const one: Record<string, string> = smallSite('one');
    await expectDeployed(site, one, 'r1', Object.keys(one));
    await expectDeployed(site, one, 'r2', []);
    const two = { ...one, 'about.html': '<title>About two</title>' };
    await expectDeployed(site, two, 'r3', ['about.html']);
    // What r3 did not write is known to the release after it, too.
    await expectDeployed(site, two, 'r4', []);
    const three = { ...two, 'docs/index.html': '<title>Docs three</title>' };
    await expectDeployed(site, three, 'r5', ['docs/index.html']);
    await expectDeployed(site, three, 'r6', []);

    const back = await written(site, () => labRestore(site, 'r1', 'back'));
    expect(back).toEqual(['about.html', 'docs/index.html']);
    await site.dropped();
    expect((await site.get('/about.html')).body).toBe(one['about.html']);
    await expectDeployed(site, one, 'r7', []);
    // A deployment that fails comes back by itself; what it put back is known again.
    await cloud.fault({ kind: 'denied', service: 'cloudfront', operation: 'CreateInvalidation', count: 1 });
    expect((await labDeploy(site, makeFolder(two), 'r8')).outcome).toBe('rolled-back');
    await expectDeployed(site, one, 'r9', []);
  });

  it('is told from one that does not when it is switched', async () => {
    const site = await makeSite(cloud, 'switched-site');
    const one: Record<string, string> = smallSite('one');
    await expectDeployed(site, one, 'r1', Object.keys(one));
    await encryptWithKms(site, site.bucket);
    await expectDeployed(site, one, 'r2', []);
    const two = { ...one, 'about.html': '<title>About two</title>' };
    await expectDeployed(site, two, 'r3', ['about.html']);
    await expectDeployed(site, two, 'r4', []);
  });

  it('is adopted with a site that somebody else put there', async () => {
    const site = await makeSite(cloud, 'kms-adopted');
    await encryptWithKms(site, site.bucket, site.releaseBucket);
    const one: Record<string, string> = smallSite('one');
    for (const [Key, Body] of Object.entries(one)) await putAsWeWould(site.s3, site.bucket, Key, Body);
    const two = { ...one, 'about.html': '<title>About two</title>' };
    await expectDeployed(site, two, 'r1', ['about.html']);
    await expectDeployed(site, two, 'r2', []);
    const back = await written(site, () => labRestore(site, 'r1.adopted', 'back'));
    expect(back).toEqual(['about.html']);
    await site.dropped();
    expect((await site.get('/about.html')).body).toBe(one['about.html']);
  });
});

describe('an object that was uploaded in parts', () => {
  it('stays as it is while nothing of it changes, and comes back when it does', async () => {
    const site = await makeSite(cloud, 'parts-site');
    const video = Buffer.alloc(6 * 1024 * 1024, 'video');
    const base: Record<string, string | Buffer> = { ...smallSite('one'), 'video.mp4': video };
    for (const [Key, Body] of Object.entries(smallSite('one')))
      await putAsWeWould(site.s3, site.bucket, Key, Body);
    const etag = await putInParts(site.s3, site.bucket, 'video.mp4', video);
    expect(etag).toMatch(/-2"$/);
    const two = { ...base, 'about.html': '<title>About two</title>' };
    await expectDeployed(site, two, 'r1', ['about.html']);
    await expectDeployed(site, two, 'r2', []);
    const three = { ...two, 'about.html': '<title>About three</title>' };
    await expectDeployed(site, three, 'r3', ['about.html']);
    const four = { ...three, 'video.mp4': Buffer.alloc(6 * 1024 * 1024, 'other') };
    await expectDeployed(site, four, 'r4', ['video.mp4']);
    const back = await written(site, () => labRestore(site, 'r1.adopted', 'back'));
    expect(back).toEqual(['about.html', 'video.mp4']);
    const live = await fetch(`${site.url}/video.mp4`);
    expect(Buffer.from(await live.arrayBuffer()).equals(video)).toBe(true);
  });
});

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

/** With the very headers that a deployment gives it, so that nothing but its ETag can tell it apart. */
const putAsWeWould = (s3: S3Client, Bucket: string, Key: string, Body: string) =>
  s3.send(
    new PutObjectCommand({
      Bucket,
      Key,
      Body,
      ContentType: TYPES[Key.slice(Key.lastIndexOf('.') + 1)],
      CacheControl: Key.startsWith('assets/')
        ? 'public, max-age=31536000, immutable'
        : 'public, max-age=0, must-revalidate',
    }),
  );

async function putInParts(s3: S3Client, Bucket: string, Key: string, body: Buffer) {
  const headers = { ContentType: 'video/mp4', CacheControl: 'public, max-age=3600' };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...headers }));
  const at = 5 * 1024 * 1024;
  const Parts = [];
  for (const [i, Body] of [body.subarray(0, at), body.subarray(at)].entries()) {
    const PartNumber = i + 1;
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  const whole = new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
  return (await s3.send(whole)).ETag;
}
