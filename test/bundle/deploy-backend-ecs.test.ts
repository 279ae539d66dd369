import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changesOf, createEcs, createExpress, deployBackend, ecs, pushApp } from '../support/backend.ts';
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

describe.concurrent('a release on ECS', () => {
  test('goes out as a copy of the task definition with another image, the rest stays', async () => {
    const service = await createEcs(cloud, 'copies', one, { desired: 2 });
    const run = await deployBackend(cloud, { service: service.arn, image: two, 'probe-url': `${service.url}/health` });
    console.log(run.log);
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', availability: '100%' });
    expect(await service.images()).toEqual([digest(two)]);
  });
  test('express', async () => {
    const service = await createExpress(cloud, 'express', one);
    const run = await deployBackend(cloud, { service: service.arn, image: two });
    console.log(run.log);
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', availability: '100%' });
    expect(await service.images()).toEqual([digest(two)]);
  });
});
