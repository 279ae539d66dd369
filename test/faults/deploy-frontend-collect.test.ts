import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { collect } from '../../src/parts/site/store/collect.ts';
import { siteKeys } from '../../src/parts/site/store/keys.ts';
import { readState, type SiteState } from '../../src/parts/site/store/site-state.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { useCloud } from '../support/cloud-env.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';
import { labConfig, labDeploy, labPorts, labRestore } from '../support/site-lab.ts';

/* What the release bucket keeps: judged by its own objects, after deployments days apart. */
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

const DAY = 24 * 3_600_000;
/** The clock of a run that comes so many days later: all that is stored is older then. */
const later = (days: number) => ({ ...systemClock, now: () => systemClock.now() + days * DAY });

const KEEP = 3;
const deployDaysLater = (site: TestSite, version: string, days: number) =>
  labDeploy(site, makeFolder(smallSite(version)), version, {
    config: { keepReleases: KEEP },
    ports: { clock: later(days) },
  });

const state = async (site: TestSite) =>
  (await site.json<SiteState>(`sites/${site.bucket}/site.json`)) as SiteState;

async function storedNames(site: TestSite, folder: 'blobs' | 'manifests'): Promise<string[]> {
  const prefix = `sites/${site.bucket}/${folder}/`;
  return (await site.stored(prefix)).map((key) => key.slice(prefix.length)).sort();
}

/** Names of the blobs that the manifests of these releases have, files for open tabs among them. */
async function blobsOf(site: TestSite, manifests: readonly string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const key of manifests) {
    const manifest = await site.json<{ files: string[][]; kept: string[][] }>(key);
    for (const [, sha256] of [...(manifest?.files ?? []), ...(manifest?.kept ?? [])]) names.add(sha256 ?? '');
  }
  return [...names].sort();
}

/** Every release that is to be kept can be gone back to. */
async function expectKeptWhole(site: TestSite, why: string) {
  const { releases } = await state(site);
  const needed = await blobsOf(
    site,
    releases.map(({ manifest }) => manifest),
  );
  expect(needed.length, why).toBeGreaterThan(5);
  const stored = new Set(await storedNames(site, 'blobs'));
  expect(
    needed.filter((name) => !stored.has(name)),
    why,
  ).toEqual([]);
}

describe('what no kept release needs', () => {
  it('is collected, and every kept release can be gone back to', async () => {
    const site = await makeSite(cloud, 'collected-site');
    const versions = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'];
    for (const [i, version] of versions.entries()) {
      // One of them fails: what it stored is nobody's.
      if (version === 'v4') {
        await cloud.fault({
          kind: 'denied',
          service: 'cloudfront',
          operation: 'CreateInvalidation',
          count: 1,
        });
        expect((await deployDaysLater(site, 'bad', i * 2)).outcome).toBe('rolled-back');
      }
      const result = await deployDaysLater(site, version, i * 2);
      expect(result.outcome, result.cause?.message).toBe('deployed');
      // The fifth activation, the one that went back among them: v1 and what failed are no longer needed.
      if (version === 'v4') expect(result.collected).toMatchObject({ manifests: 2 });
      else expect(result.collected).toBeUndefined();
    }
    for (const version of ['v7', 'v8', 'v9']) await deployDaysLater(site, version, 30);
    const { releases } = await state(site);
    expect(releases.map(({ release }) => release)).toEqual(['v7', 'v8', 'v9']);
    await expectKeptWhole(site, 'after the second collection');
    const kept = releases.map(({ manifest }) => manifest);
    expect(await storedNames(site, 'manifests')).toEqual(['v7.json', 'v8.json', 'v9.json']);
    expect(await storedNames(site, 'blobs')).toEqual(await blobsOf(site, kept));

    await labRestore(site, 'v7', 'back');
    await site.dropped();
    expect((await site.get('/')).body).toBe(smallSite('v7')['index.html']);
    await expect(labRestore(site, 'v1', 'too-far')).rejects.toThrow(
      /^input `to`: the files of that release are no longer in the release bucket\n[\s\S]*`keep-releases`/,
    );
  });

  it('stays for a day, for whatever run may be about to need it', async () => {
    const site = await makeSite(cloud, 'young-site');
    for (let i = 1; i <= 7; i++) {
      const result = await labDeploy(site, makeFolder(smallSite(`v${i}`)), `v${i}`, {
        config: { keepReleases: 1 },
      });
      if (i === 5) expect(result.collected).toEqual({ manifests: 0, blobs: 0 });
    }
    expect(await storedNames(site, 'manifests')).toHaveLength(7);
    // Three files in every version are others, and four are the same in all.
    await expectKeptWhole(site, 'young');
    const all = [1, 2, 3, 4, 5, 6, 7].map((i) => `sites/young-site/manifests/v${i}.json`);
    expect(await storedNames(site, 'blobs')).toEqual(await blobsOf(site, all));
  });

  it('is never what a run that died, or the one after it, needs', async () => {
    const site = await makeSite(cloud, 'died-site');
    for (const version of ['v1', 'v2', 'v3', 'v4']) await deployDaysLater(site, version, 2);
    // It dies in the middle of going live, and the next one comes when everything is old.
    const ports = await labPorts(site, { after: 18, carriedOut: true });
    const dying = deploySite(site, 'dead', ports);
    await Promise.race([dying, ports.dead]);
    expect((await state(site)).activating.map(({ release }) => release)).toEqual(['dead']);
    const next = await deployDaysLater(site, 'v5', 10);
    expect(next.outcome, next.cause?.message).toBe('deployed');
    expect(next.collected?.manifests).toBeGreaterThan(0);
    await expectKeptWhole(site, 'after a run that died');
    for (const release of (await state(site)).releases.map((entry) => entry.release).slice(0, 2)) {
      await labRestore(site, release, `back-to-${release}`);
      await site.dropped();
      expect((await site.get('/')).body).toBe(smallSite(release)['index.html']);
    }
  });
});

async function deploySite(site: TestSite, version: string, ports: Awaited<ReturnType<typeof labPorts>>) {
  const { deploySite: deploy } = await import('../../src/parts/site/index.ts');
  await deploy(
    { ...labConfig(site, makeFolder(smallSite(version)), version), keepReleases: KEEP },
    ports,
  ).catch(() => {});
}

describe('a machine that dies while it collects', () => {
  it('leaves every kept release whole, and the next one collects what is left', async () => {
    const site = await makeSite(cloud, 'dying-collector');
    for (const version of ['v1', 'v2', 'v3', 'v4']) await deployDaysLater(site, version, 2);
    const keys = siteKeys({ bucket: site.bucket, prefix: '' });
    const before = await storedNames(site, 'blobs');
    let deaths = 0;
    for (const carriedOut of [false, true]) {
      for (let after = 0; ; after++, deaths++) {
        const calm = await labPorts(site);
        const found = await readState(calm.release, keys);
        calm.close();
        const ports = await labPorts(site, { after, carriedOut });
        const collected = found && collect({ ...ports, clock: later(10) }, keys, found);
        const how = await Promise.race([collected, ports.dead.then(() => 'died' as const)]);
        await expectKeptWhole(site, `death at request ${after}`);
        if (how !== 'died') break;
      }
    }
    // Listings, the manifests of the kept releases, the deletion, the state.
    expect(deaths).toBeGreaterThanOrEqual(2 * 5);
    const { releases } = await state(site);
    const kept = await blobsOf(
      site,
      releases.map(({ manifest }) => manifest),
    );
    expect(await storedNames(site, 'blobs')).toEqual(kept);
    expect(before.length).toBeGreaterThan(kept.length);
    expect(await storedNames(site, 'manifests')).toEqual(['v2.json', 'v3.json', 'v4.json']);
  });
});
