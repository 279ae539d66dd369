import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestRunner, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makeRecordedPair, type RecordedPair } from '../support/recorded-pair.ts';
import { type ActionRun, runAction } from '../support/run-action.ts';
import { makeFolder, removeFolders, smallSite } from '../support/site.ts';

let cloud: TestCloud;
let pair: RecordedPair;
let three: string;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
  const [v1, v2] = [
    await pushApp(cloud, { version: 'v1' }, 'paged'),
    await pushApp(cloud, { version: 'v2' }, 'paged'),
  ];
  three = await pushApp(cloud, { version: 'v3' }, 'paged');
  pair = await makeRecordedPair(cloud, await createTestRunner(cloud, 'paged', v2), { v1, v2 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const PAGE = 'production/history.html';
async function page(): Promise<string | undefined> {
  const asked = new GetObjectCommand({ Bucket: pair.site.releaseBucket, Key: PAGE });
  const found = await pair.site.s3.send(asked).catch(() => undefined);
  return found?.Body?.transformToString();
}

const actions: Record<string, (inputs: Record<string, string>) => Promise<ActionRun>> = {
  'deploy-backend': (inputs) =>
    runAction(
      'deploy-backend',
      {
        service: pair.service.arn,
        image: three,
        'release-bucket': pair.site.releaseBucket,
        'probe-interval': '100ms',
        'max-error-rate': '100%',
        ...inputs,
      },
      { env: cloud.env, runNumber: 10, commit: '3'.repeat(40) },
    ),
  'deploy-frontend': (inputs) =>
    pair.site.deploy(makeFolder(smallSite(inputs['release-id'] ?? '')), inputs, { runNumber: 10 }),
  rollback: (inputs) => pair.rollback({ ...inputs, scope: 'frontend' }),
};

it.each([
  ['deploy-backend', 'deployed', 'unchanged'],
  ['deploy-frontend', 'deployed', 'deployed'],
  ['rollback', 'rolled-back', 'rolled-back'],
])(
  '%s writes the history page where it is asked to; a page that cannot be written only warns',
  async (name, first, second) => {
    const run = actions[name] as (typeof actions)[string];
    const to = name === 'rollback' ? ['v1', 'v2'] : [];
    const inputs = (id: string, to?: string) => ({
      'release-id': `${name}-${id}`,
      ...(to ? { to } : {}),
    });
    const written = await run({ ...inputs('one', to[0]), 'history-page': 'true' });
    expect(written.outputs['outcome'], written.log).toBe(first);
    expect(await page()).toMatch(new RegExp(`^<!doctype html>[\\s\\S]*${name}-one`, 'i'));

    await pair.site.s3.send(new DeleteObjectCommand({ Bucket: pair.site.releaseBucket, Key: PAGE }));
    await cloud.fault({ kind: 'denied', service: 's3', operation: 'PutObject', resource: PAGE });
    const denied = await run({ ...inputs('two', to[1]), 'history-page': 'true' });
    await cloud.clearFaults();
    expect([denied.exitCode, denied.outputs['outcome']], denied.log).toEqual([0, second]);
    expect(denied.log).toMatch(/::warning.*history/);
    expect(await page()).toBeUndefined();
  },
);
