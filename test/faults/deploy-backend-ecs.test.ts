import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changesOf, createEcs, createExpress, deployBackend } from '../support/backend.ts';
import { type FaultStage, faultStage, playRow } from '../support/backend-faults.ts';
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
