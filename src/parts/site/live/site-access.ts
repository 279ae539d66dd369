import { isHostOf } from '../../../aws/distribution-host.ts';
import { messageOf, refused } from '../../../runtime/errors.ts';
import type { RawAnswer } from '../../../runtime/http-get.ts';
import type { Face } from '../site.ts';
import type { SitePorts } from '../types.ts';
import { askSite, urlOf } from './ask-site.ts';

/** Whether the site lets us in: `moved` is the same path at another host of the distribution. */
export type Access =
  | { readonly kind: 'open' }
  | { readonly kind: 'moved'; readonly origin: string }
  | { readonly kind: 'denied'; readonly why: string; readonly leadsAway?: boolean };

const OPEN: Access = { kind: 'open' };
/** Hosts that lead to one another, at most. */
const MOST_MOVES = 3;

export const LET_IN =
  'let the read-back in: `verify-headers`, from a secret, is sent with each of its questions (`Authorization: Basic …`, a cookie, a header that a WAF rule or a function lets pass)';

/**
 * What an answer says of a login or a firewall in front of the site. A private bucket answers 403 for a file that is not
 * there, too; what CloudFront, its firewall and its functions say has their name on it
 * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-403-permission-denied.html). Pure.
 * @param aliases other hosts of the distribution
 */
export function accessOf(
  url: string,
  { status, headers }: Pick<RawAnswer, 'status' | 'headers'>,
  aliases: readonly string[],
): Access {
  if (status === 401)
    return { kind: 'denied', why: `HTTP 401, ${headers['www-authenticate'] ?? 'no WWW-Authenticate'}` };
  if (status === 403 && isOfTheEdge(headers))
    return { kind: 'denied', why: `HTTP 403 from ${sender(headers)}` };
  const location = headers['location'];
  if (status < 300 || status > 399 || !location || !URL.canParse(location, url)) return OPEN;
  const [asked, target] = [new URL(url), new URL(location, url)];
  const isOurs =
    target.hostname === asked.hostname || aliases.some((alias) => isHostOf(alias, target.hostname));
  const isSamePath = target.pathname === asked.pathname;
  if (isOurs && isSamePath && target.origin !== asked.origin) return { kind: 'moved', origin: target.origin };
  if (!isOfTheEdge(headers)) return OPEN;
  return { kind: 'denied', why: `HTTP ${status} to ${target.origin}${target.pathname}`, leadsAway: true };
}

const isOfTheEdge = (headers: RawAnswer['headers']) =>
  headers['server'] === 'CloudFront' || isGenerated(headers['x-cache']);

const isGenerated = (xCache = '') => /^(?:function|lambda)generatedresponse\b/i.test(xCache);

const sender = (headers: RawAnswer['headers']) =>
  isGenerated(headers['x-cache']) ? 'a function of the distribution' : 'CloudFront or its firewall';

/** Where the site really is, and what it answered there, where it answered. */
export interface Reached {
  readonly face: Face;
  readonly url: string;
  readonly answer: RawAnswer | undefined;
}

/**
 * Asks for a file of the site before anything is changed: whoever is not let in cannot prove what he deploys. A host that
 * leads to another of the distribution's hosts is not the one to ask.
 * @throws ActionError `refused` where a login or a firewall answers
 */
export async function reachSite(ports: SitePorts, face: Face, path: string): Promise<Reached> {
  let at = face;
  for (let moves = 0; ; moves++) {
    const url = urlOf(at.siteUrl ?? '', path);
    let answer: RawAnswer;
    try {
      answer = await askSite(ports, url);
    } catch (error) {
      ports.signal.throwIfAborted();
      ports.log.debug(`asking for ${url} did not work: ${messageOf(error)}`);
      return { face: at, url, answer: undefined };
    }
    const access = accessOf(url, answer, at.aliases);
    if (access.kind === 'denied') throw notLetIn(url, access, ports.verifyHeaders);
    if (access.kind === 'open' || moves >= MOST_MOVES) return { face: at, url, answer };
    const siteUrl = `${access.origin}${new URL(at.siteUrl ?? '').pathname}`.replace(/\/+$/, '');
    ports.log.info(`${at.siteUrl} leads to ${siteUrl}: the site is read back there`);
    at = { ...at, siteUrl };
  }
}

function notLetIn(
  url: string,
  { why, leadsAway }: Access & { kind: 'denied' },
  given: SitePorts['verifyHeaders'] = {},
) {
  const names = Object.keys(given);
  return refused({
    input: 'verify-headers',
    what: 'the site does not let everybody in, so what is live could not be read back',
    found: `${url}: ${why}${names.length > 0 ? `, with the headers ${names.join(', ')} of verify-headers` : ''}`,
    details: leadsAway ? ['where that host is the site, and not its login, name it as `site-url`'] : [],
    fix: names.length > 0 ? 'correct the values of `verify-headers`: these do not open it' : LET_IN,
  });
}
