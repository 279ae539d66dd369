import { refused } from '../../../runtime/errors.ts';

/** One line of a `_redirects` file. */
export interface Redirect {
  /** Path relative to the site, without a slash at its start. */
  readonly from: string;
  /** A URL, or a path from the root. */
  readonly to: string;
  readonly line: number;
}

/** The key that a path of the site leads to. */
export const keyOf = (path: string) =>
  decodeURIComponent(path.replace(/[?#].*$/, '').slice(1)).replace(/(^|\/)$/, '$1index.html');

/** Where a redirect stands: a function that finds the file of an address makes `/old` one of the other two. */
export const keysOfRedirect = (from: string): string[] =>
  /\.[^/]+$/.test(from) ? [from] : [from, `${from}.html`, `${from}/index.html`];

/**
 * Refuses a line that leads, over others, to its own path again: also by one of the copies that stand for it.
 * @param pathHere the path below the site, with a slash at its start, of a URL at one of the site's own hosts; without it,
 * a URL leads away
 */
export function refuseCircle(
  redirects: readonly Redirect[],
  isFile: (path: string) => boolean,
  pathHere: (url: string) => string | undefined = () => undefined,
): void {
  const standing = new Map<string, Redirect>();
  for (const redirect of redirects)
    for (const key of keysOfRedirect(redirect.from))
      if (!isFile(key) && !standing.has(key)) standing.set(key, redirect);
  const next = ({ to }: Redirect) => {
    const path = isUrl(to) ? pathHere(to) : to;
    return path === undefined ? undefined : standingAt(path, standing, isFile);
  };
  const ends = new Set<Redirect>();
  for (const start of redirects) {
    const way = new Set<Redirect>();
    for (let at: Redirect | undefined = start; at && !ends.has(at); at = next(at)) {
      if (way.has(at)) {
        throw refused({
          input: 'source',
          what: `_redirects, line ${at.line}: the redirects go in a circle`,
          found: `/${at.from} to ${at.to}`,
          fix: 'let one of the lines lead to a page; the two forms of an address (/a and /a/) are one for S3, and so are all hosts of the site',
        });
      }
      way.add(at);
    }
    for (const one of way) ends.add(one);
  }
}

const isUrl = (to: string): boolean => !to.startsWith('/') || to.startsWith('//');

/** The redirect that answers at a path of the site: none where the folder may have a file for it. */
function standingAt(
  path: string,
  standing: ReadonlyMap<string, Redirect>,
  isFile: (path: string) => boolean,
): Redirect | undefined {
  const key = keyOf(path);
  const bare = key.replace(/(?:^|\/)index\.html$/, '');
  const forms = bare === '' ? [key] : [...new Set([key, ...keysOfRedirect(bare)])];
  if (forms.some(isFile)) return undefined;
  return forms.map((form) => standing.get(form)).find((redirect) => redirect !== undefined);
}
