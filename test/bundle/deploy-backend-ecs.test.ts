import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  call,
  changesOf,
  createBucket,
  createEcs,
  createExpress,
  createOn,
  deployBackend,
  ecs,
  pushApp,
  taskDefinition,
} from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { dyingWire } from '../support/dying-wire.ts';
import { createPair } from '../support/load-balancer.ts';
import { runAction } from '../support/run-action.ts';

let cloud: TestCloud;
let one: string;
let two: string;

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
});
afterAll(() => cloud.stop());

const digest = (image: string) => image.split('@')[1];

interface Definition {
  readonly taskDefinition: {
    readonly taskDefinitionArn: string;
    readonly volumes: unknown[];
    readonly containerDefinitions: Array<Record<string, unknown>>;
  };
  readonly tags: unknown[];
}
const definitionOf = async (name: string) => {
  const { services } = await ecs<{
    services: { taskDefinition: string; deploymentConfiguration: unknown }[];
  }>(cloud, 'DescribeServices', { cluster: 'main', services: [name] });
  const [service] = services;
  const described = await ecs<Definition>(cloud, 'DescribeTaskDefinition', {
    taskDefinition: service?.taskDefinition,
    include: ['TAGS'],
  });
  return { ...described, service };
};

describe.concurrent('a release on ECS', () => {
  test('tells before the start what ends in its middle: the credentials, the job', async () => {
    const service = await createEcs(cloud, 'short-of-time', one, { desired: 1 });
    const plan = (end: string | undefined, inputs = {}) =>
      deployBackend(
        cloud,
        { service: service.arn, image: two, 'dry-run': 'true', 'bake-time': '5m', ...inputs },
        { env: end ? { AWS_SESSION_TOKEN: '', AWS_CREDENTIAL_EXPIRATION: end } : {} },
      );
    const soon = new Date(Date.now() + 20 * 60_000).toISOString();
    const told = await plan(soon, { 'job-timeout': '30m' });
    expect(told.outputs['outcome'], told.log).toBe('planned');
    expect(told.log).toMatch(
      /the AWS credentials of this job end at \S+Z, in (20m00s|19m5\ds), and this deployment may take 35m00s \(lock-timeout 10m00s, wait-timeout 20m00s, bake-time 5m00s\).*`role-duration-seconds`/,
    );
    expect(told.log).toMatch(/the job ends after 30m00s/);
    for (const end of [undefined, new Date(Date.now() + 3_600_000).toISOString()]) {
      const quiet = await plan(end);
      expect(quiet.log).not.toMatch(/role-duration-seconds|job-timeout/);
    }
  });

  test('is a copy of the task definition with another image: the rest is left as whoever manages it has it', async () => {
    const [main] = taskDefinition('x', one).containerDefinitions;
    const service = await createEcs(cloud, 'copies', one, {
      desired: 2,
      definition: {
        volumes: [{ name: 'data' }],
        containerDefinitions: [
          {
            ...main,
            dockerLabels: { team: 'shop' },
            ulimits: [{ name: 'nofile', softLimit: 9, hardLimit: 9 }],
          },
          { name: 'sidecar', image: one, essential: false, environment: [{ name: 'PORT', value: '9090' }] },
        ],
        tags: [{ key: 'owner', value: 'terraform' }],
      },
    });
    const before = await definitionOf('copies');
    const run = await deployBackend(cloud, {
      service: service.arn,
      image: two,
      container: 'app',
      'probe-url': `${service.url}/health`,
      'environment-variables': 'LOG=debug',
    });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', availability: '100%' });
    const after = await definitionOf('copies');
    const [app, sidecar] = before.taskDefinition.containerDefinitions;
    expect(after.taskDefinition.containerDefinitions).toMatchObject([
      {
        ...app,
        image: two,
        environment: [
          { name: 'LOG', value: 'debug' },
          { name: 'PORT', value: '8080' },
        ],
      },
      sidecar ?? {},
    ]);
    expect(after.taskDefinition.volumes).toEqual(before.taskDefinition.volumes);
    expect(after.tags).toEqual(before.tags);
    expect(after.service?.deploymentConfiguration).toMatchObject({
      deploymentCircuitBreaker: { enable: true, rollback: true },
    });
    expect(run.outputs['operation-id']).toMatch(/service-deployment\/main\/copies/);
    const again = await deployBackend(cloud, { service: service.arn, image: two, container: 'app' });
    expect(again.outputs['outcome'], again.log).toBe('unchanged');
    expect((await definitionOf('copies')).taskDefinition.taskDefinitionArn).toBe(
      after.taskDefinition.taskDefinitionArn,
    );
    expect(again.log).toMatch(/the container sidecar is not named in `container` and keeps its image/);
    // Without a name, all containers of the repository go together: none stays old unseen.
    const together = await deployBackend(cloud, { service: service.arn, image: two });
    expect(together.outputs['outcome'], together.log).toBe('deployed');
    expect(JSON.parse(together.outputs['plan'] ?? '')).toMatchObject([{ field: 'image (sidecar)', to: two }]);
    const images = (await definitionOf('copies')).taskDefinition.containerDefinitions.map((c) => c['image']);
    expect(images).toEqual([two, two]);
  });

  test('scaling belongs to the change: it goes back with a refused update, and a CPU target is taken away again', async () => {
    const service = await createEcs(cloud, 'is-scaled', one);
    const scaling = (operation: string) =>
      call<{ ScalableTargets?: unknown[]; ScalingPolicies?: unknown[] }>(
        cloud,
        'application-autoscaling',
        `AnyScaleFrontendService.${operation}`,
        {
          ServiceNamespace: 'ecs',
          ...(operation.endsWith('Targets') ? { ResourceIds: [ID] } : { ResourceId: ID }),
        },
      );
    const ID = 'service/main/is-scaled';
    const inputs = { service: service.arn, image: two, 'min-instances': '1', 'max-instances': '2' };
    await cloud.fault({ kind: 'denied', operation: 'UpdateService', resource: 'is-scaled', count: 1 });
    const denied = await deployBackend(cloud, { ...inputs, 'cpu-target': '50' });
    expect(denied.outputs['outcome'], denied.log).toBe('refused');
    expect((await scaling('DescribeScalableTargets')).ScalableTargets).toEqual([]);
    const done = await deployBackend(cloud, { ...inputs, 'cpu-target': '50' });
    expect(done.outputs['outcome'], done.log).toBe('deployed');
    expect((await scaling('DescribeScalingPolicies')).ScalingPolicies).toMatchObject([
      { PolicyName: 'wwhd-deploy-cpu' },
    ]);
    const without = await deployBackend(cloud, inputs);
    expect(without.outputs['outcome'], without.log).toBe('deployed');
    expect((await scaling('DescribeScalingPolicies')).ScalingPolicies).toEqual([]);
    const again = await deployBackend(cloud, inputs);
    expect(again.outputs['outcome'], again.log).toBe('unchanged');
  });

  test('goes out on Express, through its own API, canary and all', async () => {
    const service = await createExpress(cloud, 'express', one);
    const run = await deployBackend(cloud, { service: service.arn, image: two, memory: '1 GB' });
    expect(run.outputs, run.log).toMatchObject({
      outcome: 'deployed',
      availability: '100%',
      'service-url': service.url,
    });
    expect(await service.images()).toEqual([digest(two)]);
    const { service: described } = await ecs<{
      service: { activeConfigurations: { memory: string; primaryContainer: { environment: unknown } }[] };
    }>(cloud, 'DescribeExpressGatewayService', { serviceArn: service.arn });
    expect(described.activeConfigurations).toMatchObject([
      { memory: '1024', primaryContainer: { environment: [{ name: 'LOG' }, { name: 'PORT' }] } },
    ]);
  });

  test('is gone back to by the action rollback: the very task definition of that release', async () => {
    const service = await createEcs(cloud, 'goes-back', one);
    const bucket = await createBucket(cloud, 'ecs-releases');
    const inputs = { service: service.arn, 'release-bucket': bucket };
    const before = (await definitionOf('goes-back')).taskDefinition.taskDefinitionArn;
    const run = await deployBackend(cloud, { ...inputs, image: two, 'release-id': 'r1' });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    const back = await runAction(
      'rollback',
      { 'release-bucket': bucket, to: 'r1.adopted', scope: 'backend' },
      { env: cloud.env, runNumber: 2 },
    );
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    expect(await service.images()).toEqual([digest(one)]);
    expect((await definitionOf('goes-back')).taskDefinition.taskDefinitionArn).toBe(before);
  });

  test('is gone back to with a strategy that is slower than wait-timeout, and not stopped by us', async () => {
    const { balancer } = await createPair(cloud, 'slowly-back');
    // A quarter of an hour of AWS's, nine seconds here.
    const service = await createEcs(cloud, 'slowly-back', one, {
      deployment: {
        strategy: 'LINEAR',
        linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 5 },
        bakeTimeInMinutes: 5,
      },
      loadBalancers: [balancer],
    });
    const bucket = await createBucket(cloud, 'slowly-releases');
    const waits = { 'release-bucket': bucket, 'wait-timeout': '3s' };
    const run = await deployBackend(cloud, {
      service: service.arn,
      image: two,
      'release-id': 'r1',
      ...waits,
    });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    const back = await runAction(
      'rollback',
      { to: 'r1.adopted', scope: 'backend', 'job-timeout': '10m', ...waits },
      { env: cloud.env, runNumber: 2 },
    );
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    expect(back.log).toMatch(/the job ends after 10m00s .* own strategy 15m00s, wait-timeout 3\.0s/);
    expect(back.log).toMatch(/LINEAR, 2 steps of 50 %[\s\S]*PRODUCTION_TRAFFIC_SHIFT, 50 % of the traffic/);
    expect(await service.images()).toEqual([digest(one)]);
    expect(await changesOf(cloud, 'slowly-back')).not.toContain('StopServiceDeployment');
  });

  test('takes scaling when it is given', async () => {
    const service = await createEcs(cloud, 'scales', one);
    const inputs = {
      service: service.arn,
      image: two,
      'min-instances': '1',
      'max-instances': '3',
      'cpu-target': '60',
    };
    const run = await deployBackend(cloud, inputs);
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    const targets = await call<{ ScalableTargets: unknown[] }>(
      cloud,
      'application-autoscaling',
      'AnyScaleFrontendService.DescribeScalableTargets',
      { ServiceNamespace: 'ecs', ResourceIds: ['service/main/scales'] },
    );
    expect(targets.ScalableTargets).toMatchObject([{ MinCapacity: 1, MaxCapacity: 3 }]);
  });
});

/** Asks 50 times a second until it is told to stop. */
function users(url: string) {
  const counts = { asked: 0, failed: [] as string[] };
  const timer = setInterval(() => {
    counts.asked++;
    fetch(url).then(
      (answer) => answer.text().then(() => answer.ok || counts.failed.push(`HTTP ${answer.status}`)),
      (error) => counts.failed.push(String(error.cause ?? error)),
    );
  }, 20);
  return {
    async stop() {
      clearInterval(timer);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return counts;
    },
  };
}

/**
 * The operation that looks at a rollout, how often it is asked apart from that (before the update, to know that it may be
 * asked; App Runner's list: for the verdict too), and all that a whole deployment asks besides.
 */
const IMAGE = { BatchGetImage: 1, GetDownloadUrlForLayer: 1 };
const TASKS = { ListTasks: 2, DescribeTasks: 2, DescribeServices: 5, ListServiceDeployments: 5 };
const ASKS = {
  apprunner: {
    look: 'ListOperations',
    before: 3,
    rest: { ...IMAGE, DescribeService: 5, ListTagsForResource: 1, PutMetricData: 1, UpdateService: 1 },
  },
  ecs: {
    look: 'DescribeServiceDeployments',
    before: 1,
    rest: {
      ...IMAGE,
      PutMetricData: 1,
      ...TASKS,
      // One of them asks the family whether there is a newer revision.
      DescribeTaskDefinition: 3,
      DescribeServiceRevisions: 2,
      RegisterTaskDefinition: 1,
      UpdateService: 1,
    },
  },
  'ecs-express': {
    look: 'DescribeServiceDeployments',
    before: 1,
    rest: {
      ...IMAGE,
      PutMetricData: 1,
      ...TASKS,
      DescribeExpressGatewayService: 4,
      DescribeServiceRevisions: 1,
      UpdateExpressGatewayService: 1,
    },
  },
} as const;

describe('under 50 requests a second', () => {
  test.each(['apprunner', 'ecs', 'ecs-express'] as const)('%s loses none', async (target) => {
    const service = await createOn[target](cloud, `busy-${target}`, one);
    const load = users(`${service.url}/`);
    const wire = await dyingWire(cloud.endpoint, 0);
    const run = await deployBackend(
      cloud,
      { service: service.arn, image: two, 'probe-url': `${service.url}/health` },
      { env: { AWS_ENDPOINT_URL: wire.endpoint } },
    );
    wire.close();
    const { asked, failed } = await load.stop();
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect(asked).toBeGreaterThan(50);
    expect(failed).toEqual([]);
    // What it asks is known beforehand, but for the looks: one for each second at most, as counted on the wire.
    const counts: Record<string, number> = {};
    for (const { operation } of wire.asked) counts[operation] = (counts[operation] ?? 0) + 1;
    const { look, before, rest } = ASKS[target];
    const { [look]: looks = 0, ...others } = counts;
    expect(others).toEqual(rest);
    const times = wire.asked.filter((r) => r.operation === look).map((r) => r.time);
    const seconds = Math.ceil(((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000);
    expect(looks - before).toBeLessThanOrEqual(seconds + 1);
  });
});
