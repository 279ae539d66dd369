import { describe, expect, it } from 'vitest';
import { cacheRule, IMMUTABLE, REVALIDATE } from '../../../src/parts/site/scan/cache-rules.ts';
import { rememberedNames, withoutPromise } from '../../../src/parts/site/scan/mutable-names.ts';
import type { Manifest, SiteFile } from '../../../src/parts/site/types.ts';

const file = (path: string, cacheControl = IMMUTABLE): SiteFile => ({
  path,
  sha256: path,
  md5: path,
  size: 1,
  headers: { contentType: 'text/javascript; charset=utf-8', cacheControl },
});
const served = (files: readonly SiteFile[]) => files.map(({ path, headers }) => [path, headers.cacheControl]);

describe('withoutPromise', () => {
  const files = [file('a.js'), file('b.js'), file('c.js', 'public, max-age=60')];
  it('asks about names that changed their content, each time', () => {
    expect(served(withoutPromise(files, new Set(['a.js', 'c.js'])))).toEqual([
      ['a.js', REVALIDATE],
      ['b.js', IMMUTABLE],
      ['c.js', 'public, max-age=60'],
    ]);
  });
  it('takes a rule of the user at its word', () => {
    expect(withoutPromise(files, new Set(['a.js']), [cacheRule('*.js', IMMUTABLE)])).toEqual(files);
  });
  it('leaves the files as they are where no name did', () => {
    expect(withoutPromise(files, new Set())).toBe(files);
  });
});

describe('rememberedNames', () => {
  const target = { files: [file('a.js', REVALIDATE), file('b.js')] } as unknown as Manifest;
  it.each<[string, string[] | undefined, string[], string[]]>([
    ['nothing new', ['x.js'], [], ['x.js']],
    ['the first', undefined, ['a.js'], ['a.js']],
    ['one more, once', ['x.js', 'a.js'], ['a.js'], ['x.js', 'a.js']],
    ['not what the user calls immutable', [], ['b.js'], []],
  ])('%s', (_name, before, broken, expected) =>
    expect(rememberedNames(before, { broken, target })).toEqual(expected),
  );
});
