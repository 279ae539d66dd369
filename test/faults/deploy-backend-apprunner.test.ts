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
import { type FaultStage, faultStage, playRow, updated, versionAt } from '../support/backend-faults.ts';
import { quickRows } from '../support/backend-table.ts';
import type { TestCloud } from '../support/cloud.ts';
import { until } from '../support/until.ts';

let stage: FaultStage;
let cloud: TestCloud;
let one: string;
let two: string;

beforeAll(async () => {
  stage = await faultStage(100);
  ({ cloud, one, two } = stage);
});
afterAll(() => cloud.stop());

describe.concurrent('App Runner', () => {
  test.each(quickRows('apprunner'))('$name: $outcome', (row) => playRow(stage, row, row.index));
});

/** An image as a test compares it. */
const digests = (image: string) => [image.split('@')[1]];

describe.concurrent('App Runner, interrupted', () => {
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
    expect(await readJson(cloud, bucket, 'production/current.json')).toMatchObject({
      parts: { backend: 'r1' },
    });
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
    expect(await readJson(cloud, bucket, 'production/current.json')).toMatchObject({
      parts: { backend: 'r1' },
    });
  });

  test('a service that someone else changes while we get ready is left alone', async () => {
    const service = await createTestRunner(cloud, 'is-changed', one);
    await call(cloud, 'monitoring', 'GraniteServiceVersion20100801.PutMetricAlarm', ALARM('quiet'), '1.0');
    // The alarms are looked at for the second time after the snapshot was taken, and before the update.
    await cloud.fault({ kind: 'hold', operation: 'DescribeAlarms', after: 1, count: 1 });
    const held = async () => {
      const faults = await cloud.faults();
      return faults.find((one) => one['operation'] === 'DescribeAlarms' && one.hits === 1);
    };
    const other = until(held, 'the snapshot').then(async ({ id }) => {
      await appRunner(cloud, 'UpdateService', {
        ServiceArn: service.arn,
        InstanceConfiguration: { Cpu: '2048', Memory: '4096' },
      });
      await fetch(`${cloud.endpoint}/_cloud/faults/${id}`, { method: 'DELETE' });
    });
    const run = await deployBackend(cloud, {
      service: service.arn,
      image: two,
      alarms: 'quiet',
    });
    await other;
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toMatch(/was changed by someone else|is busy/);
    await waitRunner(cloud, service.arn);
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
