import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { useCloud } from '../support/cloud-env.ts';
import { makeSite, removeFolders } from '../support/site.ts';
import { deployWhileBrowsing } from '../support/site-lab.ts';

/** A hundred deployments, and browsers all the while. Runs with WWHD_CONFORMANCE=1. */
const wanted = process.env['WWHD_CONFORMANCE'] === '1';
let cloud: TestCloud;
beforeAll(async () => {
  if (!wanted) return;
  cloud = await startCloud({ speed: 1000 });
  useCloud(cloud);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cloud?.stop();
  removeFolders();
});

describe.skipIf(!wanted)('browsers during a hundred deployments', () => {
  it('never load a page with something missing, nor does a tab that was opened before', async () => {
    const site = await makeSite(cloud, 'hundred-site');
    const pages = ['/', '/about.html', '/docs/index.html'];
    const all = { least: 100, most: 100, milliseconds: 0 };
    const browsed = await deployWhileBrowsing(site, pages, all);
    console.log(
      `  ${browsed.deployments} deployments, ${browsed.loads} loads of pages with all that they name`,
    );
    expect(browsed.problems).toEqual([]);
    expect(browsed.deployments).toBe(100);
    expect(browsed.loads).toBeGreaterThan(300);
  }, 600_000);
});
