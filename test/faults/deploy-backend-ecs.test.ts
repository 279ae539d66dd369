import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changesOf,
  createEcs,
  createExpress,
  deployBackend,
  ecs,
  pushApp,
  taskDefinition,
} from '../support/backend.ts';
import {
  type FaultRow,
  type FaultStage,
  faultStage,
  logText,
  playRow,
  until,
  updated,
} from '../support/backend-faults.ts';

/** Retries under throttling take their time on a busy machine; milliseconds. */
const TIMEOUT = 120_000;

let stage: FaultStage;
beforeAll(async () => {
  stage = await faultStage(100);
});
afterAll(() => stage.cloud.stop());

const status = (value: string) => [{ kind: 'operation-status', status: value, count: 1 }];

const ROWS: readonly FaultRow[] = [
  {
    name: 'a deployment that vanishes from every list: it cannot be followed, and is not believed',
    on: 'ecs',
    faults: [{ kind: 'vanish', count: 1 }],
    inputs: { 'wait-timeout': '20s' },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 2,
    says: /no longer in the list/,
  },
  {
    name: 'a version whose health fails: the circuit breaker opens, and that is not repeated',
    on: 'ecs',
    app: { health: 404 },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /ecs went back to api@sha256:\w+ by itself, and that was verified[\s\S]*404/,
  },
  {
    name: 'a version that ends at its start',
    on: 'ecs',
    app: { exit: 3, says: 'Error: Cannot find module "x"' },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /stopped tasks:[\s\S]*exited with code 3[\s\S]*last log lines:[\s\S]*Cannot find module/,
  },
  {
    name: 'smoke checks that fail: back to the task definition of the snapshot',
    on: 'ecs',
    inputs: { 'smoke-checks': 'yes' },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 2,
    says: /the smoke checks failed; the service was returned to/,
  },
  {
    name: 'STOPPED: nothing of ours is left, and that is seen',
    on: 'ecs',
    faults: status('STOPPED'),
    outcome: 'rolled-back',
    runs: 'old',
    updates: 2,
    says: /stopped \(STOPPED\)/,
  },
  {
    name: 'ROLLBACK_SUCCESSFUL',
    on: 'ecs',
    faults: status('ROLLBACK_SUCCESSFUL'),
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /by itself/,
  },
  {
    name: 'ROLLBACK_FAILED',
    on: 'ecs',
    faults: status('ROLLBACK_FAILED'),
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /own way back failed/,
  },
  {
    name: 'a success that deployed nothing',
    on: 'ecs',
    faults: status('SUCCESSFUL'),
    outcome: 'rolled-back',
    runs: 'old',
    updates: 2,
    says: /not what was asked for/,
  },
  {
    name: 'a never-ending deployment is stopped, with its rollback',
    on: 'ecs',
    faults: [{ kind: 'stuck' }],
    inputs: { 'wait-timeout': '3s' },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /when wait-timeout ran out/,
  },
  {
    name: 'access denied half-way: what cannot be watched is put back',
    on: 'ecs',
    faults: [{ kind: 'denied', service: 'ecs', operation: 'DescribeServiceDeployments', after: 1, count: 1 }],
    outcome: 'rolled-back',
    runs: 'old',
    updates: 2,
    says: /permission to watch/,
  },
  {
    name: 'throttling at 40 %',
    on: 'ecs',
    faults: [{ kind: 'throttle', service: 'ecs', rate: 0.4 }],
    outcome: 'deployed',
    runs: 'new',
    updates: 1,
  },
  {
    name: 'an update whose answer is lost',
    on: 'ecs',
    faults: [{ kind: 'reset-after', service: 'ecs', operation: 'UpdateService', count: 1 }],
    outcome: 'deployed',
    runs: 'new',
    updates: 2,
  },
  {
    name: 'the update itself denied',
    on: 'ecs',
    faults: [{ kind: 'denied', service: 'ecs', operation: 'UpdateService' }],
    outcome: 'refused',
    runs: 'old',
    updates: 0,
    says: /ecs:UpdateService on arn/,
  },
  {
    name: 'Express: a version whose health fails',
    on: 'ecs-express',
    app: { health: 500 },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 1,
    says: /by itself/,
  },
  {
    name: 'Express: smoke checks that fail',
    on: 'ecs-express',
    inputs: { 'smoke-checks': 'yes' },
    outcome: 'rolled-back',
    runs: 'old',
    updates: 2,
  },
];

describe.concurrent('ECS', () => {
  test.each(ROWS.map((row, index) => ({ ...row, index })))(
    '$on: $name: $outcome',
    (row) => playRow(stage, row, row.index),
    TIMEOUT,
  );

  test('SIGTERM: the deployment is told to stop, and the post step sees the old version run', async () => {
    const { cloud, one, two } = stage;
    const service = await createEcs(cloud, 'is-cancelled', one);
    await cloud.fault({ kind: 'slow-start', ms: 3000, resource: 'is-cancelled', count: 1 });
    const inputs = { service: service.arn, image: two };
    const run = await deployBackend(cloud, inputs, {
      onStart: (child) =>
        void updated(cloud, service).then(() => setTimeout(() => child.kill('SIGTERM'), 500)),
    });
    expect(run.outputs['outcome'], run.log).toBe('interrupted');
    const post = await deployBackend(cloud, inputs, { post: run.state });
    expect(logText(post.log)).toMatch(/interrupted; the service (is on|was returned to) /);
    expect(await service.images()).toEqual([one.split('@')[1]]);
  });

  test('a competing deployment that took the place of ours is not green, and is left alone', async () => {
    const { cloud, one, two } = stage;
    const three = await pushApp(cloud, { version: '3' });
    const service = await createEcs(cloud, 'competes', one);
    await cloud.fault({ kind: 'slow-start', ms: 3000, resource: 'competes', count: 1 });
    const other = updated(cloud, service).then(async () => {
      await ecs(cloud, 'RegisterTaskDefinition', taskDefinition('competes', three));
      await ecs(cloud, 'UpdateService', { cluster: 'main', service: 'competes', taskDefinition: 'competes' });
    });
    const run = await deployBackend(cloud, { service: service.arn, image: two });
    await other;
    expect(run.outputs['outcome'], run.log).toBe('failed');
    expect(run.log).toMatch(/another deployment .* took the place of this one.*; the service was left/);
    await until(async () => (await service.images())[0] === three.split('@')[1]);
    expect((await changesOf(cloud, 'competes')).filter((o) => o === 'UpdateService')).toHaveLength(2);
  });

  test('scaled to zero, and controllers of others, are refused', async () => {
    const { cloud, one, two } = stage;
    const rows = [
      [await createEcs(cloud, 'is-zero', one, { desired: 0 }), /scaled to zero/],
      [
        await createEcs(cloud, 'code-deploys', one, { desired: 0, controller: 'CODE_DEPLOY' }),
        /controller CODE_DEPLOY/,
      ],
    ] as const;
    for (const [service, says] of rows) {
      const run = await deployBackend(cloud, { service: service.arn, image: two });
      expect(run.outputs['outcome'], run.log).toBe('refused');
      expect(run.log).toMatch(says);
      expect(await changesOf(cloud, service.name)).not.toContain('UpdateService');
    }
    const express = await createExpress(cloud, 'is-express', one);
    const run = await deployBackend(cloud, { service: express.arn, target: 'ecs', image: two });
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toMatch(/managed by ECS Express Mode/);
  });
});
