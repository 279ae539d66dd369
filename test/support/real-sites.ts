import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { localReferences } from '../../src/parts/site/scan/html-refs.ts';
import { root } from './dist.ts';
import type { TestSite } from './site.ts';

export type RealSite = 'next' | 'vite';
/** Sites of other tools, and how their links say a page: a folder, a file, or routes that a script answers. */
export const EXPORTS = {
  next: 'folder',
  'next-files': 'file',
  astro: 'folder',
  docusaurus: 'folder',
  sveltekit: 'file',
  angular: 'app',
} as const;
export type ExportedSite = keyof typeof EXPORTS;
export type RealVersion = 'v1' | 'v2';

/** The files of a real site as its build tool wrote them: see test/fixtures/sites/README.md. */
export function realSite(kind: RealSite | ExportedSite, version: RealVersion): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (const folder of ['both', version]) {
    const dir = join(root, 'test/fixtures/sites', kind, folder);
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      const full = join(entry.parentPath, entry.name);
      if (entry.isFile()) files[relative(dir, full)] = readFileSync(full);
    }
  }
  return files;
}

/** What a browser takes for a script, a style, a picture: with `nosniff`, and for modules always, the type decides. */
const TYPES: ReadonlyArray<readonly [RegExp, RegExp]> = [
  [/\.m?js$/, /^text\/javascript; charset=utf-8$/],
  [/\.css$/, /^text\/css; charset=utf-8$/],
  [/\.svg$/, /^image\/svg\+xml/],
  [/\.webmanifest$/, /^application\/manifest\+json/],
];

/**
 * Loads a page as a browser does: the page, what its tags name, what its inline scripts name (Next.js streams its
 * chunks' names so), and then what those scripts and styles load in their turn.
 * @returns the paths that were loaded, and what was wrong with any
 */
export async function browse(
  site: TestSite,
  page: string,
): Promise<{ loaded: Set<string>; problems: string[] }> {
  const loaded = new Set<string>();
  const problems: string[] = [];
  const load = async (path: string, from: string): Promise<void> => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const answer = await site.get(`/${path.split('/').map(encodeURIComponent).join('/')}`);
    const type = answer.headers.get('content-type') ?? '';
    if (answer.status !== 200) problems.push(`${from} loads /${path}: HTTP ${answer.status}`);
    for (const [name, wanted] of TYPES) {
      if (name.test(path) && !wanted.test(type)) problems.push(`/${path} is served as ${type}`);
    }
    if (/\.(m?js|css)$/.test(path)) {
      await Promise.all(namedIn(answer.body, path).map((next) => load(next, path)));
    }
  };
  const answer = await site.get(page);
  if (answer.status !== 200) return { loaded, problems: [`${page}: HTTP ${answer.status}`] };
  const file = page.endsWith('/') ? `${page.slice(1)}index.html` : page.slice(1);
  const named = [...localReferences(answer.body, file).keys(), ...namedIn(answer.body, file)];
  await Promise.all(named.map((path) => load(path, page)));
  return { loaded, problems };
}

/** Files that a script, a style or an inline script names, as the two build tools write it. */
export function namedIn(text: string, path: string): string[] {
  const found = new Set<string>();
  for (const [, chunk] of text.matchAll(/(?:\/_next\/|")(static\/chunks\/[\w~.-]+\.(?:js|css))/g)) {
    found.add(`_next/${chunk}`);
  }
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
  for (const [, chunk] of text.matchAll(/["'`]\.\/([\w-]+\.js)["'`]/g)) found.add(`${folder}${chunk}`);
  for (const [, chunk] of text.matchAll(/["'`](assets\/[\w-]+\.(?:js|css))["'`]/g))
    found.add(chunk as string);
  for (const [, chunk] of text.matchAll(/url\(\/([\w./-]+)\)/g)) found.add(chunk as string);
  return [...found];
}
