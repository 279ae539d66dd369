import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceRequest,
  DescribeContainerInstancesCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListContainerInstancesCommand,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionRequest,
  RunTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { pushApp } from '../support/compute.ts';
import { until } from '../support/until.ts';

let cloud: TestCloud;
let ecs: ECSClient;
let v1: string;
let v2: string;
const role = 'arn:aws:iam::000000000000:role/any';
const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'] } };

beforeAll(async () => {
  cloud = await startCloud({ speed: 60 });
  ecs = new ECSClient({
    endpoint: cloud.endpoint,
    region: 'us-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  for (const clusterName of ['prod', 'instances', 'empty'])
    await ecs.send(new CreateClusterCommand({ clusterName }));
  await ecs.send(
    new CreateClusterCommand({
      clusterName: 'spot',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [
        { capacityProvider: 'FARGATE', base: 1, weight: 0 },
        { capacityProvider: 'FARGATE_SPOT', weight: 1 },
      ],
    }),
  );
  v1 = await pushApp(cloud.endpoint, 'v1');
  v2 = await pushApp(cloud.endpoint, 'v2');
});
afterAll(() => cloud?.stop());

async function register(image: string, other: Partial<RegisterTaskDefinitionRequest> = {}): Promise<string> {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: role,
      containerDefinitions: [{ name: 'app', image, portMappings: [{ containerPort: 8080 }] }],
      ...other,
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
}

async function create(serviceName: string, other: Partial<CreateServiceRequest> = {}): Promise<void> {
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'prod',
      serviceName,
      desiredCount: 1,
      launchType: 'FARGATE',
      networkConfiguration,
      tags: [{ key: 'local-cloud:health-path', value: '/health' }],
      ...other,
      taskDefinition: other.taskDefinition ?? (await register(v1)),
    }),
  );
}

async function described(service: string, cluster = 'prod') {
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  return services[0] ?? {};
}

async function newest(service: string, cluster = 'prod') {
  const { serviceDeployments = [] } = await ecs.send(new ListServiceDeploymentsCommand({ cluster, service }));
  return serviceDeployments[0] ?? {};
}

const ended = (service: string, cluster = 'prod') =>
  until(async () => {
    const one = await newest(service, cluster);
    return one.finishedAt && one;
  }, 'the end of the deployment');

async function tasks(serviceName: string, cluster = 'prod') {
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, serviceName }));
  if (taskArns.length === 0) return [];
  return (await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))).tasks ?? [];
}

const addInstances = (body: object) =>
  fetch(`${cloud.endpoint}/_cloud/ecs/container-instances`, { method: 'POST', body: JSON.stringify(body) });

/** For images that no Fargate task runs: no `awsvpc`, a port that the host chooses. */
const onHost: Partial<RegisterTaskDefinitionRequest> = {
  networkMode: 'bridge',
  requiresCompatibilities: ['EC2'],
};

describe.concurrent('a launch type that is left out', () => {
  it('is EC2: no task runs before there is a container instance, which has its architecture', async () => {
    const arm = await pushApp(cloud.endpoint, 'arm', { platform: 'linux/arm64' });
    const containerDefinitions = [
      { name: 'app', image: arm, portMappings: [{ containerPort: 8080, hostPort: 0 }] },
    ];
    const taskDefinition = await register(arm, { family: 'hosted', ...onHost, containerDefinitions });
    await ecs.send(
      new CreateServiceCommand({
        cluster: 'instances',
        serviceName: 'hosted',
        taskDefinition,
        desiredCount: 1,
      }),
    );
    const event = await until(async () => {
      const { events = [] } = await described('hosted', 'instances');
      return events.find(({ message }) => message?.includes('unable to place a task'))?.message;
    }, 'the event');
    expect(event).toContain('No Container Instances were found in your cluster.');
    expect(await described('hosted', 'instances')).toMatchObject({ launchType: 'EC2', runningCount: 0 });
    expect((await addInstances({ cluster: 'instances', architecture: 'arm64' })).status).toBe(201);
    expect((await ended('hosted', 'instances')).status).toBe('SUCCESSFUL');
    const [task] = await tasks('hosted', 'instances');
    expect(task).toMatchObject({ launchType: 'EC2', attributes: [{ value: 'arm64' }] });
    expect(task?.containers?.[0]?.networkBindings?.[0]).toMatchObject({ containerPort: 8080 });
    expect(task?.containers?.[0]?.networkBindings?.[0]?.hostPort).toBeGreaterThan(0);
    const { containerInstanceArns: arns = [] } = await ecs.send(
      new ListContainerInstancesCommand({ cluster: 'instances' }),
    );
    expect(arns).toEqual([task?.containerInstanceArn]);
    const { containerInstances } = await ecs.send(
      new DescribeContainerInstancesCommand({ cluster: 'instances', containerInstances: arns }),
    );
    expect(containerInstances?.[0]?.attributes).toContainEqual({
      name: 'ecs.cpu-architecture',
      value: 'arm64',
    });
  });

  it("is the cluster's default capacity provider strategy, where it has one", async () => {
    await ecs.send(
      new CreateServiceCommand({
        cluster: 'spot',
        serviceName: 'cheap',
        taskDefinition: await register(v1),
        desiredCount: 3,
        networkConfiguration,
      }),
    );
    await ended('cheap', 'spot');
    const service = await described('cheap', 'spot');
    expect(service.launchType).toBeUndefined();
    expect(service.capacityProviderStrategy).toHaveLength(2);
    const on = (await tasks('cheap', 'spot')).map((task) => [task.launchType, task.capacityProviderName]);
    expect(on.sort()).toEqual([
      ['FARGATE', 'FARGATE'],
      ['FARGATE', 'FARGATE_SPOT'],
      ['FARGATE', 'FARGATE_SPOT'],
    ]);
  });

  it('refuses what does not go together', async () => {
    const taskDefinition = await register(v1);
    const run = { cluster: 'empty', taskDefinition, networkConfiguration };
    const refused = (other: object, message: RegExp) =>
      expect(ecs.send(new RunTaskCommand({ ...run, ...other }))).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: expect.stringMatching(message),
      });
    await refused({}, /No Container Instances were found/);
    const capacityProviderStrategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
    await refused(
      { launchType: 'FARGATE', capacityProviderStrategy },
      /both a launch type and capacity provider/,
    );
    const hosted = await register(v1, { family: 'for-hosts', ...onHost });
    await refused(
      { taskDefinition: hosted, networkConfiguration: undefined, launchType: 'FARGATE' },
      /launch_type FARGATE/,
    );
    await expect(register(v1, { executionRoleArn: undefined })).rejects.toMatchObject({
      name: 'ClientException',
      message: expect.stringMatching(/execution role ARN to support ECR images/),
    });
    expect(await register('public.ecr.aws/nginx/nginx', { executionRoleArn: undefined })).toMatch(/web:\d+$/);
    expect((await addInstances({ cluster: 'none' })).status).toBe(400);
    expect((await addInstances({ cluster: 'empty', architecture: 'mips' })).status).toBe(400);
  });
});

async function update(service: string, image: string): Promise<void> {
  await ecs.send(
    new UpdateServiceCommand({ cluster: 'prod', service, taskDefinition: await register(image) }),
  );
}

describe.concurrent('the moment of proof', () => {
  it('a list behind the truth, and tasks without a digest', async () => {
    await create('behind');
    await ended('behind');
    const [before] = await tasks('behind');
    await cloud.fault({ kind: 'stale-list', service: 'ecs', resource: 'behind', ms: 3_600_000 });
    expect(await tasks('behind')).toEqual([]);
    await cloud.fault({ kind: 'no-digest', service: 'ecs', resource: 'service/prod/behind', count: 1 });
    const show = async () => {
      const shown = await ecs.send(
        new DescribeTasksCommand({ cluster: 'prod', tasks: [before?.taskArn ?? ''] }),
      );
      return shown.tasks?.[0]?.containers?.[0]?.imageDigest;
    };
    expect([await show(), await show()]).toEqual([undefined, v1.split('@')[1]]);
  });

  it('is scaled out when it succeeds, and loses a Spot task', async () => {
    await create('scaled');
    await ended('scaled');
    const [first] = await tasks('scaled');
    await cloud.fault({
      kind: 'scale-out',
      service: 'ecs',
      resource: 'scaled at SUCCESSFUL',
      desired: 3,
      count: 1,
    });
    await cloud.fault({ kind: 'spot-stop', service: 'ecs', resource: 'scaled at SUCCESSFUL', count: 1 });
    await update('scaled', v2);
    expect((await ended('scaled')).status).toBe('SUCCESSFUL');
    expect((await described('scaled')).desiredCount).toBe(3);
    const { taskArns: stopped = [] } = await ecs.send(
      new ListTasksCommand({ cluster: 'prod', serviceName: 'scaled', desiredStatus: 'STOPPED' }),
    );
    const { tasks: gone = [] } = await ecs.send(
      new DescribeTasksCommand({ cluster: 'prod', tasks: stopped }),
    );
    expect(gone.map((task) => task.stopCode).sort()).toEqual([
      'ServiceSchedulerInitiated',
      'SpotInterruption',
    ]);
    expect(gone.map((task) => task.taskArn)).toContain(first?.taskArn);
    await until(async () => (await described('scaled')).runningCount === 3, 'three running tasks');
  });

  it('a list that fails for good', async () => {
    await create('listless', { desiredCount: 0 });
    await cloud.fault({
      kind: 'error',
      service: 'ecs',
      operation: 'ListTasks',
      resource: 'listless',
      status: 400,
      code: 'ClientException',
    });
    await expect(tasks('listless')).rejects.toMatchObject({ name: 'ClientException' });
  });

  it('early success comes before all tasks are new; a deployment that was replaced is not COMPLETED', async () => {
    await create('early', {
      desiredCount: 4,
      deploymentConfiguration: {
        maximumPercent: 150,
        minimumHealthyPercent: 50,
        earlySuccessCriteria: { enable: true, healthyPercent: 50, sourceServiceRevisionCleanup: 'DEFERRED' },
      },
    });
    await until(async () => (await described('early')).runningCount === 4, 'four running tasks');
    await ended('early');
    // Only two of the new tasks come up quickly.
    await cloud.fault({ kind: 'slow-start', service: 'ecs', resource: 'early', ms: 4_000, after: 2 });
    await update('early', v2);
    expect((await ended('early')).status).toBe('SUCCESSFUL');
    const fresh = (await tasks('early')).filter(
      (task) => task.lastStatus === 'RUNNING' && task.containers?.[0]?.imageDigest === v2.split('@')[1],
    );
    expect(fresh.length).toBeLessThan(4);
    await until(async () => {
      const now = (await tasks('early')).map((task) => task.containers?.[0]?.imageDigest);
      return now.length === 4 && now.every((digest) => digest === v2.split('@')[1]);
    }, 'all tasks to be new');
    await update('early', v1);
    const replaced = (await newest('early')).serviceDeploymentArn ?? '';
    const { taskDefinition } = await described('early');
    await until(
      async () => (await tasks('early')).some((task) => task.taskDefinitionArn === taskDefinition),
      'a task',
    );
    await update('early', v2);
    const { serviceDeployments = [] } = await ecs.send(
      new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [replaced] }),
    );
    expect(serviceDeployments[0]?.status).toBe('STOPPED');
    const { deployments = [] } = await described('early');
    expect(deployments.find((one) => one.taskDefinition === taskDefinition)).toMatchObject({
      status: 'ACTIVE',
      rolloutState: 'IN_PROGRESS',
    });
  });
});
