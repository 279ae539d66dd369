import type {
  DescribeServiceResponse,
  ListTagsForResourceResponse,
  Service,
} from '@aws-sdk/client-apprunner';
import type { Reader } from '../../aws/reader.ts';
import type { PreflightConfig } from '../config.ts';
import { advice, expectThat, type Finding, fromError, ok, wrong } from '../finding.ts';
import { appRunnerArn } from '../places.ts';
import type { Check } from '../preflight.ts';
import { judgeOwner } from './owner.ts';

export const appRunner: Check = {
  id: 'apprunner',
  title: 'App Runner service',
  applies: ({ backend }) => backend?.target === 'apprunner',
  async run(config, { aws }) {
    const { backend } = config;
    if (!backend) return [];
    try {
      const arn = await appRunnerArn(aws, backend);
      if (!arn)
        return [
          wrong(
            `there is no App Runner service named ${backend.name} in ${await aws.region()}`,
            'correct `service`, or create it: infra/terraform has it',
          ),
        ];
      const { Service: service } = await aws.json<DescribeServiceResponse>('appRunner', 'DescribeService', {
        ServiceArn: arn,
      });
      return service ? [...(await owner(aws, arn)), ...judgeAppRunner(service, config)] : [];
    } catch (error) {
      return [
        fromError(error, 'apprunner:DescribeService', () =>
          wrong(
            `there is no App Runner service ${backend.arn ?? backend.name}`,
            'correct `service`; the ARN stands in `aws apprunner list-services`',
          ),
        ),
      ];
    }
  },
};

/** Where the tags may not be read, the check of what it costs says so. */
async function owner(aws: Reader, ResourceArn: string): Promise<Finding[]> {
  const answer = await aws
    .json<ListTagsForResourceResponse>('appRunner', 'ListTagsForResource', { ResourceArn })
    .catch(() => undefined);
  return judgeOwner(Object.fromEntries((answer?.Tags ?? []).map(({ Key = '', Value }) => [Key, Value])));
}

/** Pure. Facts: https://docs.aws.amazon.com/apprunner/latest/api/API_Service.html */
export function judgeAppRunner(service: Service, { secrets }: Pick<PreflightConfig, 'secrets'>): Finding[] {
  const arn = service.ServiceArn ?? '';
  return [
    judgeStatus(service),
    ...judgeSource(service),
    judgeHealth(service),
    ...judgeRoles(service, Object.keys(secrets).length > 0),
    judgeScaling(service, arn),
  ];
}

function judgeStatus({ ServiceName: name, Status: status, ServiceUrl: url }: Service): Finding {
  if (status === 'RUNNING') return ok(`${name} runs at ${url}`);
  if (status === 'OPERATION_IN_PROGRESS')
    return advice(
      `${name} is busy with an operation; a deployment would wait for it`,
      'wait, or look at `aws apprunner list-operations`',
    );
  if (status === 'PAUSED')
    return wrong(`${name} is paused`, `aws apprunner resume-service --service-arn <its ARN>`);
  return wrong(`${name} is ${status}: it cannot be deployed to`, 'delete it and create it again');
}

function judgeSource({ SourceConfiguration: source, ServiceArn: arn }: Service): Finding[] {
  const repository = source?.ImageRepository;
  if (!repository)
    return [wrong('it is built from source code, not from an image', 'create the service from an ECR image')];
  return [
    expectThat(
      source.AutoDeploymentsEnabled !== true,
      'auto-deployments are off',
      wrong(
        'auto-deployments are on: the push itself would deploy, at the same time as the action',
        `aws apprunner update-service --service-arn ${arn} --source-configuration AutoDeploymentsEnabled=false (deploy-backend turns them off too)`,
      ),
    ),
    ...(repository.ImageRepositoryType === 'ECR'
      ? [
          expectThat(
            Boolean(source.AuthenticationConfiguration?.AccessRoleArn),
            'it has a role to pull images with',
            wrong(
              'it has no access role: it cannot pull from ECR',
              'give AuthenticationConfiguration.AccessRoleArn a role that build.apprunner.amazonaws.com may assume, with AWSAppRunnerServicePolicyForECRAccess',
            ),
          ),
        ]
      : [advice(`its images come from ${repository.ImageRepositoryType}`, 'private images belong into ECR')]),
  ];
}

/** With TCP the path is ignored, and a process that listens and answers 500 counts as healthy. */
function judgeHealth({ HealthCheckConfiguration: health }: Service): Finding {
  if (health?.Protocol === 'HTTP') return ok(`its health check asks ${health.Path ?? '/'} over HTTP`);
  return wrong(
    'its health check is TCP: an app that listens and answers only errors counts as healthy',
    'set HealthCheckConfiguration to Protocol=HTTP,Path=/health',
  );
}

function judgeRoles({ InstanceConfiguration: instance }: Service, needsSecrets: boolean): Finding[] {
  if (!needsSecrets && !instance?.InstanceRoleArn) return [];
  return [
    expectThat(
      Boolean(instance?.InstanceRoleArn),
      'it has an instance role, which its secrets are read by',
      wrong(
        'it has no instance role: secrets cannot be read',
        'give InstanceConfiguration.InstanceRoleArn a role that tasks.apprunner.amazonaws.com may assume, with secretsmanager:GetSecretValue on the secrets',
      ),
    ),
  ];
}

function judgeScaling({ AutoScalingConfigurationSummary: scaling }: Service, arn: string): Finding {
  const name = scaling?.AutoScalingConfigurationName ?? '';
  if (name && name !== 'DefaultConfiguration') return ok(`auto-scaling is ${name}`);
  return advice(
    "auto-scaling is the account's default (1 to 25 instances): one instance at rest, and a bill without a bound of yours",
    `create an auto-scaling configuration and set it on ${arn || 'the service'}, or give \`min-instances\` and \`max-instances\``,
  );
}
