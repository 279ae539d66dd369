import { CloudFault } from '../../../core/service.ts';
import { child, text, type XmlNode } from '../../../core/xml.ts';
import { items } from '../items.ts';
import { CACHE_POLICIES, ORIGIN_REQUEST_POLICIES, RESPONSE_HEADERS_POLICIES } from '../policies.ts';

const invalid = (message: string) => new CloudFault('InvalidArgument', message, 400);

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const MAX_BEHAVIORS = 75;

/** Sets of methods that a behavior may allow, sorted; it may cache the first two of them. */
const METHODS = ['GET,HEAD', 'GET,HEAD,OPTIONS', 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'];

/** @throws CloudFault what CloudFront says of each fault of a cache behavior */
export function checkBehaviors(config: XmlNode): void {
  const ordered = items(child(config, 'CacheBehaviors'), 'CacheBehavior');
  if (ordered.length > MAX_BEHAVIORS) {
    throw new CloudFault(
      'TooManyCacheBehaviors',
      'You cannot create more cache behaviors for the distribution.',
      400,
    );
  }
  const patterns = ordered.map((one) => text(one, 'PathPattern') ?? '');
  if (patterns.includes('')) throw invalid('The parameter PathPattern is required.');
  if (new Set(patterns).size < patterns.length)
    throw invalid('The path patterns of cache behaviors must be unique.');
  const origins = items(child(config, 'Origins'), 'Origin').map((one) => text(one, 'Id'));
  for (const behavior of [...ordered, child(config, 'DefaultCacheBehavior') ?? {}]) {
    const target = text(behavior, 'TargetOriginId') ?? '';
    if (!origins.includes(target)) {
      throw new CloudFault(
        'NoSuchOrigin',
        `One or more of your origins or origin groups do not exist: ${target}`,
        404,
      );
    }
    checkMethods(behavior);
    checkPolicies(behavior);
    checkForwarded(behavior);
    checkAbsent(behavior);
  }
}

function checkMethods(behavior: XmlNode): void {
  const allowed = child(behavior, 'AllowedMethods');
  if (allowed === undefined) return;
  const setOf = (node: XmlNode) => [...new Set(items(node, 'Method'))].sort().join(',');
  if (!METHODS.includes(setOf(allowed)))
    throw invalid('The parameter AllowedMethods has a set of methods that is not supported.');
  const cached = child(allowed, 'CachedMethods');
  if (cached === undefined) return;
  const at = METHODS.indexOf(setOf(cached));
  if (at < 0 || at > 1 || at > METHODS.indexOf(setOf(allowed)))
    throw invalid('The parameter CachedMethods has a set of methods that is not supported.');
}

const LEGACY = ['ForwardedValues', 'MinTTL', 'DefaultTTL', 'MaxTTL'];

function checkPolicies(behavior: XmlNode): void {
  const cache = text(behavior, 'CachePolicyId') ?? '';
  const request = text(behavior, 'OriginRequestPolicyId') ?? '';
  const response = text(behavior, 'ResponseHeadersPolicyId') ?? '';
  if (cache === '') {
    if (child(behavior, 'ForwardedValues') === undefined)
      throw invalid('The parameter ForwardedValues is required.');
    if (request !== '')
      throw invalid('The parameter OriginRequestPolicyId cannot be used without a cache policy.');
  } else {
    for (const name of LEGACY) {
      if (child(behavior, name) === undefined) continue;
      throw invalid(
        `The parameter ${name} cannot be used when a cache policy is associated to the cache behavior.`,
      );
    }
    if (!Object.hasOwn(CACHE_POLICIES, cache))
      throw new CloudFault('NoSuchCachePolicy', 'The cache policy does not exist.', 404);
  }
  if (request !== '' && !Object.hasOwn(ORIGIN_REQUEST_POLICIES, request))
    throw new CloudFault('NoSuchOriginRequestPolicy', 'The origin request policy does not exist.', 404);
  if (response !== '' && !Object.hasOwn(RESPONSE_HEADERS_POLICIES, response))
    throw new CloudFault('NoSuchResponseHeadersPolicy', 'The response headers policy does not exist.', 404);
}

function checkForwarded(behavior: XmlNode): void {
  const forwarded = child(behavior, 'ForwardedValues');
  if (forwarded === undefined) return;
  const cookies = child(forwarded, 'Cookies');
  const names = items(child(cookies, 'WhitelistedNames'), 'Name').length;
  if ((text(cookies, 'Forward') === 'whitelist') !== names > 0) {
    throw new CloudFault(
      'InvalidForwardCookies',
      'Your request contains forward cookies option which does not match with the expectation for the whitelisted list of cookie names.',
      400,
    );
  }
  const seconds = (name: string, otherwise: number) => Number(text(behavior, name) ?? otherwise);
  const min = seconds('MinTTL', 0);
  const usual = seconds('DefaultTTL', Math.max(min, 86_400));
  const max = seconds('MaxTTL', Math.max(min, 31_536_000));
  if (min < 0 || min > usual || usual > max) {
    throw new CloudFault(
      'InvalidTTLOrder',
      'The TTL order specified is not valid: MinTTL, DefaultTTL and MaxTTL must not fall.',
      400,
    );
  }
}

/** Things of AWS's that a behavior may name, and that nobody can have made here. */
function checkAbsent(behavior: XmlNode): void {
  if (items(child(behavior, 'LambdaFunctionAssociations'), 'LambdaFunctionAssociation').length > 0) {
    throw new CloudFault(
      'InvalidLambdaFunctionAssociation',
      'The specified Lambda function association is invalid: the function cannot be found.',
      400,
    );
  }
  if (items(child(behavior, 'TrustedKeyGroups'), 'KeyGroup').length > 0)
    throw new CloudFault('TrustedKeyGroupDoesNotExist', 'The specified key group does not exist.', 400);
  if (items(child(behavior, 'TrustedSigners'), 'AwsAccountNumber').length > 0)
    throw new CloudFault('TrustedSignerDoesNotExist', 'A specified trusted signer does not exist.', 400);
  if (text(behavior, 'RealtimeLogConfigArn'))
    throw new CloudFault('NoSuchRealtimeLogConfig', 'The real-time log configuration does not exist.', 404);
  if (text(behavior, 'FieldLevelEncryptionId')) {
    throw new CloudFault(
      'NoSuchFieldLevelEncryptionConfig',
      'The specified configuration for field-level encryption does not exist.',
      404,
    );
  }
}
