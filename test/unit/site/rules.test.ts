import { describe, expect, it } from 'vitest';
import {
  cacheControlOf,
  cacheRule,
  globMatcher,
  IMMUTABLE,
  REVALIDATE,
  SHORT,
} from '../../../src/parts/site/scan/cache-rules.ts';
import { contentTypeOf } from '../../../src/parts/site/scan/content-type.ts';
import { nameProblem } from '../../../src/parts/site/scan/names.ts';
import { parseRedirects } from '../../../src/parts/site/scan/redirects.ts';

describe('cacheControlOf', () => {
  it.each([
    // Next.js
    ['_next/static/chunks/app/page-0f7c4d2b1a3e5f60.js', IMMUTABLE],
    ['_next/static/Xy12_abc/_buildManifest.js', IMMUTABLE],
    ['index.html', REVALIDATE],
    ['about/index.txt', REVALIDATE],
    // Vite
    ['assets/index-DiwrgTda.js', IMMUTABLE],
    ['assets/index-BdQq_4o_.css', IMMUTABLE],
    ['assets/react-CHdo91hT.svg', IMMUTABLE],
    ['assets/details-BIBVL672.js', IMMUTABLE],
    // Astro, SvelteKit, Nuxt
    ['_astro/hoisted.CjV4GOnC.js', IMMUTABLE],
    ['_app/immutable/entry/start.BmRWx6p4.js', IMMUTABLE],
    ['_app/version.json', REVALIDATE],
    ['_nuxt/DxyvT3ab.js', IMMUTABLE],
    ['_nuxt/builds/latest.json', REVALIDATE],
    // Docusaurus, webpack, Hugo, create-react-app
    ['assets/js/main.1a2b3c4d.js', IMMUTABLE],
    ['assets/css/styles.fe01ab9c.css', IMMUTABLE],
    ['assets/images/logo-0a1b2c3d4e5f60718293a4b5c6d7e8f9.png', IMMUTABLE],
    ['css/main.min.9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.css', IMMUTABLE],
    ['static/js/main.8e2c3f1d.chunk.js', IMMUTABLE],
    ['static/js/main.8e2c3f1d.js.map', IMMUTABLE],
    // Angular, esbuild, Bun, Parcel, Trunk, Eleventy, Blazor
    ['main-5INURTSO.js', IMMUTABLE],
    ['chunk-h5pd8jrt.js', IMMUTABLE],
    ['index.7f4e0e5a.js', IMMUTABLE],
    ['app-1a2b3c4d5e6f7081_bg.wasm', IMMUTABLE],
    ['img/KfKHvZFtUw-300.jpeg', IMMUTABLE],
    ['_framework/App.4fjx9q2kzb.wasm', IMMUTABLE],
    // Names that people give are no hashes.
    ['assets/photo-IMG_2041.jpg', SHORT],
    ['assets/photo-DSCN2041.jpg', SHORT],
    ['assets/icon-Settings.svg', SHORT],
    ['assets/app-SETTINGS.js', REVALIDATE],
    ['assets/app-version2.js', REVALIDATE],
    ['reports/report-20261123.pdf', REVALIDATE],
    ['facade.js', REVALIDATE],
    ['sw.js', REVALIDATE],
    ['style.css', REVALIDATE],
    ['logo.svg', SHORT],
    ['data.json', REVALIDATE],
    ['unknown.thing', REVALIDATE],
    ['_next/static/page.html', REVALIDATE],
  ])('%s', (path, expected) => expect(cacheControlOf(path, [])).toBe(expected));

  it('believes the content and the tool’s list before the look of a name, and neither of a page or a worker', () => {
    const sha256 = 'ab'.repeat(32);
    const content = { sha256, md5: '12'.repeat(16) };
    const marked = new Set(['app-settings.js', 'sw.js', 'page-abcdefgh.html']);
    expect(cacheControlOf('photo-12121212.jpg', [], { content })).toBe(IMMUTABLE);
    expect(cacheControlOf('photo-12121213.jpg', [], { content })).toBe(SHORT);
    expect(cacheControlOf('app-settings.js', [], { marked })).toBe(IMMUTABLE);
    expect(cacheControlOf('sw.js', [], { marked })).toBe(REVALIDATE);
    expect(cacheControlOf('page-abcdefgh.html', [], { marked, content })).toBe(REVALIDATE);
  });

  it('takes the first of the user’s rules that matches, at its word', () => {
    const rules = [
      cacheRule('*.html', 'max-age=1'),
      cacheRule('/docs/**', 'max-age=2'),
      cacheRule('**', 'max-age=3'),
    ];
    expect(cacheControlOf('deep/page.html', rules)).toBe('max-age=1');
    expect(cacheControlOf('docs/a.png', rules)).toBe('max-age=2');
    expect(cacheControlOf('_next/static/a.js', rules)).toBe('max-age=3');
  });
});

describe('globMatcher', () => {
  it.each(['**/*.{js,css}', 'assets/**/*-*.*.js', '/docs/**'])('takes %s', (glob) =>
    expect(() => globMatcher(glob)).not.toThrow(),
  );
  it.each([
    ['a*'.repeat(20), /20 wildcards/],
    ['a*a*a*a*b', /4 wildcards/],
    ['+(a|aa)'.repeat(9), /9 wildcards/],
    ['a'.repeat(2000), /2000 characters/],
  ])('refuses %s', (glob, says) => expect(() => globMatcher(glob)).toThrow(says));
});

describe('contentTypeOf', () => {
  it.each([
    ['index.html', '', 'text/html; charset=utf-8'],
    ['A.HTML', '', 'text/html; charset=utf-8'],
    ['app.js', '', 'text/javascript; charset=utf-8'],
    ['app.js.map', '', 'application/json; charset=utf-8'],
    ['logo.svg', '', 'image/svg+xml; charset=utf-8'],
    ['site.webmanifest', '', 'application/manifest+json; charset=utf-8'],
    ['feed.xml', '', 'application/xml; charset=utf-8'],
    ['font.woff2', '', 'font/woff2'],
    ['a.wasm', '', 'application/wasm'],
    ['about', '<!DOCTYPE html><html>', 'text/html; charset=utf-8'],
    ['about', '<!-- made by x -->\n<html lang=en>', 'text/html; charset=utf-8'],
    ['binary', '\u0000\u0001', 'application/octet-stream'],
    ['.well-known/apple-app-site-association', '{}', 'application/json; charset=utf-8'],
    ['.well-known/openid', ' {"a":1}', 'application/json; charset=utf-8'],
    ['.well-known/acme', 'token', 'text/plain; charset=utf-8'],
    ['strange.zzz', '', 'application/octet-stream'],
  ])('%s', (path, head, expected) => expect(contentTypeOf(path, head)).toBe(expected));
});

describe('nameProblem', () => {
  it.each([
    ['a b+c%20#?&;=😀/é/e\u0301.txt', undefined],
    ['x'.repeat(1024), undefined],
    ['x'.repeat(1025), /1025 bytes/],
    ['é'.repeat(513), /1026 bytes/],
    ['line\nbreak', /control/],
    ['bad\uFFFDname', /UTF-8/],
    ['a/../b', /URL/],
  ])('%j', (key, expected) => {
    const problem = nameProblem(key);
    if (expected) expect(problem).toMatch(expected);
    else expect(problem).toBeUndefined();
  });
});

describe('parseRedirects', () => {
  it('reads lines, comments and folders', () => {
    expect(
      parseRedirects('# moved\n/old /new\n/caf%C3%A9 https://x.example/ 301\n/dir/ /other # why\n'),
    ).toEqual([
      { from: 'old', to: '/new', line: 2 },
      { from: 'café', to: 'https://x.example/', line: 3 },
      { from: 'dir/index.html', to: '/other', line: 4 },
    ]);
  });
  it('takes what is no circle', () => {
    const text = '/a /b\n/b /c\n/d /b\n/e https://x.example/e\n/f //x.example/f\n/50%25 /a?b=../c\n';
    expect(parseRedirects(text).map(({ from }) => from)).toEqual(['a', 'b', 'd', 'e', 'f', '50%']);
  });
  it('a file goes before a redirect of its path, unless that is forced', () => {
    const has =
      (...paths: string[]) =>
      (path: string) =>
        paths.includes(path);
    expect(parseRedirects('/about /new', has('about'))).toEqual([]);
    expect(() => parseRedirects('/about /new 301!', has('about'))).toThrow(
      /line 1: the folder has about, which/,
    );
    // The page answers one form of the address, the redirect the other.
    expect(parseRedirects('/about/ /about', has('about.html'))).toHaveLength(1);
    expect(parseRedirects('/about /about/', has('about/index.html'))).toHaveLength(1);
    expect(parseRedirects('/index.html /', has('index.html'))).toEqual([]);
    expect(() => parseRedirects('/a /b\n/b /a', has('a/x.html'))).toThrow(/circle/);
  });
  it('reads 20,000 lines that lead to each other', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `/p${i} /p${i + 1}`).join('\n');
    expect(parseRedirects(text)).toHaveLength(20_000);
  });
  it.each([
    ['/a', /from to/],
    ['/a /b 302', /line 1: S3 redirects with 301 only.* not with 302[\s\S]*next: leave the status away/],
    ['/a /b 410', /not with 410/],
    ['/a /b 200', /cannot answer a path with another file[\s\S]*single_page_app/],
    ['# app\n/* /index.html 200', /line 2: S3 cannot answer[\s\S]*remove the line/],
    ['/* /404.html 404', /custom error response/],
    ['https://old.example/* https://new.example/:splat 301!', /another host[\s\S]*CloudFront function/],
    ['/store id=:id /blog/:id 301', /query parameters and conditions/],
    ['/ch /de 301 Country=ch', /query parameters and conditions/],
    ['/a?x=1 /b', /a query is no part of a path/],
    ['/a https://[bad', /no URL/],
    ['/old /old/', /circle[\s\S]*are one for S3/],
    ['/old/ /old', /circle/],
    ['/old /old.html', /circle/],
    ['/a /b.html\n/b /a/index.html', /line 1: the redirects go in a circle/],
    ['/a/* /b', /patterns/],
    ['/:id /b', /patterns/],
    ['a /b', /start with/],
    ['/a b', /target/],
    ['/50% /b', /line 1: \/50% has a %/],
    ['/b /50%', /line 1: \/50% has a %/],
    ['/b https://www.example.com/50%', /line 1: .*\/50% has a %/],
    ['/a/../b /c', /line 1: .* has a \. or \.\./],
    ['/a/%2e%2E/b /c', /has a \. or/],
    ['/c /a/./b', /has a \. or/],
    ['/a /a', /line 1: the redirects go in a circle/],
    ['# x\n/a /b?x=1\n/b /c\n/c /a#y', /line 2: the redirects go in a circle/],
    ['/dir/ /dir/index.html', /circle/],
    ['/a/* /b', /CloudFront function/],
    ['/a /b\n/a /c', /line 2: the path is redirected twice/],
  ])('refuses %j', (text, says) => expect(() => parseRedirects(text)).toThrow(says));
});
