import { WireProblem } from './problem.ts';
import { shownAddress } from './shown-address.ts';

/** A request ready to be sent. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** Headers that say nothing about who asks: the only ones that another host is sent. */
const HARMLESS: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent']);

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
export const isRedirect = (status: number): boolean => REDIRECTS.has(status);

/**
 * The request that follows a redirect, by the rules of the Fetch standard (section "HTTP-redirect fetch"), and
 * stricter about what another host learns: no header of the checks file but the harmless ones, and never a body.
 * @throws WireProblem where it cannot or must not be followed
 */
export function nextRequest(from: WireRequest, status: number, location: string): WireRequest {
  const url = targetOf(from.url, location);
  const keepsBody = from.body !== undefined && (status === 307 || status === 308);
  const dropsMethod =
    status === 303 ? !/^(get|head)$/i.test(from.method) : status < 303 && /^post$/i.test(from.method);
  const sameOrigin = url.origin === from.url.origin;
  if (keepsBody && !sameOrigin) {
    throw new WireProblem(
      'redirect',
      `redirected with its body to another host, ${url.host}: not followed, for the body may hold credentials`,
    );
  }
  const headers = Object.entries(from.headers).filter(
    ([name]) => (sameOrigin || HARMLESS.has(name)) && (keepsBody || !name.startsWith('content-')),
  );
  return {
    method: dropsMethod ? 'GET' : from.method,
    url,
    headers: Object.fromEntries(headers),
    body: keepsBody ? from.body : undefined,
  };
}

function targetOf(base: URL, location: string): URL {
  let url: URL;
  try {
    url = new URL(location, base);
  } catch {
    throw new WireProblem(
      'redirect',
      `redirected to ${JSON.stringify(shownAddress(location).slice(0, 200))}, which is not an address`,
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new WireProblem('redirect', `redirected to a ${url.protocol} address`);
  }
  url.username = '';
  url.password = '';
  return url;
}
