// What pages load: of the folder, of something else, and of nobody.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makeFolder, makeSite, removeFolders } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const page = (body: string) => `<!doctype html><html lang="en"><title>x</title>${body}</html>`;

it('what another behaviour of the distribution answers is no missing file', async () => {
  const behaviors = [{ path: '/api/*', host: 'api.example.com' }];
  const site = await makeSite(cloud, 'references-api', { behaviors });
  const files = { 'index.html': page('<img src="/api/avatar.png"><script src="/api/config.js"></script>') };
  const run = await site.deploy(makeFolder(files));
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  const other = { 'index.html': page('<img src="/apix/avatar.png">') };
  const refused = await site.deploy(makeFolder(other));
  expect(refused.outputs['outcome'], refused.log).toBe('refused');
  expect(refused.log).toContain('index.html loads /apix/avatar.png');
});

it('a placeholder, a tag in an attribute and an icon are none either; the icon is told', async () => {
  const site = await makeSite(cloud, 'references-none');
  const body = `<link rel="icon" href="/favicon.ico"><img src="{{ avatar }}"><img src="/u/\${id}.png"><iframe srcdoc="<script src='/x.js'></script>"></iframe>`;
  const run = await site.deploy(makeFolder({ 'index.html': page(body) }));
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  expect(run.log).toContain('::warning::pages name icons that the folder does not have: /favicon.ico');
});
