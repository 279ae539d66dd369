import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRunner, deployBackend, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const WRONG = ['AuthorizationHeaderMalformed', 'PermanentRedirect'];
/** Requests to a bucket and below it: all, and those that S3 sent to another region. */
async function asked(bucket: string) {
  const all = await cloud.requests({ resource: bucket });
  const ofBucket = all.filter(({ resource }) => resource.split('/')[0] === bucket);
  return { all: ofBucket.length, elsewhere: ofBucket.filter(({ code = '' }) => WRONG.includes(code)).length };
}
/** The first requests, which go out together, may each be sent elsewhere; no later one is. */
const TOGETHER = 4;
async function foundOnce(bucket: string, isHere: boolean): Promise<void> {
  const { all, elsewhere } = await asked(bucket);
  expect(all).toBeGreaterThan(3 * TOGETHER);
  if (isHere) expect(elsewhere).toBe(0);
  else expect(elsewhere).toBeGreaterThan(0);
  expect(elsewhere).toBeLessThanOrEqual(TOGETHER);
}

test.each([
  ['us-east-1', 'eu-west-1', 'us-west-2'],
  ['us-west-2', 'eu-west-1', 'us-west-2'],
  ['eu-central-1', 'us-east-1', 'eu-west-1'],
])(
  'a job in %s deploys a site in %s with a release bucket in %s, and goes back',
  async (job, at, release) => {
    const site = await makeSite(cloud, `regions-${job}`, { regions: { site: at, release } });
    const env = { ...cloud.env, AWS_REGION: job, AWS_DEFAULT_REGION: job };
    await cloud.clearRequests();
    const one = await site.deploy(makeFolder(smallSite('one')), { 'release-id': 'one' }, { env });
    expect(one.outputs['outcome'], one.log).toBe('deployed');
    const first = await site.live();
    await foundOnce(site.bucket, at === job);
    await foundOnce(site.releaseBucket, release === job);
    const two = await site.deploy(makeFolder(smallSite('two')), { 'release-id': 'two' }, { env });
    expect(two.outputs['outcome'], two.log).toBe('deployed');
    expect((await site.get('/index.html')).body).toContain('Home two');
    const inputs = { 'release-bucket': site.releaseBucket, to: 'one', 'github-token': '' };
    const back = await runAction('rollback', inputs, { env });
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    expect((await site.get('/index.html')).body).toContain('Home one');
    expect((await site.live()).get('index.html')).toEqual(first.get('index.html'));
  },
);

test('a service and its release bucket may be in different regions', async () => {
  const bucket = 'regions-records';
  const abroad = new S3Client({ ...cloud.client, region: 'eu-west-1', forcePathStyle: true });
  await abroad.send(new CreateBucketCommand({ Bucket: bucket }));
  abroad.destroy();
  const image = await pushApp(cloud, { version: '1' });
  const next = await pushApp(cloud, { version: '2' });
  const service = await createRunner(cloud, 'regions-api', image);
  const inputs = { service: service.ServiceArn, 'release-bucket': bucket };
  const one = await deployBackend(cloud, { ...inputs, image, 'release-id': 'one' });
  expect(one.exitCode, one.log).toBe(0);
  await cloud.clearRequests();
  const run = await deployBackend(cloud, { ...inputs, image: next, 'release-id': 'two' });
  expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', image: next, 'previous-image': image });
  await foundOnce(bucket, false);
  const to = { 'release-bucket': bucket, to: 'one', 'github-token': '' };
  const back = await runAction('rollback', to, { env: cloud.env });
  expect(back.outputs['outcome'], back.log).toBe('rolled-back');
});

test('preflight looks at each bucket in its own region', async () => {
  const site = await makeSite(cloud, 'regions-looked', {
    regions: { site: 'eu-west-1', release: 'us-west-2' },
  });
  const env = { ...cloud.env, AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' };
  const inputs = {
    bucket: site.bucket,
    'release-bucket': site.releaseBucket,
    distribution: site.distribution,
  };
  const run = await runAction('preflight', inputs, { env });
  expect(run.log).toContain(`s3://${site.bucket} is there`);
  expect(run.log).toContain(`s3://${site.releaseBucket} is there`);
  expect([run.exitCode, run.outputs['wrong']], run.log).toEqual([0, '0']);
});
