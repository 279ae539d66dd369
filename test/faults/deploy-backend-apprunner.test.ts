import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  appRunner,
  call,
  changesOf,
  createBucket,
  createTestRunner,
  deployBackend,
  readJson,
  waitRunner,
} from '../support/backend.ts';
import {
  clearFaults,
  type FaultRow,
  type FaultStage,
  faultStage,
  logText,
  playRow,
  until,
  updated,
  versionAt,
} from '../support/backend-faults.ts';
import type { TestCloud } from '../support/cloud.ts';

/** Retries under throttling take their time on a busy machine; milliseconds. */
const TIMEOUT = 120_000;

let stage: FaultStage;
let cloud: TestCloud;
let one: string;
let two: string;

beforeAll(async () => {
  stage = await faultStage(100);
  ({ cloud, one, two } = stage);
});
afterAll(() => cloud.stop());

const ROWS: ReadonlyArray<Omit<FaultRow, 'on'>> = [
  {
    name: 'a version whose health fails: the target goes back by itself, and that is not repeated',
    app: { health: 404 },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /apprunner went back to api@sha256:\w+ by itself, and that was verified[\s\S]*got 404/,
  },
  {
    name: 'a version that ends at its start',
    app: { exit: 3, says: 'Error: Cannot find module "x"' },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /module was not found[\s\S]*last log lines:[\s\S]*Cannot find module/,
  },
  {
    name: 'a version that listens on another port',
    app: { port: 1 },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /must listen on 0\.0\.0\.0:8080/,
  },
  {
    name: 'an image that is gone when it is pulled',
    app: {},
    faults: [{ kind: 'missing-image', count: 1 }],
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /could not be pulled/,
  },
  {
    name: 'smoke checks that fail: back to the snapshot by a second update',
    inputs: { 'smoke-checks': 'smoke.yml' },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 2,
    says: /the smoke checks failed; the service was returned to/,
  },
  {
    name: 'smoke checks that fail, and no rollback wanted',
    inputs: { 'smoke-checks': 'smoke.yml', 'rollback-on-failure': 'false' },
    outcome: 'failed',
    runs: 'new',
    updates: 1,
    says: /rollback-on-failure is false/,
  },
  {
    name: 'a probe that fails too often',
    app: { root: 503 },
    inputs: { 'probe-url': 'SERVICE/page' },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 2,
    says: /requests to http:\S+\/page failed \(\d+ × HTTP 503\), more than the 1% of max-error-rate/,
  },
  {
    name: 'FAILED',
    faults: [{ kind: 'operation-status', status: 'FAILED', count: 1 }],
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /ended as FAILED/,
  },
  {
    name: 'ROLLBACK_SUCCEEDED',
    faults: [{ kind: 'operation-status', status: 'ROLLBACK_SUCCEEDED', count: 1 }],
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /by itself/,
  },
  {
    name: 'ROLLBACK_FAILED',
    faults: [{ kind: 'operation-status', status: 'ROLLBACK_FAILED', count: 1 }],
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /own way back failed/,
  },
  {
    name: 'a status nobody has heard of',
    faults: [{ kind: 'operation-status', status: 'PARTIALLY_DONE', count: 1 }],
    inputs: { 'wait-timeout': '2s' },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /PARTIALLY_DONE is not a status that is known/,
  },
  {
    name: 'a success that deployed nothing: what runs is not what was asked for',
    faults: [{ kind: 'operation-status', status: 'SUCCEEDED', count: 1 }],
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /SUCCEEDED, but what runs is sha256/,
  },
  {
    name: 'a never-ending operation',
    faults: [{ kind: 'stuck' }],
    inputs: { 'wait-timeout': '2s' },
    outcome: 'timed-out',
    runs: 'old',
    updates: 1,
    says: /cannot cancel a rollout[\s\S]*could not be returned/,
  },
  {
    name: 'an operation that vanishes from the list',
    faults: [{ kind: 'vanish', count: 1 }],
    outcome: 'rolled-back',
    runs: 'old',
    updates: 2,
    says: /no longer in the list/,
  },
  {
    name: 'throttling at 40 %',
    faults: [{ kind: 'throttle', service: 'apprunner', rate: 0.4 }],
    outcome: 'deployed',
    runs: 'new',
    updates: 1,
  },
  {
    name: 'bursts of 5xx',
    faults: [{ kind: 'error', service: 'apprunner', status: 503, after: 1, count: 4 }],
    outcome: 'deployed',
    runs: 'new',
    updates: 1,
  },
  {
    name: 'connections that are reset',
    faults: [{ kind: 'reset', service: 'apprunner', rate: 0.3 }],
    outcome: 'deployed',
    runs: 'new',
    updates: 1,
  },
  {
    name: 'an update whose answer is lost',
    faults: [{ kind: 'reset-after', service: 'apprunner', operation: 'UpdateService', count: 1 }],
    outcome: 'deployed',
    runs: 'new',
    updates: 1,
    says: /answer to the update was lost/,
  },
  {
    name: 'access denied half-way: nothing can be seen and nothing can be put back',
    faults: [{ kind: 'denied', service: 'apprunner', operation: 'ListOperations', after: 2 }],
    outcome: 'rollback-failed',
    runs: 'any',
    updates: 1,
    says: /permission to watch/,
  },
  {
    name: 'the update itself denied',
    faults: [{ kind: 'denied', service: 'apprunner', operation: 'UpdateService' }],
    outcome: 'refused',
    runs: 'old',
    updates: 0,
    says: /apprunner:UpdateService on arn/,
  },
];

describe.concurrent('App Runner', () => {
  test.each(ROWS.map((row, index) => ({ ...row, on: 'apprunner' as const, index })))(
    '$name: $outcome',
    (row) => playRow(stage, row, row.index),
    TIMEOUT,
  );
});

/** An image as a test compares it. */
const digests = (image: string) => [image.split('@')[1]];

describe.concurrent('App Runner, interrupted', () => {
  test('SIGTERM: interrupted; the post step returns the service to the snapshot and frees the lock', async () => {
    const service = await createTestRunner(cloud, 'is-cancelled', one);
    const bucket = await createBucket(cloud, 'cancelled-releases');
    const inputs = { service: service.arn, image: two, 'release-bucket': bucket, 'release-id': 'r1' };
    const run = await deployBackend(cloud, inputs, {
      onStart: (child) => void updated(cloud, service).then(() => child.kill('SIGTERM')),
    });
    expect(run.outputs['outcome'], run.log).toBe('interrupted');
    expect(run.exitCode).toBe(130);
    const post = await deployBackend(cloud, inputs, { post: run.state });
    expect(logText(post.log)).toMatch(/interrupted; the service was returned to api@sha256:\w+, verified/);
    expect(await service.images()).toEqual(digests(one));
    expect(await readJson(cloud, bucket, 'production/lock.json')).toMatchObject({ holders: [] });
    expect(await readJson(cloud, bucket, 'production/releases/r1.json')).toMatchObject({
      backend: { result: 'interrupted', cause: expect.stringMatching(/returned to/) },
    });
    expect(await readJson(cloud, bucket, 'production/current.json')).toMatchObject({ backend: 'r1.adopted' });
  });

  test('kill -9, then the post step', async () => {
    const service = await createTestRunner(cloud, 'is-killed', one);
    const inputs = { service: service.arn, image: two };
    const run = await deployBackend(cloud, inputs, {
      onStart: (child) => void updated(cloud, service).then(() => child.kill('SIGKILL')),
    });
    expect(run.signal).toBe('SIGKILL');
    const post = await deployBackend(cloud, inputs, { post: run.state });
    expect(logText(post.log)).toMatch(/interrupted; the service was returned to/);
    expect(await service.images()).toEqual(digests(one));
  });

  test('kill -9 with no post step, then the same again: it ends well', async () => {
    const service = await createTestRunner(cloud, 'is-run-again', one);
    const bucket = await createBucket(cloud, 'again-releases');
    const inputs = { service: service.arn, image: two, 'release-bucket': bucket, 'release-id': 'r1' };
    await deployBackend(cloud, inputs, {
      onStart: (child) => void updated(cloud, service).then(() => child.kill('SIGKILL')),
    });
    const again = await deployBackend(cloud, inputs, { env: { GITHUB_RUN_ATTEMPT: '2' } });
    expect(again.outputs['outcome'], again.log).toBe('unchanged');
    expect(await versionAt(service)).toBe('2');
    expect(await changesOf(cloud, 'is-run-again')).toEqual(['CreateService', 'UpdateService']);
    expect(await readJson(cloud, bucket, 'production/current.json')).toMatchObject({ backend: 'r1' });
  });

  test('kill -9 after the update, then the same again with checks that fail: back to the last proved release', async () => {
    const service = await createTestRunner(cloud, 'is-unproved', one);
    const bucket = await createBucket(cloud, 'unproved-releases');
    const inputs = { service: service.arn, 'release-bucket': bucket };
    const first = await deployBackend(cloud, { ...inputs, image: one, 'release-id': 'r1' });
    expect(first.outputs['outcome'], first.log).toBe('unchanged');
    await deployBackend(
      cloud,
      { ...inputs, image: two, 'release-id': 'r2' },
      { onStart: (child) => void updated(cloud, service).then(() => child.kill('SIGKILL')) },
    );
    writeFileSync(
      join(stage.workspace, 'one.yml'),
      `version: 1\nbase-url: ${service.url}\nchecks:\n  - name: it is version 1\n    get: /\n    retry: { budget: 0s }\n    expect: { json: { $.version: "1" } }\n`,
    );
    const again = await deployBackend(
      cloud,
      { ...inputs, image: two, 'release-id': 'r2', 'smoke-checks': 'one.yml' },
      { env: { GITHUB_RUN_ATTEMPT: '2' }, cwd: stage.workspace },
    );
    expect(again.outputs['outcome'], again.log).toBe('rolled-back');
    expect(await service.images()).toEqual(digests(one));
    expect(await readJson(cloud, bucket, 'production/current.json')).toMatchObject({ backend: 'r1' });
  });

  test('an operation that runs already is waited out', async () => {
    const service = await createTestRunner(cloud, 'is-busy-now', one);
    await cloud.fault({ kind: 'stuck', resource: 'is-busy-now' });
    await appRunner(cloud, 'StartDeployment', { ServiceArn: service.arn });
    const asked = until(async () =>
      (await cloud.requests()).some(
        (r) => r.operation === 'ListOperations' && r.resource.includes('is-busy-now'),
      ),
    );
    const running = deployBackend(cloud, { service: service.arn, image: two });
    await asked.then(() => clearFaults(cloud, 'is-busy-now'));
    const run = await running;
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect(run.log).toMatch(/waiting for what is already under way: START_DEPLOYMENT/);
  });

  test('one that does not end is waited out no longer than lock-timeout, and nothing is changed', async () => {
    const service = await createTestRunner(cloud, 'is-busy-on', one);
    await cloud.fault({ kind: 'stuck', resource: 'is-busy-on' });
    await appRunner(cloud, 'StartDeployment', { ServiceArn: service.arn });
    const run = await deployBackend(cloud, { service: service.arn, image: two, 'lock-timeout': '1s' });
    await clearFaults(cloud, 'is-busy-on');
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(await changesOf(cloud, 'is-busy-on')).toEqual(['CreateService', 'StartDeployment']);
  });

  test('a service that someone else changes while we get ready is left alone', async () => {
    const service = await createTestRunner(cloud, 'is-changed', one);
    const snapshot = until(async () => {
      const reads = (await cloud.requests()).filter(
        (r) => r.operation === 'DescribeAlarms' && r.status === 200,
      );
      return reads.length >= 2;
    });
    await call(cloud, 'monitoring', 'GraniteServiceVersion20100801.PutMetricAlarm', ALARM('quiet'), '1.0');
    const other = snapshot.then(() =>
      appRunner(cloud, 'UpdateService', {
        ServiceArn: service.arn,
        InstanceConfiguration: { Cpu: '2048', Memory: '4096' },
      }),
    );
    const run = await deployBackend(cloud, {
      service: service.arn,
      image: two,
      alarms: 'quiet',
      'probe-interval': '600ms',
    });
    await other;
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toMatch(/was changed by someone else|is busy/);
    await waitRunner(cloud, service.arn);
    expect(await service.images()).toEqual(digests(one));
  });

  test('an alarm that begins to ring in the bake time brings the old version back', async () => {
    const service = await createTestRunner(cloud, 'rings', one);
    for (const name of ['loud', 'rings-already', 'blind'])
      await call(cloud, 'monitoring', 'GraniteServiceVersion20100801.PutMetricAlarm', ALARM(name), '1.0');
    const set = (name: string, state: string) =>
      call(
        cloud,
        'monitoring',
        'GraniteServiceVersion20100801.SetAlarmState',
        { AlarmName: name, StateValue: state, StateReason: '5xx rate' },
        '1.0',
      );
    await set('loud', 'OK');
    await set('rings-already', 'ALARM');
    const rings = updated(cloud, service).then(() => set('loud', 'ALARM'));
    const run = await deployBackend(cloud, {
      service: service.arn,
      image: two,
      alarms: 'loud\nrings-already\nblind',
      'bake-time': '30s',
    });
    await rings;
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    expect(logText(run.log)).toMatch(/loud began to ring/);
    expect(run.log).toMatch(/rings-already rings already/);
    expect(run.log).toMatch(/blind has INSUFFICIENT_DATA/);
    expect(await service.images()).toEqual(digests(one));
  });
});

const ALARM = (name: string) => ({
  AlarmName: name,
  Namespace: 'App',
  MetricName: name,
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
});
