import picomatch from 'picomatch';
import { refused } from '../../../runtime/errors.ts';
import { type ContentHashes, hasHash, nameProvesContent } from './hashed-names.ts';

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

/** Characters, and wildcards, that a glob may have: each wildcard more multiplies the time that a long path takes. */
const MOST = { length: 1000, wildcards: 6, inName: 3 };

/** @throws ActionError `refused` for a glob that could take for ever. */
function checkGlob(glob: string): void {
  const wildcards = glob.length > MOST.length ? 0 : (glob.match(/\*+|[+@!?*]\(/g)?.length ?? 0);
  const names = glob.length > MOST.length ? [] : glob.split('/').map((name) => name.split('*').length - 1);
  const isSmall = wildcards <= MOST.wildcards && Math.max(0, ...names) <= MOST.inName;
  if (glob.length <= MOST.length && isSmall) return;
  throw refused({
    what: `the glob ${glob.slice(0, 80)}${glob.length > 80 ? '…' : ''} could take too long to match`,
    found: wildcards ? `${wildcards} wildcards` : `${glob.length} characters`,
    fix: `write a glob of at most ${MOST.inName} stars in a name, ${MOST.wildcards} wildcards and ${MOST.length} characters; several lines do as well`,
  });
}

export function globMatcher(glob: string): (path: string) => boolean {
  checkGlob(glob);
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

/** Workers of the service: a browser looks for a new one under the same name. */
const WORKER = /(?:^|\/)(?:sw|service-worker|serviceworker|ngsw-worker|firebase-messaging-sw)\.js$/i;
const HTML = /\.(?:html?|xhtml)$/i;
const DOCUMENT = /\.(?:html?|xhtml|txt|xml|pdf|json|webmanifest)$/i;

/**
 * What files are served with where `cache-control` says nothing. The list stands in docs/frontend.md too. Framework by
 * framework: the folder that it promises to be hashed, and the exceptions in it.
 */
export const DEFAULT_RULES: readonly CacheRule[] = [
  // Workers of the service: the browser must see a new one at once.
  byPattern('sw.js, service-worker.js, …', WORKER, REVALIDATE),
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
  { glob: 'names with a hash (name.1a2b3c4d.js)', value: IMMUTABLE, matches: hasHash },
  byPattern('documents and data', DOCUMENT, REVALIDATE),
  byPattern('scripts and styles without a hash', /\.(?:m?js|css|map|wasm)$/i, REVALIDATE),
  byPattern(
    'pictures, fonts, media',
    /\.(?:png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|eot|mp4|webm|mp3|ogg|wav)$/i,
    SHORT,
  ),
];

/** What tells more of a file than its name. */
export interface Evidence {
  readonly content?: ContentHashes;
  /** Paths that a build tool's own list says it named by a hash; see `markedPaths`. */
  readonly marked?: ReadonlySet<string>;
  /** True for what its type says is a page, whatever its name. */
  readonly page?: boolean;
}

/**
 * The Cache-Control of a file: the user's rules, then evidence that the name belongs to one content, then our rules; what
 * no rule knows is asked about each time.
 */
export function cacheControlOf(path: string, rules: readonly CacheRule[], evidence: Evidence = {}): string {
  for (const rule of rules) if (rule.matches(path)) return rule.value;
  if (evidence.page) return REVALIDATE;
  if (isProven(path, evidence)) return IMMUTABLE;
  for (const rule of DEFAULT_RULES) if (rule.matches(path)) return guarded(path, rule);
  return REVALIDATE;
}

const isProven = (path: string, { content, marked }: Evidence): boolean =>
  !HTML.test(path) &&
  !WORKER.test(path) &&
  (marked?.has(path) === true || (content !== undefined && nameProvesContent(path, content)));

/** In a folder promised to be hashed, a page is still a page. */
function guarded(path: string, rule: CacheRule): string {
  return rule.value === IMMUTABLE && HTML.test(path) ? REVALIDATE : rule.value;
}

/** True where browsers and CDNs are told never to ask again: such a path is never invalidated. */
export const isImmutable = (cacheControl: string): boolean => /\bimmutable\b/i.test(cacheControl);
