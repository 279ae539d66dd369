/** All, none, or these by name; names of headers in lower case. */
export type Names = 'none' | 'all' | readonly string[];

/** Seconds, and what makes two requests two cache entries. What is in the key is sent to the origin too. */
export interface CachePolicy {
  readonly min: number;
  readonly default: number;
  readonly max: number;
  readonly query: Names;
  readonly cookies: Names;
  readonly headers: Names;
  /** Encodings that have entries of their own, and in which CloudFront may compress. */
  readonly gzip: boolean;
  readonly brotli: boolean;
}

/** What is sent to the origin besides. */
export interface OriginRequestPolicy {
  readonly query: Names;
  readonly cookies: Names;
  readonly headers: Names;
  /** The viewer's `Host` and not the origin's own. */
  readonly host: boolean;
}

export interface AddedHeader {
  readonly name: string;
  readonly value: string;
  /** The origin's own header goes. */
  readonly override: boolean;
}

export interface ResponseHeadersPolicy {
  readonly headers: readonly AddedHeader[];
  /** `Access-Control-Allow-Origin: *` for requests with an `Origin`. */
  readonly cors: boolean;
}

const YEAR = 31_536_000;
const DAY = 86_400;
const NOTHING = { query: 'none', cookies: 'none', headers: 'none' } as const;
const COMPRESSED = { gzip: true, brotli: true };
const PLAIN = { gzip: false, brotli: false };
const ORIGIN_CONTROLLED = ['host', 'origin', 'x-http-method-override', 'x-http-method', 'x-method-override'];

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
export const CACHE_POLICIES: Readonly<Record<string, CachePolicy>> = {
  // CachingOptimized
  '658327ea-f89d-4fab-a63d-7e88639e58f6': { min: 1, default: DAY, max: YEAR, ...NOTHING, ...COMPRESSED },
  // CachingOptimizedForUncompressedObjects
  'b2884449-e4de-46a7-ac36-70bc7f1ddd6d': { min: 1, default: DAY, max: YEAR, ...NOTHING, ...PLAIN },
  // CachingDisabled
  '4135ea2d-6df8-44a3-9df3-4b5a84be39ad': { min: 0, default: 0, max: 0, ...NOTHING, ...PLAIN },
  // UseOriginCacheControlHeaders
  '83da9c7e-98b4-4e11-a168-04f0df8e2c65': {
    min: 0,
    default: 0,
    max: YEAR,
    query: 'none',
    cookies: 'all',
    headers: ORIGIN_CONTROLLED,
    ...COMPRESSED,
  },
  // UseOriginCacheControlHeaders-QueryStrings
  '4cc15a8a-d715-48a4-82b8-cc0b614638fe': {
    min: 0,
    default: 0,
    max: YEAR,
    query: 'all',
    cookies: 'all',
    headers: ORIGIN_CONTROLLED,
    ...COMPRESSED,
  },
  // Amplify
  '2e54312d-136d-493c-8eb9-b001f22f67d2': {
    min: 2,
    default: 2,
    max: 600,
    query: 'all',
    cookies: 'all',
    headers: ['authorization', 'cloudfront-viewer-country', 'host'],
    ...COMPRESSED,
  },
  // Elemental-MediaPackage
  '08627262-05a9-4f76-9ded-b50ca2e3a84f': {
    min: 0,
    default: DAY,
    max: YEAR,
    query: ['aws.manifestfilter', 'start', 'end', 'm'],
    cookies: 'none',
    headers: ['origin'],
    gzip: true,
    brotli: false,
  },
};

const CORS = ['origin', 'access-control-request-headers', 'access-control-request-method'];

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html */
export const ORIGIN_REQUEST_POLICIES: Readonly<Record<string, OriginRequestPolicy>> = {
  // AllViewer
  '216adef6-5c7f-47e4-b989-5492eafa07d3': { query: 'all', cookies: 'all', headers: 'all', host: true },
  // AllViewerAndCloudFrontHeaders-2022-06
  '33f36d7e-f396-46d9-90e0-52428a34d9dc': { query: 'all', cookies: 'all', headers: 'all', host: true },
  // AllViewerExceptHostHeader
  'b689b0a8-53d0-40ab-baf2-68738e2966ac': { query: 'all', cookies: 'all', headers: 'all', host: false },
  // CORS-CustomOrigin
  '59781a5b-3903-41f3-afcb-af62929ccde1': { ...NOTHING, headers: ['origin'], host: false },
  // CORS-S3Origin
  '88a5eaf4-2fd4-4709-b370-b4c650ea3fcf': { ...NOTHING, headers: CORS, host: false },
  // Elemental-MediaTailor-PersonalizedManifests
  '775133bc-15f2-49f9-abea-afb2e0bf67d2': {
    query: 'all',
    cookies: 'none',
    headers: [...CORS, 'user-agent', 'x-forwarded-for'],
    host: false,
  },
  // HostHeaderOnly
  'bf0718e1-ba1e-49d1-88b1-f726733018ae': { ...NOTHING, host: true },
  // UserAgentRefererHeaders
  'acba4595-bd28-49b8-b9fe-13317c0390fa': { ...NOTHING, headers: ['user-agent', 'referer'], host: false },
};

const SECURITY: readonly AddedHeader[] = [
  { name: 'referrer-policy', value: 'strict-origin-when-cross-origin', override: false },
  { name: 'strict-transport-security', value: `max-age=${YEAR}`, override: false },
  { name: 'x-content-type-options', value: 'nosniff', override: true },
  { name: 'x-frame-options', value: 'SAMEORIGIN', override: false },
  { name: 'x-xss-protection', value: '1; mode=block', override: false },
];

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html */
export const RESPONSE_HEADERS_POLICIES: Readonly<Record<string, ResponseHeadersPolicy>> = {
  // SimpleCORS
  '60669652-455b-4ae9-85a4-c4c02393f86c': { headers: [], cors: true },
  // CORS-With-Preflight
  '5cc3b908-e619-4b99-88e5-2cf7f45965bd': { headers: [], cors: true },
  // SecurityHeadersPolicy
  '67f7725c-6f97-4210-82d7-5512b31e9d03': { headers: SECURITY, cors: false },
  // CORS-and-SecurityHeadersPolicy
  'e61eb60c-9c35-4d20-a928-2b84e02af89c': { headers: SECURITY, cors: true },
  // CORS-with-preflight-and-SecurityHeadersPolicy
  'eaab4381-ed33-4a86-88ca-d9558dc6cd63': { headers: SECURITY, cors: true },
};
