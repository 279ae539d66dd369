import { describe, expect, test } from 'vitest';
import { readBucket, readPrefix } from '../../../src/runtime/places.ts';

describe('a bucket', () => {
  test.each([
    ['', ''],
    ['my-site', 'my-site'],
    ['s3://my-site', 'my-site'],
    ['s3://my-site/', 'my-site'],
    ['my.site.example', 'my.site.example'],
  ])('%j is %j', (text, name) => expect(readBucket(text, 'bucket')).toBe(name));

  test.each([
    'My-Site',
    'ab',
    's3://',
    's3://a/b',
    'my-site/docs',
    'https://my-site',
    '-site',
    'my_site',
    ' my-site',
  ])('%j is none', (text) =>
    expect(() => readBucket(text, 'release-bucket')).toThrow(/`release-bucket`.*not the name of a bucket/),
  );
});

describe('a prefix', () => {
  test.each([
    ['', ''],
    ['/', ''],
    ['docs', 'docs'],
    ['/docs/v2/', 'docs/v2'],
    ['a b/.well-known', 'a b/.well-known'],
  ])('%j is %j', (text, prefix) => expect(readPrefix(text)).toBe(prefix));

  test.each(['..', 'a/../b', './a', 'a//b', '///', 'a//'])('%j is none', (text) =>
    expect(() => readPrefix(text)).toThrow(/`prefix`.*not a path in a bucket/),
  );
});
