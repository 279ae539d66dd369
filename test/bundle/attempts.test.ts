// A second attempt of a release whose halves were put back: neither half goes live alone, and the ledger says what is live.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makePair } from '../support/pair.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, removeFolders, smallSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

it('goes live with neither half alone, unless the other half is live again', async () => {
  const pair = await makePair(cloud, 'again');
  await pair.release('v1');
  await pair.release('v2');
  const bucket = { 'release-bucket': pair.site.releaseBucket };
  const live = async () => {
    const run = await runAction('history', { ...bucket }, { env: cloud.env });
    return JSON.parse(run.outputs['live'] ?? '') as unknown;
  };
  const whole = (version: string) => ({ backend: version, frontend: version });
  expect(await live()).toEqual(whole('v2'));
  const other = await pair.rollback({ 'if-live': 'v1' });
  expect(other.outputs['outcome'], other.log).toBe('unchanged');
  expect(await live()).toEqual(whole('v2'));
  const back = await pair.rollback({ 'if-live': 'v2' });
  expect(back.outputs['outcome'], back.log).toBe('rolled-back');
  // The rollback's own halves are those of the release that it went back to.
  expect(await live()).toEqual(whole('v1'));

  const second = { runNumber: 2, commit: '2'.repeat(40), env: { GITHUB_RUN_ATTEMPT: '2' } };
  const frontend = () =>
    pair.site.deploy(
      makeFolder(smallSite('v2')),
      { 'release-id': 'v2', 'allow-older-commit': 'true' },
      second,
    );
  const torn = await frontend();
  expect(torn.outputs['outcome'], torn.log).toBe('refused');
  expect(torn.log.replaceAll('%0A', '\n')).toMatch(
    /the backend of release v2 went live and is not live any more[\s\S]*that of release v1[\s\S]*Re-run all jobs/,
  );
  const image = await pair.image('v2');
  const backend = await runAction(
    'deploy-backend',
    { ...bucket, service: pair.service, image, 'release-id': 'v2', 'allow-older-commit': 'true' },
    { ...second, env: { ...cloud.env, ...second.env } },
  );
  expect(backend.outputs['outcome'], backend.log).toBe('refused');
  expect(await pair.live()).toEqual({ api: 'v1', page: 'v1' });

  // Brought forward again as a whole, it is live under the rollback's id: a half may be run again.
  const forward = await pair.rollback({ to: 'v2' }, { runNumber: 91 });
  expect(forward.outputs['outcome'], forward.log).toBe('rolled-back');
  const again = await frontend();
  expect(again.outputs['outcome'], again.log).toBe('unchanged');
});
