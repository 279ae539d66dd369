// Sites that do not begin with index.html: several pages, or none.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const page = (text: string) => `<!doctype html><html lang="en"><title>${text}</title>${text}</html>`;
const rollback = (site: TestSite, to: string) =>
  runAction(
    'rollback',
    {
      ...{ 'release-bucket': site.releaseBucket, bucket: site.bucket, distribution: site.distribution },
      ...{ to },
    },
    { env: cloud.env },
  );

it('several entry pages go live last, and come back', async () => {
  const site = await makeSite(cloud, 'entries-two');
  const files = (version: string) => ({
    'app.html': page(`app ${version}`),
    'admin/start.html': page(`admin ${version}`),
    'zz/help.html': page(`help ${version}`),
    'data.json': `"${version}"`,
  });
  const input = { index: 'app.html\n/admin/start.html' };
  await cloud.clearRequests();
  const first = await site.deploy(makeFolder(files('one')), { ...input, 'release-id': 'one' });
  expect(first.outputs['outcome'], first.log).toBe('deployed');
  const phases = JSON.parse(first.outputs['plan'] ?? '').phases as { phase: string; files: number }[];
  expect(phases.map(({ files: n }) => n)).toEqual([1, 1, 2]);
  const second = await site.deploy(makeFolder(files('two')), { ...input, 'release-id': 'two' });
  expect(second.outputs['outcome'], second.log).toBe('deployed');
  // The distribution may have one of them at its root.
  expect(second.outputs['invalidated-paths']?.split('\n')).toContain('/');
  const manifest = await site.json<{ entries: string[] }>(`sites/${site.bucket}/manifests/two.json`);
  expect(manifest?.entries).toEqual(['app.html', 'admin/start.html']);
  const back = await rollback(site, 'one');
  expect(back.outputs['outcome'], back.log).toBe('rolled-back');
  expect((await site.get('/app.html')).body).toBe(page('app one'));
  const left = await site.deploy(makeFolder({ 'app.html': page('x') }), input);
  expect(left.outputs['outcome'], left.log).toBe('refused');
  expect(left.log).toContain('the folder has no admin/start.html');
});

it('a micro-frontend has none', async () => {
  const site = await makeSite(cloud, 'entries-none');
  const files = (version: string) => ({
    'remoteEntry.js': `load("${version}")`,
    'chunk-5INURTSO.js': '1',
  });
  const refused = await site.deploy(makeFolder(files('one')));
  expect(refused.outputs['outcome'], refused.log).toBe('refused');
  expect(refused.log).toContain('`index: none`');
  for (const version of ['one', 'two']) {
    const run = await site.deploy(makeFolder(files(version)), { index: 'none', 'release-id': version });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect(run.log).not.toContain('not verified');
  }
  const same = await site.deploy(makeFolder(files('two')), { index: 'none' });
  expect(same.outputs['outcome'], same.log).toBe('unchanged');
  const back = await rollback(site, 'one');
  expect(back.outputs['outcome'], back.log).toBe('rolled-back');
  expect((await site.get('/remoteEntry.js')).body).toBe('load("one")');
  const wrong = await site.deploy(makeFolder(files('one')), { index: '*.html' });
  expect(wrong.log).toContain('is not the name of a page');
});
