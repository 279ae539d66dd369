import pMap from 'p-map';
import { failed } from '../../../runtime/errors.ts';
import { hasBytes, type RawAnswer } from '../../../runtime/http-get.ts';
import type { SitePorts } from '../types.ts';
import { type Address, basePath, type Pages, pagesAt } from './addresses.ts';
import { askSite, urlOf } from './ask-site.ts';
import { cachedError, SETTLE, settled } from './verify.ts';

export interface LinksRequest {
  readonly siteUrl: string;
  readonly addresses: readonly Address[];
  readonly pages: Pages;
  readonly invalidated: boolean;
  /** Seconds that the CDN may keep the error of before. */
  readonly errorTtl: number;
}

/** What is wrong with an answer to an address; `undefined` where it is one of the pages that the address means. */
export function judgeAddress({ address, pages }: Address, answer: RawAnswer, all: Pages): string | undefined {
  const wanted = pages.map(({ path }) => path).join(' or ');
  if (answer.status !== 200)
    return `HTTP ${answer.status}${cachedError(answer)}: /${address} is ${wanted} in the bucket, and nothing finds it`;
  if (pages.some(({ sha256 }) => hasBytes(answer, sha256))) return undefined;
  const other = [...all.values()].find(({ sha256 }) => hasBytes(answer, sha256));
  return other
    ? `it is answered with ${other.path}, and is ${wanted}`
    : `other bytes than those of ${wanted}: ${answer.size} of them, ${answer.headers['content-type'] ?? 'no type'}`;
}

/** Where a redirect leads, if it is another address of the same page. */
export function samePage(
  one: Address,
  location: string | undefined,
  url: string,
  siteUrl: string,
  all: Pages,
) {
  if (location === undefined) return undefined;
  const [target, site] = [new URL(location, url), new URL(siteUrl)];
  const base = basePath(siteUrl);
  const path = decodeURIComponent(target.pathname).slice(1);
  if (target.host !== site.host || (base && !path.startsWith(`${base}/`))) return undefined;
  const meant = pagesAt(base ? path.slice(base.length + 1) : path, all);
  return meant.some((page) => one.pages.some(({ path: wanted }) => wanted === page.path))
    ? target.href
    : undefined;
}

/**
 * Asks for pages at the addresses that links have, and wants the very page each time.
 * @throws ActionError `failed` that names every difference
 */
export async function followLinks(ports: SitePorts, request: LinksRequest): Promise<void> {
  const { siteUrl, addresses, pages } = request;
  const settle = request.invalidated ? SETTLE.invalidated : SETTLE.notWaitedFor;
  const until =
    ports.clock.now() + Math.max(settle, Math.min(request.errorTtl, 10) * 1000 + SETTLE.invalidated);
  const wrong: string[] = [];
  const ask = async (one: Address) => {
    const url = urlOf(siteUrl, one.address);
    const problem = await settled(ports, url, until, async (answer) => {
      const isRedirect = answer.status >= 300 && answer.status < 400;
      const next = isRedirect ? samePage(one, answer.headers['location'], url, siteUrl, pages) : undefined;
      return judgeAddress(one, next ? await askSite(ports, next) : answer, pages);
    });
    if (problem) wrong.push(`${url} (a link of ${one.from}): ${problem}`);
  };
  await pMap(addresses, ask, { concurrency: 12 });
  if (wrong.length === 0) return;
  throw failed({
    what: `${wrong.length} of ${addresses.length} pages are not found at the addresses that the site links to`,
    details: wrong.slice(0, 10),
    fix: 'see that the function in front of the bucket finds them (docs/frontend.md, "URLs that people use": clean_urls and pages of infra/terraform), or name the addresses in `allow-missing`',
  });
}
