import type { PreflightConfig } from './config.ts';

/** IAM actions that the other actions use on one resource. `infra/terraform` grants the same. */
export interface Needed {
  readonly resource: string;
  readonly actions: readonly string[];
}

/** Pure: what the role must be allowed, for the parts that the inputs name. */
export function neededPermissions(config: PreflightConfig, account: string, region: string): Needed[] {
  const { releaseBucket, site, backend, repository, alarms, secrets } = config;
  const needed: Needed[] = [];
  const add = (resource: string, ...actions: string[]) => needed.push({ resource, actions });
  const bucket = (name: string) => {
    add(`arn:aws:s3:::${name}`, 's3:ListBucket');
    add(`arn:aws:s3:::${name}/*`, 's3:GetObject', 's3:PutObject', 's3:DeleteObject');
  };
  if (releaseBucket) bucket(releaseBucket);
  if (site) bucket(site.bucket);
  if (site?.distribution) {
    add(
      `arn:aws:cloudfront::${account}:distribution/${site.distribution}`,
      'cloudfront:GetDistribution',
      'cloudfront:CreateInvalidation',
      'cloudfront:GetInvalidation',
    );
  }
  if (repository) {
    add('*', 'ecr:GetAuthorizationToken');
    add(
      `arn:aws:ecr:${region}:${repository.account ?? account}:repository/${repository.name}`,
      ...[
        'BatchCheckLayerAvailability',
        'BatchGetImage',
        'DescribeImages',
        'GetDownloadUrlForLayer',
        'InitiateLayerUpload',
        'UploadLayerPart',
        'CompleteLayerUpload',
        'PutImage',
      ].map((name) => `ecr:${name}`),
    );
  }
  if (backend) needed.push(...backendPermissions(backend, account, region));
  if (alarms.length > 0) add('*', 'cloudwatch:DescribeAlarms');
  for (const { secret, parameter } of Object.values(secrets)) {
    if (parameter) add('*', 'ssm:DescribeParameters');
    else
      add(
        secret.startsWith('arn:')
          ? secret
          : `arn:aws:secretsmanager:${region}:${account}:secret:${secret}-??????`,
        'secretsmanager:DescribeSecret',
      );
  }
  return needed;
}

const ECS_READS = [
  'DescribeServices',
  'ListServiceDeployments',
  'DescribeServiceDeployments',
  'DescribeServiceRevisions',
];

function backendPermissions(
  { target, name, arn, cluster = 'default' }: NonNullable<PreflightConfig['backend']>,
  account: string,
  region: string,
): Needed[] {
  if (target === 'apprunner') {
    const resource = arn ?? `arn:aws:apprunner:${region}:${account}:service/${name}/*`;
    return [
      {
        resource,
        actions: ['apprunner:DescribeService', 'apprunner:UpdateService', 'apprunner:ListOperations'],
      },
    ];
  }
  const resource = arn ?? `arn:aws:ecs:${region}:${account}:service/${cluster}/${name}`;
  const writes =
    target === 'ecs'
      ? ['UpdateService', 'StopServiceDeployment']
      : ['DescribeExpressGatewayService', 'UpdateExpressGatewayService', 'StopServiceDeployment'];
  return [
    { resource, actions: [...ECS_READS, ...writes].map((action) => `ecs:${action}`) },
    {
      resource: '*',
      // ECS Express registers the revision in the caller's name.
      actions: ['ecs:DescribeTaskDefinition', 'ecs:RegisterTaskDefinition'],
    },
  ];
}

/** Roles that the service works with: whoever updates it hands them on, and must be allowed to. */
export const passed = (roles: readonly (string | undefined)[]): Needed[] =>
  [...new Set(roles)].flatMap((role) => (role ? [{ resource: role, actions: ['iam:PassRole'] }] : []));
