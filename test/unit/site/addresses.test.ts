import { describe, expect, it } from 'vitest';
import {
  type Address,
  addressesOf,
  addressesToAsk,
  basePath,
  distinct,
  needsFunction,
  pagesAt,
  pagesOf,
} from '../../../src/parts/site/live/addresses.ts';
import { judgeAddress, samePage } from '../../../src/parts/site/live/follow-links.ts';
import { localLinks } from '../../../src/parts/site/scan/html-refs.ts';
import type { SiteFile } from '../../../src/parts/site/types.ts';

const page = (path: string, sha256 = path): SiteFile => ({
  path,
  sha256,
  md5: path,
  size: 1,
  headers: { contentType: 'text/html; charset=utf-8', cacheControl: '' },
});
const pages = pagesOf(
  ['index.html', 'about.html', 'docs/index.html', 'both.html', 'both/index.html', 'old'].map((p) => page(p)),
);
const paths = (files: readonly SiteFile[]) => files.map((file) => file.path);

it.each([
  ['', ['index.html']],
  ['index.html', ['index.html']],
  ['about.html', ['about.html']],
  ['about', ['about.html']],
  ['about/', ['about.html']],
  ['docs/', ['docs/index.html']],
  ['docs', ['docs/index.html']],
  ['both', ['both.html', 'both/index.html']],
  ['old', ['old']],
  ['old/', []],
  ['route/of/an/app', []],
  ['logo.png', []],
])('the pages that /%s may mean', (address, expected) => {
  expect(paths(pagesAt(address, pages))).toEqual(expected);
});

describe('localLinks', () => {
  it.each([
    ['<a href="/about/">a</a><a class=x href=docs>d</a>', 'index.html', '', ['about/', 'docs']],
    [
      '<a href="../">up</a><a href="#top">top</a>',
      'docs/start/index.html',
      '',
      ['docs/', 'docs/start/index.html'],
    ],
    ['<a href="https://other.example/">x</a><a href="mailto:a@b.c">m</a>', 'index.html', '', []],
    ['<a href="/caf%C3%A9?q=1#x">c</a>', 'index.html', '', ['café']],
    ['<a href="/app/about">in</a><a href="/other">out</a>', 'index.html', 'app', ['about']],
    ['<a name=x>no</a><!-- <a href="/c"> --><abbr href="/d">', 'index.html', '', []],
    ['<base href="/docs/"><a href="start">s</a>', 'index.html', '', ['docs/start']],
  ])('%s', (html, path, base, expected) => expect(localLinks(html, path, base)).toEqual(expected));
});

it('links to pages need a function where no key has the address', () => {
  const html = '<a href="/">home</a><a href="/about.html">a</a><a href="/docs/">d</a><a href="/route">r</a>';
  const found = addressesOf(html, 'index.html', '', pages);
  expect(found.map((one) => [one.address, needsFunction(one)])).toEqual([
    ['', false],
    ['about.html', false],
    ['docs/', true],
  ]);
});

it('all of the entry page’s links are asked for, and a sample of the rest, each once', () => {
  const one = (address: string, from: string): Address => ({ address, from, pages: [page('x')] });
  const entry = Array.from({ length: 20 }, (_, i) => one(`e${i}`, 'index.html'));
  const rest = Array.from({ length: 100 }, (_, i) => one(`r${i}`, 'other.html'));
  const asked = addressesToAsk(distinct([one('e3', 'other.html'), ...rest, ...entry, ...entry]));
  expect(asked.filter(({ from }) => from === 'index.html')).toHaveLength(20);
  const others = asked.filter(({ from }) => from !== 'index.html').map(({ address }) => address);
  expect(others).toHaveLength(12);
  expect(others[0]).toBe('r0');
  expect(Number(others.at(-1)?.slice(1))).toBeGreaterThan(85);
});

it.each([
  [undefined, ''],
  ['https://www.example.com', ''],
  ['https://www.example.com/', ''],
  ['https://www.example.com/docs/caf%C3%A9/', 'docs/café'],
])('%s is mounted at %j', (url, base) => expect(basePath(url)).toBe(base));

describe('the answer to an address', () => {
  const about: Address = { address: 'about', from: 'index.html', pages: [page('about.html')] };
  const answer = (status: number, sha256 = '', headers = {}) => ({
    status,
    sha256,
    headers,
    size: 9,
    head: '',
  });
  it.each([
    ['the page', answer(200, 'about.html'), undefined],
    ['nothing', answer(404), 'HTTP 404: /about is about.html in the bucket, and nothing finds it'],
    [
      'a cached 404',
      answer(404, '', { age: '7' }),
      'HTTP 404: a cached 404 (Age: 7 s), from before the file was there: /about is',
    ],
    [
      'the app under every address',
      answer(200, 'index.html'),
      'it is answered with index.html, and is about.html',
    ],
    [
      'something else',
      answer(200, 'x', { 'content-type': 'text/plain' }),
      'other bytes than those of about.html',
    ],
  ])('%s', (_what, given, expected) => {
    const problem = judgeAddress(about, given, pages);
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(expected);
  });
  it.each([
    ['/about.html', 'https://a.example/about.html'],
    ['/about/', 'https://a.example/about/'],
    ['https://a.example/about.html?x', 'https://a.example/about.html?x'],
    ['/', undefined],
    ['https://other.example/about.html', undefined],
    [undefined, undefined],
  ])('a redirect to %s', (location, expected) => {
    expect(samePage(about, location, 'https://a.example/about', 'https://a.example', pages)).toBe(expected);
  });
});
