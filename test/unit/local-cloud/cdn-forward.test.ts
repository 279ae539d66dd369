import { describe, expect, it } from 'vitest';
import {
  both,
  forwardingOf,
  normalized,
  originHeaders,
  pick,
  variantOf,
} from '../../../local-cloud/services/cloudfront/cdn/forward.ts';
import type { Behavior } from '../../../local-cloud/services/cloudfront/config.ts';
import {
  CACHE_POLICIES,
  type CachePolicy,
  ORIGIN_REQUEST_POLICIES,
} from '../../../local-cloud/services/cloudfront/policies.ts';

const optimized = CACHE_POLICIES['658327ea-f89d-4fab-a63d-7e88639e58f6'] as CachePolicy;
const disabled = CACHE_POLICIES['4135ea2d-6df8-44a3-9df3-4b5a84be39ad'] as CachePolicy;
const behavior = (policy: CachePolicy, request?: string): Behavior => ({
  pattern: '*',
  origin: 'site',
  methods: ['GET', 'HEAD'],
  compress: true,
  policy,
  request: request === undefined ? undefined : ORIGIN_REQUEST_POLICIES[request],
  response: undefined,
  functions: {},
});
const EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
const ALL_VIEWER = '216adef6-5c7f-47e4-b989-5492eafa07d3';

describe('what is picked by name', () => {
  it.each([
    ['none', 'a=1', '&', ''],
    ['all', 'a=1&b=2', '&', 'a=1&b=2'],
    [['b'], 'a=1&b=2', '&', 'b=2'],
    [['b'], 'bb=1', '&', ''],
    [['sid'], 'theme=dark; sid=7', ';', 'sid=7'],
    ['all', 'theme=dark; sid=7', ';', 'theme=dark; sid=7'],
  ] as const)('%j of %s by %s is %j', (names, text, by, wanted) => {
    expect(pick(text, names, by)).toBe(wanted);
  });
  it.each([
    ['none', 'none', 'none'],
    ['all', ['a'], 'all'],
    [['a'], 'none', ['a']],
    [
      ['a', 'b'],
      ['b', 'c'],
      ['a', 'b', 'c'],
    ],
  ] as const)('%j and %j are %j', (one, other, wanted) => {
    expect(both(one, other)).toEqual(wanted);
  });
});

describe('which encodings have an entry of their own', () => {
  const policy = (gzip: boolean, brotli: boolean) => ({ gzip, brotli });
  it.each([
    [undefined, policy(true, true), ''],
    ['gzip, deflate, br, zstd', policy(true, true), 'br,gzip'],
    ['gzip', policy(true, true), 'gzip'],
    ['br', policy(true, true), 'br'],
    ['br;q=0, gzip', policy(true, true), 'gzip'],
    ['gzip;q=0', policy(true, true), ''],
    ['br;q=0.5', policy(true, true), 'br'],
    ['*', policy(true, true), ''],
    ['gzip, br', policy(true, false), 'gzip'],
    ['gzip, br', policy(false, false), ''],
  ])('%s under %j is %j', (header, enabled, wanted) => {
    expect(normalized(header, enabled)).toBe(wanted);
  });
  it('and which headers and cookies', () => {
    const policy: CachePolicy = { ...optimized, headers: ['origin'], cookies: ['sid'] };
    const key = (headers: Record<string, string>) => variantOf(headers, policy);
    expect(key({ origin: 'https://a' })).not.toBe(key({ origin: 'https://b' }));
    expect(key({ cookie: 'sid=1; theme=dark' })).toBe(key({ cookie: 'sid=1; theme=light' }));
    expect(key({ cookie: 'sid=1' })).not.toBe(key({ cookie: 'sid=2' }));
    expect(key({ 'user-agent': 'a' })).toBe(key({ 'user-agent': 'b' }));
  });
});

describe('what the origin gets', () => {
  const headers = {
    host: 'www.example.com',
    cookie: 'sid=7',
    accept: 'text/html',
    authorization: 'Bearer x',
    'accept-encoding': 'gzip, zstd',
    'if-none-match': '"1"',
    range: 'bytes=0-1',
    'user-agent': 'browser',
    'content-type': 'application/json',
  };
  const sent = (of: Behavior, method = 'GET') =>
    originHeaders({ method, headers, ip: '10.0.0.1' }, forwardingOf(of), 'gzip');

  it('of a policy with nothing in its key: nothing of the viewer', () => {
    expect(sent(behavior(optimized))).toEqual({
      'user-agent': 'Amazon CloudFront',
      'accept-encoding': 'gzip',
      'x-forwarded-for': '10.0.0.1',
    });
  });
  it('of all but the host: cookies and headers, and no conditions', () => {
    expect(sent(behavior(disabled, EXCEPT_HOST))).toEqual({
      'user-agent': 'browser',
      accept: 'text/html',
      authorization: 'Bearer x',
      'content-type': 'application/json',
      cookie: 'sid=7',
      'accept-encoding': 'gzip',
      'x-forwarded-for': '10.0.0.1',
    });
  });
  it('the host too, where the policy has it', () => {
    expect(sent(behavior(disabled, ALL_VIEWER))['host']).toBe('www.example.com');
  });
  it('with a body what belongs to it, whatever the policies say', () => {
    const { authorization, cookie, 'content-type': type } = sent(behavior(optimized), 'POST');
    expect([authorization, cookie, type]).toEqual(['Bearer x', undefined, 'application/json']);
  });
});
