// An environment has one backend and one frontend: a second one is refused before anything is changed, and a rollback
// that meets a ledger in which there are two says so.
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Pointer, type ReleaseRecord, serviceOf } from '../../src/release/record.ts';
import {
  changesOf,
  createBucket,
  createRunner,
  deployBackend,
  pushApp,
  readJson,
} from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { type ActionRun, runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const words = (run: ActionRun) => run.log.replaceAll('%0A', '\n');

function expectRefused(run: ActionRun, text: RegExp): void {
  expect(run.outputs['outcome'], run.log).toBe('refused');
  expect(run.exitCode).toBe(2);
  expect(words(run)).toMatch(text);
}

describe.concurrent('two services of one environment', () => {
  it('are refused, planned or not, replaced where that is meant, and a rollback does not confuse them', async () => {
    const bucket = await createBucket(cloud, 'pair-ledger');
    const [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
    const [api, worker] = await Promise.all([
      createRunner(cloud, 'first-api', one),
      createRunner(cloud, 'second-worker', one),
    ]);
    const deploy = (service: string, id: string, more: Record<string, string> = {}) =>
      deployBackend(cloud, { 'release-bucket': bucket, service, image: two, 'release-id': id, ...more });
    const record = (id: string) => readJson<ReleaseRecord>(cloud, bucket, `production/releases/${id}.json`);

    const first = await deploy(api.ServiceArn, 'r1');
    expect(first.outputs['outcome'], first.log).toBe('deployed');
    const changed = await changesOf(cloud, 'second-worker');

    const asked =
      /another backend already[\s\S]*second-worker[\s\S]*r1 is live on the service .*first-api[\s\S]*`replace-part: true`/;
    expectRefused(await deploy(worker.ServiceArn, 'r2', { 'dry-run': 'true' }), asked);
    expectRefused(await deploy(worker.ServiceArn, 'r2'), asked);
    expectRefused(await deploy(worker.ServiceArn, 'r1'), /release r1 has another backend already/);
    expectRefused(
      await deploy(worker.ServiceArn, 'r1', { 'replace-part': 'true' }),
      /release r1 has another backend already/,
    );
    expect(await changesOf(cloud, 'second-worker')).toEqual(changed);
    expect(await record('r2')).toBeUndefined();
    expect(serviceOf(await record('r1'), 'backend')?.service).toBe(api.ServiceArn);

    const moved = await deploy(worker.ServiceArn, 'r3', { 'replace-part': 'true' });
    expect(moved.outputs['outcome'], moved.log).toBe('deployed');
    expect(words(moved)).toContain('takes the place of the service');
    // What ran on it before can be gone back to: that is the newest good release before.
    expect(serviceOf(await record('r3.adopted'), 'backend')).toMatchObject({
      service: worker.ServiceArn,
      image: one,
    });

    const rollback = (inputs: Record<string, string>) =>
      runAction(
        'rollback',
        { 'release-bucket': bucket, reason: 'test', ...inputs },
        { env: cloud.env, runNumber: 90 },
      );
    const across =
      /the backend of release r1 is not the backend that is live[\s\S]*first-api\/\S+ goes back on the service of then/;
    expectRefused(await rollback({ to: 'r1' }), across);
    expectRefused(await rollback({ to: 'r1', 'dry-run': 'true' }), across);
    const back = await rollback({ to: 'latest-good' });
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    expect(back.outputs['restored-release']).toBe('r3.adopted');
    expect(words(back)).toMatch(/not touched: the service .*first-api.*release r1/);
    const named = await rollback({ to: 'r1', service: worker.ServiceArn });
    expect(named.outputs['outcome'], named.log).toBe('rolled-back');
    const live = await readJson<Pointer>(cloud, bucket, 'production/current.json');
    expect(serviceOf(await record(live?.parts['backend'] ?? ''), 'backend')).toMatchObject({
      service: worker.ServiceArn,
      image: two,
    });
  });
});

describe.concurrent('two sites of one environment', () => {
  it('are refused by bucket, prefix or distribution, and replaced where that is meant', async () => {
    const site = await makeSite(cloud, 'one-site');
    const other = await makeSite(cloud, 'other-site');
    const folder = makeFolder(smallSite('v1'));
    const first = await site.deploy(folder, { 'release-id': 'r1' });
    expect(first.outputs['outcome'], first.log).toBe('deployed');
    const shared = { 'release-bucket': site.releaseBucket, 'release-id': 'r2' };
    const asked = /another frontend already[\s\S]*other-site[\s\S]*r1 is live on the site s3:\/\/one-site/;
    expectRefused(await other.deploy(folder, { ...shared, 'dry-run': 'true' }), asked);
    expectRefused(await other.deploy(folder, shared), asked);
    expectRefused(
      await site.deploy(folder, { ...shared, prefix: 'docs' }),
      /one-site\/docs is asked|one-site\/docs behind/,
    );
    expectRefused(
      await site.deploy(folder, { ...shared, distribution: other.distribution }),
      /behind E\w+ is asked for; release r1 is live on .* behind E\w+/,
    );
    expect((await other.live()).size).toBe(0);
    expect(await site.json('production/releases/r2.json')).toBeUndefined();

    const moved = await other.deploy(folder, { ...shared, 'replace-part': 'true' });
    expect(moved.outputs['outcome'], moved.log).toBe('deployed');
    const back = await runAction(
      'rollback',
      { 'release-bucket': site.releaseBucket, to: 'r1', reason: 'test' },
      { env: cloud.env, runNumber: 90 },
    );
    expectRefused(back, /the frontend of release r1 is not the frontend that is live[\s\S]*bucket: one-site/);
  });

  it('are told from each other where the record of what is live is lost', async () => {
    const site = await makeSite(cloud, 'lost-site');
    const other = await makeSite(cloud, 'after-lost');
    const folder = makeFolder(smallSite('v1'));
    for (const id of ['r1', 'r2']) {
      const run = await site.deploy(folder, { 'release-id': id });
      expect(['deployed', 'unchanged'], run.log).toContain(run.outputs['outcome']);
    }
    const Key = 'production/releases/r2.json';
    await site.s3.send(new PutObjectCommand({ Bucket: site.releaseBucket, Key, Body: '{' }));
    const run = await other.deploy(folder, { 'release-bucket': site.releaseBucket, 'release-id': 'r3' });
    expectRefused(run, /another frontend already/);
  });
});
