import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makePair, type TestPair } from '../support/pair.ts';
import { removeFolders } from '../support/site.ts';

let cloud: TestCloud;
let pair: TestPair;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
  pair = await makePair(cloud, 'shop');
  await pair.release('v1');
  await pair.release('v2');
  await pair.release('v3');
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

describe('rollback', () => {
  it('plans without changing anything', async () => {
    await cloud.clearRequests();
    const run = await pair.rollback({ 'dry-run': 'true' });
    expect(run.outputs['outcome'], run.log).toBe('planned');
    expect(JSON.parse(run.outputs['plan'] ?? '')).toMatchObject({ from: 'v3', to: 'v2' });
    expect((await cloud.changes()).filter((change) => !change.resource.includes('index.json'))).toEqual([]);
  });

  it('goes back to the latest good release, the pair as it was', async () => {
    const run = await pair.rollback({ reason: 'the basket is empty' });
    expect(run.outputs, run.log).toMatchObject({
      outcome: 'rolled-back',
      'restored-release': 'v2',
      'replaced-release': 'v3',
    });
    expect(run.exitCode).toBe(0);
    expect(await pair.live()).toEqual({ api: 'v2', page: 'v2' });
    const id = run.outputs['release-id'] ?? '';
    expect(await pair.site.json(`production/releases/${id}.json`)).toMatchObject({
      type: 'rollback',
      restores: 'v2',
      replaces: 'v3',
      reason: 'the basket is empty',
      result: 'rolled-back',
      pair: { backend: id, frontend: id },
    });
  });
});
