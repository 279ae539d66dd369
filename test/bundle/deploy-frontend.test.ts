import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makeFolder, makeSite, removeFolders, smallSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 200 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

describe('deploy-frontend', () => {
  it('takes a folder live, then only what changed, then nothing', async () => {
    const site = await makeSite(cloud, 'first-site');
    const one = smallSite('one');
    const first = await site.deploy(makeFolder(one), { 'release-id': 'r1' });
    expect(first.log).toContain('');
    expect(first.outputs, first.log).toMatchObject({ outcome: 'deployed', uploaded: '7' });
    expect(await site.live()).toEqual(new Map(Object.entries(one).sort()));
    expect((await site.get('/')).body).toBe(one['index.html']);
  });
});
