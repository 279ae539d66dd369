import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  activeRevisions,
  createEcs,
  deployBackend,
  ecs,
  pushApp,
  type TestService,
  taskDefinition,
} from '../support/backend.ts';
import { logText } from '../support/backend-faults.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { load } from '../support/compute.ts';
import { createBalancer, type TestBalancer } from '../support/load-balancer.ts';
import { until } from '../support/until.ts';

let cloud: TestCloud;
let one: string;
let two: string;

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
});
afterAll(() => cloud.stop());

async function balanced(name: string): Promise<{ balancer: TestBalancer; service: TestService }> {
  const balancer = await createBalancer(cloud, name);
  const loadBalancers = [{ targetGroupArn: balancer.group, containerName: 'app', containerPort: 8080 }];
  return { balancer, service: await createEcs(cloud, name, one, { desired: 2, loadBalancers }) };
}

describe.concurrent('a service behind a load balancer', () => {
  test('is reached at its DNS name, by all healthy tasks; the probe finds it; a release loses no request', async () => {
    const { balancer, service } = await balanced('is-balanced');
    await until(async () => (await balancer.health()).join() === 'healthy,healthy', 'two healthy tasks');
    const users = load(`${balancer.url}/`, 50);
    const run = await deployBackend(cloud, { service: service.arn, image: two });
    const { failed, sent } = await users.stop();
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', availability: '100%' });
    expect(run.log).toContain(`the probe asks the load balancer of the service, ${balancer.url}/health`);
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(20);
    expect(await service.images()).toEqual([two.split('@')[1]]);
    await until(async () => (await balancer.health()).join() === 'healthy,healthy', 'two healthy tasks');
  });

  test('a version that its target group calls sick is taken back', async () => {
    const { balancer, service } = await balanced('is-sick');
    const sick = await pushApp(cloud, { version: 'sick', health: 404 });
    const run = await deployBackend(cloud, { service: service.arn, image: sick });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'rolled-back', availability: '100%' });
    expect(logText(run.log)).toMatch(/failed ELB health checks in \(target-group \S+targetgroup\/is-sick/);
    expect(await (await fetch(`${balancer.url}/`)).json()).toMatchObject({ version: '1' });
  });

  test('has no probe where the role may not read the load balancer, and that is said', async () => {
    const { service } = await balanced('is-hidden');
    await cloud.fault({ kind: 'denied', service: 'elasticloadbalancing', resource: 'is-hidden' });
    const run = await deployBackend(cloud, { service: service.arn, image: two });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect(logText(run.log)).toMatch(
      /no probe: the role may not call elasticloadbalancing:DescribeTargetGroups.*give `probe-url`/,
    );
    expect(run.outputs).not.toHaveProperty('availability');
  });

  test("has another port beside the one that users reach: that one is the app's, and cannot be moved by a deployment", async () => {
    const balancer = await createBalancer(cloud, 'two-ports');
    const [container] = taskDefinition('two-ports', one).containerDefinitions;
    const portMappings = [
      { containerPort: 9090, protocol: 'tcp' },
      { containerPort: 8080, protocol: 'tcp' },
    ];
    const service = await createEcs(cloud, 'two-ports', one, {
      definition: { containerDefinitions: [{ ...container, portMappings }] },
      loadBalancers: [{ targetGroupArn: balancer.group, containerName: 'app', containerPort: 8080 }],
    });
    const same = await deployBackend(cloud, { service: service.arn, image: two, port: '8080' });
    expect(same.outputs['outcome'], same.log).toBe('deployed');
    expect(same.outputs['plan']).not.toContain('"port"');
    const moved = await deployBackend(cloud, { service: service.arn, image: one, port: '8081' });
    expect(moved.outputs['outcome'], moved.log).toBe('refused');
    expect(logText(moved.log)).toMatch(/`?port`?.*load balancer sends to port 8080 of the container app/);
    expect(await activeRevisions(cloud, 'two-ports')).toHaveLength(2);
  });

  test('is not created on a target group that no listener sends requests to', async () => {
    const loadBalancers = [{ targetGroupArn: 'arn:none', containerName: 'app', containerPort: 8080 }];
    await expect(createEcs(cloud, 'has-none', one, { loadBalancers })).rejects.toThrow(
      /does not have an associated load balancer/,
    );
    await expect(
      ecs(cloud, 'DescribeServices', { cluster: 'main', services: ['has-none'] }),
    ).resolves.toMatchObject({ services: [] });
  });
});
