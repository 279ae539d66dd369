// What Next.js (both ways), Astro, Docusaurus, SvelteKit and Angular write, followed link by link through the CDN: before,
// during and after a deployment and a rollback.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { cleanUrls, singlePageApp } from '../support/edge-functions.ts';
import { type Followed, followLinks } from '../support/follow-links.ts';
import { EXPORTS, type ExportedSite, realSite } from '../support/real-sites.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const tools = Object.keys(EXPORTS) as ExportedSite[];
const withPages = tools.filter((tool) => EXPORTS[tool] !== 'app');
/** The page that one version has and the other has not. */
const ofOneVersion = (address: string) => /\/docs\/(more|next)\b/.test(address);

function functionFor(tool: ExportedSite): string {
  const links = EXPORTS[tool];
  return links === 'app' ? singlePageApp() : cleanUrls({ cleanUrls: links });
}

/** Follows the links over and over while `work` is done. */
async function meanwhile<T>(site: TestSite, work: Promise<T>): Promise<{ done: T; seen: Followed[] }> {
  let over = false;
  const end = work.finally(() => {
    over = true;
  });
  end.catch(() => {});
  const seen: Followed[] = [];
  while (!over) seen.push(await followLinks(site, ofOneVersion));
  return { done: await end, seen };
}

describe.each(tools)('a site that %s wrote', (tool) => {
  it('is whole by its own links before, during and after a deployment and a rollback', async () => {
    const functions = { 'viewer-request': functionFor(tool) };
    const site = await makeSite(cloud, `export-${tool}`, { functions });
    const first = await site.deploy(makeFolder(realSite(tool, 'v1')), { 'release-id': 'v1' });
    expect(first.outputs['outcome'], first.log).toBe('deployed');
    const one = await followLinks(site);
    expect(one.problems).toEqual([]);
    if (EXPORTS[tool] !== 'app') {
      expect(one.pages.get('/')).toContain('one');
      const addresses = [...one.pages.keys()].map((address) => address.replace(/\/$/, ''));
      expect(addresses).toEqual(expect.arrayContaining(['', '/about', '/docs/start']));
      expect(new Set(one.pages.values()).size, 'each address has a page of its own').toBe(
        new Set(addresses).size,
      );
    }

    const deploying = site.deploy(makeFolder(realSite(tool, 'v2')), { 'release-id': 'v2' });
    const second = await meanwhile(site, deploying);
    expect(second.done.outputs['outcome'], second.done.log).toBe('deployed');
    expect(second.seen.flatMap(({ problems }) => problems)).toEqual([]);
    const two = await followLinks(site);
    expect(two.problems).toEqual([]);
    if (EXPORTS[tool] !== 'app') expect(two.pages.get('/')).toContain('two');

    const inputs = { 'release-bucket': site.releaseBucket, to: 'v1' };
    const back = await meanwhile(site, runAction('rollback', inputs, { env: cloud.env, runNumber: 3 }));
    expect(back.done.outputs['outcome'], back.done.log).toBe('rolled-back');
    expect(back.seen.flatMap(({ problems }) => problems)).toEqual([]);
    const again = await followLinks(site);
    expect(again.problems).toEqual([]);
    expect(again.pages.get('/')).toBe(one.pages.get('/'));
  });
});

describe('where nothing finds their pages', () => {
  it.each(withPages)('%s is refused, with the kind of addresses that its links have', async (tool) => {
    const site = await makeSite(cloud, `bare-${tool}`);
    await cloud.clearRequests();
    const run = await site.deploy(makeFolder(realSite(tool, 'v1')));
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toContain(EXPORTS[tool] === 'file' ? 'clean_urls = "file"' : 'clean_urls');
    expect(await cloud.changes()).toEqual([]);
  });

  it('a single-page app is no way to them: its entry page is not under another page’s address', async () => {
    const site = await makeSite(cloud, 'app-astro', { functions: { 'viewer-request': singlePageApp() } });
    const run = await site.deploy(makeFolder(realSite('astro', 'v1')));
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    expect(run.log).toContain('it is answered with index.html, and is');
  });

  it('routes of a real single-page app are answered by it, and files that are not there are not', async () => {
    const site = await makeSite(cloud, 'app-angular', { functions: { 'viewer-request': singlePageApp() } });
    const run = await site.deploy(makeFolder(realSite('angular', 'v1')));
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect((await site.get('/about')).body).toBe((await site.get('/')).body);
    expect((await site.get('/gone.js')).status).toBe(404);
  });
});
