import { CloudFault } from '../../core/service.ts';
import { child, text, type XmlNode } from '../../core/xml.ts';
import { type Associations, readAssociations } from './functions/associations.ts';
import { items } from './items.ts';

/** What the CDN needs of a distribution's configuration; the document itself is kept and given back as it came. */
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
  readonly forwards: boolean;
  readonly functions: Associations;
}

/** Seconds, and what makes two requests two cache entries. */
export interface CachePolicy {
  readonly min: number;
  readonly default: number;
  readonly max: number;
  readonly query: 'none' | 'all' | readonly string[];
}

export interface ErrorResponse {
  readonly code: number;
  readonly page: string | undefined;
  readonly status: number | undefined;
  /** Seconds that the error is kept. */
  readonly ttl: number;
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const MANAGED: Readonly<Record<string, CachePolicy>> = {
  '658327ea-f89d-4fab-a63d-7e88639e58f6': { min: 1, default: 86_400, max: 31_536_000, query: 'none' },
  'b2884449-e4de-46a7-ac36-70bc7f1ddd6d': { min: 1, default: 86_400, max: 31_536_000, query: 'none' },
  '4135ea2d-6df8-44a3-9df3-4b5a84be39ad': { min: 0, default: 0, max: 0, query: 'none' },
  '83da9c7e-98b4-4e11-a168-04f0df8e2c65': { min: 0, default: 0, max: 31_536_000, query: 'none' },
  '4cc15a8a-d715-48a4-82b8-cc0b614638fe': { min: 0, default: 0, max: 31_536_000, query: 'all' },
};

/** Seconds that an error is kept where nothing else is said. */
export const ERROR_TTL = 10;

const required = (node: XmlNode | undefined, name: string): XmlNode => {
  const found = child(node, name);
  if (found === undefined) {
    throw new CloudFault('InvalidArgument', `The parameter ${name} is required.`, 400);
  }
  return found;
};

const texts = (nodes: readonly XmlNode[]): string[] => nodes.filter((n) => typeof n === 'string');

const number = (node: XmlNode | undefined, name: string, fallback: number): number => {
  const value = text(node, name);
  if (value === undefined || value === '') return fallback;
  if (!/^-?\d+$/.test(value)) throw new CloudFault('InvalidArgument', `${name} is not a number.`, 400);
  return Number(value);
};

/** @throws CloudFault for what CloudFront refuses: InvalidArgument, NoSuchOrigin, InvalidDefaultRootObject, … */
export function readConfig(node: XmlNode): DistributionConfig {
  const origins = items(required(node, 'Origins'), 'Origin').map(readOrigin);
  if (origins.length === 0) {
    throw new CloudFault('InvalidArgument', 'Your request must contain at least one origin.', 400);
  }
  const behaviors = items(child(node, 'CacheBehaviors'), 'CacheBehavior').map((b) =>
    readBehavior(b, text(b, 'PathPattern') ?? ''),
  );
  behaviors.push(readBehavior(required(node, 'DefaultCacheBehavior'), '*'));
  for (const { origin } of behaviors) {
    if (!origins.some((o) => o.id === origin)) {
      throw new CloudFault(
        'NoSuchOrigin',
        `One or more of your origins or origin groups do not exist: ${origin}`,
        404,
      );
    }
  }
  const root = text(node, 'DefaultRootObject') ?? '';
  if (root.startsWith('/')) {
    throw new CloudFault(
      'InvalidDefaultRootObject',
      'The default root object must not begin with a slash.',
      400,
    );
  }
  if (child(node, 'Comment') === undefined) required(node, 'Comment');
  const enabled = text(node, 'Enabled');
  if (enabled !== 'true' && enabled !== 'false') required({}, 'Enabled');
  return {
    enabled: enabled === 'true',
    callerReference: String(text(node, 'CallerReference') ?? required(node, 'CallerReference')),
    defaultRootObject: root,
    origins,
    behaviors,
    errors: items(child(node, 'CustomErrorResponses'), 'CustomErrorResponse').map(readError),
  };
}

function readOrigin(node: XmlNode): Origin {
  const custom = child(node, 'CustomOriginConfig');
  const s3 = child(node, 'S3OriginConfig');
  if (custom === undefined && s3 === undefined) {
    throw new CloudFault(
      'InvalidArgument',
      'Exactly one of CustomOriginConfig, VpcOriginConfig and S3OriginConfig must be specified',
      400,
    );
  }
  const path = text(node, 'OriginPath') ?? '';
  if (path !== '' && (!path.startsWith('/') || path.endsWith('/'))) {
    throw new CloudFault(
      'InvalidArgument',
      'The parameter OriginPath must begin with a slash and must not end with one.',
      400,
    );
  }
  const headers = items(child(node, 'CustomHeaders'), 'OriginCustomHeader');
  return {
    id: String(text(node, 'Id') ?? required(node, 'Id')),
    domain: String(text(node, 'DomainName') ?? required(node, 'DomainName')),
    path,
    headers: Object.fromEntries(
      headers.map((h) => [text(h, 'HeaderName') ?? '', text(h, 'HeaderValue') ?? '']),
    ),
    signed: Boolean(text(node, 'OriginAccessControlId') || text(s3, 'OriginAccessIdentity')),
    custom:
      custom === undefined
        ? undefined
        : {
            httpPort: number(custom, 'HTTPPort', 80),
            httpsPort: number(custom, 'HTTPSPort', 443),
            https: text(custom, 'OriginProtocolPolicy') === 'https-only',
          },
  };
}

function readBehavior(node: XmlNode, pattern: string): Behavior {
  if (pattern === '') required(node, 'PathPattern');
  if (child(node, 'ViewerProtocolPolicy') === undefined) required(node, 'ViewerProtocolPolicy');
  const allowed = child(node, 'AllowedMethods');
  const policy = readPolicy(node);
  return {
    pattern,
    origin: String(text(node, 'TargetOriginId') ?? required(node, 'TargetOriginId')),
    methods: allowed === undefined ? ['GET', 'HEAD'] : texts(items(allowed, 'Method')),
    compress: text(node, 'Compress') === 'true',
    policy,
    forwards: text(node, 'OriginRequestPolicyId') !== undefined || policy.query !== 'none',
    functions: readAssociations(node),
  };
}

function readPolicy(node: XmlNode): CachePolicy {
  const id = text(node, 'CachePolicyId');
  const forwarded = child(node, 'ForwardedValues');
  if (id !== undefined && forwarded !== undefined) {
    throw new CloudFault(
      'InvalidArgument',
      'The parameter ForwardedValues cannot be used when a cache policy is associated to the cache behavior.',
      400,
    );
  }
  if (id !== undefined) {
    const policy = MANAGED[id];
    if (!policy) throw new CloudFault('NoSuchCachePolicy', 'The cache policy does not exist.', 404);
    return policy;
  }
  if (forwarded === undefined) {
    throw new CloudFault('InvalidArgument', 'The parameter ForwardedValues is required.', 400);
  }
  const keys = texts(items(child(forwarded, 'QueryStringCacheKeys'), 'Name'));
  const all = keys.length > 0 ? keys : ('all' as const);
  const min = number(node, 'MinTTL', 0);
  return {
    min,
    default: number(node, 'DefaultTTL', Math.max(86_400, min)),
    max: number(node, 'MaxTTL', Math.max(31_536_000, min)),
    query: text(forwarded, 'QueryString') === 'true' ? all : 'none',
  };
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-response-code.html */
const CUSTOMIZABLE: ReadonlySet<number> = new Set([400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]);

function readError(node: XmlNode): ErrorResponse {
  const code = number(node, 'ErrorCode', 0);
  const page = text(node, 'ResponsePagePath') || undefined;
  const status = text(node, 'ResponseCode') || undefined;
  if (!CUSTOMIZABLE.has(code)) {
    throw new CloudFault('InvalidErrorCode', 'An invalid error code was specified.', 400);
  }
  if ((page === undefined) !== (status === undefined)) {
    throw new CloudFault('InvalidResponseCode', 'ResponsePagePath and ResponseCode go together.', 400);
  }
  if (page !== undefined && !page.startsWith('/')) {
    throw new CloudFault('InvalidArgument', 'ResponsePagePath must begin with a slash.', 400);
  }
  return {
    code,
    page,
    status: status === undefined ? undefined : Number(status),
    ttl: number(node, 'ErrorCachingMinTTL', ERROR_TTL),
  };
}
