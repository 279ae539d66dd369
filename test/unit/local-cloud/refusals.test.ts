import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '../../../local-cloud/core/cloud.ts';
import { locate } from '../../../local-cloud/images/pull.ts';
import { services } from '../../../local-cloud/services/index.ts';
import type { ImageStore } from '../../../local-cloud/services/registry/store.ts';
import type { TestCloud } from '../../support/cloud.ts';
import { signedFetch } from '../../support/signed.ts';

// What a client may ask for, and what the local cloud cannot do, is refused by name: nothing is dropped without a word.
let cloud: Cloud;
let at: TestCloud;
beforeAll(async () => {
  const options = { port: 0, host: '127.0.0.1', speed: 100, latency: 0, region: 'us-west-2', log: () => {} };
  cloud = await startCloud(services, options);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  at = { endpoint: cloud.endpoint, client: { region: 'us-west-2', credentials } } as TestCloud;
});
afterAll(() => cloud.close());

const TARGETS: Readonly<Record<string, string>> = {
  apprunner: 'AppRunner',
  'application-autoscaling': 'AnyScaleFrontendService',
  ecr: 'AmazonEC2ContainerRegistry_V20150921',
  ecs: 'AmazonEC2ContainerServiceV20141113',
  logs: 'Logs_20140328',
  monitoring: 'GraniteServiceVersion20100801',
  secretsmanager: 'secretsmanager',
  ssm: 'AmazonSSM',
};

async function ask(service: string, operation: string, input: object, region?: string) {
  const response = await signedFetch(at, {
    service,
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${TARGETS[service]}.${operation}`,
    },
    body: JSON.stringify(input),
    ...(region ? { region } : {}),
  });
  const text = await response.text();
  return { status: response.status, ...(JSON.parse(text || '{}') as Record<string, unknown>) } as {
    readonly status: number;
    readonly __type?: string;
    readonly message?: string;
    readonly [member: string]: unknown;
  };
}

const scaled = {
  ServiceNamespace: 'ecs',
  ResourceId: 'service/prod/web',
  ScalableDimension: 'ecs:service:DesiredCount',
};
const tracked = (configuration: object) => ({
  ...scaled,
  PolicyName: 'p',
  PolicyType: 'TargetTrackingScaling',
  TargetTrackingScalingPolicyConfiguration: { TargetValue: 50, ...configuration },
});
const task = (container: object) => ({
  family: 'web',
  containerDefinitions: [{ name: 'web', image: 'web:1', memory: 64, ...container }],
});
const express = { infrastructureRoleArn: 'arn:aws:iam::000000000000:role/infra' };

beforeAll(async () => {
  await ask('ecs', 'CreateCluster', { clusterName: 'prod' });
  await ask('ecs', 'RegisterTaskDefinition', task({}));
  await ask('ecs', 'CreateService', {
    cluster: 'prod',
    serviceName: 'web',
    taskDefinition: 'web',
    desiredCount: 0,
  });
  await ask('application-autoscaling', 'RegisterScalableTarget', {
    ...scaled,
    MinCapacity: 1,
    MaxCapacity: 2,
  });
});

describe('what is not offered is refused by name', () => {
  it.each([
    [
      'secretsmanager',
      'CreateSecret',
      { Name: 'a', AddReplicaRegions: [{ Region: 'eu-west-1' }] },
      /addReplicaRegions/,
    ],
    ['ssm', 'DescribeParameters', { Shared: true }, /shared/],
    [
      'logs',
      'CreateLogGroup',
      { logGroupName: 'g', deletionProtectionEnabled: true },
      /deletionProtectionEnabled/,
    ],
    ['monitoring', 'DescribeAlarms', { ChildrenOfAlarmName: 'a' }, /childrenOfAlarmName/],
    ['ecs', 'ListTasks', { cluster: 'prod', daemonName: 'd' }, /daemonName/],
    [
      'ecs',
      'RegisterTaskDefinition',
      task({ environmentFiles: [{ value: 'arn:aws:s3:::b/k', type: 's3' }] }),
      /environmentFiles/,
    ],
    ['ecs', 'RegisterTaskDefinition', task({ environment: [{ value: 'x' }] }), /environment variable/],
    ['ecs', 'CreateExpressGatewayService', { ...express, taskDefinitionArn: 'arn' }, /taskDefinitionArn/],
    ['ecs', 'CreateExpressGatewayService', express, /primaryContainer/],
    ['application-autoscaling', 'PutScalingPolicy', tracked({}), /metric specification/],
    [
      'application-autoscaling',
      'PutScalingPolicy',
      tracked({ PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrency' } }),
      /enum value set/,
    ],
    [
      'application-autoscaling',
      'PutScalingPolicy',
      tracked({ PredefinedMetricSpecification: { PredefinedMetricType: 'KafkaBrokerStorageUtilization' } }),
      /KafkaBrokerStorageUtilization/,
    ],
    [
      'application-autoscaling',
      'PutScalingPolicy',
      tracked({ CustomizedMetricSpecification: { MetricName: 'm', Namespace: 'n', Statistic: 'Sum' } }),
      /Sum/,
    ],
    [
      'monitoring',
      'PutMetricAlarm',
      { AlarmName: 'a', MetricName: 'm', Namespace: 'n', Statistic: 'Sum', Period: 60, Threshold: 1 },
      /EvaluationPeriods/,
    ],
  ])('%s %s %j', async (service, operation, input, message) => {
    const answer = await ask(service, operation, input);
    expect(answer.status).toBe(400);
    expect(answer.message).toMatch(message);
  });

  it.each(['x-amz-write-offset-bytes', 'x-amz-mfa', 'x-amz-checksum-sha512'])('S3 %s', async (name) => {
    await signedFetch(at, { service: 's3', method: 'PUT', path: '/refusals' });
    const put = { service: 's3', method: 'PUT', path: '/refusals/key', headers: { [name]: '1' }, body: 'x' };
    const answer = await signedFetch(at, put);
    expect(answer.status).toBe(501);
    expect(await answer.text()).toContain(`<Header>${name}</Header>`);
  });
});

describe('what is asked for elsewhere is not here', () => {
  it("another account's registry", async () => {
    await ask('ecr', 'CreateRepository', { repositoryName: 'app' });
    const other = await ask('ecr', 'ListImages', { repositoryName: 'app', registryId: '111122223333' });
    expect(other.__type).toBe('RepositoryNotFoundException');
    expect(other.message).toContain('111122223333');
    expect(
      (await ask('ecr', 'ListImages', { repositoryName: 'app', registryId: '000000000000' })).status,
    ).toBe(200);
  });

  it("another account's image", async () => {
    const images = {
      repository: () => ({ tags: { v1: 'sha256:x' } }),
      resolve: () => 'sha256:x',
    } as unknown as ImageStore;
    const host = (account: string) => `${account}.dkr.ecr.us-west-2.amazonaws.com/app:v1`;
    expect(locate(images, host('000000000000'), 'us-west-2').digest).toBe('sha256:x');
    expect(() => locate(images, host('111122223333'), 'us-west-2')).toThrow(/not found/);
  });

  it("another region's or account's secret, by its ARN", async () => {
    const { ARN } = (await ask('secretsmanager', 'CreateSecret', {
      Name: 'db',
      SecretString: 'x',
    })) as unknown as {
      readonly ARN: string;
    };
    expect((await ask('secretsmanager', 'GetSecretValue', { SecretId: ARN })).status).toBe(200);
    const elsewhere = await ask('secretsmanager', 'GetSecretValue', { SecretId: ARN }, 'eu-west-1');
    expect(elsewhere.__type).toBe('ResourceNotFoundException');
    const foreign = ARN.replace('000000000000', '111122223333');
    expect((await ask('secretsmanager', 'GetSecretValue', { SecretId: foreign })).status).toBe(400);
  });
});

const service = (more: object) => ({ cluster: 'prod', serviceName: 'other', taskDefinition: 'web', ...more });
const lifecycle = (rule: object, more: object[] = []) => ({
  repositoryName: 'app',
  lifecyclePolicyText: JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 5, ...rule },
        action: { type: 'expire' },
      },
      ...more,
    ],
  }),
});
const pair = (one: object, two: object) => ({
  family: 'pair',
  containerDefinitions: [
    { name: 'a', image: 'a', memory: 64, ...one },
    { name: 'b', image: 'b', memory: 64, ...two },
  ],
});

describe('what AWS refuses is refused', () => {
  beforeAll(() => ask('ecr', 'CreateRepository', { repositoryName: 'app' }));

  it.each([
    ['ecs', 'RegisterTaskDefinition', task({ memory: undefined }), /memoryReservation/],
    ['ecs', 'RegisterTaskDefinition', { ...task({ cpu: 512 }), cpu: '256' }, /more than the task's/],
    ['ecs', 'RegisterTaskDefinition', { ...task({ memory: 512 }), memory: '256' }, /more than the task's/],
    [
      'ecs',
      'RegisterTaskDefinition',
      task({ mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] }),
      /Unknown volume/,
    ],
    [
      'ecs',
      'RegisterTaskDefinition',
      pair({ dependsOn: [{ containerName: 'c', condition: 'START' }] }, {}),
      /not defined/,
    ],
    [
      'ecs',
      'RegisterTaskDefinition',
      pair({ dependsOn: [{ containerName: 'b', condition: 'SUCCESS' }] }, {}),
      /essential/,
    ],
    [
      'ecs',
      'RegisterTaskDefinition',
      pair(
        { dependsOn: [{ containerName: 'b', condition: 'START' }] },
        { dependsOn: [{ containerName: 'a', condition: 'START' }] },
      ),
      /circle/,
    ],
    ['ecs', 'CreateService', service({ desiredCount: -1 }), /desired count/],
    ['ecs', 'CreateService', service({ serviceName: 'no name' }), /invalid characters/],
    [
      'ecs',
      'CreateService',
      service({ loadBalancers: [{ containerName: 'web', containerPort: 80 }] }),
      /targetGroupArn/,
    ],
    ['ecs', 'UpdateService', { cluster: 'prod', service: 'web', desiredCount: -1 }, /desired count/],
    [
      'ecr',
      'PutLifecyclePolicy',
      { repositoryName: 'app', lifecyclePolicyText: '{"rules":[]}'.padEnd(100) },
      /one rule/,
    ],
    ['ecr', 'PutLifecyclePolicy', lifecycle({ countType: 'many' }), /countType/],
    ['ecr', 'PutLifecyclePolicy', lifecycle({ countType: 'sinceImagePushed' }), /countUnit/],
    ['ecr', 'PutLifecyclePolicy', lifecycle({ countNumber: 0 }), /countNumber/],
    ['ecr', 'PutLifecyclePolicy', lifecycle({ tagStatus: 'tagged' }), /tagPrefixList/],
    ['ecr', 'PutLifecyclePolicy', lifecycle({}, [{ rulePriority: 1 }]), /unique/],
    ['ecr', 'SetRepositoryPolicy', { repositoryName: 'app', policyText: '{}' }, /repository policy/],
    [
      'application-autoscaling',
      'PutScalingPolicy',
      { ...scaled, PolicyName: 's', StepScalingPolicyConfiguration: {} },
      /Step/,
    ],
    [
      'monitoring',
      'PutMetricData',
      {
        Namespace: 'n',
        MetricData: [{ MetricName: 'm', Value: 1, Timestamp: Date.now() / 1000 - 15 * 86400 }],
      },
      /two weeks/,
    ],
  ])('%s %s %j', async (name, operation, input, message) => {
    const answer = await ask(name, operation, input);
    expect(answer.message).toMatch(message);
    expect(answer.status).toBe(400);
  });

  it('and what is right is taken', async () => {
    expect((await ask('ecr', 'PutLifecyclePolicy', lifecycle({}))).status).toBe(200);
    const days = {
      tagStatus: 'tagged',
      tagPatternList: ['v*'],
      countType: 'sinceImagePushed',
      countUnit: 'days',
    };
    expect((await ask('ecr', 'PutLifecyclePolicy', lifecycle(days))).status).toBe(200);
    const init = pair({ dependsOn: [{ containerName: 'b', condition: 'SUCCESS' }] }, { essential: false });
    expect((await ask('ecs', 'RegisterTaskDefinition', init)).status).toBe(200);
  });
});

describe('what is asked for is done', () => {
  it('secrets in the order of their names', async () => {
    for (const Name of ['zoo', 'ant'])
      await ask('secretsmanager', 'CreateSecret', { Name, SecretString: 'x' });
    const listed = await ask('secretsmanager', 'ListSecrets', { SortBy: 'name', SortOrder: 'asc' });
    const names = (listed['SecretList'] as Array<{ readonly Name: string }>).map(({ Name }) => Name);
    expect(names).toEqual([...names].sort());
    expect(names).toContain('ant');
  });

  it('alarms by their action, and their history by time', async () => {
    const rule = {
      MetricName: 'm',
      Namespace: 'n',
      Statistic: 'Sum',
      Period: 60,
      Threshold: 1,
      EvaluationPeriods: 1,
    };
    const alarm = { ...rule, ComparisonOperator: 'GreaterThanThreshold' };
    const topic = 'arn:aws:sns:us-west-2:000000000000:page';
    await ask('monitoring', 'PutMetricAlarm', { AlarmName: 'loud', ...alarm, AlarmActions: [topic] });
    await ask('monitoring', 'PutMetricAlarm', { AlarmName: 'quiet', ...alarm });
    const acting = await ask('monitoring', 'DescribeAlarms', { ActionPrefix: 'arn:aws:sns:' });
    expect((acting['MetricAlarms'] as Array<{ readonly AlarmName: string }>).map((a) => a.AlarmName)).toEqual(
      ['loud'],
    );
    const later = await ask('monitoring', 'DescribeAlarmHistory', { StartDate: Date.now() / 1000 + 60 });
    expect(later['AlarmHistoryItems']).toEqual([]);
  });
});
