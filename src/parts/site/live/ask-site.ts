import { httpGet, type RawAnswer } from '../../../runtime/http-get.ts';
import type { SitePorts } from '../types.ts';

/** Milliseconds that one answer may take. */
const PATIENCE = 15_000;

/** Asks the site as a visitor who has what `verify-headers` says. Rejects with the socket's error. */
export const askSite = (ports: SitePorts, url: string): Promise<RawAnswer> =>
  httpGet(url, PATIENCE, ports.signal, ports.verifyHeaders);

/** URL of a file of the site. */
export function urlOf(siteUrl: string, path: string): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return `${siteUrl.replace(/\/+$/, '')}/${encoded}`;
}
