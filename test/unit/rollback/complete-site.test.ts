import { expect, it } from 'vitest';
import { completeSite, type OtherSite } from '../../../src/actions/rollback/complete-site.ts';
import type { SitePart } from '../../../src/release/record.ts';

const site = (fields: Partial<SitePart> = {}): SitePart => ({
  kind: 'site',
  bucket: 'site',
  prefix: '',
  manifest: 'm',
  files: 1,
  bytes: 1,
  result: 'deployed',
  startedAt: '2026-11-23T00:00:00.000Z',
  ...fields,
});
const other = (id: string, fields: Partial<SitePart>): OtherSite => ({ release: id, site: site(fields) });
const full = { distribution: 'E1', siteUrl: 'https://a.example.com' };

it.each<[string, Partial<SitePart>, OtherSite[], Partial<SitePart>, number]>([
  ['nothing is lacking', full, [other('two', { distribution: 'E2' })], full, 0],
  ['both are lacking', {}, [other('two', full)], full, 2],
  [
    'the first that knows is asked',
    {},
    [other('b', { bucket: 'none' }), other('two', {}), other('one', full)],
    full,
    2,
  ],
  ['each may come from another', {}, [other('a', { siteUrl: full.siteUrl }), other('b', full)], full, 2],
  ['another bucket is another site', {}, [other('two', { ...full, bucket: 'other' })], {}, 0],
  ['another prefix is another site', {}, [other('two', { ...full, prefix: 'docs' })], {}, 0],
])('%s', (_what, own, others, expected, taken) => {
  const completed = completeSite(site(own), others);
  expect(completed.site).toEqual(site(expected));
  expect(completed.taken).toHaveLength(taken);
});

it('says what it took, and from where', () => {
  expect(completeSite(site(), [other('two', { distribution: 'E2' })]).taken).toEqual([
    'its record names no distribution: E2 is used, as in release two',
  ]);
});
