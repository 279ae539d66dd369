import { type Behavior, type DistributionConfig, ERROR_TTL } from '../config.ts';
import type { CachePolicy } from '../policies.ts';

type Headers = Readonly<Record<string, string>>;

/** `*` is any text, `?` any one character; case matters, the first slash may be missing in the pattern. */
export function patternMatches(pattern: string, path: string): boolean {
  if (pattern === '*') return true;
  const full = pattern.startsWith('/') || pattern.startsWith('*') ? pattern : `/${pattern}`;
  const source = full
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(path);
}

export function behaviorFor(config: DistributionConfig, path: string): Behavior {
  const found = config.behaviors.find((behavior) => patternMatches(behavior.pattern, path));
  return found ?? (config.behaviors.at(-1) as Behavior);
}

export interface Lifetime {
  /** Kept at all. */
  readonly store: boolean;
  /** Seconds before the origin is asked again. */
  readonly ttl: number;
}

/** Directives of a `Cache-Control` header, names in lower case. */
export function directives(header: string | undefined): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of (header ?? '').split(',')) {
    const [name = '', value = ''] = part.trim().split('=', 2);
    if (name !== '') found.set(name.toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
  }
  return found;
}

/**
 * How long an answer is kept: s-maxage before max-age before Expires before the default, between the policy's bounds. A
 * minimum above 0 outweighs no-cache, no-store and private.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
 */
export function lifetime(
  headers: Headers,
  policy: Pick<CachePolicy, 'min' | 'default' | 'max' | 'headers'>,
  now: number,
): Lifetime {
  const cache = directives(headers['cache-control']);
  // With every header in the key nothing is ever found again.
  if (policy.max === 0 || policy.headers === 'all') return { store: false, ttl: 0 };
  if (cache.has('no-store') || cache.has('private')) return { store: policy.min > 0, ttl: policy.min };
  if (cache.has('no-cache')) return { store: true, ttl: policy.min };
  const age =
    seconds(cache.get('s-maxage')) ?? seconds(cache.get('max-age')) ?? expiry(headers['expires'], now);
  const ttl = age === undefined ? Math.max(policy.default, policy.min) : Math.max(age, policy.min);
  return { store: true, ttl: Math.min(ttl, policy.max) };
}

const seconds = (text: string | undefined) =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

function expiry(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, Math.floor((at - now) / 1000));
}

/** Kept whatever the origin says: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html */
const KEPT_ERRORS: ReadonlySet<number> = new Set([404, 414, 500, 501, 502, 503, 504]);
/** Kept where the origin gives an age. */
const AGED_ERRORS: ReadonlySet<number> = new Set([400, 403, 405, 412, 415]);

/**
 * Seconds that an error is kept: the configured minimum, or longer where the origin says so.
 * @param min of the distribution for this status; nothing where it has none
 */
export function errorLifetime(status: number, headers: Headers, min: number | undefined): number {
  const cache = directives(headers['cache-control']);
  const age = seconds(cache.get('s-maxage')) ?? seconds(cache.get('max-age'));
  const kept = min !== undefined || KEPT_ERRORS.has(status) || (age !== undefined && AGED_ERRORS.has(status));
  return kept ? Math.max(min ?? ERROR_TTL, age ?? 0) : 0;
}

/** Seconds after its lifetime in which an entry may still be sent. */
export interface Staleness {
  /** While the origin is asked behind the viewer's back. */
  readonly revalidating: number;
  /** When the origin fails; without a directive for as long as the entry is there. */
  readonly failing: number;
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html#stale-content */
export function staleness(headers: Headers, { max }: Pick<CachePolicy, 'max'>): Staleness {
  const cache = directives(headers['cache-control']);
  const revalidating = Math.min(max, seconds(cache.get('stale-while-revalidate')) ?? 0);
  if (cache.has('must-revalidate') || cache.has('proxy-revalidate')) return { revalidating: 0, failing: 0 };
  const failing = seconds(cache.get('stale-if-error'));
  return { revalidating, failing: failing === undefined ? Number.POSITIVE_INFINITY : Math.min(max, failing) };
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html */
const COMPRESSED =
  /^(text\/(css|html|javascript|plain|xml|csv|calendar|markdown|x-component|x-java-source|richtext|tab-separated-values)|application\/(javascript|json|xml|xhtml\+xml|rss\+xml|manifest\+json|vnd\.ms-fontobject|wasm|x-javascript|ld\+json|atom\+xml|dash\+xml|graphql\+json)|image\/(svg\+xml|bmp|vnd\.microsoft\.icon|x-icon)|font\/(eot|otf|ttf|opentype))$/;

export function compressible(headers: Headers, size: number): boolean {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return (
    size >= 1000 && size <= 10_000_000 && headers['content-encoding'] === undefined && COMPRESSED.test(type)
  );
}

/** Bucket of an S3 REST endpoint, `bucket.s3.us-west-2.amazonaws.com`. */
export function bucketOf(domain: string): string | undefined {
  return /^(.+)\.s3(?:[.-](?!website)(?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/.exec(
    domain,
  )?.[1];
}

/** Bucket of an S3 website endpoint, `bucket.s3-website-us-west-2.amazonaws.com` or `bucket.s3-website.eu-central-1…`. */
export function websiteOf(domain: string): string | undefined {
  return /^(.+)\.s3-website[.-][a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/.exec(domain)?.[1];
}
