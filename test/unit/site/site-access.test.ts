import { expect, it } from 'vitest';
import { accessOf } from '../../../src/parts/site/live/site-access.ts';

const URL = 'https://d1.cloudfront.net/docs/none.js';
const ALIASES = ['www.example.com', '*.shop.example.com'];
const BY_FUNCTION = { 'x-cache': 'FunctionGeneratedResponse from cloudfront' };
const to = (location: string) => ({ location, ...BY_FUNCTION });

it.each<[string, number, Record<string, string>, string]>([
  ['a page', 200, {}, 'open'],
  ['a missing file', 404, { server: 'AmazonS3' }, 'open'],
  ["a private bucket's 403", 403, { server: 'AmazonS3', 'x-cache': 'Error from cloudfront' }, 'open'],
  ['a 403 of nobody known', 403, {}, 'open'],
  ['a login', 401, { 'www-authenticate': 'Basic' }, 'denied'],
  ['a firewall', 403, { server: 'CloudFront', 'x-cache': 'Error from cloudfront' }, 'denied'],
  ['a function', 403, BY_FUNCTION, 'denied'],
  ['a function at the origin', 403, { 'x-cache': 'LambdaGeneratedResponse from cloudfront' }, 'denied'],
  ['the login page of another host', 302, to('https://login.example.com/?to=docs'), 'denied'],
  ['the login page of the same host', 302, to('/login'), 'denied'],
  ['an alias', 301, to('https://www.example.com/docs/none.js'), 'moved'],
  ['an alias, by the origin', 301, { location: 'https://WWW.example.com/docs/none.js' }, 'moved'],
  ['an alias with a star', 308, to('https://eu.shop.example.com/docs/none.js'), 'moved'],
  ['a star is one label', 301, to('https://a.eu.shop.example.com/docs/none.js'), 'denied'],
  ['a foreign host', 301, to('https://www.example.org/docs/none.js'), 'denied'],
  ["the origin's own redirect", 302, { location: 'https://www.example.org/', server: 'AmazonS3' }, 'open'],
  ['no address', 301, { location: 'http://[' }, 'open'],
])('%s', (_what, status, headers, kind) => {
  expect(accessOf(URL, { status, headers }, ALIASES).kind).toBe(kind);
});
