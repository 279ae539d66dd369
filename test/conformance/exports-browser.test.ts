import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { cleanUrls, singlePageApp } from '../support/edge-functions.ts';
import { EXPORTS, type ExportedSite, type RealVersion, realSite } from '../support/real-sites.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, type TestSite } from '../support/site.ts';
import { missingTools } from '../support/tools.ts';
import { watched } from '../support/watched.ts';

// A real browser runs what the tools' own scripts make of a page: a router that cannot find its page says so there.
const skipped = missingTools('real exports in a browser', ['chromium']);
let cloud: TestCloud;
beforeAll(async () => {
  if (!skipped) cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const CHROMIUM = ['--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=8000', '--dump-dom'];

/** The page as its scripts have made it. */
async function domOf(url: string): Promise<string> {
  const options = { timeout: 90_000, maxBuffer: 16 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)('chromium', [...CHROMIUM, url], options);
  return stdout.replaceAll('<!-- -->', '').replaceAll(/<!--[^>]*-->/g, '');
}

const WORDS = { v1: 'one', v2: 'two' } as const;

async function expectRendered(site: TestSite, tool: ExportedSite, version: RealVersion): Promise<void> {
  const missed: string[] = [];
  const { url, close } = await watched(site, (path, status) => {
    if (status >= 400 && path !== '/favicon.ico') missed.push(`${status} ${path}`);
  });
  const app = EXPORTS[tool] === 'app';
  expect(await domOf(`${url}/`)).toMatch(new RegExp(`Welcome, version ${WORDS[version]}`));
  const about = await domOf(`${url}/about`);
  expect(about).toMatch(app ? new RegExp(`<h1[^>]*>About, version ${WORDS[version]}`) : /<h1[^>]*>About/);
  // As the tool's own links say it: relative references of a page named as a file do not hold below it.
  const start = EXPORTS[tool] === 'file' ? '/docs/start' : '/docs/start/';
  if (!app) expect(await domOf(`${url}${start}`)).toMatch(/<h1[^>]*>(Doc )?[Ss]tart/);
  close();
  expect(missed).toEqual([]);
}

describe.skipIf(skipped).each(Object.keys(EXPORTS) as ExportedSite[])('a site that %s wrote', (tool) => {
  it('is shown by a browser after a deployment, the next one and a rollback', async () => {
    const links = EXPORTS[tool];
    const viewer = links === 'app' ? singlePageApp() : cleanUrls({ cleanUrls: links });
    const site = await makeSite(cloud, `browser-${tool}`, { functions: { 'viewer-request': viewer } });
    for (const version of ['v1', 'v2'] as const) {
      const run = await site.deploy(makeFolder(realSite(tool, version)), { 'release-id': version });
      expect(run.outputs['outcome'], run.log).toBe('deployed');
      await expectRendered(site, tool, version);
    }
    const inputs = { 'release-bucket': site.releaseBucket, to: 'v1' };
    const back = await runAction('rollback', inputs, { env: cloud.env, runNumber: 3 });
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    await expectRendered(site, tool, 'v1');
  }, 300_000);
});
