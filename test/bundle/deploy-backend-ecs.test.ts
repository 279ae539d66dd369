import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEcs, createExpress, deployBackend, ecs, pushApp, taskDefinition } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';

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
});
