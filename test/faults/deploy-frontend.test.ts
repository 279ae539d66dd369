import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploySite, planRestoreSite, restoreSite } from '../../src/frontend/index.ts';
import type { SiteState } from '../../src/frontend/site-state.ts';
import type { Pointer } from '../../src/release/record.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';
import { type Death, labConfig, labPorts, loadPage } from '../support/site-lab.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
  Object.assign(process.env, cloud.env);
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const PAGES = ['/', '/about.html', '/docs/index.html'];
const versions = {
  a: smallSite('a'),
  b: { ...smallSite('b'), 'new.html': '<title>new</title>' },
  c: smallSite('c'),
};
type Version = keyof typeof versions;
const folders: Record<string, string> = {};
const folder = (version: Version) => {
  folders[version] ??= makeFolder(versions[version]);
  return folders[version];
};

async function deploy(site: TestSite, version: Version, release: string) {
  const ports = await labPorts(site);
  try {
    return await deploySite(labConfig(site, folder(version), release), ports);
  } finally {
    ports.close();
  }
}

/** Deploys on a machine that dies. @returns false where the deployment ended before it could die. */
async function deployAndDie(site: TestSite, version: Version, release: string, death: Death) {
  const ports = await labPorts(site, death);
  const ended = deploySite(labConfig(site, folder(version), release), ports).then(
    () => 'ended',
    () => 'ended',
  );
  const how = await Promise.race([ended, ports.dead.then(() => 'died')]);
  return how === 'died';
}

/** The whole of the live site, judged by the cloud's own state and through its CDN. */
async function expectWhole(site: TestSite, version: Version, release: string, why: string) {
  const live = await site.live();
  for (const [path, content] of Object.entries(versions[version]))
    expect(live.get(path), `${why}: ${path}`).toBe(content);
  const pages = [...live.keys()].filter((path) => path.endsWith('.html')).sort();
  expect(pages, why).toEqual(
    Object.keys(versions[version])
      .filter((path) => path.endsWith('.html'))
      .sort(),
  );
  for (const path of PAGES) {
    const key = path === '/' ? 'index.html' : path.slice(1);
    expect((await site.get(path)).body, `${why}: ${path} through the CDN`).toBe(
      (versions[version] as Record<string, string>)[key],
    );
    expect(await loadPage(site, path), why).toEqual([]);
  }
  expect((await site.get('/new.html')).status, why).toBe(version === 'b' ? 200 : 404);
  const state = await site.json<SiteState>(`sites/${site.bucket}/site.json`);
  expect(state, why).toMatchObject({ activating: [], live: { release } });
  expect((await site.json<Pointer>('production/current.json'))?.frontend, why).toBe(release);
  const blobs = new Set(await site.stored(`sites/${site.bucket}/blobs/`));
  for (const entry of state?.releases ?? []) {
    const manifest = await site.json<{ files: string[][] }>(entry.manifest);
    for (const [path, sha256] of manifest?.files ?? []) {
      expect(
        blobs.has(`sites/${site.bucket}/blobs/${sha256}`),
        `${why}: blob of ${path} in ${entry.release}`,
      ).toBe(true);
    }
  }
}

/** What has to be so after a machine died at request `after`, and after the deployment that comes next. */
async function recover(site: TestSite, version: Version, after: number) {
  // At the moment of its death every page that is served has all that it loads.
  for (const path of PAGES) expect(await loadPage(site, path), `death at ${after}`).toEqual([]);
  const result = await deploy(site, version, `n${after}`);
  expect(['deployed', 'unchanged'], `after death at ${after}`).toContain(result.outcome);
  await expectWhole(site, version, `n${after}`, `death at request ${after}`);
}

/** All of it, on a machine with time: each death in both ways, and a hundred deployments. */
const EXHAUSTIVE = process.env['WWHD_EXHAUSTIVE'] === '1';

/** @returns how often a machine died before a deployment got through. */
async function dieEverywhere(site: TestSite, carriedOut: boolean): Promise<number> {
  let live: Version = 'a';
  for (let [after, deaths] = [carriedOut ? 5 : 4, 0]; ; after += EXHAUSTIVE ? 1 : 2, deaths++) {
    const next: Version = live === 'b' ? 'c' : 'b';
    for (const path of PAGES) await loadPage(site, path);
    if (!(await deployAndDie(site, next, `x${after}`, { after, carriedOut }))) return deaths;
    live = after % 4 < 2 ? next : 'a';
    await recover(site, live, after);
  }
}

describe('a machine that dies at any request', () => {
  // One site for all deaths: what one leaves behind, the next deployments have to live with. Every request is one that
  // a machine dies at; those with even numbers before they are sent, the others after they were carried out.
  it.each([
    { name: 'before it was sent', carriedOut: false },
    { name: 'after it was carried out', carriedOut: true },
  ])(
    '$name',
    async ({ carriedOut }) => {
      const site = await makeSite(cloud, `death-${carriedOut ? 'after' : 'before'}`);
      await deploy(site, 'a', 'a0');
      expect(await dieEverywhere(site, carriedOut)).toBeGreaterThan(EXHAUSTIVE ? 20 : 10);
    },
    180_000,
  );

  it('and the next thing that happens is a rollback', async () => {
    const site = await makeSite(cloud, 'death-rollback');
    await deploy(site, 'a', 'a0');
    for (const after of [18, 24]) {
      await deployAndDie(site, 'b', `b${after}`, { after, carriedOut: true });
      const ports = await labPorts(site);
      const options = labConfig(site, '', '').options;
      const place = { bucket: site.bucket, prefix: '', environment: 'production' };
      const config = {
        place,
        manifest: `sites/${site.bucket}/manifests/a0.json`,
        releaseId: `r${after}`,
        options,
        keepReleases: 20,
        maxInvalidationPaths: 100,
      };
      await ports.ledger.open({ id: `r${after}`, type: 'rollback', run: ports.run });
      const plan = await planRestoreSite(config, ports);
      const activated = await restoreSite(config, ports, plan);
      await ports.ledger.movePointer(`r${after}`, ['frontend']);
      await activated.finish();
      ports.close();
      await expectWhole(site, 'a', `r${after}`, `rollback after death at ${after}`);
    }
  }, 60_000);
});

describe('a network that fails', () => {
  it('rides out one request in five being throttled, refused or cut off', async () => {
    const site = await makeSite(cloud, 'rough-site');
    await deploy(site, 'a', 'a0');
    for (const fault of [
      { kind: 'throttle', service: 's3', rate: 0.08 },
      { kind: 'error', service: 's3', status: 500, code: 'InternalError', rate: 0.06 },
      { kind: 'reset', service: 's3', rate: 0.03 },
      { kind: 'reset-after', service: 's3', rate: 0.03 },
    ]) {
      await cloud.fault(fault);
    }
    for (const [i, version] of (['b', 'c', 'a', 'b'] as const).entries()) {
      const result = await deploy(site, version, `rough${i}`);
      expect(result.outcome, result.cause?.message).toBe('deployed');
    }
    await cloud.clearFaults();
    await expectWhole(site, 'b', 'rough3', 'rough network');
  }, 60_000);

  it('calls a key that S3 does not delete an error', async () => {
    const site = await makeSite(cloud, 'stubborn-site');
    await deploy(site, 'b', 'b0');
    await cloud.fault({
      kind: 'denied',
      service: 's3',
      operation: 'DeleteObjects',
      resource: 'stubborn-site',
    });
    const result = await deploy(site, 'a', 'a0');
    await cloud.clearFaults();
    expect(result).toMatchObject({ outcome: 'failed' });
    expect((await deploy(site, 'a', 'a1')).outcome).toBe('deployed');
    await expectWhole(site, 'a', 'a1', 'after a deletion that failed');
  });

  it('goes back when CloudFront refuses, whatever the phase', async () => {
    const site = await makeSite(cloud, 'refused-site');
    await deploy(site, 'a', 'a0');
    await cloud.fault({ kind: 'denied', service: 'cloudfront', operation: 'CreateInvalidation', count: 1 });
    const result = await deploy(site, 'b', 'b0');
    expect(result.outcome).toBe('rolled-back');
    expect(result.cause?.message).toContain('cloudfront:CreateInvalidation');
    await expectWhole(site, 'a', 'a0', 'after an invalidation that was refused');
  });
});

describe('a browser during a hundred deployments', () => {
  it('never loads a page with something missing', async () => {
    const site = await makeSite(cloud, 'busy-site');
    await deploy(site, 'a', 'v0');
    const problems: string[] = [];
    let [loads, done] = [0, false];
    const browse = async (path: string) => {
      while (!done) {
        problems.push(...(await loadPage(site, path)));
        loads++;
      }
    };
    const browsers = PAGES.slice(0, 2).map(browse);
    const ports = await labPorts(site);
    const until = Date.now() + (EXHAUSTIVE ? 600_000 : 8000);
    for (let i = 1; i <= 100 && (Date.now() < until || i <= 10); i++) {
      const source = makeFolder(smallSite(`v${i}`));
      const result = await deploySite(labConfig(site, source, `v${i}`), ports);
      expect(result.outcome).toBe('deployed');
    }
    done = true;
    await Promise.all(browsers);
    ports.close();
    expect(problems).toEqual([]);
    expect(loads).toBeGreaterThan(20);
  }, 600_000);
});
