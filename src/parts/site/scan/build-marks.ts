/** Lists that build tools write beside what they made: logical names and the names with a hash that they became. */
export const MARK_FILES = [
  '.vite/manifest.json',
  'asset-manifest.json',
  'manifest.json',
  'mix-manifest.json',
  'rev-manifest.json',
  'staticfiles.json',
] as const;

/**
 * Paths whose names a build tool made from a hash, by its own list: the name is the logical one with something put in
 * before the extension. Pure; a list that is none (a web app's `manifest.json`, say) marks nothing.
 * @param text of one of `MARK_FILES`
 */
export function markedPaths(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const marked = new Set<string>();
  for (const [logical, made] of pairsOf(value)) {
    const path = made.replace(/^\/+/, '');
    if (/^[a-z][a-z0-9+.-]*:/i.test(path) || !isHashedForm(logical, path)) continue;
    marked.add(path);
  }
  return [...marked];
}

/** `"main.js": "/static/js/main.1a2b.js"` (webpack, create-react-app, gulp, Laravel, Django) and Vite's objects. */
function* pairsOf(value: unknown): Generator<[logical: string, made: string]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry === 'string') yield [key, entry];
    else if (key === 'files' || key === 'paths') yield* pairsOf(entry);
    else if (typeof entry === 'object' && entry !== null) yield* pairsOfChunk(key, entry);
  }
}

/** https://vite.dev/guide/backend-integration: a chunk has a name, its styles are named after it. */
function* pairsOfChunk(key: string, chunk: object): Generator<[string, string]> {
  const { file, src, name, css } = chunk as Record<string, unknown>;
  const logical = [src, name, key].filter((text): text is string => typeof text === 'string');
  if (typeof file === 'string') for (const text of logical) yield [text, file];
  for (const style of Array.isArray(css) ? css : [])
    if (typeof style === 'string' && typeof name === 'string') yield [name, style];
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const stemOf = (name: string) => name.replace(/\?.*$/, '').replace(/(?<=.)\.[^.]*$/, '');

/** `main.tsx` became `main-DiwrgTda.js`: six characters or more that the logical name does not have. */
function isHashedForm(logical: string, path: string): boolean {
  const [from, to] = [stemOf(baseName(logical)), baseName(path)];
  if (from === '' || !to.startsWith(from)) return false;
  return /^[.-][\w-]{6,64}(?:\.[a-z0-9]+)+$/.test(to.slice(from.length));
}
