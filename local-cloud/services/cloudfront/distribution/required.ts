import { CloudFault } from '../../../core/service.ts';
import { child, children, type XmlNode } from '../../../core/xml.ts';

/**
 * Members that an update must have although a creation may leave them out:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-overview-required-fields.html
 */
const CONFIG = [
  'Aliases',
  'DefaultRootObject',
  'CacheBehaviors',
  'CustomErrorResponses',
  'Logging',
  'PriceClass',
  'ViewerCertificate',
  'Restrictions',
  'WebACLId',
  'HttpVersion',
];
const BEHAVIOR = [
  'AllowedMethods',
  'SmoothStreaming',
  'Compress',
  'LambdaFunctionAssociations',
  'FieldLevelEncryptionId',
];
const FORWARDED = ['Headers', 'QueryStringCacheKeys'];
const TIMES = ['MinTTL', 'DefaultTTL', 'MaxTTL'];
const ORIGIN = ['OriginPath', 'CustomHeaders'];
const CUSTOM_ORIGIN = ['OriginSslProtocols', 'OriginReadTimeout', 'OriginKeepaliveTimeout'];
const ERROR_RESPONSE = ['ResponsePagePath', 'ResponseCode', 'ErrorCachingMinTTL'];

const illegal = (message: string) => new CloudFault('IllegalUpdate', message, 400);

function need(node: XmlNode, names: readonly string[]): void {
  for (const name of names)
    if (child(node, name) === undefined) throw illegal(`${name} is required for updates.`);
}

const listed = (node: XmlNode, list: string, element: string) =>
  children(child(child(node, list), 'Items'), element);

/**
 * An update replaces the whole configuration: what it leaves out would be lost.
 * @param config along the model
 * @throws CloudFault IllegalUpdate
 */
export function checkComplete(config: XmlNode): void {
  need(config, CONFIG);
  for (const origin of listed(config, 'Origins', 'Origin')) {
    need(origin, ORIGIN);
    const custom = child(origin, 'CustomOriginConfig');
    if (custom !== undefined) need(custom, CUSTOM_ORIGIN);
  }
  const behaviors = listed(config, 'CacheBehaviors', 'CacheBehavior');
  for (const behavior of [child(config, 'DefaultCacheBehavior') ?? {}, ...behaviors]) {
    need(behavior, BEHAVIOR);
    const forwarded = child(behavior, 'ForwardedValues');
    if (forwarded === undefined) continue;
    need(forwarded, FORWARDED);
    need(behavior, TIMES);
  }
  for (const one of listed(config, 'CustomErrorResponses', 'CustomErrorResponse'))
    if (ERROR_RESPONSE.some((name) => child(one, name) === undefined))
      throw illegal('The specified list of custom error responses does not exist or is not valid.');
}
