// Names that no rule was tuned on: of 1,000 of each tool 950 at least are immutable, of those that people give none.
import { describe, expect, it } from 'vitest';
import { cacheControlOf, IMMUTABLE } from '../../../src/parts/site/scan/cache-rules.ts';
import { seeded } from '../../support/seeded.ts';
import { PEOPLES_WORDS } from './unseen-words.ts';

/** @returns whole numbers below `n` */
const picker = (seed: number) => {
  const random = seeded(seed);
  return (n: number) => random.int(0, n - 1);
};
const isImmutable = (path: string) => cacheControlOf(path, []) === IMMUTABLE;

const HEX = '0123456789abcdef';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Alphabet and length of the hash, and names with `#` for it, as each tool's documentation and real builds have them. */
const TOOLS: Readonly<Record<string, readonly [alphabet: string, length: number, names: string]>> = {
  Vite: [
    BASE64URL,
    8,
    'assets/vendor-#.js assets/Home-#.js assets/roboto-latin-400-normal-#.woff2 assets/worker-#.js assets/Checkout-#.css assets/world-#.webp',
  ],
  'Angular 17+': [
    BASE32,
    8,
    'main-#.js chunk-#.js styles-#.css scripts-#.js polyfills-#.js media/fa-solid-900-#.woff2 media/logo-#.svg',
  ],
  'esbuild in the root': [
    BASE32,
    8,
    'index-#.js index-#.css worker-#.js about-#.js chunk-#.js index-#.css.map',
  ],
  Parcel: [HEX, 8, 'docs.#.js about.#.css Gallery.#.js team.#.png index.runtime.#.js inter.#.woff2'],
  'Eleventy (images)': [BASE64URL, 10, 'img/#-800.png assets/#-1600.webp img/#-450.jpeg images/#-24.svg'],
  'Eleventy (bundles)': [BASE64URL, 10, 'bundle/#.css bundle/#.js'],
  Bun: [CROCKFORD, 8, 'main-#.js chunk-#.js App-#.css photo-#.jpg frontend-#.js'],
  Trunk: [HEX, 16, 'shop-#.js shop-#_bg.wasm main-#.css yew-todo-#.js'],
  Blazor: [
    BASE36,
    10,
    '_framework/Microsoft.AspNetCore.Components.#.wasm _framework/blazor.webassembly.#.js _framework/icudt_no_CJK.#.dat _framework/Shop.Client.#.pdb',
  ],
  Next: [
    HEX,
    16,
    '_next/static/chunks/#.js _next/static/chunks/app/page-#.js _next/static/css/#.css _next/static/media/logo.#.svg',
  ],
  'webpack, 8': [HEX, 8, 'js/app.#.js css/app.#.css js/chunk-vendors.#.js img/hero.#.jpg fonts/icons.#.woff'],
  'webpack, 20': [HEX, 20, 'main.#.js 482.#.bundle.js vendors~main.#.chunk.js static/media/logo.#.svg'],
  'webpack, 32': [HEX, 32, '#.png #.woff2 static/js/#.js'],
};

describe('of 1,000 names of a tool', () => {
  it.each(
    Object.entries(TOOLS).flatMap(([tool, how]) => [1, 2, 3].map((round) => [tool, round, how] as const)),
  )('%s, round %d', (tool, round, [alphabet, length, list]) => {
    const pick = picker(tool.length * 1_000_003 + round * 7_368_787);
    const names = list.split(' ');
    const hash = () => Array.from({ length }, () => alphabet[pick(alphabet.length)]).join('');
    const all = Array.from({ length: 1000 }, (_, i) => (names[i % names.length] ?? '').replace('#', hash()));
    const missed = all.filter((path) => !isImmutable(path));
    expect(all.length - missed.length, missed.slice(0, 20).join(' ')).toBeGreaterThanOrEqual(950);
  });
});

const capital = (word: string) => (word[0] ?? '').toUpperCase() + word.slice(1);

/** How people put words together. */
const STYLES: Readonly<Record<string, (word: () => string, pick: (n: number) => number) => string>> = {
  'kebab-case': (word) => `${word()}-${word()}-${word()}`,
  snake_case: (word) => `${word()}_${word()}`,
  camelCase: (word) => `${word()}${capital(word())}`,
  PascalCase: (word) => `${capital(word())}${capital(word())}`,
  'dash-PascalCase': (word) => `${word()}-${capital(word())}${capital(word())}`,
  'dash-UPPER': (word) => `${word()}-${word().toUpperCase()}`,
  'dot.case': (word) => `${word()}.${word()}`,
  'year at the end': (word, pick) => `${word()}-${word()}${1990 + pick(45)}`,
  'number at the end': (word, pick) => `${word()}-${word()}${pick(1000)}`,
  'number in the middle': (word, pick) => `${word()}-${word()}${pick(100)}${word()}`,
  date: (word, pick) =>
    `${word()}-${2000 + pick(30)}${String(1 + pick(12)).padStart(2, '0')}${String(1 + pick(28)).padStart(2, '0')}`,
  'ISO date': (word, pick) => `${2000 + pick(30)}-0${1 + pick(9)}-1${pick(9)}-${word()}`,
  size: (word, pick) => `${word()}-${1 + pick(4000)}x${1 + pick(4000)}`,
  'product number': (word, pick) => `${word()}-${1_000_000 + pick(9_000_000)}${'abcdef'[pick(6)]}`,
  version: (word, pick) => `${word()}-${pick(20)}.${pick(20)}.${pick(20)}`,
  camera: (_word, pick) => `${['DSC_', 'IMG_', 'DSCF', 'MVI_', 'DJI_', 'P100'][pick(6)]}${1000 + pick(9000)}`,
  'words in one': (word) => `${word()}-${word()}${word()}`,
};
const ENDS = ['.svg', '.jpg', '.png', '.woff2', '.webp', '.mp4', '.js', '.css', '.min.js', '.json'];
const PLACES = [
  '',
  'assets/',
  'img/',
  'static/media/',
  'media/',
  'images/icons/',
  'build/',
  'assets/fonts/',
  'bundle/',
];

describe('of 1,000 names that people give', () => {
  it.each(
    Object.entries(STYLES).flatMap(([style, make]) => [1, 2].map((round) => [style, round, make] as const)),
  )('%s, round %d', (style, round, make) => {
    const pick = picker(style.length * 15_485_863 + round * 32_452_843);
    const word = () => PEOPLES_WORDS[pick(PEOPLES_WORDS.length)] ?? '';
    // A product or a camera has pictures and no scripts.
    const ends = /product|camera/.test(style) ? ENDS.slice(0, 6) : ENDS;
    const names = Array.from(
      { length: 1000 },
      () => `${PLACES[pick(PLACES.length)]}${make(word, pick)}${ends[pick(ends.length)]}`,
    );
    expect(names.filter(isImmutable)).toEqual([]);
  });
});
