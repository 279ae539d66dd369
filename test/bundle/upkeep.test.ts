// What a schedule does: drift against the ledger, and previews that nobody needs any more.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsAccess, callAws } from '../../demo/aws.ts';
import { createBucket, createTestRunner, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { type FakeGitHub, startGitHub } from '../support/github.ts';
import { runAction } from '../support/run-action.ts';
import { until } from '../support/until.ts';

let cloud: TestCloud;
let github: FakeGitHub;
let dir: string;
let access: AwsAccess;

const s3 = (method: string, path: string, body = '') =>
  callAws(access, { service: 's3', method, path, body, headers: { 'content-type': 'text/html' } });
const keys = async (bucket: string, prefix: string) =>
  [...(await s3('GET', `/${bucket}?list-type=2&prefix=${prefix}`)).matchAll(/<Key>([^<]+)</g)].map(
    (m) => m[1],
  );
const env = () => ({ ...cloud.env, GITHUB_API_URL: github.url });
const run = (name: string, inputs: Record<string, string>) =>
  runAction(name, { 'github-token': github.token, ...inputs }, { cwd: dir, env: env() });
const deploy = (inputs: Record<string, string> = {}) =>
  run('deploy-frontend', { source: 'site', bucket: 'site', ...inputs });

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  github = await startGitHub();
  access = {
    endpoint: cloud.endpoint,
    region: 'us-west-2',
    accessKey: 'local',
    secretKey: 'local',
  };
  dir = mkdtempSync(join(tmpdir(), 'wwhd-upkeep-'));
  mkdirSync(join(dir, 'site'));
  writeFileSync(join(dir, 'site/index.html'), '<!doctype html><title>a</title><p>a');
  writeFileSync(join(dir, 'site/about.html'), '<!doctype html><title>b</title><p>b');
  const location =
    '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>';
  for (const bucket of ['site', 'site-backup', 'pre', 'pre-backup']) await s3('PUT', `/${bucket}`, location);
  expect((await deploy()).outputs['outcome']).toBe('deployed');
});
afterAll(async () => {
  await cloud?.stop();
  await github?.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('drift', () => {
  const drift = (inputs: Record<string, string> = {}) =>
    run('drift', { 'release-bucket': 'site-backup', ...inputs });

  it('is none after a deployment, and changes nothing', async () => {
    await cloud.clearRequests();
    const clean = await drift();
    expect(clean.outputs, clean.log).toMatchObject({ outcome: 'unchanged', drift: 'false' });
    expect(await cloud.changes()).toEqual([]);
    expect(github.issues.size).toBe(0);
  });

  it('is told in one issue for as long as it lasts', async () => {
    await s3('PUT', '/site/about.html', '<!doctype html><title>b</title><p>by hand');
    const found = await drift();
    expect(found.outputs, found.log).toMatchObject({
      outcome: 'unchanged',
      drift: 'true',
      'issue-number': '1',
    });
    expect(found.exitCode).toBe(0);
    expect(github.issues.get(1)?.body).toContain('other or missing: about.html');
    await drift();
    expect(github.issues.size).toBe(1);
    const red = await drift({ fail: 'true', issue: 'false' });
    expect([red.outputs['outcome'], red.exitCode]).toEqual(['failed', 1]);
  });

  it('closes the issue when all is as recorded again', async () => {
    expect((await deploy()).outputs['outcome']).toBe('deployed');
    expect((await drift()).outputs).toMatchObject({ drift: 'false' });
    expect(github.issues.get(1)?.state).toBe('closed');
  });

  it('warns where GitHub does not let it, and is green all the same', async () => {
    await s3('PUT', '/site/about.html', '<!doctype html><title>b</title><p>again');
    const run_ = await drift({ 'github-token': 'ghs_expired' });
    expect(run_.exitCode).toBe(0);
    expect(run_.log).toMatch(/::warning::keeping the issue did not work.*expired/);
  });

  it('is none after a rollback that kept the variables of today', async () => {
    const one = await pushApp(cloud, { version: '1' });
    const service = await createTestRunner(cloud, 'goes-back', one);
    const bucket = await createBucket(cloud, 'goes-back-releases');
    const release = async (id: string, version: string) => {
      const image = await pushApp(cloud, { version });
      const inputs = { service: service.arn, image, 'environment-variables': `LOG=${version}` };
      const done = await run('deploy-backend', { ...inputs, 'release-bucket': bucket, 'release-id': id });
      expect(done.outputs['outcome'], done.log).toBe('deployed');
    };
    await release('r1', '2');
    await release('r2', '3');
    const back = await run('rollback', { to: 'r1', 'release-bucket': bucket, scope: 'backend' });
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    const found = await drift({ 'release-bucket': bucket, issue: 'false' });
    expect(found.outputs, found.log).toMatchObject({ drift: 'false' });
  });

  it('knows an environment without a release', async () => {
    const none = await drift({ environment: 'staging' });
    expect(none.outputs).toMatchObject({ drift: 'false' });
    expect(none.summary).toContain('has no release yet');
  });
});

describe('previews', () => {
  const site = 'http://pr-{0}.preview.test/';
  const preview = (number: number) =>
    deploy({
      bucket: 'pre',
      prefix: `previews/pr-${number}`,
      environment: `preview-pr-${number}`,
      verify: 'false',
    });
  const remove = (inputs: Record<string, string> = {}) => run('preview-remove', { bucket: 'pre', ...inputs });
  const isLocked = async (environment: string) => {
    const lock = `${environment}/lock.json`;
    if (!(await keys('pre-backup', lock)).includes(lock)) return false;
    return JSON.parse(await s3('GET', `/pre-backup/${lock}`)).holders.length > 0;
  };

  it('go when asked for, with backup, ledger and deployment, and nothing else goes', async () => {
    for (const number of [1, 12]) expect((await preview(number)).exitCode).toBe(0);
    await s3('PUT', '/pre/index.html', 'not a preview');
    github.deployments.push({
      id: 5,
      ref: 'x',
      environment: 'preview',
      statuses: [{ state: 'success', environment_url: 'http://pr-1.preview.test/' }],
    });
    const dry = await remove({ number: '1', 'dry-run': 'true' });
    expect(dry.outputs).toMatchObject({ outcome: 'planned', removed: '1' });
    expect(await keys('pre', 'previews/pr-1/')).toHaveLength(2);
    const gone = await remove({ number: '1', 'site-url': site });
    expect(gone.outputs, gone.log).toMatchObject({ outcome: 'deployed', removed: '1' });
    expect(await keys('pre', '')).toEqual([
      'index.html',
      'previews/pr-12/about.html',
      'previews/pr-12/index.html',
    ]);
    expect((await keys('pre-backup', '')).filter((key) => key?.includes('pr-1/'))).toEqual([]);
    expect(github.deployments[0]?.statuses.at(-1)?.state).toBe('inactive');
    expect((await remove({ number: '1' })).outputs['outcome']).toBe('unchanged');
  });

  it('are swept when their pull requests are closed, and kept when GitHub does not say', async () => {
    const issue = (number: number, state: 'open' | 'closed') =>
      github.issues.set(number, { number, state, title: '', body: '', labels: [], comments: [] });
    expect((await preview(13)).exitCode).toBe(0);
    issue(12, 'closed');
    issue(13, 'open');
    expect((await preview(99)).exitCode).toBe(0);
    const swept = await remove();
    expect(swept.outputs, swept.log).toMatchObject({ removed: '12' });
    const left = new Set((await keys('pre', 'previews/')).map((key) => key?.split('/')[1]));
    expect([...left]).toEqual(['pr-13', 'pr-99']);
    expect(swept.log).toMatch(/::warning::asking for #99/);
  });

  it('are never removed in the middle of a deployment: the removal waits, and a sweep leaves them', async () => {
    const place = 'pre/previews/pr-13/index.html';
    await s3('PUT', `/${place}`, '<!doctype html><title>by hand</title>');
    github.issues.set(13, { number: 13, state: 'closed', title: '', body: '', labels: [], comments: [] });
    await cloud.fault({ kind: 'hold', service: 's3', operation: 'PutObject', resource: place });
    const runs = [preview(13)];
    try {
      await until(() => isLocked('preview-pr-13'), 'the lock of the preview');
      const before = await keys('pre', '');
      const refused = await remove({ number: '13', 'lock-timeout': '0s' });
      expect(refused.outputs['outcome'], refused.log).toBe('refused');
      expect(refused.log).toMatch(/timed out after .* waiting for the lock of preview-pr-13/);
      const swept = await remove({ 'lock-timeout': '0s' });
      expect(swept.outputs, swept.log).toMatchObject({ outcome: 'unchanged', removed: '' });
      expect(swept.log).toMatch(/::warning::the preview of #13 stays until the next sweep/);
      expect(await keys('pre', '')).toEqual(before);
      runs.push(remove({ number: '13' }));
    } finally {
      await cloud.clearFaults();
      await Promise.all(runs);
    }
    for (const { outputs, log } of await Promise.all(runs)) expect(outputs['outcome'], log).toBe('deployed');
    expect(await keys('pre', 'previews/pr-13/')).toEqual([]);
    expect((await keys('pre-backup', '')).filter((key) => key?.includes('pr-13/'))).toEqual([]);
  });

  it('refuse a folder that is not one, before anything is removed', async () => {
    await cloud.clearRequests();
    const refused = await remove({ number: '13', folder: '..' });
    expect(refused.outputs['outcome']).toBe('refused');
    expect(await cloud.changes()).toEqual([]);
  });
});
