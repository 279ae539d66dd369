import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEcs, createExpress, deployBackend, ecs, pushApp, taskDefinition } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
let one: string;
let two: string;
let bad: string;

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  one = await pushApp(cloud, { version: '1' });
  two = await pushApp(cloud, { version: '2' });
  bad = await pushApp(cloud, { version: 'bad', exit: 1 });
});
afterAll(() => cloud.stop());

interface Definition {
  readonly taskDefinitionArn: string;
  readonly cpu: string;
  readonly volumes: unknown[];
  readonly containerDefinitions: { readonly image: string; readonly environment: unknown[] }[];
}

/** The task definition that the service is to run. */
async function runs(name: string): Promise<Definition> {
  const { services } = await ecs<{ services: { taskDefinition: string }[] }>(cloud, 'DescribeServices', {
    cluster: 'main',
    services: [name],
  });
  const described = await ecs<{ taskDefinition: Definition }>(cloud, 'DescribeTaskDefinition', {
    taskDefinition: services[0]?.taskDefinition,
  });
  return described.taskDefinition;
}

/** What Terraform does after a change: a newer revision that no service runs. */
async function terraform(name: string, image: string): Promise<void> {
  const changed = { cpu: '512', memory: '1024', volumes: [{ name: 'data' }] };
  const [main] = taskDefinition(name, image).containerDefinitions;
  const environment = [...(main?.environment ?? []), { name: 'NEW', value: 'from-terraform' }];
  await ecs(cloud, 'RegisterTaskDefinition', {
    ...taskDefinition(name, image, changed),
    containerDefinitions: [{ ...main, environment }],
  });
}

const NEWER = /task-definition\/\S+:\d+ .*is newer than the revision that runs, and differs in ([^:\n]+): /;

test('a newer revision is told with what differs, and left out', async () => {
  const service = await createEcs(cloud, 'drifts', one);
  await terraform('drifts', one);
  const run = await deployBackend(cloud, { service: service.arn, image: two });
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  expect(NEWER.exec(run.log)?.[1], run.log).toBe(
    'cpu 256 → 512, memory 512 → 1024, volumes, app.environment.NEW',
  );
  expect(run.log).toMatch(/registered by arn:aws:iam::000000000000:root/);
  expect(run.log).toMatch(/this deployment leaves that out; `base: latest` starts from it/);
  expect(run.log).not.toContain('from-terraform');
  expect(await runs('drifts')).toMatchObject({
    cpu: '256',
    volumes: [],
    containerDefinitions: [{ image: two }],
  });
});

test('base: latest deploys a copy of it; the next run finds nothing to change', async () => {
  const service = await createEcs(cloud, 'follows', one);
  await terraform('follows', one);
  const inputs = { service: service.arn, image: two, base: 'latest', 'environment-variables': 'LOG=debug' };
  const dry = await deployBackend(cloud, { ...inputs, 'dry-run': 'true' });
  const fields = ['image', 'variables.LOG', 'variables.NEW', 'cpu', 'memory', 'task-definition'];
  const planned = JSON.parse(dry.outputs['plan'] ?? '[]') as { field: string }[];
  expect(
    planned.map(({ field }) => field).filter((field) => fields.includes(field)),
    dry.log,
  ).toEqual(fields);
  const run = await deployBackend(cloud, inputs);
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  expect(run.log).toMatch(/it is the base of this deployment/);
  expect(await runs('follows')).toMatchObject({
    cpu: '512',
    volumes: [{ name: 'data' }],
    containerDefinitions: [
      {
        image: two,
        environment: expect.arrayContaining([
          { name: 'LOG', value: 'debug' },
          { name: 'NEW', value: 'from-terraform' },
        ]),
      },
    ],
  });
  const again = await deployBackend(cloud, inputs);
  expect(again.outputs['outcome'], again.log).toBe('unchanged');
  // With the image that runs already, what else Terraform changed is still a change.
  const { taskDefinitionArn, ...now } = await runs('follows');
  await ecs(cloud, 'RegisterTaskDefinition', {
    ...taskDefinition('follows', two, { cpu: '512', memory: '1024', volumes: [{ name: 'more' }] }),
    containerDefinitions: now.containerDefinitions,
  });
  const volumes = await deployBackend(cloud, inputs);
  expect(volumes.outputs['outcome'], volumes.log).toBe('deployed');
  expect(await runs('follows')).toMatchObject({ volumes: [{ name: 'more' }] });
});

test('a failure on the newer base goes back to the revision that ran, and to its tasks', async () => {
  const service = await createEcs(cloud, 'returns', one);
  const before = await runs('returns');
  await terraform('returns', one);
  const run = await deployBackend(cloud, { service: service.arn, image: bad, base: 'latest' });
  expect(run.outputs['outcome'], run.log).toBe('rolled-back');
  expect((await runs('returns')).taskDefinitionArn).toBe(before.taskDefinitionArn);
  expect(await service.images()).toEqual([one.split('@')[1]]);
});

test('where a tag ran, the way back is a copy of the revision that ran, and not of the newer base', async () => {
  const tagged = `${one.split('@')[0]}:1`;
  const service = await createEcs(cloud, 'tagged', tagged);
  await terraform('tagged', tagged);
  const failing = await pushApp(cloud, { version: 'failing', root: 500 });
  const run = await deployBackend(cloud, {
    service: service.arn,
    image: failing,
    base: 'latest',
    'probe-url': `${service.url}/`,
  });
  expect(run.outputs['outcome'], run.log).toBe('rolled-back');
  expect(await runs('tagged')).toMatchObject({ cpu: '256', volumes: [] });
  expect(await service.images()).toEqual([one.split('@')[1]]);
});

test('a newer revision of a deployment of ours that was rolled back is not worth a word', async () => {
  const service = await createEcs(cloud, 'quiet', one);
  const failed = await deployBackend(cloud, { service: service.arn, image: bad });
  expect(failed.outputs['outcome'], failed.log).toBe('rolled-back');
  const run = await deployBackend(cloud, { service: service.arn, image: two, base: 'latest' });
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  expect(run.log).not.toMatch(/newer than the revision that runs/);
});

test('Express has no base, and a family without an active revision has nothing newer', async () => {
  const service = await createEcs(cloud, 'inactive', one);
  const express = await createExpress(cloud, 'based', one);
  const refused = await deployBackend(cloud, { service: express.arn, image: two, base: 'latest' });
  expect(refused.outputs['outcome'], refused.log).toBe('refused');
  expect(refused.log).toMatch(/`base`: is for ECS services with a task definition of their own/);
  const { taskDefinitionArn } = await runs('inactive');
  await ecs(cloud, 'DeregisterTaskDefinition', { taskDefinition: taskDefinitionArn });
  const run = await deployBackend(cloud, { service: service.arn, image: two, base: 'latest' });
  expect(run.outputs['outcome'], run.log).toBe('deployed');
});
