import { expect, it } from 'vitest';
import { asFlags } from '../../../src/cli/as-flags.ts';

const INPUTS = ['image', 'images', 'wait-timeout', 'release-bucket'];

it.each([
  ['input `image`: is empty', '--image: is empty'],
  ['next: give `images: api=…`', 'next: give `--images api=…`'],
  ['correct `release-bucket`', 'correct `--release-bucket`'],
  ['`wait-timeout: 40m` or `lock-timeout`', '`--wait-timeout 40m` or `lock-timeout`'],
  ['the output `image` of push-image', 'the output `image` of push-image'],
  ['a key `image` of the file', 'a key `image` of the file'],
  ['run `aws ecs list-services`', 'run `aws ecs list-services`'],
  ['an image, without marks', 'an image, without marks'],
])('%s', (said, shown) => {
  expect(asFlags(said, INPUTS)).toBe(shown);
});
