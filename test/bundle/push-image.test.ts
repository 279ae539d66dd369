import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AwsAccess, callJson } from '../../demo/aws.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { writeLayout } from '../support/image.ts';
import { type ActionRun, runAction } from '../support/run-action.ts';

let cloud: TestCloud;
let dir: string;
let access: AwsAccess;
let layout: ReturnType<typeof writeLayout>;
const commit = (digit: string) => digit.repeat(40);

const ecr = <T>(operation: string, body: unknown): Promise<T> =>
  callJson<T>(access, 'ecr', `AmazonEC2ContainerRegistry_V20150921.${operation}`, body);
const push = (
  inputs: Record<string, string>,
  of = commit('a'),
  env: Record<string, string> = {},
): Promise<ActionRun> =>
  runAction(
    'push-image',
    { repository: 'app', 'oci-layout': 'layout', ...inputs },
    { cwd: dir, commit: of, env: { ...cloud.env, ...env } },
  );

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  access = {
    endpoint: cloud.endpoint,
    region: 'us-west-2',
    accessKey: 'local',
    secretKey: 'local',
  };
  dir = mkdtempSync(join(tmpdir(), 'wwhd-push-'));
  layout = writeLayout(join(dir, 'layout'));
  await ecr('CreateRepository', { repositoryName: 'app' });
  await ecr('CreateRepository', { repositoryName: 'frozen', imageTagMutability: 'IMMUTABLE' });
});
afterAll(async () => {
  await cloud.stop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  await cloud.clearFaults();
  await cloud.clearRequests();
});

describe('push-image to ECR', () => {
  it('pushes a layout by ECR token, and the digest is the one that ECR has', async () => {
    const run = await push({ tags: 'main' });
    expect(run.log).not.toContain('::error');
    expect(run.outputs).toMatchObject({
      outcome: 'deployed',
      pushed: 'true',
      digest: layout.digest,
      tag: 'sha-aaaaaaaaaaaa',
      image: `${new URL(cloud.endpoint).host}/app@${layout.digest}`,
    });
    const { images } = await ecr<{ images: { imageId: { imageDigest: string } }[] }>('BatchGetImage', {
      repositoryName: 'app',
      imageIds: [{ imageTag: 'main' }],
    });
    expect(images[0]?.imageId.imageDigest).toBe(layout.digest);
    expect(run.summary).toContain(layout.digest);
    expect(run.exitCode).toBe(0);
  });

  it('finds it there the next time, and changes nothing', async () => {
    const run = await push({ tags: 'main' });
    expect(run.outputs).toMatchObject({ outcome: 'unchanged', pushed: 'false', digest: layout.digest });
    expect(await cloud.changes()).toEqual([]);
  });

  it('moves a tag to another image, and none of them in an immutable repository', async () => {
    expect((await push({ repository: 'frozen', tags: 'main' })).outputs['outcome']).toBe('deployed');
    writeLayout(join(dir, 'other'), { layer: Buffer.from('other') });
    const moved = await push({ 'oci-layout': 'other', tags: 'main' }, commit('b'));
    expect(moved.outputs['outcome']).toBe('deployed');
    await cloud.clearRequests();
    const refused = await push({ repository: 'frozen', 'oci-layout': 'other', tags: 'main' }, commit('b'));
    expect(refused.outputs['outcome']).toBe('refused');
    expect(refused.exitCode).toBe(2);
    expect(refused.log).toMatch(/input `tags`.*main cannot be moved/);
    expect(await cloud.changes()).toEqual([]);
  });

  it('keeps the first of two images of one commit, and names the second by its content', async () => {
    const first = await push({}, commit('7'));
    const other = writeLayout(join(dir, 'other-7'), { layer: Buffer.from('seven') });
    const second = await push({ 'oci-layout': 'other-7' }, commit('7'));
    expect(second.outputs, second.log).toMatchObject({
      outcome: 'deployed',
      digest: other.digest,
      tag: `sha-777777777777-${other.digest.slice(7, 15)}`,
    });
    expect(second.log).toMatch(/::warning::sha-777777777777 is another image of this commit/);
    expect(second.log).toContain(layout.digest);
    await cloud.clearRequests();
    const again = await push({ 'oci-layout': 'other-7' }, commit('7'));
    expect(again.outputs).toMatchObject({ outcome: 'unchanged', digest: other.digest });
    const firstAgain = await push({}, commit('7'));
    expect(firstAgain.outputs).toMatchObject({ outcome: 'unchanged', digest: first.outputs['digest'] });
    expect(firstAgain.outputs['tag']).toBe('sha-777777777777');
    expect(await cloud.changes()).toEqual([]);
  });

  it('finds the image of another commit, from files that are not its own', async () => {
    mkdirSync(join(dir, 'now'), { recursive: true });
    writeFileSync(join(dir, 'now/Dockerfile'), 'FROM scratch\n');
    const of = { 'oci-layout': '', context: 'now', commit: commit('a'), 'dry-run': 'true' };
    const run = await push(of, commit('9'));
    expect(run.outputs, run.log).toMatchObject({ outcome: 'planned', digest: layout.digest });
  });

  it('makes the repository where that is asked for', async () => {
    const planned = await push({ repository: 'made/here', 'create-repository': 'true', 'dry-run': 'true' });
    expect(planned.outputs['outcome']).toBe('refused');
    const run = await push({ repository: 'made/here', 'create-repository': 'true' });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', digest: layout.digest });
    const { repositories } = await ecr<{ repositories: { imageTagMutability: string }[] }>(
      'DescribeRepositories',
      { repositoryNames: ['made/here'] },
    );
    expect(repositories[0]?.imageTagMutability).toBe('IMMUTABLE');
    await cloud.clearRequests();
    const again = await push({ repository: 'made/here', 'create-repository': 'true' });
    expect(again.outputs['outcome'], again.log).toBe('unchanged');
    expect(await cloud.changes()).toEqual([]);
  });

  it('plans, and changes nothing', async () => {
    const run = await push({ 'dry-run': 'true' }, commit('c'));
    expect(run.outputs).toMatchObject({ outcome: 'planned', pushed: 'false' });
    expect(JSON.parse(run.outputs['plan'] ?? '')).toMatchObject({
      action: 'push-layout',
      tag: 'sha-cccccccccccc',
    });
    expect(await cloud.changes()).toEqual([]);
  });

  const wrong: Array<[string, Record<string, string>, RegExp]> = [
    ['an unknown repository', { repository: 'nope' }, /RepositoryNotFoundException/],
    ['an expression that became nothing', { repository: '' }, /input `repository`: is required but empty/],
    ['a layout that is not there', { 'oci-layout': 'no-such' }, /input `oci-layout`: names nothing/],
    [
      'a context without a Dockerfile',
      { 'oci-layout': '', context: 'empty' },
      /input `dockerfile`.*Containerfile/,
    ],
  ];
  it.each(wrong)('refuses %s, and changes nothing', async (_name, inputs, said) => {
    mkdirSync(join(dir, 'empty'), { recursive: true });
    const run = await push(inputs, commit('d'));
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.exitCode).toBe(2);
    expect(run.log).toMatch(said);
    expect(await cloud.changes()).toEqual([]);
  });

  it.each([
    ['no credentials', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, /configure-aws-credentials/],
    ['no region', { AWS_REGION: '', AWS_DEFAULT_REGION: '' }, /AWS_REGION/],
    ['another region', { AWS_REGION: 'eu-west-1' }, /RepositoryNotFoundException/],
  ])('refuses with %s', async (_name, env, said) => {
    const run = await push({}, commit('d'), env);
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toMatch(said);
  });

  it('never shows the password', async () => {
    const run = await push({}, commit('e'), { RUNNER_DEBUG: '1' });
    const { authorizationData } = await ecr<{ authorizationData: { authorizationToken: string }[] }>(
      'GetAuthorizationToken',
      {},
    );
    const token = authorizationData[0]?.authorizationToken ?? '';
    const password = Buffer.from(token, 'base64').toString().slice('AWS:'.length);
    const shown = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    expect(password.length).toBeGreaterThan(8);
    expect(shown.join('\n')).not.toContain(password);
    expect(run.log).toContain('::add-mask::');
  });

  it('survives throttling, dropped connections and a lost answer', async () => {
    writeLayout(join(dir, 'third'), { layer: Buffer.alloc(500_000, 3) });
    await cloud.fault({ kind: 'throttle', service: 'ecr', count: 2 });
    await cloud.fault({ kind: 'reset', service: 'registry', count: 2 });
    await cloud.fault({ kind: 'reset-after', service: 'registry', count: 1, after: 4 });
    const run = await push({ 'oci-layout': 'third' }, commit('f'));
    expect(run.outputs['outcome'], run.log).toBe('deployed');
  });
});

it('ends a cancelled build at once, and logs the engine out', async () => {
  const bin = join(dir, 'bin');
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(dir, 'slow'), { recursive: true });
  writeFileSync(join(dir, 'slow/Dockerfile'), 'FROM scratch\n');
  // An engine that is logged in to, and then builds until it is told to stop.
  const script = [
    '#!/bin/sh',
    `echo "$1" >> ${dir}/calls`,
    'case "$1" in buildx) exit 1;; login) cat > /dev/null;; build) echo building; exec sleep 300;; *) exit 0;; esac',
  ];
  writeFileSync(join(bin, 'docker'), script.join('\n'), { mode: 0o755 });
  const env = { ...cloud.env, PATH: `${bin}:${process.env['PATH']}` };
  const run = await runAction(
    'push-image',
    { repository: 'app', context: 'slow', engine: 'docker' },
    {
      cwd: dir,
      commit: commit('8'),
      env,
      onStart: (child) =>
        child.stdout?.on('data', (text) => `${text}`.includes('building') && child.kill('SIGINT')),
      timeout: 60_000,
    },
  );
  expect([run.exitCode, run.outputs['outcome']], run.log).toEqual([130, 'interrupted']);
  expect(readFileSync(join(dir, 'calls'), 'utf8').split('\n')).not.toContain('push');
  await runAction('push-image', { repository: 'app' }, { cwd: dir, env, post: run.state });
  expect(readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n').at(-1)).toBe('logout');
});

describe('the scan gate', () => {
  it('passes a clean image', async () => {
    const run = await push({ 'scan-gate': 'high' });
    expect(run.outputs['outcome'], run.log).toBe('unchanged');
    expect(run.summary).toContain('**Scan:** complete');
  });

  it.each(['DescribeImageScanFindings', 'StartImageScan'])(
    'is a failure, and no refusal, where ecr:%s is denied: the image has been pushed',
    async (operation) => {
      await ecr('CreateRepository', { repositoryName: `unscanned-${operation.toLowerCase()}` });
      await cloud.fault({ kind: 'denied', service: 'ecr', operation });
      const repository = `unscanned-${operation.toLowerCase()}`;
      const run = await push({ repository, 'scan-gate': 'high' });
      expect(run.outputs['outcome'], run.log).toBe('failed');
      expect(run.log).toContain(`ecr:${operation} on ${repository} did not work`);
    },
  );

  it('fails on what the scan finds, and says what it is', async () => {
    await cloud.fault({ kind: 'scan-findings', severities: { CRITICAL: 2, HIGH: 1 } });
    const run = await push({ 'scan-gate': 'critical' });
    expect(run.outputs, run.log).toMatchObject({
      outcome: 'failed',
      digest: expect.stringContaining('sha256:'),
    });
    expect(run.log).toMatch(/2 findings of severity CRITICAL/);
    expect(run.exitCode).toBe(1);
  });

  it('lets pass what is below the gate', async () => {
    await cloud.fault({ kind: 'scan-findings', severities: { HIGH: 3 } });
    expect((await push({ 'scan-gate': 'critical' })).outputs['outcome']).toBe('unchanged');
  });
});

it('warns of a build argument that looks like a secret', async () => {
  mkdirSync(join(dir, 'context'), { recursive: true });
  writeFileSync(join(dir, 'context/Dockerfile'), 'FROM scratch\n');
  const run = await push({
    'oci-layout': '',
    context: 'context',
    'build-args': 'NPM_TOKEN=hunter2',
    'dry-run': 'true',
  });
  expect(run.log).toMatch(/::warning::build-args NPM_TOKEN/);
  expect(run.log).not.toContain('hunter2');
});
