import { describe, expect, it } from 'vitest';
import { mountOf } from '../../../src/aws/distribution-host.ts';
import { cachedForms, invalidationPaths } from '../../../src/parts/site/plan/invalidation-paths.ts';

describe('cachedForms', () => {
  it.each([
    ['index.html', '', ['/index.html', '/']],
    ['docs/index.html', '', ['/docs/index.html', '/docs/', '/docs']],
    ['fooindex.html', '', ['/fooindex.html', '/fooindex']],
    ['about.html', '', ['/about.html', '/about']],
    ['robots.txt', '', ['/robots.txt']],
    ['index.html', 'app', ['/app/index.html', '/app/', '/app']],
    ['a.html', 'app/v2', ['/app/v2/a.html', '/app/v2/a']],
    // Unsafe and non-ASCII characters are encoded, others are not: else the path silently misses.
    ['with space.txt', '', ['/with%20space.txt']],
    ['café.txt', '', ['/caf%C3%A9.txt']],
    ['cafe\u0301.txt', '', ['/cafe%CC%81.txt']],
    ["(a)!'b.txt", '', ["/(a)!'b.txt"]],
    ['50%.txt', '', ['/50%25.txt']],
    ['a#b?.txt', '', ['/a%23b%3F.txt']],
    ['a+b.txt', '', ['/a+b.txt', '/a%2Bb.txt']],
    ['[id].txt', '', ['/%5Bid%5D.txt', '/[id].txt']],
    // CloudFront cannot name these two: a wildcard that ends before them can.
    ['runtime~main.js', '', ['/runtime*']],
    ['a*b.txt', '', ['/a*']],
  ])('%s below %j', (path, mount, expected) => expect(cachedForms(path, mount)).toEqual(expected));
});

describe('invalidationPaths', () => {
  const many = (folder: string, n: number) => Array.from({ length: n }, (_, i) => `${folder}p${i}.txt`);
  it('is exact within the budget', () => {
    expect(invalidationPaths(['a.txt', 'b/c.txt', 'a.txt'], '', 10)).toEqual(['/a.txt', '/b/c.txt']);
  });
  it('collapses the fullest folder, as deep as it can be, and leaves the rest exact', () => {
    expect(invalidationPaths([...many('x/deep/', 20), ...many('y/', 3), 'z.txt'], '', 10)).toEqual([
      '/x/deep/*',
      '/y/p0.txt',
      '/y/p1.txt',
      '/y/p2.txt',
      '/z.txt',
    ]);
  });
  it('needs the fewest wildcards', () => {
    const paths = invalidationPaths([...many('x/', 20), ...many('y/', 15), ...many('z/', 5)], '', 10);
    expect(paths).toEqual(['/x/*', '/y/*', ...many('z/', 5).map((p) => `/${p}`)]);
  });
  it('empties all when nothing else is within the budget', () => {
    expect(invalidationPaths(many('', 200), '', 10)).toEqual(['/*']);
    expect(invalidationPaths(many('', 200), 'app', 10)).toEqual(['/app/*']);
    // A preview: its folder without a slash is one of the forms of its entry page.
    expect(invalidationPaths(['index.html', 'a.js'], 'previews/pr-7', 1)).toEqual(['/previews/pr-7*']);
    const folders = Array.from({ length: 40 }, (_, i) => many(`f${i}/`, 9)).flat();
    expect(invalidationPaths(folders, '', 30)).toEqual(['/*']);
  });
  it('asks for nothing twice', () => {
    expect(invalidationPaths(['a~b.js', 'a~c.js', 'abc.js'], '', 10)).toEqual(['/a*']);
  });
});

describe('mountOf', () => {
  it.each([
    ['', '', ''],
    ['app', '', 'app'],
    ['app', '/app', ''],
    ['app/v2', '/app', 'v2'],
    ['other', '/app', undefined],
    ['apple', '/app', undefined],
  ])('prefix %j, origin path %j', (prefix, origin, expected) =>
    expect(mountOf(prefix, origin)).toBe(expected),
  );
});
