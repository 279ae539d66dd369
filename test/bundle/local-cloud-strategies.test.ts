import {
  ContinueServiceDeploymentCommand,
  CreateClusterCommand,
  CreateServiceCommand,
  type DeploymentConfiguration,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  type LoadBalancer,
  RegisterTaskDefinitionCommand,
  type ServiceDeployment,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { load, pushApp } from '../support/compute.ts';
import { createPair, type TestPair } from '../support/load-balancer.ts';
import { signedFetch } from '../support/signed.ts';
import { until } from '../support/until.ts';

let cloud: TestCloud;
let ecs: ECSClient;
let v1: string;
let v2: string;
const role = 'arn:aws:iam::000000000000:role/any';
const cluster = 'prod';

beforeAll(async () => {
  cloud = await startCloud({ speed: 60 });
  ecs = new ECSClient({
    endpoint: cloud.endpoint,
    region: 'us-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  v1 = await definition(await pushApp(cloud.endpoint, 'v1'));
  v2 = await definition(await pushApp(cloud.endpoint, 'v2'));
});
afterAll(() => cloud?.stop());

async function definition(image: string): Promise<string> {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: role,
      containerDefinitions: [{ name: 'app', image, portMappings: [{ containerPort: 8080 }] }],
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
}

const create = (serviceName: string, deployment: DeploymentConfiguration, loadBalancers: LoadBalancer[]) =>
  ecs.send(
    new CreateServiceCommand({
      cluster,
      serviceName,
      taskDefinition: v1,
      desiredCount: 2,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
      deploymentConfiguration: deployment,
      loadBalancers,
    }),
  );

async function newest(service: string): Promise<string> {
  const { serviceDeployments = [] } = await ecs.send(new ListServiceDeploymentsCommand({ cluster, service }));
  return serviceDeployments[0]?.serviceDeploymentArn ?? '';
}

async function shown(arn: string): Promise<ServiceDeployment> {
  const { serviceDeployments = [] } = await ecs.send(
    new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }),
  );
  return serviceDeployments[0] ?? {};
}

const ended = (arn: string) =>
  until(async () => {
    const one = await shown(arn);
    return one.finishedAt && one;
  }, 'the end of the deployment');

const reached = (arn: string, stage: string) =>
  until(async () => {
    const one = await shown(arn);
    if (one.finishedAt) throw new Error(`it ended with ${one.status} before ${stage}: ${one.statusReason}`);
    return one.lifecycleStage === stage && one;
  }, stage);

/** A service that runs v1 behind a load balancer, made without hooks; then it has its configuration. */
async function service(name: string, deployment: DeploymentConfiguration): Promise<TestPair> {
  const pair = await createPair(cloud, name);
  const { lifecycleHooks: _hooks, ...plain } = deployment;
  await create(name, plain, [pair.balancer as LoadBalancer]);
  expect((await ended(await newest(name))).status).toBe('SUCCESSFUL');
  const before = await newest(name);
  await ecs.send(new UpdateServiceCommand({ cluster, service: name, deploymentConfiguration: deployment }));
  expect(await newest(name), 'a configuration alone starts no deployment').toBe(before);
  return pair;
}

async function deploy(name: string, taskDefinition = v2): Promise<string> {
  await ecs.send(new UpdateServiceCommand({ cluster, service: name, taskDefinition }));
  return newest(name);
}

const says = async (url: string) => (await fetch(url)).text();

/** What was seen of a deployment up to its end: stages in order, and shares of production traffic. */
async function followed(arn: string) {
  const stages: string[] = [];
  const weights: number[] = [];
  const last = await until(async () => {
    const one = await shown(arn);
    if (one.lifecycleStage && stages.at(-1) !== one.lifecycleStage) stages.push(one.lifecycleStage);
    const weight = one.targetServiceRevision?.requestedProductionTrafficWeight ?? 0;
    if (weights.at(-1) !== weight) weights.push(weight);
    return one.finishedAt && one;
  }, 'the end of the deployment');
  return { stages, weights, status: last.status };
}

describe.concurrent('a strategy that shifts traffic', () => {
  it('BLUE_GREEN: tests reach green first, both run in the bake, and no request is lost', async () => {
    const stops = ['POST_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT'] as const;
    const pair = await service('bluegreen', {
      strategy: 'BLUE_GREEN',
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: [...stops] }],
    });
    const users = load(pair.url, 50);
    const arn = await deploy('bluegreen');
    const said: string[] = [];
    for (const stage of stops) {
      const hook = await waiting(arn, stage);
      said.push(`${stage}: users ${await says(pair.url)}, tests ${await says(pair.testUrl)}`);
      const { sourceServiceRevisions, targetServiceRevision } = await shown(arn);
      expect([
        sourceServiceRevisions?.[0]?.runningTaskCount,
        targetServiceRevision?.runningTaskCount,
      ]).toEqual([2, 2]);
      await goOn(arn, hook.hookId);
    }
    expect(said).toEqual([
      'POST_SCALE_UP: users v1, tests v1',
      'POST_TEST_TRAFFIC_SHIFT: users v1, tests v2',
      'POST_PRODUCTION_TRAFFIC_SHIFT: users v2, tests v2',
    ]);
    expect((await ended(arn)).status).toBe('SUCCESSFUL');
    const result = await users.stop();
    expect(result.failed).toEqual([]);
    expect(Object.keys(result.answers).sort()).toEqual(['v1 200', 'v2 200']);
    expect(await pair.weights(pair.rules.production)).toEqual([0, 100]);
    await expectGroups('bluegreen', pair.groups[1]);
    const plain = { strategy: 'BLUE_GREEN' } as const;
    await ecs.send(
      new UpdateServiceCommand({ cluster, service: 'bluegreen', deploymentConfiguration: plain }),
    );
    expect((await ended(await deploy('bluegreen', v1))).status).toBe('SUCCESSFUL');
    expect(await pair.weights(pair.rules.production)).toEqual([100, 0]);
    expect(await says(pair.url)).toBe('v1');
  });

  it('CANARY really splits the requests by its percentage', async () => {
    const pair = await service('canary', {
      ...PAUSED,
      canaryConfiguration: { canaryPercent: 20, canaryBakeTimeInMinutes: 0 },
    });
    const arn = await deploy('canary');
    const first = await waiting(arn);
    await goOn(arn, first.hookId);
    const second = await waiting(arn, 'PRE_PRODUCTION_TRAFFIC_SHIFT', first.hookId);
    expect(await pair.weights(pair.rules.production)).toEqual([80, 20]);
    const answers = await Promise.all(Array.from({ length: 100 }, () => says(pair.url)));
    expect(answers.filter((text) => text === 'v2')).toHaveLength(20);
    expect(answers.filter((text) => text === 'v1')).toHaveLength(80);
    expect([await metric(pair, 0), await metric(pair, 1)]).toEqual([80, 20]);
    await goOn(arn, second.hookId);
    expect((await ended(arn)).status).toBe('SUCCESSFUL');
  });

  it('LINEAR moves the traffic step by step', async () => {
    const pair = await service('linear', {
      strategy: 'LINEAR',
      linearConfiguration: { stepPercent: 25.5, stepBakeTimeInMinutes: 2 },
    });
    const { stages, weights, status } = await followed(await deploy('linear'));
    expect(status).toBe('SUCCESSFUL');
    // A busy machine may look too late to see each of them.
    expect([0, 25.5, 51, 76.5, 100].filter((one) => weights.includes(one))).toEqual(weights);
    expect(weights.length).toBeGreaterThan(3);
    expect(stages.at(-1)).toBe('CLEAN_UP');
    expect(await says(pair.url)).toBe('v2');
  });
});

/** The target group that the newest revision of a service was resolved to. */
async function expectGroups(name: string, group: string): Promise<void> {
  const { targetServiceRevision } = await shown(await newest(name));
  const { serviceRevisions = [] } = await ecs.send(
    new DescribeServiceRevisionsCommand({ serviceRevisionArns: [targetServiceRevision?.arn ?? ''] }),
  );
  expect(serviceRevisions[0]?.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn).toBe(group);
}

/** Requests that CloudWatch has for one of a pair's target groups. */
async function metric(pair: TestPair, index: 0 | 1): Promise<number> {
  const now = Date.now();
  const answer = await signedFetch(cloud, {
    service: 'monitoring',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      Action: 'GetMetricStatistics',
      Version: '2010-08-01',
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'RequestCount',
      'Statistics.member.1': 'Sum',
      Period: '3600',
      StartTime: new Date(now - 7_200_000).toISOString(),
      EndTime: new Date(now + 60_000).toISOString(),
      'Dimensions.member.1.Name': 'TargetGroup',
      'Dimensions.member.1.Value': pair.groups[index].replace(/^.*:(?=targetgroup)/, ''),
      'Dimensions.member.2.Name': 'LoadBalancer',
      'Dimensions.member.2.Value': pair.arn.replace(/^.*:loadbalancer\//, ''),
    }).toString(),
  });
  return [...(await answer.text()).matchAll(/<Sum>([\d.]+)</g)].reduce(
    (sum, [, one]) => sum + Number(one),
    0,
  );
}

const PAUSED: DeploymentConfiguration = {
  strategy: 'CANARY',
  canaryConfiguration: { canaryPercent: 50, canaryBakeTimeInMinutes: 0 },
  lifecycleHooks: [
    {
      targetType: 'PAUSE',
      lifecycleStages: ['PRE_PRODUCTION_TRAFFIC_SHIFT'],
      timeoutConfiguration: { timeoutInMinutes: 20160, action: 'ROLLBACK' },
    },
  ],
};

/** A hook that waits at a stage, and is another one than `after`. */
const waiting = (arn: string, stage = 'PRE_PRODUCTION_TRAFFIC_SHIFT', after?: string) =>
  until(async () => {
    const { lifecycleHookDetails: [hook] = [], status, lifecycleStage } = await shown(arn);
    const waits = hook?.status === 'AWAITING_ACTION' && hook.hookId !== after && status === 'IN_PROGRESS';
    return waits && lifecycleStage === stage && hook;
  }, 'a hook that waits');

const goOn = (serviceDeploymentArn: string, hookId: string | undefined, action?: 'CONTINUE' | 'ROLLBACK') =>
  ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId, action }));

describe.concurrent('lifecycle hooks', () => {
  it('PAUSE waits before each step with an id of its own, and goes on when it is told to', async () => {
    const pair = await service('paused', PAUSED);
    const arn = await deploy('paused');
    const first = await waiting(arn);
    expect(first.hookId).toMatch(/^ecs-pause-[\w-]{43}$/);
    expect(first).toMatchObject({ targetType: 'PAUSE', timeoutAction: 'ROLLBACK' });
    const left = (first.expiresAt?.getTime() ?? 0) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual((20160 * 60_000) / 60);
    expect([await says(pair.url), await says(pair.testUrl)]).toEqual(['v1', 'v2']);
    await expect(goOn(arn, 'ecs-pause-other')).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(goOn(arn.replace(/.$/, '-'), first.hookId)).rejects.toMatchObject({
      name: 'ServiceDeploymentNotFoundException',
    });
    await goOn(arn, first.hookId, 'CONTINUE');
    const second = await waiting(arn, 'PRE_PRODUCTION_TRAFFIC_SHIFT', first.hookId);
    expect((await shown(arn)).targetServiceRevision?.requestedProductionTrafficWeight).toBe(50);
    await expect(goOn(arn, first.hookId)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await goOn(arn, second.hookId);
    expect((await ended(arn)).status).toBe('SUCCESSFUL');
    expect(await says(pair.url)).toBe('v2');
  });

  it('PAUSE goes back when it is told to, and when its time is over', async () => {
    const pair = await service('paused-back', PAUSED);
    const first = await deploy('paused-back');
    await goOn(first, (await waiting(first)).hookId, 'ROLLBACK');
    expect((await ended(first)).status).toBe('ROLLBACK_SUCCESSFUL');
    await ecs.send(
      new UpdateServiceCommand({
        cluster,
        service: 'paused-back',
        deploymentConfiguration: {
          ...PAUSED,
          lifecycleHooks: [
            {
              targetType: 'PAUSE',
              lifecycleStages: ['POST_SCALE_UP'],
              timeoutConfiguration: { timeoutInMinutes: 2 },
            },
          ],
        },
      }),
    );
    const second = await deploy('paused-back');
    const done = await ended(second);
    expect([done.status, done.lifecycleHookDetails]).toEqual([
      'ROLLBACK_SUCCESSFUL',
      [expect.objectContaining({ status: 'TIMED_OUT' })],
    ]);
    expect(await says(pair.url)).toBe('v1');
  });

  it("a function's answers decide: again, go on, go back", async () => {
    const hook = { hookTargetArn: 'arn:aws:lambda:us-west-2:000000000000:function:gate', roleArn: role };
    await service('lambda', {
      strategy: 'BLUE_GREEN',
      lifecycleHooks: [{ ...hook, lifecycleStages: ['PRE_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT'] }],
    });
    const about = { service: 'ecs', kind: 'hook', count: 1 };
    await cloud.fault({
      service: 'ecs',
      kind: 'hook',
      resource: 'function:gate PRE_SCALE_UP',
      hookStatus: 'IN_PROGRESS',
      callBackDelay: 10,
    });
    const good = await deploy('lambda');
    await reached(good, 'PRE_SCALE_UP');
    expect((await shown(good)).lifecycleHookDetails?.[0]).toMatchObject({
      status: 'IN_PROGRESS',
      targetArn: hook.hookTargetArn,
    });
    const again = await until(async () => {
      const found = (await cloud.faults()).find((one) => one.kind === 'hook');
      return found && found.hits > 1 && found.id;
    }, 'the function to be asked again');
    await fetch(`${cloud.endpoint}/_cloud/faults/${again}`, { method: 'DELETE' });
    expect((await ended(good)).status).toBe('SUCCESSFUL');
    await cloud.fault({ ...about, resource: 'function:gate POST_TEST_TRAFFIC_SHIFT', hookStatus: 'FAILED' });
    const bad = await ended(await deploy('lambda', v1));
    expect([bad.status, bad.statusReason]).toEqual([
      'ROLLBACK_SUCCESSFUL',
      expect.stringMatching(/function:gate failed at POST_TEST_TRAFFIC_SHIFT/),
    ]);
  });
});

describe.concurrent('StopServiceDeployment with ROLLBACK', () => {
  const stages = ['POST_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT', 'BAKE_TIME'];
  it.each(stages)('at %s goes back, and no request is lost', async (stage) => {
    const name = `stop-${stage.toLowerCase().replaceAll('_', '-')}`.slice(0, 30);
    const held = stage.startsWith('POST_');
    const pair = await service(name, {
      strategy: 'CANARY',
      canaryConfiguration: { canaryPercent: 50, canaryBakeTimeInMinutes: stage === 'BAKE_TIME' ? 0 : 1440 },
      bakeTimeInMinutes: 1440,
      ...(held
        ? { lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: [stage as 'POST_SCALE_UP'] }] }
        : {}),
    });
    const users = load(pair.url, 30);
    const arn = await deploy(name);
    await reached(arn, stage);
    await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: arn, stopType: 'ROLLBACK' }));
    const done = await ended(arn);
    const result = await users.stop();
    expect(done.status).toBe('ROLLBACK_SUCCESSFUL');
    expect(done.targetServiceRevision).toMatchObject({ requestedProductionTrafficWeight: 0 });
    expect(result.failed).toEqual([]);
    expect(Object.keys(result.answers).filter((a) => !a.endsWith(' 200'))).toEqual([]);
    expect([await says(pair.url), await says(pair.testUrl)]).toEqual(['v1', 'v1']);
    expect(await pair.weights(pair.rules.production)).toEqual([100, 0]);
  });
});

describe.concurrent('what else a deployment meets', () => {
  it('a newer deployment reconciles first, and the older one never completed', async () => {
    const pair = await service('newer', {
      strategy: 'BLUE_GREEN',
      bakeTimeInMinutes: 1440,
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['RECONCILE_SERVICE'] }],
    });
    const first = await deploy('newer');
    await reached(first, 'BAKE_TIME');
    const second = await deploy('newer', await definition(await pushApp(cloud.endpoint, 'v3')));
    const hook = await waiting(second, 'RECONCILE_SERVICE');
    expect((await shown(first)).status).toBe('STOPPED');
    expect(await says(pair.url)).toBe('v1');
    await goOn(second, hook.hookId);
    await reached(second, 'BAKE_TIME');
    expect(await says(pair.url)).toBe('v3');
    await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: second, stopType: 'ROLLBACK' }));
    expect((await ended(second)).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(await says(pair.url)).toBe('v1');
  });

  it('an alarm in the bake sends it back; one that rings at the start does not count', async () => {
    const pair = await service('alarmed', {
      strategy: 'BLUE_GREEN',
      bakeTimeInMinutes: 1440,
      alarms: { enable: true, rollback: true, alarmNames: ['rings-already', 'rings-later'] },
    });
    await cloud.fault({ kind: 'alarm', state: 'ALARM', resource: 'rings-already' });
    const arn = await deploy('alarmed');
    await reached(arn, 'BAKE_TIME');
    expect(await says(pair.url)).toBe('v2');
    await cloud.fault({ kind: 'alarm', state: 'ALARM', resource: 'rings-later' });
    const done = await ended(arn);
    expect(done.status).toBe('ROLLBACK_SUCCESSFUL');
    expect(done.alarms).toMatchObject({ status: 'TRIGGERED', triggeredAlarmNames: ['rings-later'] });
    expect(await says(pair.url)).toBe('v1');
  });

  it('refuses a strategy without two target groups, and values out of their range', async () => {
    const pair = await createPair(cloud, 'refused');
    const balancer = pair.balancer as LoadBalancer;
    const refused = (deployment: DeploymentConfiguration, balancers: LoadBalancer[], message: RegExp) =>
      expect(create('refused', deployment, balancers)).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: expect.stringMatching(message),
      });
    await refused({ strategy: 'BLUE_GREEN' }, [], /two target groups/);
    const { advancedConfiguration: _, ...plain } = balancer;
    await refused({ strategy: 'CANARY' }, [plain], /advancedConfiguration/);
    await refused(
      { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 0.05 } },
      [balancer],
      /canaryPercent/,
    );
    await refused({ strategy: 'LINEAR', linearConfiguration: { stepPercent: 2 } }, [balancer], /stepPercent/);
    await refused({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1441 }, [balancer], /bakeTimeInMinutes/);
    await refused(
      {
        strategy: 'BLUE_GREEN',
        lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['PRODUCTION_TRAFFIC_SHIFT'] }],
      },
      [balancer],
      /PAUSE/,
    );
    await refused(
      { strategy: 'BLUE_GREEN', lifecycleHooks: [{ hookTargetArn: 'x', lifecycleStages: ['PRE_SCALE_UP'] }] },
      [balancer],
      /roleArn/,
    );
  });
});
