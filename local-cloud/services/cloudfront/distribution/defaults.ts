import { child, children, text, type XmlNode } from '../../../core/xml.ts';

type Members = { readonly [name: string]: XmlNode | readonly XmlNode[] };

const NONE = { Quantity: '0' };
const NOBODY = { Enabled: 'false', Quantity: '0' };

const METHODS = {
  Quantity: '2',
  Items: { Method: ['HEAD', 'GET'] },
  CachedMethods: { Quantity: '2', Items: { Method: ['HEAD', 'GET'] } },
};

/** What CloudFront's own certificate looks like in an answer. */
const OWN_CERTIFICATE = {
  CloudFrontDefaultCertificate: 'true',
  SSLSupportMethod: 'vip',
  MinimumProtocolVersion: 'TLSv1',
  CertificateSource: 'cloudfront',
};

/** The structure with what is missing filled in, in the order of the defaults and then in its own. */
const filled = (defaults: Members, given: XmlNode | undefined): Members => ({
  ...defaults,
  ...(given as Members),
});

function each(list: XmlNode | undefined, element: string, fill: (item: XmlNode) => Members): Members {
  const items = children(child(list, 'Items'), element).map(fill);
  const Quantity = String(items.length);
  return items.length === 0 ? { Quantity } : { Quantity, Items: { [element]: items } };
}

function origin(given: XmlNode): Members {
  const s3 = child(given, 'S3OriginConfig');
  const custom = child(given, 'CustomOriginConfig');
  const vpc = child(given, 'VpcOriginConfig');
  return {
    ...filled({ OriginPath: '', CustomHeaders: NONE }, given),
    ...(s3 === undefined ? {} : { S3OriginConfig: filled({ OriginReadTimeout: '30' }, s3) }),
    ...(custom === undefined ? {} : { CustomOriginConfig: customOrigin(custom) }),
    ...(vpc === undefined
      ? {}
      : { VpcOriginConfig: filled({ OriginReadTimeout: '30', OriginKeepaliveTimeout: '5' }, vpc) }),
    ConnectionAttempts: text(given, 'ConnectionAttempts') ?? '3',
    ConnectionTimeout: text(given, 'ConnectionTimeout') ?? '10',
    OriginShield: child(given, 'OriginShield') ?? { Enabled: 'false' },
    OriginAccessControlId: text(given, 'OriginAccessControlId') ?? '',
  };
}

const customOrigin = (given: XmlNode): Members =>
  filled(
    {
      OriginSslProtocols: { Quantity: '3', Items: { SslProtocol: ['TLSv1', 'TLSv1.1', 'TLSv1.2'] } },
      OriginReadTimeout: '30',
      OriginKeepaliveTimeout: '5',
      IpAddressType: 'ipv4',
    },
    given,
  );

function behavior(given: XmlNode): Members {
  const forwarded = child(given, 'ForwardedValues');
  const allowed = child(given, 'AllowedMethods');
  return {
    ...filled(
      {
        TrustedSigners: NOBODY,
        TrustedKeyGroups: NOBODY,
        SmoothStreaming: 'false',
        Compress: 'false',
        LambdaFunctionAssociations: NONE,
        FunctionAssociations: NONE,
        FieldLevelEncryptionId: '',
        GrpcConfig: { Enabled: 'false' },
      },
      given,
    ),
    AllowedMethods: allowed ? filled({ CachedMethods: METHODS.CachedMethods }, allowed) : METHODS,
    ...(forwarded === undefined
      ? {}
      : {
          ForwardedValues: filled({ Headers: NONE, QueryStringCacheKeys: NONE }, forwarded),
          ...legacyTimes(given),
        }),
  };
}

/** Seconds: a default or maximum that is left out is never below the minimum. */
function legacyTimes(given: XmlNode): Members {
  const min = text(given, 'MinTTL') ?? '0';
  const atLeast = (seconds: number) => String(Math.max(seconds, Number(min)));
  return {
    MinTTL: min,
    DefaultTTL: text(given, 'DefaultTTL') ?? atLeast(86_400),
    MaxTTL: text(given, 'MaxTTL') ?? atLeast(31_536_000),
  };
}

const errorResponse = (given: XmlNode): Members =>
  filled({ ResponsePagePath: '', ResponseCode: '', ErrorCachingMinTTL: '10' }, given);

function certificate(given: XmlNode | undefined): Members {
  const acm = text(given, 'ACMCertificateArn');
  const iam = text(given, 'IAMCertificateId');
  if (!acm && !iam) return OWN_CERTIFICATE;
  return {
    ...filled({ CloudFrontDefaultCertificate: 'false', MinimumProtocolVersion: 'TLSv1' }, given),
    Certificate: acm ?? iam ?? '',
    CertificateSource: acm ? 'acm' : 'iam',
  };
}

/**
 * A configuration with all members that CloudFront fills in where they are left out, as every answer has them.
 * @param given along the model
 */
export function withDefaults(given: XmlNode): XmlNode {
  return {
    ...filled(
      {
        Aliases: NONE,
        DefaultRootObject: '',
        OriginGroups: NONE,
        Logging: { Enabled: 'false', IncludeCookies: 'false', Bucket: '', Prefix: '' },
        PriceClass: 'PriceClass_All',
        Restrictions: { GeoRestriction: { RestrictionType: 'none', Quantity: '0' } },
        WebACLId: '',
        HttpVersion: 'http2',
        IsIPV6Enabled: 'true',
        ContinuousDeploymentPolicyId: '',
        Staging: 'false',
        ConnectionMode: 'direct',
      },
      given,
    ),
    Origins: each(child(given, 'Origins'), 'Origin', origin),
    DefaultCacheBehavior: behavior(child(given, 'DefaultCacheBehavior') ?? {}),
    CacheBehaviors: each(child(given, 'CacheBehaviors'), 'CacheBehavior', behavior),
    CustomErrorResponses: each(child(given, 'CustomErrorResponses'), 'CustomErrorResponse', errorResponse),
    ViewerCertificate: certificate(child(given, 'ViewerCertificate')),
  };
}
