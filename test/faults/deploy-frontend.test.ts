import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deploySite } from '../../src/parts/site/index.ts';
import type { SiteState } from '../../src/parts/site/store/site-state.ts';
import { type Pointer, type ReleaseRecord, siteOf } from '../../src/release/record.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { useCloud } from '../support/cloud-env.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';
import {
  type Death,
  deployWhileBrowsing,
  type LabPorts,
  labConfig,
  labDeploy,
  labPorts,
  labRestore,
  loadPage,
} from '../support/site-lab.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
  useCloud(cloud);
});
afterAll(async () => {
  vi.unstubAllEnvs();
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

const deploy = (site: TestSite, version: Version, release: string, ports: Partial<LabPorts> = {}) =>
  labDeploy(site, folder(version), release, { ports });

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
  await site.dropped();
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
  expect((await site.json<Pointer>('production/current.json'))?.parts['frontend'], why).toBe(release);
  // A release that changed nothing has the manifest of the one before.
  const record = await site.json<ReleaseRecord>(`production/releases/${release}.json`);
  const manifest = siteOf(record, 'frontend')?.manifest ?? `sites/${site.bucket}/manifests/${release}.json`;
  expect(state, why).toMatchObject({ activating: [], live: { manifest } });
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

/** All of it, on a machine with time: each death in both ways. */
const EXHAUSTIVE = process.env['WWHD_EXHAUSTIVE'] === '1';
/**
 * Else a machine dies at every second request before it is sent, and at the others after they were carried out; on the
 * next even version of Node the other way round. Every landing runs on both (20 and 24), and so dies at all of them.
 */
const PARITY = Math.trunc(Number.parseInt(process.versions.node, 10) / 4) % 2;

/** @returns how often a machine died before a deployment got through. */
async function dieEverywhere(site: TestSite, carriedOut: boolean): Promise<number> {
  let live: Version = 'a';
  // The first requests read.
  const first = EXHAUSTIVE ? 0 : 4 + (PARITY ^ Number(carriedOut));
  for (let [after, deaths] = [first, 0]; ; after += EXHAUSTIVE ? 1 : 2, deaths++) {
    const next: Version = live === 'b' ? 'c' : 'b';
    for (const path of PAGES) await loadPage(site, path);
    if (!(await deployAndDie(site, next, `x${after}`, { after, carriedOut }))) return deaths;
    live = after % 4 < 2 ? next : 'a';
    await recover(site, live, after);
  }
}

describe('a machine that dies at any request', () => {
  // One site for all deaths: what one leaves behind, the next deployments have to live with.
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
    EXHAUSTIVE ? 900_000 : 180_000,
  );

  it('and the next thing that happens is a rollback', async () => {
    const site = await makeSite(cloud, 'death-rollback');
    await deploy(site, 'a', 'a0');
    for (const after of [18, 24]) {
      await deployAndDie(site, 'b', `b${after}`, { after, carriedOut: true });
      await labRestore(site, 'a0', `r${after}`);
      await expectWhole(site, 'a', `r${after}`, `rollback after death at ${after}`);
    }
  });
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
  });

  it.each([
    { what: 's3:DeleteObject', fault: { service: 's3', operation: 'DeleteObjects', resource: 'stubborn-' } },
    // The first one is of what has changed, the second of what is gone.
    { what: 'cloudfront:CreateInvalidation', fault: { service: 'cloudfront', after: 1 } },
  ])(
    'tells that $what is denied once the release is live, and the next one clears up',
    async ({ what, fault }) => {
      const site = await makeSite(cloud, `stubborn-${fault.service}`);
      await deploy(site, 'b', 'b0');
      const operation = 'operation' in fault ? fault.operation : 'CreateInvalidation';
      await cloud.fault({ kind: 'denied', operation, ...fault });
      const told: string[] = [];
      const log = { ...silentLog, error: (message: string) => void told.push(message) };
      const result = await deploy(site, 'a', 'a0', { log });
      await cloud.clearFaults();
      expect(result, result.cause?.message).toMatchObject({ outcome: 'deployed' });
      expect(told.join('\n')).toMatch(/^release a0 is live, but what it no longer has is not all gone: /);
      expect(told.join('\n')).toContain(what);
      expect(result.leftOver?.message).toBe(told.join('\n'));
      expect((await site.json<Pointer>('production/current.json'))?.parts['frontend']).toBe('a0');
      expect(await site.json('production/releases/a0.json')).toMatchObject({ result: 'deployed' });
      // The same folder once more.
      expect(await deploy(site, 'a', 'a1')).toMatchObject({ outcome: 'deployed', leftOver: undefined });
      await expectWhole(site, 'a', 'a1', `after ${what} was denied`);
    },
  );

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

describe('a browser during deployments', () => {
  // A hundred of them: test/conformance/frontend-browser.test.ts.
  it('never loads a page with something missing', async () => {
    const site = await makeSite(cloud, 'busy-site');
    const browsed = await deployWhileBrowsing(site, PAGES, { least: 5, most: 20, milliseconds: 3000 });
    expect(browsed.problems).toEqual([]);
    expect(browsed.loads).toBeGreaterThan(browsed.deployments);
  });
});
