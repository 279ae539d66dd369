import { expect, test } from 'vitest';
import { publicUrl } from '../../../src/runtime/url.ts';

test.each([
  ['abc.us-west-2.awsapprunner.com', 'https://abc.us-west-2.awsapprunner.com'],
  ['d111.cloudfront.net/', 'https://d111.cloudfront.net'],
  ['127.0.0.1:4566', 'http://127.0.0.1:4566'],
  ['localhost', 'http://localhost'],
  ['[::1]:80', 'http://[::1]:80'],
  ['localhost.example.com', 'https://localhost.example.com'],
  ['http://example.com/', 'http://example.com'],
  ['HTTPS://example.com/app', 'HTTPS://example.com/app'],
])('%s is %s', (host, url) => {
  expect(publicUrl(host)).toBe(url);
});
