import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changesOf,
  createBucket,
  createEcs,
  createExpress,
  deployBackend,
  readJson,
} from '../support/backend.ts';
import {
  type FaultStage,
  faultStage,
  logText,
  pauseFault,
  playRow,
  updated,
} from '../support/backend-faults.ts';
import { quickRows } from '../support/backend-table.ts';

let stage: FaultStage;
beforeAll(async () => {
  stage = await faultStage(100);
});
afterAll(() => stage.cloud.stop());

describe.concurrent('ECS', () => {
  test.each([...quickRows('ecs'), ...quickRows('ecs-express')])('$target: $name: $outcome', (row) =>
    playRow(stage, row, row.index),
  );

  /** The update is sent, and then nothing that has the name may be asked for any more, in the release bucket either. */
  async function loseCredentials(name: string) {
    const { cloud, one, two } = stage;
    const service = await createEcs(cloud, name, one);
    const bucket = await createBucket(cloud, `releases-${name}`);
    await cloud.fault({ kind: 'stuck', resource: name });
    const inputs = { service: service.arn, image: two, 'release-bucket': bucket, 'release-id': 'r1' };
    const run = await deployBackend(cloud, inputs, {
      onStart: () =>
        void updated(cloud, service).then(() => cloud.fault({ kind: 'expired-token', resource: name })),
    });
    const log = logText(run.log);
    expect(run.outputs['outcome'], log).toBe('rollback-failed');
    expect(log).toContain(`look at it by \`aws ecs describe-services --cluster main --services ${name}`);
    expect(log).toMatch(/the release record could not be written[\s\S]*may be live: with fresh credentials/);
    expect(log).not.toContain('bug in wwhd-deploy');
    const post = () => deployBackend(cloud, inputs, { post: run.state });
    return { service, post, record: () => readJson(cloud, bucket, 'production/releases/r1.json') };
  }

  test('credentials that end in the middle, and are there again for the post step: it goes back', async () => {
    const { service, post, record } = await loseCredentials('token-renewed');
    await pauseFault(stage.cloud, 'token-renewed', 'expired-token');
    const { log } = await post();
    expect(logText(log)).toMatch(
      /ended as rollback-failed; the service (is on|was returned to) api@sha256:\w+, verified/,
    );
    expect(await service.images()).toEqual([stage.one.split('@')[1]]);
    expect(await record()).toMatchObject({ parts: { backend: { result: 'rolled-back' } } });
  });

  test('credentials that end in the middle: what may be live is said, and when the lock is free', async () => {
    const { post } = await loseCredentials('token-ends');
    const log = logText((await post()).log);
    expect(log).toMatch(/what it runs is not known: look at it by `aws ecs describe-services/);
    expect(log).toMatch(
      /the lock of production is left as it is, .* free by itself 30\.0s after its last renewal/,
    );
    expect(log).not.toContain('did not finish');
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
