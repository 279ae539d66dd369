import type { TestSite } from './site.ts';

/** What somebody meets who follows every link of a site from its entry page on. */
export interface Followed {
  /** Address of each page to its text. */
  readonly pages: Map<string, string>;
  /** Addresses of all that pages name: styles, scripts, pictures. */
  readonly files: Set<string>;
  readonly problems: string[];
}

const TAG = /<(a|link|script|img)\b[^>]*?\s(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/gi;

/**
 * Follows links as a browser resolves them: against the page's own address, which ends with a slash or does not.
 * @param skips addresses that are not asked for: what one of two versions has alone
 */
export async function followLinks(
  site: Pick<TestSite, 'url' | 'get'>,
  skips: (address: string) => boolean = () => false,
): Promise<Followed> {
  const found: Followed = { pages: new Map(), files: new Set(), problems: [] };
  const seen = new Set<string>();
  const ask = async (address: string, from: string): Promise<void> => {
    if (seen.has(address) || skips(address)) return;
    seen.add(address);
    const answer = await site.get(address);
    const at = `${from} -> ${address}`;
    if (answer.status !== 200) return void found.problems.push(`${at}: HTTP ${answer.status}`);
    const isPage = (answer.headers.get('content-type') ?? '').startsWith('text/html');
    if (!isPage) return void found.files.add(address);
    found.pages.set(address, answer.body);
    const named = [...answer.body.matchAll(TAG)].map(([, tag = '', ...urls]) => ({
      tag,
      url: urls.find(Boolean),
    }));
    await Promise.all(named.map(({ url }) => next(url, address)));
  };
  const next = async (url: string | undefined, page: string): Promise<void> => {
    if (!url) return;
    const { origin, pathname } = new URL(url.replaceAll('&amp;', '&'), `${site.url}${page}`);
    if (origin === new URL(site.url).origin) await ask(pathname, page);
  };
  await ask('/', 'the visitor');
  return found;
}
