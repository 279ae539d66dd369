// What a request on the local cloud asks of IAM, in the names of infra/terraform's environment: so that its policies can be
// asked about it.
import type { Target } from './iam-policy.ts';

const HOME = 'us-west-2:123456789012';
const CLUSTER: Readonly<Record<Target, string>> = {
  apprunner: '',
  ecs: 'wwhd-production',
  'ecs-express': 'wwhd-production-express',
};

/** Calls that name their service, and what AWS judges them on. */
const BY_NAME: Readonly<Record<string, string>> = {
  'ecs:DescribeServices': 'service',
  'ecs:ListServiceDeployments': 'service',
  'ecs:UpdateService': 'service',
  'ecs:UpdateExpressGatewayService': 'service',
  'ecs:DescribeExpressGatewayService': 'service',
};

/** The local cloud's names, as Terraform has them. */
function renamed(arn: string, target: Target): string {
  return arn
    .replace('000000000000', '123456789012')
    .replace(
      /(service|service-deployment|service-revision|task|task-definition)\/(?:main|default)\b/,
      `$1/${CLUSTER[target]}`,
    )
    .replace(/\/wwhd-api\b/, '/wwhd-production-api')
    .replace(/distribution\/.*/, 'distribution/E2EXAMPLE');
}

/** A bucket and its key. The local cloud's release bucket has several names in the tests. */
function inBucket(resource: string): string {
  const [bucket = '', ...key] = resource.split('/');
  const buckets: Readonly<Record<string, string>> = {
    'wwhd-site': 'wwhd-production-site-123456789012',
    'wwhd-ledger': 'wwhd-releases-123456789012',
    'wwhd-whole': 'wwhd-releases-123456789012',
    'wwhd-site-backup': 'wwhd-releases-123456789012',
    'wwhd-previews': 'wwhd-production-previews-123456789012',
    'wwhd-previews-backup': 'wwhd-production-previews-123456789012-backup',
  };
  const path = key.join('/').replace(/^sites\/wwhd-site\//, 'sites/wwhd-production-site-123456789012/');
  return `arn:aws:s3:::${[buckets[bucket] ?? bucket, ...(path ? [path] : [])].join('/')}`;
}

/**
 * The ARNs that AWS would judge a request on.
 * @returns `undefined` where the local cloud's name does not say it, or AWS judges on none
 */
export function resourcesOf(action: string, resource: string, target: Target): readonly string[] | undefined {
  const [service] = action.split(':');
  // DeleteObjects names its keys in the body, and AWS judges each.
  if (action === 's3:DeleteObject' && !resource.includes('/')) return [`${inBucket(resource)}/*`];
  if (service === 's3') return [inBucket(resource)];
  if (service === 'ecr' && resource && action !== 'ecr:GetAuthorizationToken')
    return [`arn:aws:ecr:${HOME}:repository/wwhd-api`];
  if (action === 'cloudwatch:PutMetricData') return ['*'];
  if (action === 'ecs:ListTasks') return [`arn:aws:ecs:${HOME}:container-instance/${CLUSTER[target]}/0`];
  if (action === 'ecs:ListTagsForResource' || service === 'apprunner' || service === 'cloudfront')
    return resource.startsWith('arn:') && !resource.includes('autoscalingconfiguration')
      ? [renamed(resource, target)]
      : undefined;
  const kind = BY_NAME[action];
  if (kind) return [`arn:aws:ecs:${HOME}:${kind}/${CLUSTER[target]}/wwhd-production-api`];
  if (service === 'ecs' && action !== 'ecs:DescribeTaskDefinition' && resource.startsWith('arn:'))
    return resource.split(',').map((one) => renamed(one, target));
  return undefined;
}

/** Condition keys that such a request carries. */
export const contextOf = (target: Target): Readonly<Record<string, string>> => ({
  'ecs:cluster': `arn:aws:ecs:${HOME}:cluster/${CLUSTER[target]}`,
  'ecs:CreateAction': 'RegisterTaskDefinition',
  'cloudwatch:namespace': 'WWHD/Deploy',
});
