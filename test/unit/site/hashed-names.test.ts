// Which names have a hash in them: of 1,000 random names of each tool 950 at least, of names that people give none.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hasHash, nameProvesContent } from '../../../src/parts/site/scan/hashed-names.ts';

/** Mulberry32: the same numbers in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const HEX = '0123456789abcdef';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The names that a tool writes, with `#` for the hash. */
const TOOLS: Readonly<Record<string, { alphabet: string; length: number; names: readonly string[] }>> = {
  'Angular 17+': {
    alphabet: BASE32,
    length: 8,
    names: ['main-#.js', 'chunk-#.js', 'styles-#.css', 'polyfills-#.js', 'media/inter-latin-#.woff2'],
  },
  'esbuild in the root': {
    alphabet: BASE32,
    length: 8,
    names: ['app-#.js', 'chunk-#.js', 'app-#.css', 'app-#.js.map'],
  },
  Parcel: {
    alphabet: HEX,
    length: 8,
    names: ['index.#.js', 'index.#.css', 'Page.#.js', 'index.#.js.map', 'logo.#.svg'],
  },
  'Eleventy (images)': {
    alphabet: BASE64URL,
    length: 10,
    names: ['img/#-300.jpeg', 'img/#-600.webp', 'img/#-1200.avif'],
  },
  'Eleventy (bundles)': { alphabet: BASE64URL, length: 10, names: ['bundle/#.css', 'bundle/#.js'] },
  Bun: {
    alphabet: CROCKFORD,
    length: 8,
    names: ['index-#.js', 'chunk-#.js', 'index-#.css', 'index-#.js.map', 'logo-#.svg'],
  },
  Trunk: { alphabet: HEX, length: 16, names: ['app-#.js', 'app-#_bg.wasm', 'style-#.css'] },
  Blazor: {
    alphabet: BASE36,
    length: 10,
    names: [
      '_framework/System.Private.CoreLib.#.wasm',
      '_framework/dotnet.native.#.js',
      '_framework/App.#.pdb',
      '_framework/icudt_EFIGS.#.dat',
    ],
  },
  'Vite and Rollup': {
    alphabet: BASE64URL,
    length: 8,
    names: ['assets/index-#.js', 'assets/index-#.css', 'assets/chunk.#.js', 'assets/logo-#.svg'],
  },
  webpack: { alphabet: HEX, length: 20, names: ['static/js/main.#.chunk.js', '#.png', '123.#.js'] },
};

describe('of 1,000 random names', () => {
  it.each(Object.entries(TOOLS))('%s', (tool, { alphabet, length, names }) => {
    const next = random(tool.length * 7919);
    const hash = () => Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join('');
    const all = Array.from({ length: 1000 }, (_, i) => (names[i % names.length] ?? '').replace('#', hash()));
    const missed = all.filter((name) => !hasHash(name));
    expect(all.length - missed.length, missed.slice(0, 30).join(' ')).toBeGreaterThanOrEqual(950);
  });
});

const WORDS =
  'dark light mode open sans book mac photo image icon logo hero main menu home page card left right small large arrow down back next user team blue green red white black grey header footer banner button close search mobile tablet desktop summer winter office garden house kitchen berlin paris london roboto lato inter fira mono source serif bold italic regular medium black thin web app phone apple google github twitter facebook linkedin youtube instagram settings profile gallery cover thumb retina print email alert check cross star heart cloud data chart graph table list grid video audio music sound map pin flag world europe asia cafe decade facade beef face fade bead dead feed html css svg img btn bg'.split(
    ' ',
  );
const capital = (word: string) => (word[0] ?? '').toUpperCase() + word.slice(1);

/** Names that people give: words after words, in capitals and not, with numbers. */
const ORDINARY: Readonly<Record<string, (pick: (n: number) => number) => string>> = {
  'icon-darkMode': (pick) => `${WORDS[pick(WORDS.length)]}${capital(WORDS[pick(WORDS.length)] ?? '')}`,
  'font-OpenSans': (pick) =>
    `${capital(WORDS[pick(WORDS.length)] ?? '')}${capital(WORDS[pick(WORDS.length)] ?? '')}`,
  'photo-MacBookA': (pick) =>
    `${capital(WORDS[pick(WORDS.length)] ?? '')}${capital(WORDS[pick(WORDS.length)] ?? '')}${'ABCDEF'[pick(6)]}`,
  'product-1234567a': (pick) => `${1_000_000 + pick(9_000_000)}${'abcdef'[pick(6)]}`,
  'photo-DSCN2041': (pick) => `${['DSCN', 'IMG_', 'PXL_', 'P', 'GOPR'][pick(5)]}${1000 + pick(9000)}`,
  'report-20261123': (pick) => `${20_000_101 + pick(300_000)}`,
  'banner-1920x1080': (pick) => `${100 + pick(3000)}x${100 + pick(3000)}`,
  'app-SETTINGS': (pick) => (WORDS[pick(WORDS.length)] ?? '').toUpperCase(),
  'team-berlin2024': (pick) => `${WORDS[pick(WORDS.length)]}${pick(3000)}`,
  'hero-V2': (pick) => `${WORDS[pick(WORDS.length)]}V${pick(9)}`,
};
const PICTURES = ['.svg', '.jpg', '.png', '.woff2', '.webp'];
const CODE = ['.js', '.css', '.min.js'];
const PLACES = ['', 'assets/', 'img/', 'static/media/', 'media/', 'assets/fonts/'];

describe('of 900 names that people give', () => {
  it.each(Object.entries(ORDINARY))('as %s', (like, make) => {
    const next = random(like.length * 104_729);
    const pick = (n: number) => Math.floor(next() * n);
    // A product has pictures and no scripts.
    const ends = like.startsWith('product') ? PICTURES : [...PICTURES, ...CODE];
    const before = () => ['icon-', 'font-', 'photo-', 'product-', 'app.', 'a_', ''][pick(7)];
    const names = Array.from(
      { length: 900 },
      () => `${PLACES[pick(6)]}${before()}${make(pick)}${ends[pick(ends.length)]}`,
    );
    expect(names.filter(hasHash)).toEqual([]);
  });

  it.each([
    'icon-darkMode.svg',
    'assets/icon-darkMode.svg',
    'assets/font-OpenSans.woff2',
    'assets/photo-MacBookA.jpg',
    'product-1234567a.jpg',
    'my-picture-300.jpg',
    '_framework/dotnet.js',
    '_framework/blazor.webassembly.js',
    '_framework/MyApp.extensions.wasm',
    'polyfill-es2015ab.js',
    'jquery-3.7.1.min.js',
    'assets/app-version2.js',
    'assets/photo-IMG_2041.jpg',
    'menu-cafe2024.jpg',
  ])('%s', (name) => expect(hasHash(name)).toBe(false));
});

describe('nameProvesContent', () => {
  const content = 'body { color: red }';
  const digest = (algorithm: string, as: 'hex' | 'base64url') =>
    createHash(algorithm).update(content).digest(as);
  const hashes = {
    ...{ sha256: digest('sha256', 'hex'), md5: digest('md5', 'hex'), sha1: digest('sha1', 'hex') },
  };
  it.each([
    ['Hugo', `css/main.${digest('sha256', 'hex')}.css`, true],
    ['Django', `static/base.${digest('md5', 'hex').slice(0, 12)}.css`, true],
    ['gulp-rev', `style-${digest('md5', 'hex').slice(0, 10)}.css`, true],
    ['Eleventy', `bundle/${digest('sha256', 'base64url').slice(0, 10)}.css`, true],
    ['Sprockets', `app-${digest('sha1', 'hex')}.js`, true],
    ['digits of SHA-1', `photo-${digest('sha1', 'hex').slice(0, 8)}.jpg`, true],
    ['another content', `css/main.${digest('sha512', 'hex').slice(0, 32)}.css`, false],
    ['an ordinary name', 'style.css', false],
  ])('%s', (_tool, path, expected) => expect(nameProvesContent(path, hashes)).toBe(expected));
});
