import type { BackendPlace, PreflightConfig } from './config.ts';

/** IAM actions that the other actions use on one resource. `infra/terraform` grants the same. */
export interface Needed {
  readonly resource: string;
  readonly actions: readonly string[];
  /** Condition keys that AWS would give with such a request; a policy may ask for them. */
  readonly context?: Readonly<Record<string, string>>;
  /** What alone needs it, in words; left out where every deployment does. */
  readonly for?: string;
}

/** Where the role is at home: its ARNs begin so. */
export interface Home {
  /** `aws`, `aws-cn`, `aws-us-gov`, … */
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

/** Pure: what the role must be allowed, for the parts that the inputs name. */
export function neededPermissions(config: PreflightConfig, home: Home): Needed[] {
  const { backend, alarms, secrets } = config;
  const { partition, account, region } = home;
  return [
    ...storagePermissions(config, home),
    ...repositoryPermissions(config.repository, home),
    ...(backend ? backendPermissions(backend, home) : []),
    ...(alarms.length > 0 ? [{ resource: '*', actions: ['cloudwatch:DescribeAlarms'] }] : []),
    ...Object.values(secrets).map(({ secret, parameter }) =>
      parameter
        ? { resource: '*', actions: ['ssm:DescribeParameters'] }
        : {
            resource: secret.startsWith('arn:')
              ? secret
              : `arn:${partition}:secretsmanager:${region}:${account}:secret:${secret}-??????`,
            actions: ['secretsmanager:DescribeSecret'],
          },
    ),
  ];
}

/** The ledger's own folder of this environment, the site's backup, the site, and its distributions. */
function storagePermissions(
  { releaseBucket, site, environment }: PreflightConfig,
  { partition, account }: Home,
): Needed[] {
  const folder = (bucket: string, prefix: string): Needed => ({
    resource: `arn:${partition}:s3:::${bucket}/${prefix}*`,
    actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
  });
  const list = (bucket: string): Needed => ({
    resource: `arn:${partition}:s3:::${bucket}`,
    actions: ['s3:ListBucket'],
  });
  const cdn = (site?.distributions ?? []).map((id) => ({
    resource: `arn:${partition}:cloudfront::${account}:distribution/${id}`,
    actions: ['GetDistribution', 'CreateInvalidation', 'GetInvalidation'].map((a) => `cloudfront:${a}`),
  }));
  return [
    ...(releaseBucket ? [list(releaseBucket), folder(releaseBucket, `${environment}/`)] : []),
    ...(releaseBucket && site ? [folder(releaseBucket, `sites/${site.bucket}/`)] : []),
    ...(site ? [list(site.bucket), folder(site.bucket, '')] : []),
    ...cdn,
  ];
}

function repositoryPermissions(
  repository: PreflightConfig['repository'],
  { partition, account, region }: Home,
): Needed[] {
  if (!repository) return [];
  const actions = [
    'BatchCheckLayerAvailability',
    'BatchGetImage',
    'DescribeImages',
    'DescribeRepositories',
    'GetDownloadUrlForLayer',
    'InitiateLayerUpload',
    'UploadLayerPart',
    'CompleteLayerUpload',
    'PutImage',
  ].map((name) => `ecr:${name}`);
  const resource = `arn:${partition}:ecr:${region}:${repository.account ?? account}:repository/${repository.name}`;
  return [
    { resource: '*', actions: ['ecr:GetAuthorizationToken'] },
    { resource, actions },
  ];
}

function backendPermissions(backend: BackendPlace, home: Home): Needed[] {
  const { target, name, arn } = backend;
  const { partition, account, region } = home;
  if (target === 'apprunner')
    return [
      {
        resource: arn ?? `arn:${partition}:apprunner:${region}:${account}:service/${name}/*`,
        actions: ['apprunner:DescribeService', 'apprunner:UpdateService', 'apprunner:ListOperations'],
      },
    ];
  return ecsPermissions(backend, `arn:${partition}:ecs:${region}:${account}`);
}

/** Which kind of resource each call is about: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html */
function ecsPermissions({ target, name, arn, cluster = 'default' }: BackendPlace, ecs: string): Needed[] {
  const of = (resource: string, ...actions: string[]): Needed => ({
    resource,
    actions: actions.map((action) => `ecs:${action}`),
  });
  const path = arn?.split(':service/')[1] ?? `${cluster}/${name}`;
  const [home = cluster] = path.split('/');
  const updates =
    target === 'ecs' ? ['UpdateService'] : ['DescribeExpressGatewayService', 'UpdateExpressGatewayService'];
  return [
    of(
      arn ?? `${ecs}:service/${path}`,
      'DescribeServices',
      'ListServiceDeployments',
      'ListTagsForResource',
      ...updates,
    ),
    of(`${ecs}:service-deployment/${path}/*`, 'DescribeServiceDeployments', 'StopServiceDeployment'),
    of(`${ecs}:service-revision/${path}/*`, 'DescribeServiceRevisions'),
    of(`${ecs}:container-instance/${home}/*`, 'ListTasks'),
    of(`${ecs}:task/${home}/*`, 'DescribeTasks'),
    // ECS Express registers the revision in the caller's name.
    of('*', 'DescribeTaskDefinition', 'RegisterTaskDefinition'),
    ...(target === 'ecs' ? [BALANCER] : []),
  ];
}

/** Where the probe asks. */
const BALANCER: Needed = {
  resource: '*',
  actions: ['DescribeListeners', 'DescribeLoadBalancers', 'DescribeTargetGroups'].map(
    (action) => `elasticloadbalancing:${action}`,
  ),
};

/** A role that the service works with, and the AWS service that it is handed to. */
export interface PassedRole {
  readonly arn: string;
  readonly to: string;
}

/** Whoever updates a service hands its roles on, and must be allowed to. */
export function passed(roles: readonly PassedRole[]): Needed[] {
  const once = new Map(roles.map(({ arn, to }) => [`${arn} ${to}`, { arn, to }]));
  return [...once.values()].map(({ arn, to }) => ({
    resource: arn,
    actions: ['iam:PassRole'],
    context: { 'iam:PassedToService': to },
  }));
}

/** A release of a tagged task definition is tagged as well, which is a permission of its own. @param definition its ARN */
export const tagged = (definition: string): Needed => ({
  resource: definition.replace(/:\d+$/, ':*'),
  actions: ['ecs:TagResource'],
  context: { 'ecs:CreateAction': 'RegisterTaskDefinition' },
});
