// Two services and a site in one environment, each a part of its own name: they are deployed, go back together or by name,
// are whole after a kill, and show in history and drift. The ledger under them begins as version 1 left it.
import type { ChildProcess } from 'node:child_process';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Pointer, ReleaseRecord } from '../../src/release/record.ts';
import { appRunner, createRunner, deployBackend, pushApp, type RunnerService } from '../support/backend.ts';
import { pauseFault } from '../support/backend-faults.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { commitOf } from '../support/pair.ts';
import { type ActionRun, type RunOptions, runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
let site: TestSite;
let [api, worker]: RunnerService[] = [];
const images: Record<string, string> = {};
const NAMES = ['api', 'worker', 'web'] as const;

beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
  for (const version of ['v0', 'v1', 'v2', 'v3']) images[version] = await pushApp(cloud, { version });
  [api, worker] = await Promise.all([
    createRunner(cloud, 'parts-api', images['v0'] ?? ''),
    createRunner(cloud, 'parts-worker', images['v0'] ?? ''),
  ]);
  site = await makeSite(cloud, 'parts-site');
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const arnOf = (part: string) => (part === 'api' ? api : worker)?.ServiceArn ?? '';
const words = (run: ActionRun) => run.log.replaceAll('%0A', '\n');
const outcome = (run: ActionRun) => run.outputs['outcome'];

/** Deploys one part of the release that is named as its version. */
function deploy(part: string, version: string, more: Record<string, string> = {}): Promise<ActionRun> {
  const options: RunOptions = { commit: commitOf(version), runNumber: Number(version.slice(1)), job: part };
  const inputs = {
    'release-bucket': site.releaseBucket,
    'release-id': version,
    'allow-older-commit': 'true',
    part,
    ...more,
  };
  if (part === 'web') return site.deploy(makeFolder(smallSite(version)), inputs, options);
  const own = { service: arnOf(part), image: images[version] ?? '', 'max-error-rate': '100%' };
  return deployBackend(cloud, { ...own, ...inputs }, options);
}

async function release(version: string): Promise<void> {
  const runs = await Promise.all(NAMES.map((part) => deploy(part, version)));
  for (const run of runs) expect(outcome(run), run.log).toBe('deployed');
}

const rollback = (inputs: Record<string, string>, options: RunOptions = {}) =>
  runAction(
    'rollback',
    { 'release-bucket': site.releaseBucket, reason: 'test', ...inputs },
    { runNumber: 90, ...options, env: { ...cloud.env, ...options.env } },
  );

/** Which version each part runs, by the cloud's own state. */
async function live(): Promise<Record<string, string | undefined>> {
  const imageOf = async (part: string) => {
    const { Service } = await appRunner<{
      Service: { SourceConfiguration: { ImageRepository: { ImageIdentifier: string } } };
    }>(cloud, 'DescribeService', { ServiceArn: arnOf(part) });
    const digest = Service.SourceConfiguration.ImageRepository.ImageIdentifier.split('@')[1] ?? 'none';
    return Object.keys(images).find((version) => images[version]?.endsWith(digest));
  };
  const page = (await site.live()).get('index.html') ?? '';
  return {
    api: await imageOf('api'),
    worker: await imageOf('worker'),
    web: /<h1>Home (v\d)</.exec(page)?.[1],
  };
}

const pointer = () => site.json<Pointer>('production/current.json');
const put = (Key: string, value: object | string) =>
  site.s3.send(
    new PutObjectCommand({
      Bucket: site.releaseBucket,
      Key: `production/${Key}`,
      Body: typeof value === 'string' ? value : JSON.stringify(value),
    }),
  );

it('takes three parts live as one release, each under its name', async () => {
  await release('v1');
  await release('v2');
  expect(await live()).toEqual({ api: 'v2', worker: 'v2', web: 'v2' });
  expect(await pointer()).toMatchObject({
    version: 2,
    release: 'v2',
    parts: { api: 'v2', worker: 'v2', web: 'v2' },
  });
  const record = await site.json<ReleaseRecord>('production/releases/v2.json');
  expect(record).toMatchObject({
    version: 2,
    result: 'deployed',
    parts: {
      api: { kind: 'service', service: arnOf('api') },
      worker: { kind: 'service', service: arnOf('worker') },
      web: { kind: 'site', bucket: site.bucket },
    },
    composition: { api: 'v2', worker: 'v2', web: 'v2' },
  });
});

it('refuses a second thing under a name, a second name for a thing, and what is no name', async () => {
  const before = await live();
  const asked: Array<[Record<string, string>, string, RegExp]> = [
    [{ service: arnOf('worker') }, 'api', /parts-worker.* is the part worker of production already/],
    [{ part: 'third' }, 'api', /is the part api of production already[\s\S]*set part: api/],
    [{ part: 'web' }, 'api', /part api of production already/],
    [{ part: 'Not a name' }, 'api', /input `part`: is not the name of a part/],
    [{ part: 'docs' }, 'web', /is the part web of production already[\s\S]*set part: web/],
  ];
  for (const [inputs, part, said] of asked) {
    const run = await deploy(part, 'v3', inputs);
    expect(outcome(run), run.log).toBe('refused');
    expect(words(run)).toMatch(said);
  }
  expect(await live()).toEqual(before);
  expect(await site.json('production/releases/v3.json')).toBeUndefined();
});

it('refuses a place for one part where two would go, and a part that is not there', async () => {
  const vague = await rollback({ service: arnOf('api') });
  expect(outcome(vague), vague.log).toBe('refused');
  expect(words(vague)).toMatch(/input `service`[\s\S]*2 go back[\s\S]*parts: (api|worker)/);
  const none = await rollback({ to: 'v1', parts: 'docs' });
  expect(outcome(none), none.log).toBe('refused');
  expect(words(none)).toMatch(/release v1 has no part docs[\s\S]*its parts: /);
});

it('takes one part back by its name, and tells what stays', async () => {
  const run = await rollback({ parts: 'worker', order: 'auto' });
  expect(outcome(run), run.log).toBe('rolled-back');
  expect(words(run)).toMatch(/api stays as it is: release v2/);
  expect(await live()).toEqual({ api: 'v2', worker: 'v1', web: 'v2' });
  const id = run.outputs['release-id'];
  expect((await pointer())?.parts).toEqual({ api: 'v2', worker: id, web: 'v2' });
  const back = await rollback({ to: 'v2' });
  expect(outcome(back), back.log).toBe('rolled-back');
  expect(await live()).toEqual({ api: 'v2', worker: 'v2', web: 'v2' });
});

it('takes all parts back together, though another release brought one of them', async () => {
  const alone = await deploy('worker', 'v3', { 'release-id': 'worker-alone' });
  expect(outcome(alone), alone.log).toBe('deployed');
  const planned = await rollback({ to: 'v1', 'dry-run': 'true' });
  expect(outcome(planned), planned.log).toBe('planned');
  const plan = JSON.parse(planned.outputs['plan'] ?? '{}') as { parts: { name: string }[]; order: string[] };
  expect(plan.parts.map(({ name }) => name).sort()).toEqual(['api', 'web', 'worker']);
  expect(plan.order).toHaveLength(3);
  const run = await rollback({ to: 'v1' });
  expect(outcome(run), run.log).toBe('rolled-back');
  expect(await live()).toEqual({ api: 'v1', worker: 'v1', web: 'v1' });
});

it('shows all parts in history and drift', async () => {
  const history = await runAction(
    'history',
    { 'release-bucket': site.releaseBucket },
    { env: cloud.env, runNumber: 91 },
  );
  expect(JSON.parse(history.outputs['live'] ?? '{}'), history.log).toEqual({
    api: 'v1',
    worker: 'v1',
    web: 'v1',
  });
  const look = () =>
    runAction(
      'drift',
      { 'release-bucket': site.releaseBucket, issue: 'false' },
      { env: cloud.env, runNumber: 92 },
    );
  const report = (run: ActionRun) =>
    (
      JSON.parse(run.outputs['report'] ?? '{"parts":[]}') as { parts: { part: string; state: string }[] }
    ).parts.map(({ part, state }) => `${part}: ${state}`);
  const clean = await look();
  expect(report(clean).sort(), clean.log).toEqual([
    'api: as-recorded',
    'web: as-recorded',
    'worker: as-recorded',
  ]);
  await site.s3.send(new PutObjectCommand({ Bucket: site.bucket, Key: 'index.html', Body: 'by hand' }));
  const drifted = await look();
  expect(report(drifted)).toContain('web: drifted');
  expect(report(drifted)).toContain('worker: as-recorded');
  const mended = await deploy('web', 'v1', { 'release-id': 'v1-again' });
  expect(['deployed', 'unchanged'], mended.log).toContain(outcome(mended));
});

it('puts the first service and the site forward again where the second service fails', async () => {
  await release('v3');
  await cloud.fault({ kind: 'unhealthy', service: 'apprunner', resource: 'parts-worker' });
  const run = await rollback({ to: 'v1', order: 'frontend-first' });
  await pauseFault(cloud, 'parts-worker');
  expect(outcome(run), run.log).toBe('failed');
  expect(words(run)).toMatch(/failed at the worker; release v3 is live again, whole/);
  expect(await live()).toEqual({ api: 'v3', worker: 'v3', web: 'v3' });
});

it('is whole after a kill in the middle, by the post step', async () => {
  const inputs = { to: 'v1', order: 'frontend-first' };
  const kill = (child: ChildProcess) => {
    let said = '';
    child.stdout?.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('restoring the worker')) child.kill('SIGKILL');
    });
  };
  const dead = await rollback(inputs, { onStart: kill });
  expect(dead.signal, dead.log).toBe('SIGKILL');
  expect((await live())['api'], dead.log).toBe('v1');
  const post = await rollback(inputs, { post: dead.state });
  expect(post.exitCode, post.log).toBe(0);
  expect(await live(), post.log).toEqual({ api: 'v3', worker: 'v3', web: 'v3' });
  const again = await rollback(inputs, { env: { GITHUB_RUN_ATTEMPT: '2' } });
  expect(outcome(again), again.log).toBe('rolled-back');
  expect(await live()).toEqual({ api: 'v1', worker: 'v1', web: 'v1' });
});

it('refuses to write what a newer version wrote, and leaves it as it is', async () => {
  const now = await pointer();
  const newer = { ...now, version: 3, parts: {}, groups: now?.parts };
  await put('current.json', newer);
  for (const run of [await deploy('api', 'v2'), await deploy('web', 'v2'), await rollback({ to: 'v2' })]) {
    expect(outcome(run), run.log).toBe('refused');
    expect(words(run)).toContain('which a newer wwhd-deploy wrote');
  }
  expect(await pointer()).toEqual(newer);
  expect(await site.stored('production/set-aside/')).toEqual([]);
  await put('current.json', now ?? {});
});
