import { CloudFault } from '../../../core/service.ts';
import { child, text, type XmlNode } from '../../../core/xml.ts';
import { items } from '../items.ts';

const invalid = (message: string) => new CloudFault('InvalidArgument', message, 400);

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-response-code.html */
const CUSTOMIZABLE: ReadonlySet<string> = new Set('400 403 404 405 414 416 500 501 502 503 504'.split(' '));

/** @throws CloudFault InvalidErrorCode, InvalidResponseCode, InvalidArgument */
export function checkErrorResponses(config: XmlNode): void {
  const all = items(child(config, 'CustomErrorResponses'), 'CustomErrorResponse');
  for (const one of all) {
    const page = text(one, 'ResponsePagePath') ?? '';
    const status = text(one, 'ResponseCode') ?? '';
    if (!CUSTOMIZABLE.has(text(one, 'ErrorCode') ?? ''))
      throw new CloudFault('InvalidErrorCode', 'An invalid error code was specified.', 400);
    if ((page === '') !== (status === ''))
      throw new CloudFault('InvalidResponseCode', 'ResponsePagePath and ResponseCode go together.', 400);
    if (status !== '' && status !== '200' && !CUSTOMIZABLE.has(status))
      throw new CloudFault('InvalidResponseCode', 'A response code is not valid.', 400);
    if (page !== '' && !page.startsWith('/')) throw invalid('ResponsePagePath must begin with a slash.');
    if (Number(text(one, 'ErrorCachingMinTTL') ?? 0) < 0)
      throw invalid('ErrorCachingMinTTL must not be negative.');
  }
  if (new Set(all.map((one) => text(one, 'ErrorCode'))).size < all.length)
    throw invalid('An error code has one custom error response.');
}

/** @throws CloudFault InvalidGeoRestrictionParameter, InvalidLocationCode */
export function checkGeography(config: XmlNode): void {
  const geography = child(child(config, 'Restrictions'), 'GeoRestriction');
  if (geography === undefined) return;
  const places = items(geography, 'Location');
  if ((text(geography, 'RestrictionType') === 'none') !== (places.length === 0)) {
    throw new CloudFault(
      'InvalidGeoRestrictionParameter',
      'The specified geo restriction parameter is not valid.',
      400,
    );
  }
  if (!places.every((place) => /^[A-Z]{2}$/.test(String(place))))
    throw new CloudFault('InvalidLocationCode', 'The location code specified is not valid.', 400);
}

/**
 * @param bucketIs how a bucket of this name stands: not there, with ACLs or without them
 * @throws CloudFault InvalidArgument
 */
export function checkLogging(
  config: XmlNode,
  bucketIs: (name: string) => 'missing' | 'without-acls' | 'with-acls',
): void {
  const logging = child(config, 'Logging');
  if (text(logging, 'Enabled') !== 'true') return;
  const domain = text(logging, 'Bucket') ?? '';
  const name = /^([a-z0-9.-]+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com$/.exec(domain)?.[1];
  const state = name === undefined ? 'missing' : bucketIs(name);
  if (state === 'missing')
    throw invalid(`The parameter Logging Bucket does not refer to a valid S3 bucket: ${domain}`);
  if (state === 'without-acls')
    throw invalid(
      `The S3 bucket that you specified for CloudFront logs does not enable ACL access: ${domain}`,
    );
}

const WEB_ACL =
  /^(arn:aws:wafv2:us-east-1:\d{12}:global\/webacl\/[\w-]{1,128}\/[0-9a-f-]{36}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/;

/** @throws CloudFault InvalidDefaultRootObject, InvalidWebACLId, and for what nobody can have made here */
export function checkPlain(config: XmlNode): void {
  if (text(config, 'DefaultRootObject')?.startsWith('/')) {
    throw new CloudFault(
      'InvalidDefaultRootObject',
      'The default root object must not begin with a slash.',
      400,
    );
  }
  if (!WEB_ACL.test(text(config, 'WebACLId') ?? ''))
    throw new CloudFault('InvalidWebACLId', 'A web ACL ID specified is not valid.', 400);
  if ((text(config, 'Comment') ?? '').length > 128) throw invalid('The parameter Comment is too long.');
  if (!text(config, 'CallerReference')) throw invalid('The parameter CallerReference is required.');
  if (text(config, 'ContinuousDeploymentPolicyId') || text(config, 'Staging') === 'true') {
    throw new CloudFault(
      'NoSuchContinuousDeploymentPolicy',
      'The continuous deployment policy does not exist.',
      404,
    );
  }
  const tenants = child(config, 'TenantConfig') ?? text(config, 'ConnectionMode') === 'tenant-only';
  const foreign = ['ViewerMtlsConfig', 'ConnectionFunctionAssociation', 'CacheTagConfig'];
  if (tenants || foreign.some((name) => child(config, name) !== undefined))
    throw new CloudFault(
      'UnsupportedOperation',
      'The local cloud has no tenants, mutual TLS, connection functions and cache tags.',
      400,
    );
  if (text(config, 'AnycastIpListId'))
    throw new CloudFault('EntityNotFound', 'The Anycast IP list does not exist.', 404);
}
