import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AppRunnerClient,
  CreateServiceCommand,
  DescribeServiceCommand,
  ListOperationsCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-apprunner';
import {
  CreateClusterCommand,
  CreateServiceCommand as CreateEcsService,
  CreateExpressGatewayServiceCommand,
  DescribeExpressGatewayServiceCommand,
  DescribeServiceDeploymentsCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand as UpdateEcsService,
  UpdateExpressGatewayServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { load, pushApp } from '../support/compute.ts';
import { until } from '../support/until.ts';

let cloud: TestCloud;
let apprunner: AppRunnerClient;
let ecs: ECSClient;
let v1: string;
let v2: string;
const state = mkdtempSync(join(tmpdir(), 'cloud-state-'));
const role = 'arn:aws:iam::000000000000:role/any';

async function connect(): Promise<void> {
  cloud = await startCloud({ speed: 50, state });
  const config = {
    endpoint: cloud.endpoint,
    region: 'us-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  apprunner = new AppRunnerClient(config);
  ecs = new ECSClient(config);
}

beforeAll(async () => {
  await connect();
  [v1, v2] = await Promise.all([pushApp(cloud.endpoint, 'v1'), pushApp(cloud.endpoint, 'v2')]);
  await ecs.send(new CreateClusterCommand({ clusterName: 'prod' }));
});
afterAll(async () => {
  await cloud?.stop();
  rmSync(state, { recursive: true, force: true });
});

const source = (image: string) => ({
  ImageRepository: { ImageIdentifier: image, ImageRepositoryType: 'ECR' as const },
  AutoDeploymentsEnabled: false,
  AuthenticationConfiguration: { AccessRoleArn: role },
});
const health = { Protocol: 'HTTP' as const, Path: '/health', UnhealthyThreshold: 2 };

/** Every status that an operation was seen in, up to its end. */
async function followed(arn: string, id: string | undefined): Promise<string[]> {
  const seen: string[] = [];
  await until(async () => {
    const { OperationSummaryList = [] } = await apprunner.send(
      new ListOperationsCommand({ ServiceArn: arn }),
    );
    const operation = OperationSummaryList.find((o) => o.Id === id);
    if (operation?.Status && seen.at(-1) !== operation.Status) seen.push(operation.Status);
    return operation?.EndedAt;
  }, 'the end of the operation');
  return seen;
}

async function appRunnerService(name: string, image: string) {
  const { Service, OperationId } = await apprunner.send(
    new CreateServiceCommand({
      ServiceName: name,
      SourceConfiguration: source(image),
      HealthCheckConfiguration: health,
    }),
  );
  const arn = Service?.ServiceArn ?? '';
  const statuses = await followed(arn, OperationId);
  return { arn, url: `http://${Service?.ServiceUrl}`, statuses };
}

async function update(arn: string, image: string): Promise<string[]> {
  const { OperationId } = await apprunner.send(
    new UpdateServiceCommand({ ServiceArn: arn, SourceConfiguration: source(image) }),
  );
  return followed(arn, OperationId);
}

describe.concurrent('App Runner', () => {
  it('switches without losing one of 50 requests a second', async () => {
    const { arn, url, statuses } = await appRunnerService('switch', v1);
    expect(statuses.at(-1)).toBe('SUCCEEDED');
    const users = load(url, 50);
    expect((await update(arn, v2)).at(-1)).toBe('SUCCEEDED');
    expect((await update(arn, v1)).at(-1)).toBe('SUCCEEDED');
    const result = await users.stop();
    expect(result.failed).toEqual([]);
    expect(Object.keys(result.answers).sort()).toEqual(['v1 200', 'v2 200']);
    expect(result.sent).toBeGreaterThan(50);
  });

  it('puts itself back, in the order of its statuses, and goes on as before', async () => {
    const { arn, url } = await appRunnerService('puts-back', v1);
    const users = load(url, 50);
    const sick = await pushApp(cloud.endpoint, 'sick', { health: 503 });
    const order = ['PENDING', 'IN_PROGRESS', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_SUCCEEDED'];
    for (const image of [sick, await pushApp(cloud.endpoint, 'arm', { platform: 'linux/arm64' })]) {
      const statuses = await update(arn, image);
      expect(order.filter((s) => statuses.includes(s))).toEqual(statuses);
      expect(statuses.at(-1)).toBe('ROLLBACK_SUCCEEDED');
    }
    const { Service } = await apprunner.send(new DescribeServiceCommand({ ServiceArn: arn }));
    expect(Service?.Status).toBe('RUNNING');
    expect(Service?.SourceConfiguration?.ImageRepository?.ImageIdentifier).toBe(v1);
    const result = await users.stop();
    expect(result.failed).toEqual([]);
    expect(Object.keys(result.answers)).toEqual(['v1 200']);
  });

  it('ends as a fault asks for', async () => {
    const { arn, url } = await appRunnerService('faulty', v1);
    const about = { service: 'apprunner', resource: 'faulty', count: 1 };
    for (const status of ['FAILED', 'ROLLBACK_FAILED', 'A_NEW_STATUS']) {
      await cloud.fault({ kind: 'operation-status', status, ...about });
      expect((await update(arn, v2)).at(-1)).toBe(status);
    }
    await cloud.fault({ kind: 'unhealthy', service: 'apprunner', resource: 'faulty' });
    expect((await update(arn, v2)).at(-1)).toBe('ROLLBACK_SUCCEEDED');
    await cloud.clearFaults();
    await cloud.fault({ kind: 'vanish', ...about });
    const { OperationId } = await apprunner.send(
      new UpdateServiceCommand({ ServiceArn: arn, SourceConfiguration: source(v2) }),
    );
    const { OperationSummaryList = [] } = await apprunner.send(
      new ListOperationsCommand({ ServiceArn: arn }),
    );
    expect(OperationSummaryList.some((o) => o.Id === OperationId)).toBe(false);
    await until(async () => (await (await fetch(url)).text()) === 'v2', 'the new version');
  });
});

const network = { awsvpcConfiguration: { subnets: ['subnet-1'] } };

async function taskDefinition(image: string): Promise<string> {
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

async function ended(cluster: string, service: string) {
  return until(async () => {
    const { serviceDeployments = [] } = await ecs.send(
      new ListServiceDeploymentsCommand({ cluster, service }),
    );
    const newest = serviceDeployments[0];
    return newest?.finishedAt && newest;
  }, 'the end of the deployment');
}

const ecsUrl = async (name: string): Promise<string> => {
  const all = (await (await fetch(`${cloud.endpoint}/_cloud/state`)).json()) as {
    ecs: { services: Array<{ name: string; url: string }> };
  };
  return all.ecs.services.find((s) => s.name === name)?.url ?? '';
};

describe.concurrent('ECS', () => {
  it('rolls without losing one of 50 requests a second, and back by the circuit breaker', async () => {
    await ecs.send(
      new CreateEcsService({
        cluster: 'prod',
        serviceName: 'rolling',
        taskDefinition: await taskDefinition(v1),
        desiredCount: 2,
        launchType: 'FARGATE',
        networkConfiguration: network,
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
        tags: [{ key: 'local-cloud:health-path', value: '/health' }],
      }),
    );
    expect((await ended('prod', 'rolling')).status).toBe('SUCCESSFUL');
    const users = load(await ecsUrl('rolling'), 50);
    const roll = async (image: string) => {
      const next = await taskDefinition(image);
      await ecs.send(new UpdateEcsService({ cluster: 'prod', service: 'rolling', taskDefinition: next }));
      return (await ended('prod', 'rolling')).status;
    };
    expect(await roll(v2)).toBe('SUCCESSFUL');
    expect(await roll(await pushApp(cloud.endpoint, 'sick2', { health: 500 }))).toBe('ROLLBACK_SUCCESSFUL');
    const result = await users.stop();
    expect(result.failed).toEqual([]);
    expect(Object.keys(result.answers).sort()).toEqual(['v1 200', 'v2 200']);
  });

  it('shifts Express by a canary of 5 % without losing one', async () => {
    const made = await ecs.send(
      new CreateExpressGatewayServiceCommand({
        serviceName: 'page',
        executionRoleArn: role,
        infrastructureRoleArn: role,
        healthCheckPath: '/health',
        primaryContainer: { image: v1, containerPort: 8080 },
      }),
    );
    const serviceArn = made.service?.serviceArn ?? '';
    expect((await ended('default', 'page')).status).toBe('SUCCESSFUL');
    const users = load(await ecsUrl('page'), 50);
    await ecs.send(
      new UpdateExpressGatewayServiceCommand({
        serviceArn,
        primaryContainer: { image: v2, containerPort: 8080 },
      }),
    );
    const { service } = await ecs.send(new DescribeExpressGatewayServiceCommand({ serviceArn }));
    const weights = new Set<number | undefined>();
    await until(async () => {
      const { serviceDeployments = [] } = await ecs.send(
        new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [service?.currentDeployment ?? ''] }),
      );
      weights.add(serviceDeployments[0]?.targetServiceRevision?.requestedProductionTrafficWeight);
      return serviceDeployments[0]?.status === 'SUCCESSFUL';
    }, 'the end of the canary');
    const result = await users.stop();
    expect([...weights]).toEqual([0, 5, 100]);
    expect(result.failed).toEqual([]);
    expect(Object.keys(result.answers).sort()).toEqual(['v1 200', 'v2 200']);
  });
});

it('comes back with its services after a restart', async () => {
  const { url } = await appRunnerService('stays', v2);
  const before = await ecsUrl('rolling');
  await cloud.stop();
  await connect();
  expect(await (await fetch(url)).text()).toBe('v2');
  expect(await ecsUrl('rolling')).toBe(before);
  await until(async () => (await fetch(before)).ok, 'the tasks of the service');
});
