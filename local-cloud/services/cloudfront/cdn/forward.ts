import type { Behavior } from '../config.ts';
import type { CachePolicy, Names } from '../policies.ts';

type Headers = Readonly<Record<string, string>>;

/** What of a viewer's request the origin gets: all that is in the key, and what the origin request policy adds. */
export interface Forwarding {
  readonly query: Names;
  readonly cookies: Names;
  readonly headers: Names;
  /** The viewer's `Host`. */
  readonly host: boolean;
}

export function both(one: Names, other: Names): Names {
  if (one === 'all' || other === 'all') return 'all';
  if (one === 'none') return other;
  return other === 'none' ? one : [...new Set([...one, ...other])];
}

export function forwardingOf({ policy, request }: Behavior): Forwarding {
  const asked = request ?? { query: 'none', cookies: 'none', headers: 'none', host: false };
  const headers = both(policy.headers, asked.headers);
  return {
    query: both(policy.query, asked.query),
    cookies: both(policy.cookies, asked.cookies),
    headers,
    host: asked.host || policy.headers === 'all' || policy.headers.includes('host'),
  };
}

/** The pairs of a query or a `Cookie` header whose names are meant, in their order. */
export function pick(text: string, names: Names, by: '&' | ';'): string {
  if (names === 'none' || text === '') return '';
  if (names === 'all') return text;
  return text
    .split(by)
    .map((pair) => (by === ';' ? pair.trim() : pair))
    .filter((pair) => names.includes(pair.split('=', 1)[0] ?? ''))
    .join(by === ';' ? '; ' : by);
}

/** Between a viewer and CloudFront, and never the origin's: it is asked for the whole. */
const OWN: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'cookie',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** With a body these come along whatever the policies say. */
const OF_A_BODY = ['authorization', 'content-length', 'content-type', 'transfer-encoding'];

/** Headers of the request to the origin. @param accept what the viewer takes, as the cache key has it */
export function originHeaders(
  viewer: { readonly method: string; readonly headers: Headers; readonly ip: string },
  forwarding: Forwarding,
  accept: AcceptEncoding,
): Record<string, string> {
  const { headers: names } = forwarding;
  const wanted = (name: string) => names === 'all' || (names !== 'none' && names.includes(name));
  const reading = ['GET', 'HEAD', 'OPTIONS'].includes(viewer.method);
  const kept = Object.entries(viewer.headers).filter(
    ([name]) => (wanted(name) && !OWN.has(name)) || (!reading && OF_A_BODY.includes(name)),
  );
  const cookie = pick(viewer.headers['cookie'] ?? '', forwarding.cookies, ';');
  const { host, 'x-forwarded-for': before } = viewer.headers;
  return {
    'user-agent': 'Amazon CloudFront',
    ...Object.fromEntries(kept),
    ...(cookie === '' ? {} : { cookie }),
    ...(forwarding.host && host !== undefined ? { host } : {}),
    ...(accept === '' ? {} : { 'accept-encoding': accept }),
    'x-forwarded-for': before === undefined ? viewer.ip : `${before}, ${viewer.ip}`,
  };
}

/** What CloudFront makes of `Accept-Encoding`: only what the policy has entries for. */
export type AcceptEncoding = '' | 'gzip' | 'br' | 'br,gzip';

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cache-key-understand-cache-policy.html#cache-policy-compressed-objects */
export function normalized(
  header: string | undefined,
  { gzip, brotli }: Pick<CachePolicy, 'gzip' | 'brotli'>,
): AcceptEncoding {
  const takes = (name: string) =>
    new RegExp(`(^|[\\s,])${name}\\s*(;|,|$)`).test(header ?? '') &&
    !new RegExp(`\\b${name}\\s*;\\s*q=0(\\.0*)?\\s*(,|$)`).test(header ?? '');
  const found = [brotli && takes('br') && 'br', gzip && takes('gzip') && 'gzip'].filter(Boolean);
  return found.join(',') as AcceptEncoding;
}

/** What tells entries of one path and query apart: encodings, headers and cookies of the key. */
export function variantOf(headers: Headers, policy: CachePolicy): string {
  const names = policy.headers === 'none' || policy.headers === 'all' ? [] : policy.headers;
  return JSON.stringify([
    normalized(headers['accept-encoding'], policy),
    ...names.map((name) => headers[name] ?? null),
    pick(headers['cookie'] ?? '', policy.cookies, ';'),
  ]);
}
