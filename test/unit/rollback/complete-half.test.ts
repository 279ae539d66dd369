import { expect, it } from 'vitest';
import { completeHalf, type OtherRelease } from '../../../src/actions/rollback/complete-half.ts';
import type { FrontendHalf } from '../../../src/release/record.ts';

const half = (fields: Partial<FrontendHalf> = {}): FrontendHalf => ({
  bucket: 'site',
  prefix: '',
  manifest: 'm',
  files: 1,
  bytes: 1,
  result: 'deployed',
  startedAt: '2026-11-23T00:00:00.000Z',
  ...fields,
});
const other = (id: string, fields: Partial<FrontendHalf>): OtherRelease => ({ id, frontend: half(fields) });
const full = { distribution: 'E1', siteUrl: 'https://a.example.com' };

it.each<[string, Partial<FrontendHalf>, OtherRelease[], Partial<FrontendHalf>, number]>([
  ['nothing is lacking', full, [other('two', { distribution: 'E2' })], full, 0],
  ['both are lacking', {}, [other('two', full)], full, 2],
  ['the first that knows is asked', {}, [{ id: 'b' }, other('two', {}), other('one', full)], full, 2],
  ['each may come from another', {}, [other('a', { siteUrl: full.siteUrl }), other('b', full)], full, 2],
  ['another bucket is another site', {}, [other('two', { ...full, bucket: 'other' })], {}, 0],
  ['another prefix is another site', {}, [other('two', { ...full, prefix: 'docs' })], {}, 0],
])('%s', (_what, own, others, expected, taken) => {
  const completed = completeHalf(half(own), others);
  expect(completed.half).toEqual(half(expected));
  expect(completed.taken).toHaveLength(taken);
});

it('says what it took, and from where', () => {
  expect(completeHalf(half(), [other('two', { distribution: 'E2' })]).taken).toEqual([
    'its record names no distribution: E2 is used, as in release two',
  ]);
});
