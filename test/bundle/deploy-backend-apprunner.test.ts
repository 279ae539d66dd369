import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changesOf,
  createRunner,
  deployBackend,
  describeRunner,
  pushApp,
  type RunnerService,
} from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
let one: string;
let two: string;
let service: RunnerService;

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
  service = await createRunner(cloud, 'shop-api', one);
});
afterAll(() => cloud.stop());

test('a release goes out: what runs is the digest asked for, and no request is lost', async () => {
  await cloud.clearRequests();
  const run = await deployBackend(cloud, { service: service.ServiceArn, image: two });
  expect(run.outputs, run.log).toMatchObject({
    outcome: 'deployed',
    image: two,
    'previous-image': one,
    availability: '100%',
    'service-url': `http://${service.ServiceUrl}`,
  });
  console.log(run.log, run.summary);
  expect(run.exitCode).toBe(0);
  expect(await changesOf(cloud, 'apprunner')).toEqual(['UpdateService']);
});
