import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SiteState } from '../../src/parts/site/store/site-state.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makeFolder, makeSite, removeFolders, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
let site: TestSite;
let folder: string;
const state = () => site.json<SiteState>(`sites/${site.bucket}/site.json`);
const pagesListed = async () =>
  (await cloud.requests()).filter((r) => r.operation === 'ListObjectsV2' && r.resource === site.bucket)
    .length;

/** Files whose live listing has three pages. */
const files = (version: string) => ({
  'index.html': `<title>${version}</title>`,
  ...Object.fromEntries(
    Array.from({ length: 2100 }, (_, i) => [`icons/${String(i).padStart(4, '0')}.svg`, `<svg>${i}</svg>`]),
  ),
});

beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
  site = await makeSite(cloud, 'pages-site', { distribution: false });
  folder = makeFolder(files('two'));
  const first = await site.deploy(makeFolder(files('one')), { 'release-id': 'one' });
  expect(first.outputs['outcome'], first.log).toBe('deployed');
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

describe('a site whose listing has several pages', () => {
  it('is read whole', async () => {
    await cloud.clearRequests();
    const run = await site.deploy(folder, { 'release-id': 'two' });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', uploaded: '1', deleted: '0' });
    expect(await pagesListed()).toBe(3);
  });

  it('is read whole where an earlier version has left a hint of its pages', async () => {
    const Key = `sites/${site.bucket}/site.json`;
    const Body = JSON.stringify({ ...(await state()), pageEnds: ['a', 'icons/0500.svg'] });
    await site.s3.send(new PutObjectCommand({ Bucket: site.releaseBucket, Key, Body }));
    const run = await site.deploy(folder);
    expect(run.outputs, run.log).toMatchObject({ outcome: 'unchanged', unchanged: '2101' });
  });
});
