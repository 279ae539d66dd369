import { execFileSync } from 'node:child_process';
import { BatchDeleteImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { type FakeGitHub, startGitHub } from '../support/github.ts';
import { clientSettings, commitOf, makePair, type TestPair } from '../support/pair.ts';
import { makeFolder, removeFolders } from '../support/site.ts';

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

/** What was changed, the ledger's own documents included. */
const changes = () => cloud.changes();

describe('rollback to a tag', () => {
  let github: FakeGitHub;
  let clone: string;
  let made: string;
  beforeAll(async () => {
    github = await startGitHub();
    github.refs.set('tags/v1.2', { type: 'tag', sha: 'a'.repeat(40) });
    github.refs.set('a'.repeat(40), { type: 'commit', sha: commitOf('v2') });
    github.refs.set('tags/other', { type: 'commit', sha: 'b'.repeat(40) });
    clone = makeFolder({ file: '' });
    const git = (...args: string[]) => execFileSync('git', args, { cwd: clone, encoding: 'utf8' }).trim();
    git('init', '--quiet');
    git('-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '--quiet', '--allow-empty', '-m', 'one');
    git('tag', 'cloned');
    made = git('rev-parse', 'HEAD');
  });
  afterAll(() => github?.stop());

  const to = (name: string, options: { url?: string; token?: string; cwd?: string } = {}) =>
    pair.rollback(
      { to: name, 'dry-run': 'true', 'github-token': options.token ?? github.token },
      { env: { GITHUB_API_URL: options.url ?? github.url }, ...(options.cwd ? { cwd: options.cwd } : {}) },
    );
  /** Rewrites a field of a record, and gives back what puts it right again. */
  const patched = async (version: string, fields: object) => {
    const key = `production/releases/${version}.json`;
    const before = await pair.site.json<object>(key);
    const put = (value?: object) =>
      pair.site.s3.send(
        new PutObjectCommand({ Bucket: pair.site.releaseBucket, Key: key, Body: JSON.stringify(value) }),
      );
    await put({ ...before, ...fields });
    return () => put(before);
  };
  const DOWN = 'http://127.0.0.1:9';

  it('asks GitHub for its commit, and GitHub alone knows it', async () => {
    const run = await to('v1.2');
    expect(run.outputs['outcome'], run.log).toBe('planned');
    expect(JSON.parse(run.outputs['plan'] ?? '')).toMatchObject({ to: 'v2' });
    expect(github.requests).toEqual([
      'GET /repos/org/app/git/ref/tags/v1.2',
      `GET /repos/org/app/git/tags/${'a'.repeat(40)}`,
    ]);
    github.requests.length = 0;
    await Promise.all(['v2', commitOf('v2').slice(0, 7), 'latest-good'].map((known) => to(known)));
    expect(github.requests, 'nothing is asked of GitHub that the ledger knows').toEqual([]);
  });

  it('goes by the release records and by the clone at hand where GitHub is down', async () => {
    const undo = await patched('v1', { ref: 'refs/tags/recorded' });
    const recorded = await to('recorded', { url: DOWN });
    await undo();
    expect(JSON.parse(recorded.outputs['plan'] ?? '{}'), recorded.log).toMatchObject({ to: 'v1' });
    const again = await patched('v1', { commit: made });
    const cloned = await to('cloned', { url: DOWN, cwd: clone });
    await again();
    expect(JSON.parse(cloned.outputs['plan'] ?? '{}'), cloned.log).toMatchObject({ to: 'v1' });
  });

  it.each<[string, string, { url?: string; token?: string }, RegExp]>([
    [
      'GitHub is down',
      'v9.9',
      { url: DOWN },
      /GitHub could not be asked \(.*\), and the clone here has no such/,
    ],
    ['there is none', 'v9.9', {}, /org\/app has no such tag at GitHub\n/],
    ['nobody may look', 'v9.9', { token: '' }, /or it cannot be seen without `github-token`/],
    [
      'it was never released',
      'other',
      {},
      /the tag is commit bbbbbbbbbbbb, of which there was never a release/,
    ],
  ])('refuses with the table of releases where %s', async (_why, name, options, words) => {
    await cloud.clearRequests();
    const run = await to(name, options);
    expect(run.outputs['outcome'], run.log).toBe('refused');
    const text = run.log.replaceAll('%0A', '\n');
    expect(text).toMatch(words);
    expect(text).toMatch(/release +commit +when[\s\S]*v3 +3333333/);
    expect(await changes()).toEqual([]);
  });
});

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
      parts: [{ changes: true }, { changes: true }],
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
      parts: {
        backend: { result: 'deployed', image: await pair.image('v2') },
        frontend: { result: 'deployed' },
      },
      composition: { backend: id, frontend: id },
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
