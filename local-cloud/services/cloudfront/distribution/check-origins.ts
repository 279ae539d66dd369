import { CloudFault } from '../../../core/service.ts';
import { child, text, type XmlNode } from '../../../core/xml.ts';
import { bucketOf, websiteOf } from '../cdn/decide.ts';
import { items } from '../items.ts';

const invalid = (message: string) => new CloudFault('InvalidArgument', message, 400);

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const MAX_ORIGINS = 100;

const KINDS = ['S3OriginConfig', 'CustomOriginConfig', 'VpcOriginConfig'];

/**
 * @param hasControl whether an origin access control is there
 * @throws CloudFault InvalidArgument, InvalidOrigin…: what CloudFront says of each fault of an origin
 */
export function checkOrigins(config: XmlNode, hasControl: (id: string) => boolean): void {
  const origins = items(child(config, 'Origins'), 'Origin');
  if (origins.length > MAX_ORIGINS)
    throw new CloudFault('TooManyOrigins', 'You cannot create more origins for the distribution.', 400);
  const ids = origins.map((one) => text(one, 'Id') ?? '');
  if (new Set(ids).size < ids.length) throw invalid('The ids of origins must be unique.');
  for (const origin of origins) {
    checkOrigin(origin);
    checkControl(origin, hasControl);
    checkTimes(origin);
  }
  if (items(child(config, 'OriginGroups'), 'OriginGroup').length > 0)
    throw new CloudFault('UnsupportedOperation', 'The local cloud has no origin groups.', 400);
}

function checkOrigin(origin: XmlNode): void {
  if (!text(origin, 'Id')) throw invalid('The parameter Id of an origin is required.');
  if (KINDS.filter((name) => child(origin, name) !== undefined).length !== 1)
    throw invalid('Exactly one of CustomOriginConfig, VpcOriginConfig and S3OriginConfig must be specified');
  if (child(origin, 'VpcOriginConfig') !== undefined)
    throw new CloudFault('EntityNotFound', 'The VPC origin does not exist.', 404);
  const domain = text(origin, 'DomainName') ?? '';
  if (!/^[\w.-]+(:\d+)?$/.test(domain)) throw invalid('The parameter origin name must be a domain name.');
  if (child(origin, 'S3OriginConfig') !== undefined && bucketOf(domain) === undefined)
    throw invalid('The parameter Origin DomainName does not refer to a valid S3 bucket.');
  const path = text(origin, 'OriginPath') ?? '';
  if (path !== '' && (!path.startsWith('/') || path.endsWith('/')))
    throw invalid('The parameter OriginPath must begin with a slash and must not end with one.');
}

function checkControl(origin: XmlNode, hasControl: (id: string) => boolean): void {
  const identity = text(child(origin, 'S3OriginConfig'), 'OriginAccessIdentity') ?? '';
  const control = text(origin, 'OriginAccessControlId') ?? '';
  if (identity !== '' && !/^origin-access-identity\/cloudfront\/\w+$/.test(identity)) {
    throw new CloudFault(
      'InvalidOriginAccessIdentity',
      "The origin access identity is not valid or doesn't exist.",
      400,
    );
  }
  if (control === '') return;
  if (identity !== '') {
    throw new CloudFault(
      'IllegalOriginAccessConfiguration',
      'An origin cannot contain both an origin access control (OAC) and an origin access identity (OAI).',
      400,
    );
  }
  if (!hasControl(control))
    throw new CloudFault('InvalidOriginAccessControl', 'The origin access control is not valid.', 400);
  const domain = text(origin, 'DomainName') ?? '';
  if (bucketOf(domain) === undefined || websiteOf(domain) !== undefined) {
    throw new CloudFault(
      'InvalidDomainNameForOriginAccessControl',
      'A domain name is not valid for the type of the origin access control.',
      400,
    );
  }
}

/** Bounds of numbers: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html */
function checkTimes(origin: XmlNode): void {
  const within = (node: XmlNode | undefined, name: string, min: number, max: number, code: string) => {
    const value = text(node, name);
    if (value !== undefined && (Number(value) < min || Number(value) > max))
      throw new CloudFault(code, `The parameter ${name} must be between ${min} and ${max}.`, 400);
  };
  const custom = child(origin, 'CustomOriginConfig');
  within(origin, 'ConnectionAttempts', 1, 3, 'InvalidArgument');
  within(origin, 'ConnectionTimeout', 1, 10, 'InvalidArgument');
  for (const node of [custom, child(origin, 'S3OriginConfig')])
    within(node, 'OriginReadTimeout', 1, 120, 'InvalidOriginReadTimeout');
  within(custom, 'OriginKeepaliveTimeout', 1, 120, 'InvalidOriginKeepaliveTimeout');
  for (const port of ['HTTPPort', 'HTTPSPort']) within(custom, port, 1, 65_535, 'InvalidArgument');
}
