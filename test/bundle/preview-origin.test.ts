import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

it('a removed preview is gone from the caches too, where the origin path hides its folder', async () => {
  const site = await makeSite(cloud, 'origin-previews', { originPath: '/previews' });
  const files = smallSite('one');
  const script = Object.keys(files).find((path) => path.endsWith('.js')) ?? '';
  const place = { prefix: 'previews/pr-7', environment: 'preview-pr-7', verify: 'false' };
  const deployed = await site.deploy(makeFolder(files), place);
  expect(deployed.outputs['outcome'], deployed.log).toBe('deployed');
  // Immutable: from now on the CDN answers by itself.
  expect((await site.get(`/pr-7/${script}`)).status).toBe(200);
  const removed = await runAction(
    'preview-remove',
    {
      bucket: site.bucket,
      'release-bucket': site.releaseBucket,
      distribution: site.distribution,
      number: '7',
    },
    { env: cloud.env },
  );
  expect(removed.outputs, removed.log).toMatchObject({ outcome: 'deployed', removed: '7' });
  await site.dropped();
  expect((await site.get(`/pr-7/${script}`)).status).not.toBe(200);
});
