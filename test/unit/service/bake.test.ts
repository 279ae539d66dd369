import { expect, test } from 'vitest';
import { judgeBake } from '../../../src/parts/service/deploy/bake.ts';

const samples = (good: number, bad: number, status = 500) =>
  [...Array(good).fill(200), ...Array(bad).fill(status)].map((status) => ({ at: 0, latency: 1, status }));

test.each([
  ['nothing asked yet', samples(0, 0), false, 0.01, undefined],
  ['all is well', samples(100, 0), false, 0.01, undefined],
  ['one that failed is no evidence', samples(3, 1), false, 0.01, undefined],
  [
    'two are, above the rate',
    samples(3, 2),
    false,
    0.01,
    /2 of 5 requests failed in the bake, more than the 1%/,
  ],
  ['within the rate', samples(98, 2), false, 0.02, undefined],
  ['404 where users were answered before', samples(3, 3, 404), true, 0.01, /3 of 6/],
  ['404 where they got that before too', samples(3, 3, 404), false, 0.01, undefined],
])('%s', (_name, seen, usuallyFine, rate, says) => {
  const why = judgeBake(seen, usuallyFine, rate);
  if (says === undefined) expect(why).toBeUndefined();
  else expect(why).toMatch(says);
});
