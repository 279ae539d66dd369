import { describe, expect, it } from 'vitest';
import {
  type Algorithm,
  compositeChecksum,
  hasher,
  promised,
  verify,
} from '../../../local-cloud/services/s3/checksum.ts';
import { copyCondition, readCondition, writeCondition } from '../../../local-cloud/services/s3/conditions.ts';
import { afterPrefix, encodeKey, pageOf } from '../../../local-cloud/services/s3/list.ts';
import { addressOf, checkKey, copySource, isBucketName } from '../../../local-cloud/services/s3/names.ts';
import { operationOf } from '../../../local-cloud/services/s3/operations.ts';
import { compareUtf8, OrderedMap } from '../../../local-cloud/services/s3/ordered-map.ts';
import { parseRange } from '../../../local-cloud/services/s3/range.ts';

describe('names of buckets', () => {
  it.each([
    ['site', true],
    ['my-site.example.com', true],
    ['abc', true],
    ['ab', false],
    ['a'.repeat(63), true],
    ['a'.repeat(64), false],
    ['Upper', false],
    ['under_score', false],
    ['-a-b', false],
    ['a-b-', false],
    ['a..b', false],
    ['192.168.0.1', false],
    ['xn--site', false],
    ['sthree-site', false],
    ['amzn-s3-demo-bucket', false],
    ['site-s3alias', false],
    ['site--x-s3', false],
  ])('%s: %s', (name, valid) => {
    expect(isBucketName(name)).toBe(valid);
  });
});

describe('what a request is about', () => {
  it.each([
    ['127.0.0.1:4566', '/bucket/a%20b%2Bc/%C3%BC', { bucket: 'bucket', key: 'a b+c/ü', virtual: false }],
    ['127.0.0.1:4566', '/bucket', { bucket: 'bucket', key: '', virtual: false }],
    ['127.0.0.1:4566', '/bucket/', { bucket: 'bucket', key: '', virtual: false }],
    ['127.0.0.1:4566', '/bucket//a', { bucket: 'bucket', key: '/a', virtual: false }],
    ['127.0.0.1:4566', '/bucket/a+b', { bucket: 'bucket', key: 'a+b', virtual: false }],
    ['127.0.0.1', '/', { bucket: '', key: '', virtual: false }],
    ['site.localhost:4566', '/a/b', { bucket: 'site', key: 'a/b', virtual: true }],
    ['my.site.s3.us-west-2.amazonaws.com', '/a', { bucket: 'my.site', key: 'a', virtual: true }],
    ['site.s3.amazonaws.com', '/', { bucket: 'site', key: '', virtual: true }],
    ['site.s3.dualstack.eu-west-1.amazonaws.com', '/x', { bucket: 'site', key: 'x', virtual: true }],
    ['localhost:4566', '/site/x', { bucket: 'site', key: 'x', virtual: false }],
  ])('%s %s', (host, path, address) => {
    expect(addressOf(host, path)).toEqual(address);
  });
  it('refuses what is not UTF-8', () => {
    expect(() => addressOf('h', '/b/%ff')).toThrow(expect.objectContaining({ code: 'InvalidURI' }));
    expect(() => addressOf('h', '/b/%')).toThrow(expect.objectContaining({ code: 'InvalidURI' }));
  });
  it.each([
    ['/b/k%20y', { bucket: 'b', key: 'k y', versionId: undefined }],
    ['b/a/b?versionId=v1', { bucket: 'b', key: 'a/b', versionId: 'v1' }],
  ])('copy source %s', (header, source) => {
    expect(copySource(header)).toEqual(source);
  });
  it.each(['', 'b', '/b', 'b/', '/'])('refuses the copy source %j', (header) => {
    expect(() => copySource(header)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
  it('counts the bytes of a key', () => {
    expect(() => checkKey('ü'.repeat(512))).not.toThrow();
    expect(() => checkKey(`${'ü'.repeat(512)}a`)).toThrow(
      expect.objectContaining({ code: 'KeyTooLongError' }),
    );
  });
});

describe('operations and the permissions that they need', () => {
  const at = (bucket: string, key: string) => ({ bucket, key });
  it.each([
    ['GET', at('', ''), '', {}, 'ListBuckets', ['s3:ListAllMyBuckets']],
    ['GET', at('b', ''), 'list-type=2', {}, 'ListObjectsV2', ['s3:ListBucket']],
    ['GET', at('b', ''), '', {}, 'ListObjects', ['s3:ListBucket']],
    ['HEAD', at('b', ''), '', {}, 'HeadBucket', ['s3:ListBucket']],
    ['GET', at('b', ''), 'policy', {}, 'GetBucketPolicy', ['s3:GetBucketPolicy']],
    ['DELETE', at('b', ''), 'lifecycle', {}, 'DeleteBucketLifecycle', ['s3:PutLifecycleConfiguration']],
    ['POST', at('b', ''), 'delete', {}, 'DeleteObjects', ['s3:DeleteObject']],
    ['PUT', at('b', 'k'), '', {}, 'PutObject', ['s3:PutObject']],
    ['PUT', at('b', 'k'), '', { 'if-match': '"e"' }, 'PutObject', ['s3:PutObject', 's3:GetObject']],
    [
      'PUT',
      at('b', 'k'),
      '',
      { 'x-amz-tagging': 'a=b' },
      'PutObject',
      ['s3:PutObject', 's3:PutObjectTagging'],
    ],
    ['PUT', at('b', 'k'), '', { 'x-amz-copy-source': 'b/s' }, 'CopyObject', ['s3:GetObject', 's3:PutObject']],
    ['PUT', at('b', 'k'), 'partNumber=1&uploadId=u', {}, 'UploadPart', ['s3:PutObject']],
    [
      'PUT',
      at('b', 'k'),
      'partNumber=1&uploadId=u',
      { 'x-amz-copy-source': 'b/s' },
      'UploadPartCopy',
      ['s3:GetObject', 's3:PutObject'],
    ],
    ['DELETE', at('b', 'k'), '', {}, 'DeleteObject', ['s3:DeleteObject']],
    ['DELETE', at('b', 'k'), '', { 'if-match': '"e"' }, 'DeleteObject', ['s3:DeleteObject', 's3:GetObject']],
    ['DELETE', at('b', 'k'), 'uploadId=u', {}, 'AbortMultipartUpload', ['s3:AbortMultipartUpload']],
    ['GET', at('b', 'k'), 'uploadId=u', {}, 'ListParts', ['s3:ListMultipartUploadParts']],
    ['POST', at('b', 'k'), 'uploads', {}, 'CreateMultipartUpload', ['s3:PutObject']],
  ] as const)('%s %j ?%s %j', (method, target, query, headers, name, iam) => {
    const found = operationOf(method, target, new URLSearchParams(query), headers as Record<string, string>);
    expect([found.name, found.iam]).toEqual([name, iam]);
  });
  it.each([
    ['POST', at('', ''), '', 'MethodNotAllowed'],
    ['POST', at('b', ''), '', 'MethodNotAllowed'],
    ['PATCH', at('b', 'k'), '', 'MethodNotAllowed'],
    ['GET', at('b', ''), 'replication', 'NotImplemented'],
    ['PATCH', at('b', ''), 'policy', 'MethodNotAllowed'],
  ])('%s %j ?%s is %s', (method, target, query, code) => {
    expect(() => operationOf(method, target, new URLSearchParams(query), {})).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('checksums', () => {
  // The check values of the CRC catalogue, for the text 123456789.
  it.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
    ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ] as const)('%s', (algorithm, hex) => {
    const whole = hasher(algorithm);
    whole.update(Buffer.from('123456789'));
    expect(whole.digest().toString('hex')).toBe(hex);
    const parts = hasher(algorithm);
    for (const c of '123456789') parts.update(Buffer.from(c));
    expect(parts.digest().toString('hex')).toBe(hex);
  });
  it('of parts', () => {
    expect(compositeChecksum('CRC32', ['AAAAAA==', 'AAAAAA=='])).toMatch(/==-2$/);
  });

  const digests = { md5: 'd41d8cd98f00b204e9800998ecf8427e', sha256: 'a'.repeat(64), checksum: 'AAAAAA==' };
  const nothing = { md5: undefined, sha256: undefined, algorithm: undefined, checksum: undefined };
  it.each([
    [{}, {}, undefined],
    [{ md5: '1B2M2Y8AsgTpgAmY7PhCfg==' }, {}, undefined],
    [{ md5: 'AAAAAAAAAAAAAAAAAAAAAA==' }, {}, 'BadDigest'],
    [{ sha256: 'b'.repeat(64) }, {}, 'XAmzContentSHA256Mismatch'],
    [{ algorithm: 'CRC32' as Algorithm, checksum: 'AAAAAA==' }, {}, undefined],
    [{ algorithm: 'CRC32' as Algorithm, checksum: 'AAAAAQ==' }, {}, 'BadDigest'],
    [{ algorithm: 'CRC32' as Algorithm }, { 'x-amz-checksum-crc32': 'AAAAAA==' }, undefined],
    [{ algorithm: 'CRC32' as Algorithm }, { 'x-amz-checksum-crc32': 'AAAAAQ==' }, 'BadDigest'],
    [{ algorithm: 'CRC32' as Algorithm }, {}, 'MalformedTrailerError'],
    [{ algorithm: 'CRC32' as Algorithm }, { 'x-amz-checksum-crc32': 'short' }, 'InvalidRequest'],
  ])('%j with the trailers %j: %s', (wanted, trailers, code) => {
    const check = () => verify({ ...nothing, ...wanted }, digests, trailers as Record<string, string>);
    if (code === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code }));
  });
  it.each([
    [{ 'content-md5': 'xx' }, 'InvalidDigest'],
    [{ 'x-amz-checksum-crc32': 'AA==' }, 'InvalidRequest'],
    [{ 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' }, 'InvalidRequest'],
    [{ 'x-amz-sdk-checksum-algorithm': 'ROT13' }, 'InvalidRequest'],
    [{ 'x-amz-content-sha256': 'nonsense' }, 'InvalidArgument'],
    [{ authorization: 'AWS4…' }, 'InvalidRequest'],
  ])('%j is refused with %s', (headers, code) => {
    expect(() => promised(headers as unknown as Record<string, string>, true)).toThrow(
      expect.objectContaining({ code }),
    );
  });
  it('tells CRC32 from CRC32C in a trailer', () => {
    expect(promised({ 'x-amz-trailer': 'x-amz-checksum-crc32c' }, false).algorithm).toBe('CRC32C');
    expect(promised({ 'x-amz-trailer': 'x-amz-checksum-crc32' }, false).algorithm).toBe('CRC32');
  });
});

describe('conditions', () => {
  const object = { etag: 'e1', modified: Date.parse('2026-01-02T00:00:00Z') };
  const [before, same, after] = ['2026-01-01', '2026-01-02', '2026-01-03'].map((d) =>
    new Date(d).toUTCString(),
  ) as [string, string, string];
  it.each([
    [{}, 'ok'],
    [{ 'if-match': '"e1"' }, 'ok'],
    [{ 'if-match': 'e1' }, 'ok'],
    [{ 'if-match': '"x", "e1"' }, 'ok'],
    [{ 'if-match': '*' }, 'ok'],
    [{ 'if-match': '"x"' }, 'PreconditionFailed'],
    [{ 'if-none-match': '"e1"' }, 'not-modified'],
    [{ 'if-none-match': '"x"' }, 'ok'],
    [{ 'if-modified-since': before }, 'ok'],
    [{ 'if-modified-since': same }, 'not-modified'],
    [{ 'if-unmodified-since': before }, 'PreconditionFailed'],
    [{ 'if-unmodified-since': after }, 'ok'],
    [{ 'if-match': '"e1"', 'if-unmodified-since': before }, 'ok'],
    [{ 'if-none-match': '"x"', 'if-modified-since': after }, 'ok'],
    [{ 'if-modified-since': 'nonsense' }, 'ok'],
  ])('read with %j: %s', (headers, wanted) => {
    const judge = () => readCondition(headers as Record<string, string>, object);
    if (wanted === 'ok' || wanted === 'not-modified') expect(judge()).toBe(wanted);
    else expect(judge).toThrow(expect.objectContaining({ code: wanted, status: 412 }));
  });
  it.each([
    [{ 'if-none-match': '*' }, undefined, undefined],
    [{ 'if-none-match': '*' }, object, 'PreconditionFailed'],
    [{ 'if-none-match': '"e1"' }, object, 'NotImplemented'],
    [{ 'if-match': '"e1"' }, object, undefined],
    [{ 'if-match': '"x"' }, object, 'PreconditionFailed'],
    [{ 'if-match': '"e1"' }, undefined, 'NoSuchKey'],
    [{ 'if-match': '"e1"', 'if-none-match': '*' }, object, 'NotImplemented'],
  ])('write with %j over %j: %s', (headers, current, code) => {
    const judge = () => writeCondition(headers as Record<string, string>, 'k', current);
    if (code === undefined) expect(judge).not.toThrow();
    else expect(judge).toThrow(expect.objectContaining({ code }));
  });
  it('of a copy fail with 412, also where a read would say 304', () => {
    expect(() => copyCondition({ 'x-amz-copy-source-if-none-match': '"e1"' }, object)).toThrow(
      expect.objectContaining({ status: 412 }),
    );
  });
});

describe('ranges over 10 bytes', () => {
  it.each([
    [undefined, 'whole'],
    ['bytes=0-0', [0, 1]],
    ['bytes=2-4', [2, 5]],
    ['bytes=8-99', [8, 10]],
    ['bytes=5-', [5, 10]],
    ['bytes=-3', [7, 10]],
    ['bytes=-99', [0, 10]],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=4-2', 'whole'],
    ['bytes=1-2,4-5', 'whole'],
    ['lines=1-2', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=a-b', 'whole'],
  ] as const)('%s', (header, wanted) => {
    const range = parseRange(header, 10);
    expect(typeof range === 'string' ? range : [range.start, range.end]).toEqual(wanted);
  });
  it('an empty object has none', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable');
  });
});

describe('keys in order', () => {
  it('is the order of UTF-8', () => {
    const keys = ['a', 'b', 'Z', 'é', '\uffee', '\u{1f680}', 'a/b', 'a-b', ''];
    const wanted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect([...keys].sort(compareUtf8)).toEqual(wanted);
    const map = new OrderedMap<number>();
    for (const key of keys) map.set(key, 1);
    expect(map.keys()).toEqual(wanted);
  });

  it('holds through any mixture of writes, deletes and listings', () => {
    const map = new OrderedMap<number>();
    const model = new Map<string, number>();
    let seed = 7;
    const random = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % n;
    };
    for (let i = 0; i < 5000; i++) {
      const key = `k${random(60)}${random(9) === 0 ? '\u{1f680}' : ''}`;
      if (random(3) === 0) expect(map.delete(key)).toBe(model.delete(key));
      else {
        map.set(key, i);
        model.set(key, i);
      }
      if (random(10) === 0) expect(map.keys()).toEqual([...model.keys()].sort(compareUtf8));
    }
    expect(map.size).toBe(model.size);
  });
});

describe('pages', () => {
  const objects = new OrderedMap<number>();
  for (const key of ['a.txt', 'b/1', 'b/2', 'b/c/3', 'd/4', 'e', 'f/', 'f/5']) objects.set(key, 1);
  const all = (prefix: string, delimiter: string, max: number) => {
    const found: string[][] = [];
    for (let after: string | undefined; ; ) {
      const page = pageOf(objects, { prefix, delimiter, after, max });
      found.push([...page.keys, ...page.prefixes]);
      if (!page.truncated) return found;
      after = page.last;
    }
  };
  it.each([
    [
      '',
      '',
      3,
      [
        ['a.txt', 'b/1', 'b/2'],
        ['b/c/3', 'd/4', 'e'],
        ['f/', 'f/5'],
      ],
    ],
    ['', '/', 2, [['a.txt', 'b/'], ['e', 'd/'], ['f/']]],
    ['b/', '/', 2, [['b/1', 'b/2'], ['b/c/']]],
    ['b/', '', 10, [['b/1', 'b/2', 'b/c/3']]],
    ['f/', '/', 10, [['f/', 'f/5']]],
    ['x', '/', 10, [[]]],
    ['', '/c/', 10, [['a.txt', 'b/1', 'b/2', 'd/4', 'e', 'f/', 'f/5', 'b/c/']]],
  ])('prefix %j, delimiter %j, %d a page', (prefix, delimiter, max, wanted) => {
    expect(all(prefix, delimiter, max)).toEqual(wanted);
  });
  it('none asked for is none, and no more is promised', () => {
    expect(pageOf(objects, { prefix: '', delimiter: '', after: undefined, max: 0 })).toMatchObject({
      keys: [],
      truncated: false,
    });
  });
  it.each([
    ['a', 'b'],
    ['a/', 'a0'],
    ['\ud7ff', '\ue000'],
    ['x\u{10ffff}', 'y'],
    ['\u{10ffff}', undefined],
    ['', undefined],
  ])('after the prefix %j comes %j', (prefix, next) => {
    expect(afterPrefix(prefix)).toBe(next);
  });
  it.each([
    ['a b+c', 'a+b%2Bc'],
    ['ü/é', '%C3%BC/%C3%A9'],
    ["!*'()~", '%21*%27%28%29~'],
    ['\n', '%0A'],
  ])('%j in a URL is %s', (key, url) => {
    expect(encodeKey(key)).toBe(url);
  });
});
