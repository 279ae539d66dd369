import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changesOf,
  createBucket,
  createEcs,
  createExpress,
  deployBackend,
  pushApp,
  readJson,
  type TestApp,
} from '../support/backend.ts';
import { logText } from '../support/backend-faults.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { load } from '../support/compute.ts';
import { createGated, deploymentsOf, heldDeployment, pauseAt } from '../support/gated.ts';
import { runAction } from '../support/run-action.ts';

// Blue/green with a gate: a candidate is asked while no user reaches it, by the log of a client at 50 requests a second.
let cloud: TestCloud;
let one: string;
let two: string;
const workspace = mkdtempSync(join(tmpdir(), 'wwhd-gate-'));
// The address in the file is the users': the candidate's comes before it.
const checks = (url: string, retry = 'retry: { budget: 0s }') => `version: 1
base-url: ${url}
checks:
  - name: the orders are there
    get: /orders
    ${retry}
    expect: { status: 200, latency: { p95: 1s, samples: 3 } }
`;

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
});
afterAll(() => cloud.stop());

const digest = (image: string) => image.split('@')[1] ?? '';
const versions = (answers: Readonly<Record<string, number>>) =>
  [
    ...new Set(
      Object.keys(answers).map((one) => /"version":"([^"]*)".* (\d+)$/.exec(one)?.slice(1).join(' ')),
    ),
  ].sort();

async function deployGated(
  name: string,
  app: TestApp | undefined,
  inputs: Record<string, string> = {},
  options: Parameters<typeof createGated>[3] = {},
) {
  const { service, pair } = await createGated(cloud, name, one, options);
  const image = app ? await pushApp(cloud, app, 'api', name) : two;
  writeFileSync(join(workspace, `${name}.yml`), checks(pair.url));
  const users = load(pair.url, 50);
  const run = await deployBackend(
    cloud,
    {
      service: service.arn,
      image,
      gate: 'pause',
      'smoke-checks': `${name}.yml`,
      'wait-timeout': '3m',
      ...inputs,
      ...(inputs['probe-url'] ? { 'probe-url': inputs['probe-url'].replace('USERS', pair.url) } : {}),
    },
    { cwd: workspace },
  );
  const result = await users.stop();
  return { run, service, pair, image, ...result, seen: versions(result.answers) };
}

// One after another: the client's load is the machine's as well.
describe('gate: pause', () => {
  test('a good version is asked before users reach it, and then they all do', async () => {
    const { run, service, pair, failed, seen } = await deployGated('gate-good', undefined);
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect(failed).toEqual([]);
    expect(seen).toEqual(['1 200', '2 200']);
    expect(await service.images()).toEqual([digest(two)]);
    expect(await pair.weights(pair.rules.production)).toEqual([0, 100]);
    const log = logText(run.log);
    expect(log).toMatch(/have 0 % of the users' requests; asked at http:\/\/127\.0\.0\.1:\d+/);
    expect(log).toContain(`its revision has the digest that was asked for: ${digest(two)}`);
    expect(log).toMatch(/load: 50 requests, 0 failed/);
    expect(run.summary).toMatch(/\*\*Candidate\*\*[\s\S]*until then \| 0 %[\s\S]*users may reach it/);
    expect((await changesOf(cloud, 'gate-good')).filter((o) => o === 'UpdateService')).toHaveLength(2);
  });

  interface Bad {
    readonly what: string;
    readonly app: Omit<TestApp, 'version'>;
    readonly says: RegExp;
    readonly inputs?: Record<string, string>;
  }
  const slow = { 'wait-timeout': '12s' };
  const stopped = /was still IN_PROGRESS when wait-timeout ran out/;
  const BAD: readonly Bad[] = [
    {
      what: 'answers 500 to one route',
      app: { root: 500 },
      says: /smoke checks of the candidate failed[\s\S]*the orders are there/,
    },
    { what: 'is slow', app: { delay: 1500 }, says: /smoke checks of the candidate failed[\s\S]*latency/ },
    { what: 'crashes at its start', app: { exit: 1 }, says: stopped, inputs: slow },
    { what: 'is unhealthy', app: { health: 500 }, says: stopped, inputs: slow },
  ];
  test.each(BAD)('a version that $what: no user meets it', async ({ what, app, says, inputs = {} }) => {
    const name = `gate-${what.replaceAll(' ', '-')}`.slice(0, 24).replace(/-$/, '');
    const { run, service, pair, failed, seen } = await deployGated(name, { version: name, ...app }, inputs);
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    expect(logText(run.log)).toMatch(says);
    expect(failed).toEqual([]);
    expect(seen).toEqual(['1 200']);
    expect(await service.images()).toEqual([digest(one)]);
    expect(await pair.weights(pair.rules.production)).toEqual([100, 0]);
    expect((await changesOf(cloud, name)).filter((o) => o === 'UpdateService')).toHaveLength(2);
  });

  test('a version that goes wrong in the bake is stopped there: the weights go back, and nothing is deployed anew', async () => {
    const { run, service, pair } = await deployGated(
      'gate-bake',
      { version: 'leaks', turns: 40 },
      { 'candidate-load': '0', 'probe-url': 'USERS/orders', 'max-error-rate': '10%' },
      { deployment: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1440 } },
    );
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    const log = logText(run.log);
    expect(log).toMatch(
      /users may reach it[\s\S]*all users are on the new version[\s\S]*the rollout is stopped/,
    );
    expect(log).toMatch(
      /the rollout was stopped by us, and ecs went back to api@sha256:\w+, and that was verified/,
    );
    expect((await changesOf(cloud, 'gate-bake')).filter((o) => o === 'UpdateService')).toHaveLength(2);
    expect((await deploymentsOf(cloud, 'gate-bake'))[0]?.status).toBe('ROLLBACK_SUCCESSFUL');
    expect(await service.images()).toEqual([digest(one)]);
    expect(await pair.weights(pair.rules.production)).toEqual([100, 0]);
  });

  test('the load alone decides where there are no checks', async () => {
    const path = '/orders';
    const { run, failed, seen } = await deployGated(
      'gate-load',
      { version: 'bad', root: 503 },
      { 'smoke-checks': '', 'probe-url': 'http://127.0.0.1:9/orders', 'candidate-load': '20' },
    );
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    expect(logText(run.log)).toMatch(
      new RegExp(
        `20 of 20 requests to the candidate \\(http://127\\.0\\.0\\.1:\\d+${path}\\) failed \\(HTTP 503\\)`,
      ),
    );
    expect(logText(run.log)).toMatch(/dropped before any user reached it: users stayed on api@sha256/);
    expect(failed).toEqual([]);
    expect(seen).toEqual(['1 200']);
  });

  test('a canary is asked before its first user, and then goes its steps', async () => {
    const canary = {
      strategy: 'CANARY',
      canaryConfiguration: { canaryPercent: 20, canaryBakeTimeInMinutes: 8 },
    };
    const { run, failed } = await deployGated('gate-canary', undefined, {}, { deployment: canary });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect(failed).toEqual([]);
    expect(logText(run.log)).toMatch(
      /have 0 % of the users' requests[\s\S]*users may reach it[\s\S]*, 20 % of the traffic/,
    );
  });

  test('a rollback is let through by our own hook at once, and so is the one after it', async () => {
    const ledger = { 'release-bucket': await createBucket(cloud, 'gate-ledger') };
    const { run, service } = await deployGated('gate-return', undefined, {
      ...ledger,
      'release-id': 'gated',
    });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    for (const [to, image] of [
      ['gated.adopted', one],
      ['gated', two],
    ] as const) {
      const back = await runAction('rollback', { ...ledger, to }, { cwd: workspace, env: cloud.env });
      expect(back.outputs['outcome'], back.log).toBe('rolled-back');
      expect(logText(back.log)).toContain('is let through');
      expect(await service.images()).toEqual([digest(image)]);
    }
  });

  test('at a listener of its own, with an address that is given', async () => {
    const { service, pair } = await createGated(cloud, 'gate-listener', one, { header: null });
    const inputs = { service: service.arn, image: two, gate: 'pause' };
    const without = await deployBackend(cloud, inputs);
    expect(without.outputs['outcome'], without.log).toBe('refused');
    expect(without.log).toMatch(/`candidate-url`: is needed/);
    const run = await deployBackend(cloud, { ...inputs, 'candidate-url': pair.testUrl });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect(run.log).toContain(`asked at ${pair.testUrl}`);
  });
});

describe.concurrent('gate: pause is refused', () => {
  test.each([
    [
      'without a hook',
      { hooks: [] },
      /pause needs a PAUSE hook of the service at POST_TEST_TRAFFIC_SHIFT[\s\S]*"targetType": "PAUSE"/,
    ],
    ['with a hook elsewhere', { hooks: [pauseAt('POST_SCALE_UP')] }, /PAUSE at POST_SCALE_UP/],
    [
      'with a hook that goes on by itself',
      { hooks: [pauseAt('POST_TEST_TRAFFIC_SHIFT', { timeoutInMinutes: 30, action: 'CONTINUE' })] },
      /goes on by itself when nobody answers[\s\S]*CONTINUE after 30 minutes/,
    ],
  ])('%s', async (what, options, says) => {
    const name = `no-gate-${what.replaceAll(' ', '-')}`.slice(0, 26).replace(/-$/, '');
    const { service } = await createGated(cloud, name, one, options);
    const before = await changesOf(cloud, name);
    const run = await deployBackend(cloud, { service: service.arn, image: two, gate: 'pause' });
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(logText(run.log)).toMatch(says);
    expect(await changesOf(cloud, name)).toEqual(before);
  });

  test('where the service has no such strategy', async () => {
    const rolling = await createEcs(cloud, 'gate-rolling', one);
    const express = await createExpress(cloud, 'gate-express', one);
    for (const { arn } of [rolling, express]) {
      const run = await deployBackend(cloud, { service: arn, image: two, gate: 'pause' });
      expect(run.outputs['outcome'], run.log).toBe('refused');
      expect(run.log).toMatch(/strategy ROLLING|target ecs-express/);
    }
  });
});

describe.concurrent('a run that dies while its candidate waits', () => {
  async function killedAtTheGate(name: string) {
    const { service, pair } = await createGated(cloud, name, one);
    const bucket = await createBucket(cloud, `releases-${name}`);
    writeFileSync(join(workspace, `${name}.yml`), checks(pair.url, 'retry: { budget: 4m }'));
    const image = await pushApp(cloud, { version: name, root: 500 }, 'api', name);
    const inputs = {
      service: service.arn,
      image,
      gate: 'pause',
      'release-bucket': bucket,
      'release-id': 'r1',
    };
    const run = await deployBackend(
      cloud,
      { ...inputs, 'smoke-checks': `${name}.yml` },
      {
        cwd: workspace,
        onStart: (child) => void heldDeployment(cloud, name).then(() => child.kill('SIGKILL')),
      },
    );
    expect(run.signal, run.log).toBe('SIGKILL');
    expect((await heldDeployment(cloud, name)).lifecycleStage).toBe('POST_TEST_TRAFFIC_SHIFT');
    return { service, pair, bucket, inputs, run };
  }

  test('the post step drops it', async () => {
    const { inputs, run, service, bucket } = await killedAtTheGate('gate-dies-post');
    const post = await deployBackend(cloud, inputs, { post: run.state });
    expect(logText(post.log)).toMatch(/interrupted; the service is on api@sha256:\w+, verified/);
    expect((await deploymentsOf(cloud, 'gate-dies-post'))[0]?.status).toBe('ROLLBACK_SUCCESSFUL');
    expect(await service.images()).toEqual([digest(one)]);
    const record = await readJson(cloud, bucket, 'production/releases/r1.json');
    expect(record).toMatchObject({ parts: { backend: { result: 'interrupted' } } });
  });

  test('where there is no post step, the next run drops it, and does not wait a day', async () => {
    const { inputs, service } = await killedAtTheGate('gate-dies-next');
    const next = await deployBackend(cloud, { ...inputs, image: two, 'release-id': 'r2' });
    expect(next.outputs['outcome'], next.log).toBe('deployed');
    expect(logText(next.log)).toMatch(
      /waits at POST_TEST_TRAFFIC_SHIFT for the answer of a run that died: it is dropped/,
    );
    expect(await service.images()).toEqual([digest(two)]);
  });
});
