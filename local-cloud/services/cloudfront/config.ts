import { child, text, type XmlNode } from '../../core/xml.ts';
import { type Associations, readAssociations } from './functions/associations.ts';
import { items } from './items.ts';
import {
  CACHE_POLICIES,
  type CachePolicy,
  type Names,
  ORIGIN_REQUEST_POLICIES,
  type OriginRequestPolicy,
  RESPONSE_HEADERS_POLICIES,
  type ResponseHeadersPolicy,
} from './policies.ts';

/** What the CDN needs of a distribution's configuration, which was checked before; the document is kept beside it. */
export interface DistributionConfig {
  readonly enabled: boolean;
  readonly callerReference: string;
  readonly defaultRootObject: string;
  readonly origins: readonly Origin[];
  /** In the order in which their patterns are tried; the default is the last, with the pattern `*`. */
  readonly behaviors: readonly Behavior[];
  readonly errors: readonly ErrorResponse[];
}

export interface Origin {
  readonly id: string;
  readonly domain: string;
  /** Empty, or begins with `/` and does not end in one. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests are signed for S3 (Origin Access Control or its forerunner). */
  readonly signed: boolean;
  readonly custom:
    | { readonly httpPort: number; readonly httpsPort: number; readonly https: boolean }
    | undefined;
}

export interface Behavior {
  readonly pattern: string;
  readonly origin: string;
  readonly methods: readonly string[];
  readonly compress: boolean;
  readonly policy: CachePolicy;
  readonly request: OriginRequestPolicy | undefined;
  readonly response: ResponseHeadersPolicy | undefined;
  readonly functions: Associations;
}

export interface ErrorResponse {
  readonly code: number;
  readonly page: string | undefined;
  readonly status: number | undefined;
  /** Seconds that the error is kept. */
  readonly ttl: number;
}

/** Seconds that an error is kept where nothing else is said. */
export const ERROR_TTL = 10;

const texts = (nodes: readonly XmlNode[]): string[] => nodes.filter((n) => typeof n === 'string');
const number = (node: XmlNode | undefined, name: string): number => Number(text(node, name));

/** @param node a configuration that was checked, its defaults filled in */
export function readConfig(node: XmlNode): DistributionConfig {
  const behaviors = items(child(node, 'CacheBehaviors'), 'CacheBehavior').map((one) =>
    readBehavior(one, text(one, 'PathPattern') ?? ''),
  );
  return {
    enabled: text(node, 'Enabled') === 'true',
    callerReference: text(node, 'CallerReference') ?? '',
    defaultRootObject: text(node, 'DefaultRootObject') ?? '',
    origins: items(child(node, 'Origins'), 'Origin').map(readOrigin),
    behaviors: [...behaviors, readBehavior(child(node, 'DefaultCacheBehavior') ?? {}, '*')],
    errors: items(child(node, 'CustomErrorResponses'), 'CustomErrorResponse').map(readError),
  };
}

function readOrigin(node: XmlNode): Origin {
  const custom = child(node, 'CustomOriginConfig');
  const identity = text(child(node, 'S3OriginConfig'), 'OriginAccessIdentity');
  return {
    id: text(node, 'Id') ?? '',
    domain: text(node, 'DomainName') ?? '',
    path: text(node, 'OriginPath') ?? '',
    headers: Object.fromEntries(
      items(child(node, 'CustomHeaders'), 'OriginCustomHeader').map((one) => [
        text(one, 'HeaderName') ?? '',
        text(one, 'HeaderValue') ?? '',
      ]),
    ),
    signed: Boolean(text(node, 'OriginAccessControlId') || identity),
    custom:
      custom === undefined
        ? undefined
        : {
            httpPort: number(custom, 'HTTPPort'),
            httpsPort: number(custom, 'HTTPSPort'),
            https: text(custom, 'OriginProtocolPolicy') === 'https-only',
          },
  };
}

function readBehavior(node: XmlNode, pattern: string): Behavior {
  return {
    pattern,
    origin: text(node, 'TargetOriginId') ?? '',
    methods: texts(items(child(node, 'AllowedMethods'), 'Method')),
    compress: text(node, 'Compress') === 'true',
    policy: CACHE_POLICIES[text(node, 'CachePolicyId') ?? ''] ?? readForwarded(node),
    request: ORIGIN_REQUEST_POLICIES[text(node, 'OriginRequestPolicyId') ?? ''],
    response: RESPONSE_HEADERS_POLICIES[text(node, 'ResponseHeadersPolicyId') ?? ''],
    functions: readAssociations(node),
  };
}

/** The settings of before there were policies; with them CloudFront compresses by gzip alone. */
function readForwarded(node: XmlNode): CachePolicy {
  const forwarded = child(node, 'ForwardedValues');
  const keys = texts(items(child(forwarded, 'QueryStringCacheKeys'), 'Name'));
  const headers = texts(items(child(forwarded, 'Headers'), 'Name')).map((name) => name.toLowerCase());
  const asks = text(forwarded, 'QueryString') === 'true';
  return {
    min: number(node, 'MinTTL'),
    default: number(node, 'DefaultTTL'),
    max: number(node, 'MaxTTL'),
    query: asks ? (keys.length > 0 ? keys : 'all') : 'none',
    cookies: forwardedCookies(child(forwarded, 'Cookies')),
    headers: headers.includes('*') ? 'all' : headers.length > 0 ? headers : 'none',
    gzip: true,
    brotli: false,
  };
}

function forwardedCookies(cookies: XmlNode | undefined): Names {
  const forward = text(cookies, 'Forward');
  if (forward === 'whitelist') return texts(items(child(cookies, 'WhitelistedNames'), 'Name'));
  return forward === 'all' ? 'all' : 'none';
}

const readError = (node: XmlNode): ErrorResponse => ({
  code: number(node, 'ErrorCode'),
  page: text(node, 'ResponsePagePath') || undefined,
  status: Number(text(node, 'ResponseCode')) || undefined,
  ttl: Number(text(node, 'ErrorCachingMinTTL') ?? ERROR_TTL),
});
