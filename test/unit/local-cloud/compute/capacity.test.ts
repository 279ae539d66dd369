import { describe, expect, it } from 'vitest';
import {
  capacityOf,
  launchTypeOf,
  placedOn,
  providerOf,
} from '../../../../local-cloud/services/ecs/capacity.ts';
import { checkConfiguration } from '../../../../local-cloud/services/ecs/configuration.ts';
import type {
  ClusterRecord,
  ContainerInstanceRecord,
  TaskDefinitionDocument,
  TaskInput,
} from '../../../../local-cloud/services/ecs/model.ts';
import type {
  DeploymentConfiguration,
  DeploymentLifecycleHook,
} from '../../../../local-cloud/services/shapes/inputs/ecs.ts';

const SPOT = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
const cluster = (input: object): ClusterRecord => ({
  name: 'prod',
  arn: 'arn',
  region: 'us-west-2',
  status: 'ACTIVE',
  input,
  tags: {},
});

describe('where tasks run', () => {
  it.each<[string, TaskInput, object, TaskInput, string]>([
    ['a launch type', { launchType: 'FARGATE' }, {}, { launchType: 'FARGATE' }, 'FARGATE'],
    ['nothing at all', {}, {}, { launchType: 'EC2' }, 'EC2'],
    ['an empty strategy', { capacityProviderStrategy: [] }, {}, { launchType: 'EC2' }, 'EC2'],
    [
      "the cluster's default",
      {},
      { defaultCapacityProviderStrategy: SPOT },
      { capacityProviderStrategy: SPOT },
      'FARGATE',
    ],
    [
      'a launch type wins over the default',
      { launchType: 'EC2' },
      { defaultCapacityProviderStrategy: SPOT },
      { launchType: 'EC2' },
      'EC2',
    ],
    [
      'an Auto Scaling group',
      { capacityProviderStrategy: [{ capacityProvider: 'asg' }] },
      {},
      { capacityProviderStrategy: [{ capacityProvider: 'asg' }] },
      'EC2',
    ],
  ])('%s', (_, input, of, capacity, type) => {
    expect(capacityOf(input, cluster(of))).toEqual(capacity);
    expect(launchTypeOf(capacity)).toBe(type);
  });

  it.each<[TaskInput, RegExp]>([
    [{ launchType: 'FARGATE', capacityProviderStrategy: SPOT }, /both/],
    [{ capacityProviderStrategy: [...SPOT, { capacityProvider: 'asg' }] }, /mix/],
  ])('refuses %j', (input, message) => expect(() => capacityOf(input, cluster({}))).toThrow(message));
});

it('fills the base first, then by weight', () => {
  const capacityProviderStrategy = [
    { capacityProvider: 'FARGATE', base: 2, weight: 1 },
    { capacityProvider: 'FARGATE_SPOT', weight: 3 },
  ];
  const running: Array<string | undefined> = [];
  for (let i = 0; i < 10; i++) running.push(providerOf({ capacityProviderStrategy }, running));
  expect(running.slice(0, 2)).toEqual(['FARGATE', 'FARGATE']);
  expect(running.filter((one) => one === 'FARGATE_SPOT')).toHaveLength(6);
  expect(providerOf({ launchType: 'FARGATE' }, [])).toBeUndefined();
});

describe('placedOn', () => {
  const instance = (arn: string, architecture: 'x86_64' | 'arm64'): ContainerInstanceRecord => ({
    arn,
    clusterArn: 'c',
    ec2InstanceId: 'i-1',
    architecture,
    status: 'ACTIVE',
    registeredAt: 0,
  });
  const all = [instance('busy', 'x86_64'), instance('intel', 'x86_64'), instance('arm', 'arm64')];
  const tasksOn = (arn: string) => ({ busy: 3, intel: 1 })[arn] ?? 2;

  it.each<
    [string, Pick<TaskDefinitionDocument, 'runtimePlatform'>, ContainerInstanceRecord[], string | undefined]
  >([
    ['any', {}, all, 'intel'],
    ['x86_64', { runtimePlatform: { cpuArchitecture: 'X86_64' } }, all, 'intel'],
    ['arm64', { runtimePlatform: { cpuArchitecture: 'ARM64' } }, all, 'arm'],
    ['arm64, which none has', { runtimePlatform: { cpuArchitecture: 'ARM64' } }, all.slice(0, 2), undefined],
    ['no instances', {}, [], undefined],
  ])('%s', (_, definition, there, arn) => expect(placedOn(there, definition, tasksOn)?.arn).toBe(arn));
});

describe('checkConfiguration', () => {
  const LAMBDA = {
    hookTargetArn: 'arn',
    roleArn: 'role',
    lifecycleStages: ['PRE_SCALE_UP'],
  } satisfies DeploymentLifecycleHook;
  const EARLY = { enable: true, healthyPercent: 100, sourceServiceRevisionCleanup: 'BLOCKING' } as const;

  it.each<[DeploymentConfiguration]>([
    [{}],
    [{ strategy: 'LINEAR', linearConfiguration: { stepPercent: 33.3, stepBakeTimeInMinutes: 0 } }],
    [{ strategy: 'CANARY', canaryConfiguration: { canaryPercent: 0.1 }, bakeTimeInMinutes: 1440 }],
    [
      {
        strategy: 'BLUE_GREEN',
        lifecycleHooks: [LAMBDA, { targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }],
      },
    ],
    [{ earlySuccessCriteria: EARLY }],
  ])('takes %j', (configuration) => expect(() => checkConfiguration(configuration, 'ECS')).not.toThrow());

  it.each<[DeploymentConfiguration, RegExp]>([
    [{ bakeTimeInMinutes: 1441 }, /bakeTimeInMinutes/],
    [{ minimumHealthyPercent: 101 }, /minimumHealthyPercent/],
    [{ maximumPercent: 201 }, /maximumPercent/],
    [{ maximumPercent: 100, minimumHealthyPercent: 100 }, /greater/],
    [{ strategy: 'CANARY', canaryConfiguration: { canaryPercent: 0.05 } }, /canaryPercent/],
    [{ strategy: 'CANARY', canaryConfiguration: { canaryPercent: 5.55 } }, /multiple of 0\.1/],
    [{ strategy: 'CANARY', canaryConfiguration: { canaryBakeTimeInMinutes: 1441 } }, /canaryBakeTime/],
    [{ strategy: 'LINEAR', linearConfiguration: { stepPercent: 2.9 } }, /stepPercent/],
    [{ strategy: 'LINEAR', canaryConfiguration: {} }, /canaryConfiguration/],
    [{ strategy: 'ROLLING', linearConfiguration: {} }, /linearConfiguration/],
    [{ lifecycleHooks: [{ ...LAMBDA, lifecycleStages: [] }] }, /lifecycleStages/],
    [{ lifecycleHooks: [{ ...LAMBDA, roleArn: undefined }] }, /roleArn/],
    [{ lifecycleHooks: [{ ...LAMBDA, hookTargetArn: undefined }] }, /hookTargetArn/],
    [{ lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['TEST_TRAFFIC_SHIFT'] }] }, /PAUSE/],
    [
      { lifecycleHooks: [{ ...LAMBDA, timeoutConfiguration: { timeoutInMinutes: 20161 } }] },
      /timeoutInMinutes/,
    ],
    [{ strategy: 'BLUE_GREEN', earlySuccessCriteria: EARLY }, /ROLLING/],
    [{ earlySuccessCriteria: { enable: true } }, /healthyPercent/],
    [{ earlySuccessCriteria: { ...EARLY, healthyPercent: 50 } }, /minimumHealthyPercent/],
  ] as Array<[object, RegExp]>)('refuses %j', (configuration, message) =>
    expect(() => checkConfiguration(configuration, 'ECS')).toThrow(message),
  );

  it('refuses a strategy of another controller', () =>
    expect(() => checkConfiguration({ strategy: 'BLUE_GREEN' }, 'CODE_DEPLOY')).toThrow(/controller/));
});
