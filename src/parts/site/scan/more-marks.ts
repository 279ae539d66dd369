import { tagsOf } from './html-tags.ts';

/** Angular's list for its service worker, Blazor's for its loader. */
export const NGSW = 'ngsw.json';
export const BLAZOR_BOOT = '_framework/blazor.boot.json';

/** esbuild's hash in the name of a script, a style, or a file of Angular's folder of media; webpack's of Angular before 17. */
const ANGULARS =
  /-[A-Z2-7]{8}\.(?:m?js|css)$|(?:^|\/)media\/[^/]+-[A-Z2-7]{8}\.\w+$|\.[0-9a-f]{16,20}\.(?:js|css)$/;

/**
 * Paths that Angular named by a hash: `ngsw.json` lists every file that it made or copied, and which hash looks like what
 * is known of Angular (https://angular.dev/ecosystem/service-workers/config). Pure.
 */
export function ngswPaths(text: string): string[] {
  const { hashTable, index } = objectIn(text) as { hashTable?: unknown; index?: unknown };
  if (typeof hashTable !== 'object' || hashTable === null) return [];
  const folder = typeof index === 'string' ? index.replace(/[^/]*$/, '') : '/';
  return Object.keys(hashTable)
    .filter((url) => url.startsWith(folder) && ANGULARS.test(url))
    .map((url) => url.slice(folder.length));
}

/** Paths that Blazor gave a fingerprint: it lists them with the names that they had. Pure. */
export function blazorPaths(text: string): string[] {
  const { resources } = objectIn(text) as { resources?: { fingerprinting?: unknown } };
  const { fingerprinting } = resources ?? {};
  if (typeof fingerprinting !== 'object' || fingerprinting === null) return [];
  return Object.entries(fingerprinting)
    .filter(([made, logical]) => made !== logical)
    .map(([made]) => `_framework/${made}`);
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** What a page demands of a file that it loads: `sha384-…`, one of them strong enough. */
export interface Integrity {
  /** As the page has it: a URL without a host, decoded. */
  readonly url: string;
  readonly algorithm: 'sha256' | 'sha384' | 'sha512';
  /** Base64. */
  readonly digest: string;
}

/** The references of a page that have an integrity (https://www.w3.org/TR/SRI/). Pure. */
export function integritiesOf(html: string): Integrity[] {
  return [...tagsOf(html)].flatMap(({ name, attributes }): Integrity[] => {
    const url = attributes.get(name === 'link' ? 'href' : 'src');
    const found = /^\s*(sha256|sha384|sha512)-([A-Za-z0-9+/]+=*)/.exec(attributes.get('integrity') ?? '');
    if (!url || !found || /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(url)) return [];
    const [, algorithm, digest = ''] = found;
    return [{ url, algorithm: algorithm as Integrity['algorithm'], digest }];
  });
}
