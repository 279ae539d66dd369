import { describe, expect, it } from 'vitest';
import {
  bucketOf,
  compressible,
  errorLifetime,
  lifetime,
  patternMatches,
  staleness,
} from '../../../local-cloud/services/cloudfront/cdn/decide.ts';
import {
  canonicalPath,
  checkInProgress,
  checkPaths,
  invalidates,
} from '../../../local-cloud/services/cloudfront/paths.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const optimized = { min: 1, default: 86_400, max: 31_536_000, headers: 'none' } as const;
const plain = { min: 0, default: 100, max: 1000, headers: 'none' } as const;
const disabled = { min: 0, default: 0, max: 0, headers: 'none' } as const;

describe('how long an answer is kept', () => {
  it.each([
    ['nothing said', {}, plain, true, 100],
    ['nothing said', {}, optimized, true, 86_400],
    ['max-age', { 'cache-control': 'public, max-age=60' }, plain, true, 60],
    ['s-maxage before max-age', { 'cache-control': 'max-age=60, s-maxage=30' }, plain, true, 30],
    ['not beyond the maximum', { 'cache-control': 'max-age=99999' }, plain, true, 1000],
    ['not below the minimum', { 'cache-control': 'max-age=0' }, optimized, true, 1],
    ['asked again each time', { 'cache-control': 'max-age=0, must-revalidate' }, plain, true, 0],
    ['no-cache', { 'cache-control': 'no-cache' }, plain, true, 0],
    ['no-cache under a minimum', { 'cache-control': 'no-cache' }, optimized, true, 1],
    ['no-store', { 'cache-control': 'no-store' }, plain, false, 0],
    ['private', { 'cache-control': 'private, max-age=9' }, plain, false, 0],
    ['no-store under a minimum', { 'cache-control': 'no-store' }, optimized, true, 1],
    ['Expires', { expires: 'Thu, 01 Jan 2026 00:00:50 GMT' }, plain, true, 50],
    [
      'max-age before Expires',
      { expires: 'Thu, 01 Jan 2026 00:00:50 GMT', 'cache-control': 'max-age=7' },
      plain,
      true,
      7,
    ],
    ['Expires in the past', { expires: 'Thu, 01 Jan 2015 00:00:00 GMT' }, plain, true, 0],
    ['Expires that is no date', { expires: '0' }, plain, true, 0],
    ['a policy that keeps nothing', { 'cache-control': 'max-age=60' }, disabled, false, 0],
  ])('%s: %j', (_name, headers, policy, store, ttl) => {
    expect(lifetime(headers as Record<string, string>, policy, now)).toEqual({ store, ttl });
  });
  it.each([
    [404, {}, undefined, 10],
    [404, {}, 0, 0],
    [404, {}, 30, 30],
    [404, { 'cache-control': 'max-age=60' }, 10, 60],
    [404, { 'cache-control': 'max-age=1' }, 10, 10],
    [503, {}, undefined, 10],
    [403, {}, undefined, 0],
    [403, {}, 10, 10],
    [403, { 'cache-control': 's-maxage=60' }, undefined, 60],
    [405, { 'cache-control': 'max-age=5' }, undefined, 10],
    [429, { 'cache-control': 'max-age=60' }, undefined, 0],
  ])('of the error %i with %j, configured %s: %i', (status, headers, min, ttl) => {
    expect(errorLifetime(status, headers as Record<string, string>, min)).toBe(ttl);
  });
  it.each([
    ['max-age=1', 0, Number.POSITIVE_INFINITY],
    ['max-age=1, stale-while-revalidate=30', 30, Number.POSITIVE_INFINITY],
    ['max-age=1, stale-while-revalidate=30, stale-if-error=60', 30, 60],
    ['max-age=1, stale-while-revalidate=5000, stale-if-error=5000', 1000, 1000],
    ['max-age=1, stale-if-error=0', 0, 0],
    ['max-age=1, must-revalidate, stale-while-revalidate=30, stale-if-error=60', 0, 0],
    ['s-maxage=1, proxy-revalidate', 0, 0],
  ])(
    'may be sent stale with %s: %i s while it is asked for, %d s where the origin fails',
    (header, revalidating, failing) => {
      expect(staleness({ 'cache-control': header }, plain)).toEqual({ revalidating, failing });
    },
  );
});

describe('what an invalidation means', () => {
  it.each([
    ['/', '/', '', true],
    ['/', '/index.html', '', false],
    ['/index.html', '/', '', false],
    ['/dir', '/dir/', '', false],
    ['/dir/', '/dir', '', false],
    ['/dir*', '/dir/', '', true],
    ['/dir*', '/directory', '', true],
    ['/dir/*', '/dir', '', false],
    ['/*', '/anything/at?all', '', true],
    ['/A', '/a', '', false],
    ['/a%20b', '/a%20b', '', true],
    ['/a b', '/a%20b', '', false],
    ['/%61', '/a', '', false],
    ['/a', '/a', 'x=1', false],
    ['/a?x=1', '/a', 'x=1', true],
    ['/a*', '/a', 'x=1', true],
  ])('%s on %s?%s: %s', (pattern, path, query, gone) => {
    expect(invalidates(pattern, { path, query })).toBe(gone);
  });
  it.each([
    ['/%c3%bc', '/%C3%BC'],
    ['/%61%7E', '/a~'],
    ['/a%2fb', '/a%2Fb'],
    ['/plain', '/plain'],
  ])('the viewer path %s is %s', (path, canonical) => {
    expect(canonicalPath(path)).toBe(canonical);
  });
  it.each([
    [['/a', '/b*'], undefined],
    [[], 'InvalidArgument'],
    [['a'], 'InvalidArgument'],
    [['/a*b'], 'InvalidArgument'],
    [['/*/a'], 'InvalidArgument'],
    [[`/${'a'.repeat(4000)}`], 'InvalidArgument'],
    [Array.from({ length: 3001 }, (_, n) => `/${n}`), 'BatchTooLarge'],
  ])('refuses paths: %#', (paths, code) => {
    if (code === undefined) expect(() => checkPaths(paths)).not.toThrow();
    else expect(() => checkPaths(paths)).toThrow(expect.objectContaining({ code }));
  });
  it('counts what is in progress, wildcards apart', () => {
    const wild = Array.from({ length: 15 }, (_, n) => `/${n}/*`);
    const exact = Array.from({ length: 3000 }, (_, n) => `/${n}`);
    expect(() => checkInProgress([wild.slice(1), exact], ['/x*'])).not.toThrow();
    expect(() => checkInProgress([wild], ['/x*'])).toThrow(
      expect.objectContaining({ code: 'TooManyInvalidationsInProgress' }),
    );
    expect(() => checkInProgress([exact], ['/x'])).toThrow(
      expect.objectContaining({ code: 'TooManyInvalidationsInProgress' }),
    );
  });
});

describe('which behavior, key and encoding', () => {
  it.each([
    ['*', '/anything', true],
    ['/api/*', '/api/', true],
    ['api/*', '/api/x', true],
    ['/api/*', '/apis', false],
    ['*.jpg', '/a/b.jpg', true],
    ['/a?c', '/abc', true],
    ['/a?c', '/ac', false],
    ['/A', '/a', false],
    ['/a.b', '/axb', false],
  ])('%s on %s: %s', (pattern, path, matches) => {
    expect(patternMatches(pattern, path)).toBe(matches);
  });
  it.each([
    [{ 'content-type': 'text/html; charset=utf-8' }, 1000, true],
    [{ 'content-type': 'text/html' }, 999, false],
    [{ 'content-type': 'text/html' }, 10_000_001, false],
    [{ 'content-type': 'image/png' }, 5000, false],
    [{ 'content-type': 'text/html', 'content-encoding': 'gzip' }, 5000, false],
    [{}, 5000, false],
  ])('%j of %d bytes is compressed: %s', (headers, size, wanted) => {
    expect(compressible(headers as unknown as Record<string, string>, size)).toBe(wanted);
  });
  it.each([
    ['site.s3.us-west-2.amazonaws.com', 'site'],
    ['my.site.s3.amazonaws.com', 'my.site'],
    ['site.s3-us-west-2.amazonaws.com', 'site'],
    ['api.example.com', undefined],
    ['site.s3-website-us-west-2.amazonaws.com', undefined],
    ['site.s3.dualstack.eu-west-1.amazonaws.com', 'site'],
  ])('%s is the bucket %s', (domain, bucket) => {
    expect(bucketOf(domain)).toBe(bucket);
  });
});
