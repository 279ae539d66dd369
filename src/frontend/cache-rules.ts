import picomatch from 'picomatch';

/** One line of `cache-control`: files that match `glob` are served with `value`. First match wins. */
export interface CacheRule {
  readonly glob: string;
  readonly value: string;
  matches(path: string): boolean;
}

/** A year, and never asked for again: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Cache-Control#immutable */
export const IMMUTABLE = 'public, max-age=31536000, immutable';
/** Kept, but asked about each time: a browser never shows yesterday's page. */
export const REVALIDATE = 'public, max-age=0, must-revalidate';
/** An hour: for what changes seldom and breaks nothing when it is old. */
export const SHORT = 'public, max-age=3600';

const OPTIONS = { dot: true, nonegate: true } as const;

export function globMatcher(glob: string): (path: string) => boolean {
  const clean = glob.replace(/^\.?\//, '');
  // A glob without a slash names files in any folder, as in .gitignore.
  return picomatch(clean.includes('/') ? clean : [clean, `**/${clean}`], OPTIONS);
}

export const cacheRule = (glob: string, value: string): CacheRule => ({
  glob,
  value,
  matches: globMatcher(glob),
});

const byPattern = (glob: string, pattern: RegExp, value: string): CacheRule => ({
  glob,
  value,
  matches: (path) => pattern.test(path),
});

/**
 * A hash in a name, as build tools write it: hexadecimal with a letter and a digit in it (a date has no letter, a word
 * no digit), 8 to 64 long, between `.`, `-` or `_` and the extension.
 */
const HEX_HASH =
  /[._-](?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)(?:[0-9a-f]{8,64})(?:\.(?:min|bundle|chunk))?\.[a-z0-9]+(?:\.map)?$/;
/**
 * Vite's, Astro's and Rollup's: 8 letters of base64url after a dash, in their own folders only. Small and capital letters
 * are mixed in it, and not only at its start: `photo-IMG_2041`, `app-version2` and `icon-Settings` are names that people
 * give. A script or a style comes from no camera: capital letters and digits are enough there. One hash in forty looks
 * like a name all the same (of other files one in twenty-five), and is then asked about each time: slower, never wrong.
 */
const SHORT_HASH =
  /(?:^|\/)(?:assets|static|build|chunks|entries)\/(?:.*\/)?[^/]*[-.](?=[\w-]{8}\.)(?=[\w-]*[a-z]|[\w-]*\d[\w-]*\.(?:m?js|css)(?:\.map)?$)(?=[\w-]+[A-Z])[\w-]{8}\.[a-z0-9]+(?:\.map)?$/;
const HTML = /\.(?:html?|xhtml)$/i;
/** Never immutable, whatever its name looks like. */
const DOCUMENT = /\.(?:html?|xhtml|txt|xml|pdf|json|webmanifest)$/i;

/**
 * What files are served with where `cache-control` says nothing. The list stands in docs/frontend.md too. Framework by
 * framework: the folder that it promises to be hashed, and the exceptions in it.
 */
export const DEFAULT_RULES: readonly CacheRule[] = [
  // Workers of the service: the browser must see a new one at once.
  byPattern(
    'sw.js, service-worker.js, …',
    /(?:^|\/)(?:sw|service-worker|serviceworker|ngsw-worker|firebase-messaging-sw)\.js$/i,
    REVALIDATE,
  ),
  // Next.js: all of _next/static is named by hash or build id.
  cacheRule('_next/static/**', IMMUTABLE),
  // SvelteKit.
  cacheRule('_app/immutable/**', IMMUTABLE),
  cacheRule('_app/version.json', REVALIDATE),
  // Nuxt: the pointer to the latest build is the one name that changes.
  cacheRule('_nuxt/builds/latest.json', REVALIDATE),
  cacheRule('_nuxt/**', IMMUTABLE),
  // Astro.
  cacheRule('_astro/**', IMMUTABLE),
  byPattern('pages (HTML)', HTML, REVALIDATE),
  byPattern('names with a hash (name.1a2b3c4d.js)', HEX_HASH, IMMUTABLE),
  byPattern('assets/name-B4sE64uR.js (Vite, Astro, esbuild)', SHORT_HASH, IMMUTABLE),
  byPattern('documents and data', DOCUMENT, REVALIDATE),
  byPattern('scripts and styles without a hash', /\.(?:m?js|css|map|wasm)$/i, REVALIDATE),
  byPattern(
    'pictures, fonts, media',
    /\.(?:png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|eot|mp4|webm|mp3|ogg|wav)$/i,
    SHORT,
  ),
];

/** The Cache-Control of a file: the user's rules, then ours; what no rule knows is asked about each time. */
export function cacheControlOf(path: string, rules: readonly CacheRule[]): string {
  for (const rule of rules) if (rule.matches(path)) return guarded(path, rule);
  for (const rule of DEFAULT_RULES) if (rule.matches(path)) return guarded(path, rule);
  return REVALIDATE;
}

/** In a folder promised to be hashed, a page is still a page. A rule that the user wrote is taken at its word. */
function guarded(path: string, rule: CacheRule): string {
  return DEFAULT_RULES.includes(rule) && rule.value === IMMUTABLE && HTML.test(path)
    ? REVALIDATE
    : rule.value;
}

/** True where browsers and CDNs are told never to ask again: such a path is never invalidated. */
export const isImmutable = (cacheControl: string): boolean => /\bimmutable\b/i.test(cacheControl);
