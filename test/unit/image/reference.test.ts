import { describe, expect, it } from 'vitest';
import {
  immutableTag,
  isLoopback,
  isPlatform,
  isTag,
  parseRepository,
} from '../../../src/image/reference.ts';

describe('the repository that a text names', () => {
  it.each([
    ['api', 'name', undefined, 'api'],
    ['team/api-v2.web', 'name', undefined, 'team/api-v2.web'],
    [
      '123456789012.dkr.ecr.us-west-2.amazonaws.com/team/api',
      'ecr',
      '123456789012.dkr.ecr.us-west-2.amazonaws.com',
      'team/api',
    ],
    [
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/api',
      'ecr',
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
      'api',
    ],
    [
      '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/api',
      'ecr',
      '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
      'api',
    ],
    ['123456789012.dkr-ecr.us-west-2.on.aws/api', 'ecr', '123456789012.dkr-ecr.us-west-2.on.aws', 'api'],
    ['127.0.0.1:5000/team/api', 'loopback', '127.0.0.1:5000', 'team/api'],
    ['localhost/api', 'loopback', 'localhost', 'api'],
    ['ghcr.io/org/api', 'foreign', 'ghcr.io', 'org/api'],
    ['127.0.0.1.example.com/api', 'foreign', '127.0.0.1.example.com', 'api'],
  ])('%s is a %s', (text, kind, host, name) => {
    expect(parseRepository(text)).toMatchObject({ kind, name, ...(host ? { host } : {}) });
  });

  it.each([
    ['', 'nothing'],
    ['API', 'upper case'],
    ['api:latest', 'a tag'],
    ['123456789012.dkr.ecr.us-west-2.amazonaws.com/api:v1', 'a tag in a URI'],
    ['api@sha256:abc', 'a digest'],
    ['https://123456789012.dkr.ecr.us-west-2.amazonaws.com/api', 'a scheme'],
    ['team//api', 'an empty part'],
    ['x', 'one character'],
    [`${'a'.repeat(257)}`, 'too long a name'],
  ])('%s is none: %s', (text) => {
    expect(parseRepository(text)).toBeUndefined();
  });

  it('knows region and account of an ECR URI', () => {
    expect(parseRepository('123456789012.dkr.ecr.eu-central-1.amazonaws.com/api')).toMatchObject({
      account: '123456789012',
      region: 'eu-central-1',
    });
  });
});

it('names an image by its commit', () => {
  expect(immutableTag('0123456789abcdef0123456789abcdef01234567')).toBe('sha-0123456789ab');
});

it.each([
  ['v1.2.3', true],
  ['_x', true],
  ['-x', false],
  ['.x', false],
  ['a/b', false],
  ['', false],
  ['a'.repeat(129), false],
])('tag %s: %s', (text, ok) => {
  expect(isTag(text)).toBe(ok);
});

it.each([
  ['linux/amd64', true],
  ['linux/arm/v7', true],
  ['linux', false],
  ['linux/amd64,linux/arm64', false],
])('platform %s: %s', (text, ok) => {
  expect(isPlatform(text)).toBe(ok);
});

it.each([
  ['127.0.0.1:5000', true],
  ['localhost', true],
  ['[::1]:80', true],
  ['127.0.0.1.example.com', false],
  ['10.0.0.1', false],
])('plain HTTP to %s: %s', (host, ok) => {
  expect(isLoopback(host)).toBe(ok);
});
