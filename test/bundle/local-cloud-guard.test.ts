import { request } from 'node:http';
import { CreateBucketCommand, PutBucketCorsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { presigned } from '../support/signed.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 100, args: ['--allow-host', 'cloud.test'] });
});
afterAll(() => cloud?.stop());

/** A request with headers that `fetch` would not let a caller set. */
function ask(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  const url = new URL(cloud.endpoint);
  return new Promise((resolve, reject) => {
    const sent = request({ host: url.hostname, port: url.port, path, method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('a web page cannot use the API port', () => {
  it.each([
    ['/_cloud/', {}, 200],
    ['/_cloud/', { host: 'localhost' }, 200],
    ['/_cloud/', { host: 'cloud.test:4566' }, 200],
    ['/_cloud/', { host: 'rebound.evil.example' }, 421],
    ['/_cloud/state', { host: 'rebound.evil.example' }, 421],
    ['/_cloud/faults', { origin: 'https://evil.example' }, 403],
    ['/_cloud/', { 'sec-fetch-site': 'cross-site' }, 403],
    ['/v2/', { host: 'rebound.evil.example' }, 421],
    ['/v2/', {}, 401],
    ['/some-bucket', { host: 'rebound.evil.example' }, 421],
    ['/some-bucket', { origin: 'null' }, 403],
    ['/', { host: 's3.us-west-2.amazonaws.com' }, 403],
  ] as const)('GET %s %j: %d', async (path, headers, status) => {
    expect(await ask(path, headers)).toBe(status);
  });

  it('nor push an image by a form or a script of another site', async () => {
    const post = (headers: Record<string, string>) => ask('/v2/app/blobs/uploads/', headers, 'POST');
    expect(await post({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await post({ host: 'rebound.evil.example' })).toBe(421);
    expect((await cloud.requests()).filter((r) => r.operation === 'BlobUploadBegin')).toEqual([]);
  });
});

describe('a bucket that has a CORS configuration', () => {
  it('answers the pages that it names, and no others', async () => {
    const s3 = new S3Client({ ...cloud.client, forcePathStyle: true });
    const region = { LocationConstraint: 'us-west-2' as const };
    await s3.send(new CreateBucketCommand({ Bucket: 'shared', CreateBucketConfiguration: region }));
    await s3.send(new PutObjectCommand({ Bucket: 'shared', Key: 'a', Body: 'text' }));
    const CORSRules = [{ AllowedOrigins: ['https://app.test'], AllowedMethods: ['GET'] }];
    await s3.send(new PutBucketCorsCommand({ Bucket: 'shared', CORSConfiguration: { CORSRules } }));
    const url = await presigned(cloud, { service: 's3', path: '/shared/a' });
    const page = (origin: string) => fetch(url, { headers: { origin } });
    const own = await page('https://app.test');
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, 'https://app.test']);
    expect((await page('https://evil.example')).status).toBe(403);
    const preflight = { origin: 'https://app.test', 'access-control-request-method': 'GET' };
    expect(await ask('/shared/a', preflight, 'OPTIONS')).toBe(200);
    expect(await ask('/shared/a', { ...preflight, 'access-control-request-method': 'PUT' }, 'OPTIONS')).toBe(
      403,
    );
    s3.destroy();
  });
});

it('says that an address which is not loopback lets others in', async () => {
  const open = await startCloud({ speed: 100, args: ['--host', '0.0.0.0'] });
  try {
    expect(open.said()).toContain('--host 0.0.0.0 is no loopback address');
  } finally {
    await open.stop();
  }
});
