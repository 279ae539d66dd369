import { describe, expect, it } from 'vitest';
import { pauseBefore } from '../../../src/github/rate-limit.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const reset = String(now / 1000 + 30);

describe('when GitHub may be asked again', () => {
  it.each([
    ['retry-after is taken at its word', 429, { 'retry-after': '7' }, '', 0, 7_000],
    ['a retry-after of 0 is at once', 403, { 'retry-after': '0' }, '', 0, 0],
    [
      'the primary limit ends at its reset',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
      '',
      0,
      31_000,
    ],
    ['a reset in the past', 429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' }, '', 0, 1_000],
    ['a secondary limit without headers', 403, {}, 'You have exceeded a secondary rate limit', 0, 60_000],
    ['a secondary limit the second time', 429, {}, '', 1, 120_000],
    ['a server error', 502, {}, '', 0, 500],
    ['a server error the third time', 503, {}, '', 2, 2_000],
    ['a server error for good', 503, {}, '', 3, undefined],
    ['no answer', 0, {}, '', 0, 500],
    ['no answer again', 0, {}, '', 1, undefined],
    [
      'a missing permission',
      403,
      { 'x-ratelimit-remaining': '4999' },
      'Resource not accessible by integration',
      0,
      undefined,
    ],
    ['an expired token', 401, {}, 'Bad credentials', 0, undefined],
    ['nothing there', 404, {}, 'Not Found', 0, undefined],
    ['wrong input', 422, {}, 'Validation Failed', 0, undefined],
  ] as const)('%s', (_name, status, headers, message, attempt, pause) => {
    expect(pauseBefore({ status, headers, message }, attempt, now)).toBe(pause);
  });
});
