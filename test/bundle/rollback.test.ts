import { BatchDeleteImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { clientSettings, commitOf, makePair, type TestPair } from '../support/pair.ts';
import { removeFolders } from '../support/site.ts';

let cloud: TestCloud;
let pair: TestPair;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
  pair = await makePair(cloud, 'shop');
  for (const version of ['v1', 'v2', 'v3']) await pair.release(version);
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

/** What was changed but the ledger's own index and lock. */
const changes = async () =>
  (await cloud.changes()).filter(({ resource }) => !/index\.json\.gz|lock\.json|probe/.test(resource));

describe('rollback: nothing starts that could not finish', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    [
      'an unknown release',
      { to: 'v9' },
      /input `to`: "v9" names no release[\s\S]*release +commit +when[\s\S]*v3 +3333333/,
    ],
    ['the current release', { to: 'v3' }, /release v3 is what is live/],
    ['an unknown environment', { environment: 'prod' }, /input `environment`: prod has no current release/],
    [
      'an unknown bucket',
      { 'release-bucket': 'no-such-bucket' },
      /input `release-bucket`: .*[\s\S]*NoSuchBucket/,
    ],
    ['a checks file that is not there', { 'smoke-checks': 'checks.yml' }, /input `smoke-checks`/],
    [
      'an expression that expanded to nothing',
      { 'release-bucket': '' },
      /input `release-bucket`: is required but empty/,
    ],
  ])('refuses %s', async (_name, inputs, words) => {
    await cloud.clearRequests();
    const run = await pair.rollback(inputs);
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.exitCode).toBe(2);
    expect(run.log.replaceAll('%0A', '\n')).toMatch(words);
    expect(await changes()).toEqual([]);
  });

  it('refuses a release whose image is gone', async () => {
    const imageDigest = (await pair.image('v1')).split('@')[1];
    const ecr = new ECRClient(clientSettings(cloud));
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'shop', imageIds: [{ imageDigest }] }));
    await cloud.clearRequests();
    const run = await pair.rollback({ to: 'v1' });
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toContain('image');
    expect(await changes()).toEqual([]);
  });

  it('refuses a release of which a blob is gone, and names the file', async () => {
    const blobs = await pair.site.stored('sites/shop-site/blobs/');
    for (const Key of blobs) {
      await pair.site.s3.send(new DeleteObjectCommand({ Bucket: pair.site.releaseBucket, Key }));
    }
    await cloud.clearRequests();
    const run = await pair.rollback({ to: 'v2' });
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toMatch(
      /of the files of that release are no longer in the release bucket[\s\S]*index\.html/,
    );
    expect(await changes()).toEqual([]);
    // The next deployment of those bytes puts them back; here they are made by hand.
    await pair.release('v2', { commit: '4'.repeat(40), runNumber: 4, inputs: { 'release-id': 'v4' } });
    await pair.release('v3', { commit: '5'.repeat(40), runNumber: 5, inputs: { 'release-id': 'v5' } });
  });
});

describe('rollback', () => {
  it('plans without changing anything', async () => {
    await cloud.clearRequests();
    const run = await pair.rollback({ 'dry-run': 'true' });
    expect(run.outputs['outcome'], run.log).toBe('planned');
    expect(JSON.parse(run.outputs['plan'] ?? '')).toMatchObject({
      from: 'v5',
      to: 'v4',
      halves: [{ changes: true }, { changes: true }],
    });
    expect(await changes()).toEqual([]);
  });

  it('goes back to the latest good release, the pair as it was, past what cannot be read', async () => {
    const damaged = 'production/releases/v6.json';
    await pair.site.s3.send(
      new PutObjectCommand({ Bucket: pair.site.releaseBucket, Key: damaged, Body: '{"version":1,"id":"v6"' }),
    );
    const run = await pair.rollback({ reason: 'the basket is empty', 'history-page': 'true' });
    expect(run.outputs, run.log).toMatchObject({
      outcome: 'rolled-back',
      'restored-release': 'v4',
      'replaced-release': 'v5',
    });
    expect(run.exitCode).toBe(0);
    expect(await pair.live()).toEqual({ api: 'v2', page: 'v2' });
    const id = run.outputs['release-id'] ?? '';
    expect(await pair.site.json(`production/releases/${id}.json`)).toMatchObject({
      type: 'rollback',
      commit: '4'.repeat(40),
      restores: 'v4',
      replaces: 'v5',
      reason: 'the basket is empty',
      result: 'rolled-back',
      backend: { result: 'deployed', image: await pair.image('v2') },
      frontend: { result: 'deployed' },
      pair: { backend: id, frontend: id },
    });
    expect(await pair.site.json('production/current.json')).toMatchObject({
      release: id,
      commit: '4'.repeat(40),
    });
    expect(await pair.site.json('production/lock.json')).toMatchObject({ holders: [] });
    expect(run.log).toContain(`${damaged} is left alone`);
    expect(await pair.site.stored('production/history')).toEqual(['production/history.html']);
    expect(commitOf('v4')).toBe('4'.repeat(40));
  });

  it('can be rolled back itself', async () => {
    const run = await pair.rollback({ to: '5555555' });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'rolled-back', 'restored-release': 'v5' });
    expect(await pair.live()).toEqual({ api: 'v3', page: 'v3' });
  });

  it('goes back with one half where that is asked for', async () => {
    const run = await pair.rollback({ to: 'v4', scope: 'frontend' });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'rolled-back' });
    expect(await pair.live()).toEqual({ api: 'v3', page: 'v2' });
  });
});
