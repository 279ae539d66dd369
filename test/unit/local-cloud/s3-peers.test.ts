import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetBucketTaggingCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '../../../local-cloud/core/cloud.ts';
import { services } from '../../../local-cloud/services/index.ts';

// What the suites of ceph and moto (verified against AWS) have found: see test/conformance/peers.
let cloud: Cloud;
let s3: S3Client;
let buckets = 0;

beforeAll(async () => {
  const options = { port: 0, host: '127.0.0.1', speed: 100, latency: 0, region: 'us-east-1', log: () => {} };
  cloud = await startCloud(services, options);
  s3 = new S3Client({
    region: 'us-east-1',
    endpoint: cloud.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterAll(() => cloud.close());

async function bucket(more: object = {}): Promise<string> {
  const Bucket = `peers-${++buckets}`;
  await s3.send(new CreateBucketCommand({ Bucket, ...more }));
  return Bucket;
}

/** A bucket with this ACL, which its ownership and its public access block let in. */
async function openBucket(ACL: 'public-read' | 'public-read-write'): Promise<string> {
  const Bucket = await bucket({ ObjectOwnership: 'ObjectWriter' });
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  await s3.send(new PutBucketAclCommand({ Bucket, ACL }));
  return Bucket;
}

/** An upload of two parts with checksums of SHA-256. */
async function uploaded(Bucket: string, Key: string) {
  const parts = [Buffer.alloc(5 * 1024 * 1024, 'a'), Buffer.from('end')];
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'SHA256' }),
  );
  const Parts: CompletedPart[] = [];
  for (const [at, Body] of parts.entries()) {
    const PartNumber = at + 1;
    const done = await s3.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm: 'SHA256' }),
    );
    Parts.push({ PartNumber, ETag: done.ETag, ChecksumSHA256: done.ChecksumSHA256 });
  }
  const complete = () =>
    s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
  return { parts, complete };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

describe('a multipart upload', () => {
  it('is completed again with the same answer', async () => {
    const { complete } = await uploaded(await bucket(), 'key');
    const first = await complete();
    expect(await complete()).toMatchObject({ ETag: first.ETag, ChecksumSHA256: first.ChecksumSHA256 });
  });

  it('tells the checksum of a part with the part', async () => {
    const Bucket = await bucket();
    const { parts, complete } = await uploaded(Bucket, 'key');
    await complete();
    for (const [at, bytes] of parts.entries()) {
      const part = await s3.send(
        new GetObjectCommand({ Bucket, Key: 'key', PartNumber: at + 1, ChecksumMode: 'ENABLED' }),
      );
      await part.Body?.transformToByteArray();
      expect(part.ChecksumSHA256).toBe(sha256(bytes).toString('base64'));
    }
  });

  it('tells the whole checksum in its attributes without the number of parts', async () => {
    const Bucket = await bucket();
    const { parts, complete } = await uploaded(Bucket, 'key');
    await complete();
    const asked = { Bucket, Key: 'key', ObjectAttributes: ['Checksum' as const] };
    const { Checksum } = await s3.send(new GetObjectAttributesCommand(asked));
    expect(Checksum?.ChecksumSHA256).toBe(sha256(Buffer.concat(parts.map(sha256))).toString('base64'));
  });

  it('is listed with who began it and who owns it', async () => {
    const Bucket = await bucket();
    await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'key' }));
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(Uploads?.[0]).toMatchObject({
      Initiator: { ID: 'arn:aws:iam::000000000000:user/local-cloud' },
      Owner: { ID: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
});

describe('a body', () => {
  /** The first answer to a request that waits with its body, and all of it once the body came. */
  const waiting = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(cloud.endpoint);
      const socket = connect(Number(port), hostname);
      socket.write(
        `PUT ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`,
      );
      let said = '';
      socket.on('data', (chunk) => {
        said += chunk.toString();
        if (/^HTTP\/1.1 100/.test(said) && !said.includes('HTTP/1.1 200')) socket.write('abc');
        else socket.end();
      });
      socket.on('close', () => resolve(said));
      socket.on('error', reject);
    });

  it('is not asked for where the request is refused', async () => {
    expect(await waiting(`/${await bucket()}/key`)).toMatch(/^HTTP\/1.1 403[\s\S]*Connection: close/);
  });

  it('is asked for, and taken, where it is not', async () => {
    const said = await waiting(`/${await openBucket('public-read-write')}/key`);
    expect(said).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200/);
  });

  it.each([
    ['gzip, aws-chunked', 'gzip'],
    ['aws-chunked', undefined],
  ])('that says %s without a frame is taken as it is', async (ContentEncoding, kept) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'key', ContentEncoding }));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'key' }));
    expect(head.ContentEncoding).toBe(kept);
  });
});

describe('a preflight', () => {
  it('without an origin is a bad request, also under the signature of what it asks for', async () => {
    const path = `${cloud.endpoint}/${await bucket()}/key`;
    for (const query of ['', `?${PRESIGNED}`]) {
      const answer = await fetch(path + query, { method: 'OPTIONS' });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('Origin request header needed');
    }
  });
});

/** Of another verb. */
const PRESIGNED = [
  'X-Amz-Algorithm=AWS4-HMAC-SHA256',
  'X-Amz-Credential=local%2F20260101%2Fus-east-1%2Fs3%2Faws4_request',
  'X-Amz-Date=20260101T000000Z',
  'X-Amz-Expires=60',
  'X-Amz-SignedHeaders=host',
  `X-Amz-Signature=${'0'.repeat(64)}`,
].join('&');

describe('who may list', () => {
  it('is told that a key is not there', async () => {
    expect((await fetch(`${cloud.endpoint}/${await openBucket('public-read')}/gone`)).status).toBe(404);
    expect((await fetch(`${cloud.endpoint}/${await bucket()}/gone`)).status).toBe(403);
  });
});

describe('a version', () => {
  it('that is a delete marker can only be deleted', async () => {
    const Bucket = await bucket();
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'key' }));
    const url = `${cloud.endpoint}/${Bucket}/key?versionId=${VersionId}`;
    const Tagging = { TagSet: [] };
    await expect(
      s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'key', VersionId, Tagging })),
    ).rejects.toMatchObject({ name: 'MethodNotAllowed', Method: 'PUT', ResourceType: 'DeleteMarker' });
    expect((await fetch(url)).status).toBe(403);
  });

  it('is no marker of a page that ends with a common prefix', async () => {
    const Bucket = await bucket();
    for (const Key of ['a/1', 'a/2', 'b']) await s3.send(new PutObjectCommand({ Bucket, Key }));
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Delimiter: '/', MaxKeys: 1 }));
    expect(page).toMatchObject({ NextKeyMarker: 'a/', IsTruncated: true });
    expect(page.NextVersionIdMarker).toBeUndefined();
  });
});

describe('of a bucket', () => {
  it('the owner is not enforced while its ACL opens it to others', async () => {
    const Bucket = await openBucket('public-read');
    const OwnershipControls = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' as const }] };
    const enforce = () => s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    await expect(enforce()).rejects.toMatchObject({ name: 'InvalidBucketAclWithObjectOwnership' });
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }));
    await expect(enforce()).resolves.toBeDefined();
  });

  it('that is created again in us-east-1 the ACL is reset', async () => {
    const Bucket = await openBucket('public-read');
    const listed = async () => (await fetch(`${cloud.endpoint}/${Bucket}`)).status;
    expect(await listed()).toBe(200);
    await s3.send(new CreateBucketCommand({ Bucket }));
    expect(await listed()).toBe(403);
  });

  it('no tags are none', async () => {
    const Bucket = await bucket();
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [] } }));
    await expect(s3.send(new GetBucketTaggingCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NoSuchTagSet',
    });
  });
});
