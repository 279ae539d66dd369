import { describe, expect, it } from 'vitest';
import { allowedNames, listensHereOnly, refusalOf } from '../../../local-cloud/core/guard.ts';
import { corsHeaders, corsRequest } from '../../../local-cloud/services/s3/cors.ts';

const none = new Set<string>();

describe('which host the API port answers as', () => {
  it.each([
    ['127.0.0.1:4566', undefined],
    ['127.0.0.1', undefined],
    ['127.1.2.3:80', undefined],
    ['localhost:4566', undefined],
    ['LOCALHOST.:4566', undefined],
    ['[::1]:4566', undefined],
    ['my.bucket.localhost:4566', undefined],
    ['s3.us-west-2.amazonaws.com', undefined],
    ['my.site.s3.us-west-2.amazonaws.com', undefined],
    ['site.s3-website-us-west-2.amazonaws.com', undefined],
    ['000000000000.dkr.ecr.us-west-2.amazonaws.com', undefined],
    ['api.ecr.us-west-2.amazonaws.com', undefined],
    ['sts.amazonaws.com', undefined],
    ['ecs.us-west-2.api.aws', undefined],
    ['secretsmanager.cn-north-1.amazonaws.com.cn', undefined],
    // A client of HTTP/1.0 may name none; a browser always does.
    [undefined, undefined],
    ['evil.example:4566', 421],
    ['localhost.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['evillocalhost', 421],
    ['127.evil.example', 421],
    ['s3.evil.example', 421],
    ['amazonaws.com.evil.example', 421],
    // Names of AWS's that a stranger can have point where he likes.
    ['ec2-127-0-0-1.us-west-2.compute.amazonaws.com', 421],
    ['internal-lb-1.us-west-2.elb.amazonaws.com', 421],
    ['192.168.1.9:4566', 421],
    ['0.0.0.0:4566', 421],
    ['', 421],
  ])('%s: %s', (host, status) => {
    expect(refusalOf({ host, origin: undefined, site: undefined }, none)?.status).toBe(status);
  });

  it('names what --allow-host would have to say, and then answers', () => {
    const asked = { host: 'cloud.test:4566', origin: undefined, site: undefined };
    expect(refusalOf(asked, none)?.message).toContain('--allow-host cloud.test ');
    expect(refusalOf(asked, allowedNames(['Cloud.Test']))).toBeUndefined();
    expect(refusalOf({ ...asked, host: '[fd00::1]:4566' }, allowedNames(['fd00::1']))).toBeUndefined();
    expect(() => allowedNames(['http://cloud.test/'])).toThrow('--allow-host');
  });
});

describe('which page may ask', () => {
  const host = '127.0.0.1:4566';
  it.each([
    [undefined, undefined, undefined],
    ['http://127.0.0.1:8080', 'same-site', undefined],
    ['http://localhost:3000', 'cross-site', undefined],
    ['http://site.localhost:3000', 'cross-site', undefined],
    ['http://127.0.0.1:4566', 'same-origin', undefined],
    [undefined, 'none', undefined],
    [undefined, 'same-origin', undefined],
    [undefined, 'cross-site', 403],
    ['https://evil.example', 'cross-site', 403],
    ['https://evil.example', undefined, 403],
    ['http://localhost.evil.example', undefined, 403],
    ['http://user@localhost', undefined, 403],
    ['null', undefined, 403],
    ['null', 'cross-site', 403],
    ['file://', undefined, 403],
    ['', undefined, 403],
    // A page on a stranger's bucket is a stranger's page.
    ['https://evil.s3.amazonaws.com', 'cross-site', 403],
  ])('Origin %s, Sec-Fetch-Site %s: %s', (origin, site, status) => {
    expect(refusalOf({ host, origin, site }, none)?.status).toBe(status);
  });
  it('one that --allow-host names may', () => {
    const asked = { host, origin: 'https://app.test:8443', site: 'cross-site' };
    expect(refusalOf(asked, allowedNames(['app.test']))).toBeUndefined();
  });
});

it.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.9', false],
])('--host %s is this machine alone: %s', (host, alone) => expect(listensHereOnly(host)).toBe(alone));

describe("a bucket's CORS configuration", () => {
  const document = `<CORSConfiguration><CORSRule><AllowedOrigin>https://*.app.test</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>
    <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule></CORSConfiguration>`;
  const ask = (method: string, headers: Record<string, string>) => {
    const asked = corsRequest(method, headers);
    return asked && corsHeaders(document, asked);
  };
  const origin = 'https://a.app.test';
  it.each([
    ['GET', { origin }, origin],
    ['HEAD', { origin: 'https://anyone.test' }, '*'],
    ['GET', { origin: 'https://app.test' }, undefined],
    ['DELETE', { origin }, undefined],
    ['GET', {}, undefined],
    ['OPTIONS', { origin, 'access-control-request-method': 'PUT' }, origin],
    [
      'OPTIONS',
      {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'X-Amz-Date, x-amz-acl',
      },
      origin,
    ],
    [
      'OPTIONS',
      {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-amz-date,content-type',
      },
      undefined,
    ],
    ['OPTIONS', { origin, 'access-control-request-method': 'DELETE' }, undefined],
  ] as const)('%s %j allows %s', (method, headers, allowed) => {
    expect(ask(method, headers as Record<string, string>)?.['access-control-allow-origin']).toBe(allowed);
  });
  it('tells what may be read and how long it holds', () => {
    expect(ask('GET', { origin })).toMatchObject({
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '60',
      'access-control-allow-credentials': 'true',
    });
    expect(corsHeaders(undefined, { origin, method: 'GET', headers: [] })).toBeUndefined();
  });
});
