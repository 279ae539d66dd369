import { refused } from '../../../runtime/errors.ts';
import { localLinks } from '../scan/html-refs.ts';
import { isPage } from '../scan/is-page.ts';
import { INDEX } from '../store/manifest.ts';
import type { SiteFile } from '../types.ts';

/** An address that a page links to, and the pages that it may mean. */
export interface Address {
  /** Relative to the site, decoded: '' for its root, `about/`, `about`. */
  readonly address: string;
  /** Any of these answers it: `about.html` and `about/index.html` may both be there. */
  readonly pages: readonly SiteFile[];
  /** The page that has the link. */
  readonly from: string;
}

/** The site's pages, to be asked by path. */
export type Pages = ReadonlyMap<string, SiteFile>;

export const pagesOf = (files: readonly SiteFile[]): Pages =>
  new Map(files.filter((file) => isPage(file.headers.contentType)).map((file) => [file.path, file]));

/**
 * The pages that an address may mean, as hosts for static sites read it: the file itself, a folder's `index.html`, the
 * name with `.html`. None: a route of an app, something else of the host, or nothing at all. Pure.
 */
export function pagesAt(address: string, pages: Pages): SiteFile[] {
  const bare = address.replace(/\/+$/, '');
  const candidates =
    bare === ''
      ? ['index.html']
      : [...(bare === address ? [bare] : []), `${bare}.html`, `${bare}/index.html`];
  const exact = pages.get(candidates[0] ?? '');
  if (exact && candidates[0] === address) return [exact];
  return candidates.flatMap((path) => pages.get(path) ?? []);
}

/** Each address once, the entry page's first. */
export function distinct(addresses: readonly Address[], entries: readonly string[] = INDEX): Address[] {
  const byAddress = new Map<string, Address>();
  for (const one of addresses) {
    const known = byAddress.get(one.address);
    if (!known || (entries.includes(one.from) && !entries.includes(known.from)))
      byAddress.set(one.address, one);
  }
  return [...byAddress.values()];
}

/** Addresses that are asked for: the entry page's, and of the others so many. */
const MOST = { entry: 50, others: 12 };

/** All of the entry page's links, and a sample of the rest that is spread over all. Pure. */
export function addressesToAsk(addresses: readonly Address[], entries: readonly string[] = INDEX): Address[] {
  const entry = addresses.filter(({ from }) => entries.includes(from)).slice(0, MOST.entry);
  const others = addresses.filter(({ from }) => !entries.includes(from));
  const step = Math.max(1, others.length / MOST.others);
  const sample = others.filter((_one, i) => Math.floor(i / step) > Math.floor((i - 1) / step));
  return [...entry, ...sample.slice(0, MOST.others)];
}

/** Path of the site in the visitor's URLs, decoded, without slashes at its ends. */
export function basePath(siteUrl: string | undefined): string {
  if (!siteUrl) return '';
  return decodeURIComponent(new URL(siteUrl).pathname).replaceAll(/^\/+|\/+$/g, '');
}

/** True where a bucket alone has no such key: something must find the file. The root is the distribution's own setting. */
export const needsFunction = ({ address, pages }: Address): boolean =>
  address !== '' && !pages.some((page) => page.path === address);

/**
 * Addresses of pages that a page links to.
 * @param base path of the site in the visitor's URLs
 */
export function addressesOf(html: string, page: string, base: string, pages: Pages): Address[] {
  return localLinks(html, page, base).flatMap((address) => {
    const meant = pagesAt(address, pages);
    return meant.length === 0 ? [] : [{ address, pages: meant, from: page }];
  });
}

/**
 * Refuses a site whose links need a function in front of the bucket where there is none.
 * @throws ActionError `refused`
 */
export function refuseUnfindable(addresses: readonly Address[], distribution: string): void {
  const unfindable = addresses.filter(needsFunction);
  if (unfindable.length === 0) return;
  const isFile = unfindable.filter(({ pages }) => pages[0]?.path.endsWith('/index.html') === false).length;
  const kind = isFile > unfindable.length / 2 ? 'file' : 'folder';
  throw refused({
    input: 'distribution',
    what: `pages link to addresses that the distribution ${distribution} has no file for`,
    found:
      'no function on viewer request that finds the file of an address, in front of a bucket that knows keys only',
    details: unfindable
      .slice(0, 5)
      .map(
        ({ address, pages, from }) =>
          `${from} links to /${address}, which is ${pages[0]?.path} in the bucket`,
      ),
    fix: `attach such a function (infra/terraform has it, with clean_urls = "${kind}"; docs/frontend.md, "URLs that people use"), or name the addresses in \`allow-missing\``,
  });
}
