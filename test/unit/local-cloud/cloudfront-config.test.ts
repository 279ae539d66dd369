import { describe, expect, it } from 'vitest';
import { parseXml, type XmlNode } from '../../../local-cloud/core/xml.ts';
import { checkBehaviors } from '../../../local-cloud/services/cloudfront/distribution/check-behaviors.ts';
import { checkNames, covers } from '../../../local-cloud/services/cloudfront/distribution/check-names.ts';
import { checkOrigins } from '../../../local-cloud/services/cloudfront/distribution/check-origins.ts';
import {
  checkErrorResponses,
  checkGeography,
  checkLogging,
  checkPlain,
} from '../../../local-cloud/services/cloudfront/distribution/check-rest.ts';
import { withDefaults } from '../../../local-cloud/services/cloudfront/distribution/defaults.ts';
import { checkComplete } from '../../../local-cloud/services/cloudfront/distribution/required.ts';
import { model } from '../../../local-cloud/services/shapes/cloudfront.ts';
import { readModel } from '../../../local-cloud/services/shapes/validate.ts';
import { readXml } from '../../../local-cloud/services/shapes/xml.ts';

const MODEL = readModel(model);
const CERTIFICATE = 'arn:aws:acm:us-east-1:000000000000:certificate/here';

const S3 =
  '<Origin><Id>site</Id><DomainName>site.s3.us-west-2.amazonaws.com</DomainName><S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig></Origin>';
const HTTP =
  '<Origin><Id>api</Id><DomainName>api.example.com</DomainName><CustomOriginConfig><HTTPPort>80</HTTPPort><HTTPSPort>443</HTTPSPort><OriginProtocolPolicy>http-only</OriginProtocolPolicy></CustomOriginConfig></Origin>';
const CACHED = '<CachePolicyId>658327ea-f89d-4fab-a63d-7e88639e58f6</CachePolicyId>';
const FORWARDED =
  '<ForwardedValues><QueryString>false</QueryString><Cookies><Forward>none</Forward></Cookies></ForwardedValues>';

interface Parts {
  readonly origins?: readonly string[];
  readonly behavior?: string;
  readonly more?: string;
}

const list = (name: string, items: readonly string[]) =>
  `<${name}><Quantity>${items.length}</Quantity><Items>${items.join('')}</Items></${name}>`;

const xml = ({ origins = [S3], behavior = CACHED, more = '' }: Parts = {}) =>
  `<DistributionConfig><CallerReference>r</CallerReference>${list('Origins', origins)}<DefaultCacheBehavior><TargetOriginId>site</TargetOriginId><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy>${behavior}</DefaultCacheBehavior><Comment></Comment><Enabled>true</Enabled>${more}</DistributionConfig>`;

const read = (text: string): XmlNode =>
  readXml(MODEL, 'DistributionConfig', parseXml(text, 'DistributionConfig'), 'distributionConfig');

function check(text: string): void {
  const config = read(text);
  checkPlain(config);
  checkOrigins(config, (id) => id === 'EHERE');
  checkBehaviors(config);
  checkErrorResponses(config);
  checkGeography(config);
  checkLogging(config, (name) =>
    name === 'logs' ? 'with-acls' : name === 'site' ? 'without-acls' : 'missing',
  );
  checkNames(
    config,
    (arn) => (arn === CERTIFICATE ? ['example.com', '*.example.com'] : undefined),
    (alias) => alias === 'taken.example.com',
  );
}

const own = (path: string) => ({ origins: [S3.replace('</Origin>', `${path}</Origin>`)] });
const alias = (name: string) => list('Aliases', [`<CNAME>${name}</CNAME>`]);
const attached = `<ViewerCertificate><ACMCertificateArn>${CERTIFICATE}</ACMCertificateArn><SSLSupportMethod>sni-only</SSLSupportMethod></ViewerCertificate>`;
const failing = (inside: string) =>
  list('CustomErrorResponses', [`<CustomErrorResponse>${inside}</CustomErrorResponse>`]);
const methods = (name: string, all: readonly string[], more = '') =>
  `<${name}><Quantity>${all.length}</Quantity><Items>${all.map((one) => `<Method>${one}</Method>`).join('')}</Items>${more}</${name}>`;
const geography = (type: string, places: readonly string[]) =>
  `<Restrictions><GeoRestriction><RestrictionType>${type}</RestrictionType><Quantity>${places.length}</Quantity><Items>${places.map((one) => `<Location>${one}</Location>`).join('')}</Items></GeoRestriction></Restrictions>`;
const logging = (bucket: string) =>
  `<Logging><Enabled>true</Enabled><IncludeCookies>false</IncludeCookies><Bucket>${bucket}</Bucket><Prefix></Prefix></Logging>`;
const ordered = (patterns: readonly string[]) =>
  list(
    'CacheBehaviors',
    patterns.map(
      (one) =>
        `<CacheBehavior><PathPattern>${one}</PathPattern><TargetOriginId>site</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>${CACHED}</CacheBehavior>`,
    ),
  );

describe('a configuration of a distribution', () => {
  it.each<[string, Parts]>([
    ['as small as can be', {}],
    ['two origins', { origins: [S3, HTTP] }],
    ['an access control', own('<OriginAccessControlId>EHERE</OriginAccessControlId>')],
    ['the settings of before policies', { behavior: FORWARDED }],
    ['methods', { behavior: `${CACHED}${methods('AllowedMethods', ['GET', 'HEAD', 'OPTIONS'])}` }],
    ['names that the certificate is for', { more: `${alias('www.example.com')}${attached}` }],
    ['logs', { more: logging('logs.s3.amazonaws.com') }],
    ['places', { more: geography('whitelist', ['DE', 'FR']) }],
    ['behaviors', { more: ordered(['/api/*', '/assets/*']) }],
    ['an error that is kept', { more: failing('<ErrorCode>404</ErrorCode>') }],
  ])('is taken with %s', (_what, parts) => {
    expect(() => check(xml(parts))).not.toThrow();
  });

  it.each<[string, Parts | string, string]>([
    ['no caller reference', '<DistributionConfig/>', 'MalformedXML'],
    ['a price class', { more: '<PriceClass>PriceClass_9</PriceClass>' }, 'MalformedXML'],
    ['an HTTP version', { more: '<HttpVersion>HTTP2</HttpVersion>' }, 'MalformedXML'],
    ['a viewer protocol policy', xml().replace('https-only', 'https'), 'MalformedXML'],
    ['an origin protocol policy', { origins: [S3, HTTP.replace('http-only', 'http')] }, 'MalformedXML'],
    [
      'a version of TLS',
      { more: attached.replace('</View', '<MinimumProtocolVersion>TLSv2</MinimumProtocolVersion></View') },
      'MalformedXML',
    ],
    ['an SSL support method', { more: attached.replace('sni-only', 'sni') }, 'MalformedXML'],
    ['no domain of an origin', { origins: [S3.replace(/<DomainName>.*<\/DomainName>/, '')] }, 'MalformedXML'],
    ['a text for a flag', xml().replace('<Enabled>true', '<Enabled>yes'), 'MalformedInput'],
    ['another quantity of origins', xml().replace('<Quantity>1', '<Quantity>2'), 'InconsistentQuantities'],
    [
      'another quantity of aliases',
      { more: `${alias('www.example.com').replace('>1<', '>2<')}${attached}` },
      'InconsistentQuantities',
    ],
    [
      'an origin that is not there',
      xml().replace('<TargetOriginId>site', '<TargetOriginId>x'),
      'NoSuchOrigin',
    ],
    ['an id twice', { origins: [S3, S3] }, 'InvalidArgument'],
    [
      'no S3 behind an S3 origin',
      { origins: [S3.replace('site.s3.us-west-2.amazonaws', 'example')] },
      'InvalidArgument',
    ],
    ['a path without a slash', own('<OriginPath>v1</OriginPath>'), 'InvalidArgument'],
    [
      'an access control that is not there',
      own('<OriginAccessControlId>ENONE</OriginAccessControlId>'),
      'InvalidOriginAccessControl',
    ],
    [
      'an identity that is none',
      { origins: [S3.replace('></OriginAccessId', '>x</OriginAccessId')] },
      'InvalidOriginAccessIdentity',
    ],
    [
      'an access control before a server of one’s own',
      {
        origins: [
          S3,
          HTTP.replace('</Origin>', '<OriginAccessControlId>EHERE</OriginAccessControlId></Origin>'),
        ],
      },
      'InvalidDomainNameForOriginAccessControl',
    ],
    ['no policy and no forwarded values', { behavior: '' }, 'InvalidArgument'],
    ['both of them', { behavior: CACHED + FORWARDED }, 'InvalidArgument'],
    ['a time beside a policy', { behavior: `${CACHED}<MinTTL>0</MinTTL>` }, 'InvalidArgument'],
    [
      'a cache policy that is not there',
      { behavior: CACHED.replace('658327ea', '00000000') },
      'NoSuchCachePolicy',
    ],
    [
      'a request policy that is not there',
      { behavior: `${CACHED}<OriginRequestPolicyId>x</OriginRequestPolicyId>` },
      'NoSuchOriginRequestPolicy',
    ],
    [
      'a response policy that is not there',
      { behavior: `${CACHED}<ResponseHeadersPolicyId>x</ResponseHeadersPolicyId>` },
      'NoSuchResponseHeadersPolicy',
    ],
    [
      'times that fall',
      { behavior: `${FORWARDED}<MinTTL>60</MinTTL><DefaultTTL>30</DefaultTTL>` },
      'InvalidTTLOrder',
    ],
    ['cookies without names', { behavior: FORWARDED.replace('none', 'whitelist') }, 'InvalidForwardCookies'],
    [
      'half of the methods',
      { behavior: `${CACHED}${methods('AllowedMethods', ['GET', 'POST'])}` },
      'InvalidArgument',
    ],
    ['a pattern twice', { more: ordered(['/a', '/a']) }, 'InvalidArgument'],
    [
      'a key group that is not there',
      {
        behavior: `${CACHED}<TrustedKeyGroups><Enabled>true</Enabled><Quantity>1</Quantity><Items><KeyGroup>x</KeyGroup></Items></TrustedKeyGroups>`,
      },
      'TrustedKeyGroupDoesNotExist',
    ],
    ['a name without a certificate', { more: alias('www.example.com') }, 'InvalidViewerCertificate'],
    [
      'a name that the certificate is not for',
      { more: `${alias('a.b.example.com')}${attached}` },
      'InvalidViewerCertificate',
    ],
    [
      'a certificate of another region',
      { more: attached.replace('us-east-1', 'us-west-2') },
      'InvalidViewerCertificate',
    ],
    ['a certificate without a method', { more: attached.replace(/<SSL.*Method>/, '') }, 'InvalidArgument'],
    [
      'SSL 3 for one name among many',
      { more: attached.replace('</View', '<MinimumProtocolVersion>SSLv3</MinimumProtocolVersion></View') },
      'InvalidProtocolSettings',
    ],
    [
      'a name of another distribution',
      { more: `${alias('Taken.example.com')}${attached}` },
      'CNAMEAlreadyExists',
    ],
    ['a name that is none', { more: `${alias('https://example.com')}${attached}` }, 'InvalidArgument'],
    [
      'a root object with a slash',
      { more: '<DefaultRootObject>/index.html</DefaultRootObject>' },
      'InvalidDefaultRootObject',
    ],
    [
      'a web ACL of a region',
      { more: '<WebACLId>arn:aws:wafv2:us-west-2:000000000000:regional/webacl/a/b</WebACLId>' },
      'InvalidWebACLId',
    ],
    ['an error code', { more: failing('<ErrorCode>418</ErrorCode>') }, 'InvalidErrorCode'],
    [
      'a page without a status',
      { more: failing('<ErrorCode>404</ErrorCode><ResponsePagePath>/404.html</ResponsePagePath>') },
      'InvalidResponseCode',
    ],
    [
      'a status that is none',
      {
        more: failing(
          '<ErrorCode>404</ErrorCode><ResponsePagePath>/404.html</ResponsePagePath><ResponseCode>201</ResponseCode>',
        ),
      },
      'InvalidResponseCode',
    ],
    ['places without a rule', { more: geography('none', ['DE']) }, 'InvalidGeoRestrictionParameter'],
    ['a place that is none', { more: geography('whitelist', ['Germany']) }, 'InvalidLocationCode'],
    ['logs in no bucket', { more: logging('none.s3.amazonaws.com') }, 'InvalidArgument'],
    ['logs in a bucket without ACLs', { more: logging('site.s3.amazonaws.com') }, 'InvalidArgument'],
  ])('is refused with %s', (_what, parts, code) => {
    const text = typeof parts === 'string' ? parts : xml(parts);
    expect(() => check(text)).toThrow(expect.objectContaining({ code }));
  });

  it('tells where, in AWS’s words', () => {
    expect(() => check(xml({ more: attached.replace('sni-only', 'sni') }))).toThrow(
      "1 validation error detected: Value 'sni' at 'distributionConfig.viewerCertificate.sSLSupportMethod' failed to satisfy constraint: Member must satisfy enum value set: [sni-only, vip, static-ip]",
    );
  });

  it.each([
    ['example.com', 'example.com', true],
    ['*.example.com', 'www.example.com', true],
    ['*.example.com', '*.example.com', true],
    ['*.example.com', 'a.b.example.com', false],
    ['*.example.com', 'example.com', false],
    ['*.EXAMPLE.com', 'www.example.COM', true],
  ])('a certificate for %s is for %s: %s', (certificate, name, is) => {
    expect(covers(certificate, name)).toBe(is);
  });
});

describe('an update', () => {
  const whole = withDefaults(
    read(xml({ behavior: FORWARDED, origins: [S3, HTTP], more: failing('<ErrorCode>404</ErrorCode>') })),
  );

  it('takes what was answered, and fills in nothing twice', () => {
    expect(() => checkComplete(whole)).not.toThrow();
    expect(withDefaults(whole)).toEqual(whole);
  });

  it.each([
    [['Aliases'], 'Aliases is required for updates.'],
    [['DefaultRootObject'], 'DefaultRootObject is required for updates.'],
    [['WebACLId'], 'WebACLId is required for updates.'],
    [['Logging'], 'Logging is required for updates.'],
    [['ViewerCertificate'], 'ViewerCertificate is required for updates.'],
    [['HttpVersion'], 'HttpVersion is required for updates.'],
    [['DefaultCacheBehavior', 'Compress'], 'Compress is required for updates.'],
    [['DefaultCacheBehavior', 'MinTTL'], 'MinTTL is required for updates.'],
    [['DefaultCacheBehavior', 'ForwardedValues', 'Headers'], 'Headers is required for updates.'],
    [['Origins', 'Items', 'Origin', '0', 'CustomHeaders'], 'CustomHeaders is required for updates.'],
    [
      ['Origins', 'Items', 'Origin', '1', 'CustomOriginConfig', 'OriginReadTimeout'],
      'OriginReadTimeout is required for updates.',
    ],
    [
      ['CustomErrorResponses', 'Items', 'CustomErrorResponse', '0', 'ErrorCachingMinTTL'],
      'The specified list of custom error responses does not exist or is not valid.',
    ],
  ])('without %j is refused', (path, message) => {
    const copy = structuredClone(whole) as Record<string, unknown>;
    const last = path.at(-1) ?? '';
    const parent = path.slice(0, -1).reduce((node, name) => node[name] as Record<string, unknown>, copy);
    expect(Object.hasOwn(parent, last)).toBe(true);
    delete parent[last];
    expect(() => checkComplete(copy as XmlNode)).toThrow(
      expect.objectContaining({ code: 'IllegalUpdate', message }),
    );
  });
});
