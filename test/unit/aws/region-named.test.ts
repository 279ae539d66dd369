import { expect, test } from 'vitest';
import { regionOfError } from '../../../src/aws/bucket-region.ts';
import { regionNamed } from '../../../src/aws/region-named.ts';

const EU = 'eu-west-1';
test.each([
  [301, 'PermanentRedirect', EU, EU],
  [301, 'Http301', EU, EU],
  [400, 'AuthorizationHeaderMalformed', EU, EU],
  [400, 'IllegalLocationConstraintException', 'me-south-1', 'me-south-1'],
  [400, 'BadRequest', 'us-gov-west-1', 'us-gov-west-1'],
  // About something else, though the header is there.
  [400, 'InvalidRequest', EU, undefined],
  [403, 'AccessDenied', EU, undefined],
  [404, 'NoSuchKey', EU, undefined],
  [503, 'SlowDown', EU, undefined],
  [undefined, 'ECONNRESET', EU, undefined],
  // Nothing that may stand in a host name.
  [301, 'PermanentRedirect', undefined, undefined],
  [301, 'PermanentRedirect', '', undefined],
  [301, 'PermanentRedirect', 'evil.example/#', undefined],
  [301, 'PermanentRedirect', 'user@evil', undefined],
  [301, 'PermanentRedirect', 'x'.repeat(64), undefined],
])('%s %s with x-amz-bucket-region %s: %s', (status, code, header, expected) => {
  expect(regionNamed({ status, code, header })).toBe(expected);
});

test.each([
  [{ name: 'PermanentRedirect', $metadata: { httpStatusCode: 301 } }, EU, EU],
  [{ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }, EU, undefined],
  [{ name: 'Error' }, EU, undefined],
])('of the SDK error %j: %s gives %s', (error, header, expected) => {
  const $response = { headers: { 'x-amz-bucket-region': header } };
  expect(regionOfError(Object.assign(new Error('x'), error, { $response }))).toBe(expected);
  expect(regionOfError(Object.assign(new Error('x'), error))).toBeUndefined();
});

test.each([[undefined], [null], ['text']])('of %s: none', (thrown) => {
  expect(regionOfError(thrown)).toBeUndefined();
});
