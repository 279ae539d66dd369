import { describe, expect, it } from 'vitest';
import { compareKeys, pageEnds, segmentsOf } from '../../../src/aws/bulk-store.ts';
import { cloudFrontEndpoint } from '../../../src/aws/cloudfront.ts';
import { parseListPage } from '../../../src/aws/list-xml.ts';
import type { ObjectStore } from '../../../src/aws/object-store.ts';
import { rememberingStore } from '../../../src/aws/remembering-store.ts';
import { isRetryable, retryPause, type SentError } from '../../../src/aws/retry.ts';
import { EMPTY_SHA256, encodeKey, SigV4 } from '../../../src/aws/sigv4.ts';

it('signs as the example of the S3 documentation', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Bucket Lifecycle"
  const headers = new SigV4('us-east-1').sign(
    {
      method: 'GET',
      path: '/',
      query: 'lifecycle=',
      headers: { host: 'examplebucket.s3.amazonaws.com' },
      payload: EMPTY_SHA256,
    },
    { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    Date.UTC(2013, 4, 24),
  );
  expect(headers['authorization']).toContain(
    'Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  );
});

it.each([
  ['plain/key_1.2-3~.js', 'plain/key_1.2-3~.js'],
  ["a b+c%d#e?f&g=h!(i)*'j", 'a%20b%2Bc%25d%23e%3Ff%26g%3Dh%21%28i%29%2A%27j'],
  ['é/😀', '%C3%A9/%F0%9F%98%80'],
])('encodeKey %s', (key, expected) => expect(encodeKey(key)).toBe(expected));

it('reads a page of a listing', () => {
  const page = parseListPage(
    '<?xml version="1.0"?><ListBucketResult><Name>b</Name><Prefix>a%2B</Prefix><KeyCount>2</KeyCount><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><Contents><Key>a%2Bb+c%0A.txt</Key><LastModified>2026-11-23T10:00:00.000Z</LastModified><ETag>&quot;abc&quot;</ETag><Size>5</Size></Contents><Contents><Key>z</Key><LastModified>2026-11-23T10:00:01.000Z</LastModified><ETag>"d-2"</ETag><Size>0</Size></Contents><NextContinuationToken>t&amp;1</NextContinuationToken></ListBucketResult>',
  );
  expect(page).toEqual({
    objects: [
      { key: 'a+b c\n.txt', size: 5, etag: 'abc', modified: Date.UTC(2026, 10, 23, 10) },
      { key: 'z', size: 0, etag: 'd-2', modified: Date.UTC(2026, 10, 23, 10, 0, 1) },
    ],
    next: 't&1',
  });
  expect(() => parseListPage('<ListBucketResult><Contents><Key>x</Key>')).toThrow(/half/);
});

it('compareKeys sorts as S3 does, by bytes of UTF-8', () => {
  const keys = ['a', 'a/b', 'ab', 'B', 'é', '\uE000', '\uFF5E', '😀', '日', '😀a', ''];
  const byBytes = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect([...keys].reverse().sort(compareKeys)).toEqual(byBytes);
});

describe('segmentsOf', () => {
  const keys = (n: number) => Array.from({ length: n }, (_, i) => `k${String(i).padStart(5, '0')}`);
  it.each([
    [0, 1],
    [1000, 1],
    [1001, 2],
    [10_050, 11],
  ])('%d expected keys are %d pages', (n, pages) => {
    const segments = segmentsOf(pageEnds(keys(n)));
    expect(segments).toHaveLength(pages);
    expect(segments[0]?.after).toBeUndefined();
    expect(segments.at(-1)?.until).toBeUndefined();
    for (let i = 1; i < segments.length; i++) expect(segments[i]?.after).toBe(segments[i - 1]?.until);
  });
});

describe('retries', () => {
  const error = (name: string, status?: number, code?: string): SentError =>
    Object.assign(new Error(name), {
      name,
      ...(status ? { $metadata: { httpStatusCode: status } } : {}),
      ...(code ? { code } : {}),
    });
  it.each([
    ['SlowDown', 503, undefined, true],
    ['InternalError', 500, undefined, true],
    ['RequestTimeout', 400, undefined, true],
    ['OperationAborted', 409, undefined, true],
    ['Error', undefined, 'ECONNRESET', true],
    ['Http429', 429, undefined, true],
    ['AccessDenied', 403, undefined, false],
    ['NoSuchKey', 404, undefined, false],
    ['PreconditionFailed', 412, undefined, false],
    ['PermanentRedirect', 301, undefined, false],
    ['Error', undefined, 'ENOENT', false],
  ])('%s %s %s', (name, status, code, expected) =>
    expect(isRetryable(error(name, status, code))).toBe(expected),
  );
  it('waits longer when it is told to slow down, never over ten seconds', () => {
    expect(retryPause(error('InternalError', 500), 1, 1)).toBe(50);
    expect(retryPause(error('SlowDown', 503), 1, 1)).toBe(200);
    expect(retryPause(error('SlowDown', 503), 12, 1)).toBe(10_000);
    expect(retryPause(error('SlowDown', 503), 12, 0)).toBe(0);
  });
});

it.each([
  [{}, 'us-west-2', 'https://cloudfront.amazonaws.com/'],
  [{}, 'cn-north-1', 'https://cloudfront.cn-northwest-1.amazonaws.com.cn/'],
  [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'us-west-2', 'http://127.0.0.1:1/'],
  [{ AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_CLOUDFRONT: 'http://b' }, 'x', 'http://b/'],
  [
    { AWS_ENDPOINT_URL: 'http://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    'x',
    'https://cloudfront.amazonaws.com/',
  ],
])('cloudFrontEndpoint %j %s', (env, region, expected) =>
  expect(cloudFrontEndpoint(env, { region }).href).toBe(expected),
);

it('rememberingStore reads once, forgets what it lost', async () => {
  const asked: string[] = [];
  let lose = false;
  const store = {
    bucket: 'b',
    async get(key: string) {
      asked.push(`get ${key}`);
      return { body: Buffer.from('1'), etag: 'one', headers: {}, date: 5 };
    },
    async put({ key }: { key: string }) {
      asked.push(`put ${key}`);
      if (lose) throw Object.assign(new Error(), { name: 'PreconditionFailed' });
      return { etag: 'two' };
    },
  } as unknown as ObjectStore;
  const remembering = rememberingStore(store, { keys: ['a', 'n'], new: ['n'] });
  expect(await remembering.get('n')).toBeUndefined();
  await remembering.get('a');
  expect(await remembering.get('a')).toMatchObject({ etag: 'one', date: undefined });
  await remembering.put({ key: 'a', body: '2', ifMatch: 'one' });
  expect((await remembering.get('a'))?.body.toString()).toBe('2');
  lose = true;
  await expect(remembering.put({ key: 'a', body: '3', ifMatch: 'two' })).rejects.toThrow();
  await remembering.get('a');
  await remembering.get('other');
  await remembering.get('other');
  expect(asked).toEqual(['get a', 'put a', 'put a', 'get a', 'get other', 'get other']);
});
