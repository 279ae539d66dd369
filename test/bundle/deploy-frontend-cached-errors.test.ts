import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ReleaseRecord, type SitePart, siteOf } from '../../src/release/record.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { useCloud } from '../support/cloud-env.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';
import { labConfig, labDeploy, labRestore } from '../support/site-lab.ts';
import { watched } from '../support/watched.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
  useCloud(cloud);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cloud?.stop();
  removeFolders();
});

const options = (over = {}) => ({
  ...labConfig({} as TestSite, '', '').options,
  verify: 'full' as const,
  waitForInvalidation: true,
  ...over,
});
const status = async (site: TestSite, ...paths: string[]) =>
  Promise.all(paths.map(async (path) => (await site.get(path)).status));
const NEW = { 'new.html': '<!doctype html><title>new</title>', 'new/index.html': '<!doctype html>new' };
/** Five minutes, as many distributions have it. */
const LONG = 300;

describe('somebody asked for a page before it was there, and the CDN keeps the 404', () => {
  it('for minutes: every form of it is invalidated with the deployment', async () => {
    const site = await makeSite(cloud, 'asked-long', { errorTtl: LONG });
    await labDeploy(site, makeFolder(smallSite('one')), 'one', { config: { options: options() } });
    const asked = ['/new.html', '/new/index.html', '/new/', '/new'];
    expect(await status(site, ...asked)).toEqual([404, 404, 404, 404]);
    const result = await labDeploy(site, makeFolder({ ...smallSite('one'), ...NEW }), 'two', {
      config: { options: options() },
    });
    expect(result.outcome, result.cause?.message).toBe('deployed');
    expect(result.report?.invalidatedPaths).toEqual(asked.toSorted());
    expect(result.plan.invalidate).toEqual(asked.toSorted());
    expect(await status(site, '/new.html', '/new/index.html')).toEqual([200, 200]);
  });

  it('for seconds: it is waited out, and nothing is paid', async () => {
    const site = await makeSite(cloud, 'asked-short', { errorTtl: 2 });
    await labDeploy(site, makeFolder(smallSite('one')), 'one', { config: { options: options() } });
    expect(await status(site, '/new.html')).toEqual([404]);
    const result = await labDeploy(site, makeFolder({ ...smallSite('one'), ...NEW }), 'two', {
      config: { options: options() },
    });
    expect(result.outcome, result.cause?.message).toBe('deployed');
    expect(result.report?.invalidatedPaths).toEqual([]);
    expect(await status(site, '/new.html')).toEqual([200]);
  });

  it('and the deployment that cannot invalidate says that it is a cached 404, and goes back', async () => {
    const site = await makeSite(cloud, 'asked-told', { errorTtl: LONG });
    await labDeploy(site, makeFolder(smallSite('one')), 'one', { config: { options: options() } });
    await status(site, '/new.html');
    const result = await labDeploy(site, makeFolder({ ...smallSite('one'), ...NEW }), 'two', {
      config: { options: options({ siteUrl: site.url }) },
      // Another CDN, which nobody can tell anything.
      ports: { cdns: [], clock: hasty() },
    });
    expect(result.outcome).toBe('rolled-back');
    expect(result.cause?.message).toMatch(
      /new\.html: HTTP 404 and not 200: a cached 404 \(Age: \d+ s, X-Cache: Error from cloudfront\), from before/,
    );
  });

  it('in a rollback, of the page that was removed by mistake', async () => {
    const site = await makeSite(cloud, 'asked-back', { errorTtl: LONG });
    const one = smallSite('one');
    await labDeploy(site, makeFolder(one), 'one', { config: { options: options() } });
    const { 'about.html': _about, ...without } = one;
    await labDeploy(site, makeFolder(without), 'two', { config: { options: options() } });
    expect(await status(site, '/about.html')).toEqual([404]);
    const report = await labRestore(site, 'one', 'back');
    expect(report.invalidatedPaths).toEqual(['/about', '/about.html']);
    expect(await status(site, '/about.html')).toEqual([200]);
  });

  it('of an asset of a release that was undone, and is tried again', async () => {
    const site = await makeSite(cloud, 'asked-again', { errorTtl: LONG });
    await labDeploy(site, makeFolder(smallSite('one')), 'one', { config: { options: options() } });
    // More than are read back: what is read back stays in the cache as it was then.
    const chunks = Array.from({ length: 8 }, (_, i) => [`assets/part${i}.a1b2c3d${i}.js`, `// ${i}`]);
    const two = { ...smallSite('two'), ...Object.fromEntries(chunks) };
    const config = { options: options() };
    const fails = async () => ({ outcome: 'failed' as const, problems: ['no'] });
    const undone = await labDeploy(site, makeFolder(two), 'bad', { config, ports: { gate: fails } });
    expect(undone.outcome, undone.undoProblem).toBe('rolled-back');
    // A tab that has a page of it open.
    const late = ['/assets/part6.a1b2c3d6.js', '/assets/part7.a1b2c3d7.js'];
    expect(await status(site, ...late)).toEqual([404, 404]);
    const again = await labDeploy(site, makeFolder(two), 'two', { config });
    expect(again.outcome, again.cause?.message).toBe('deployed');
    expect(await status(site, ...late)).toEqual([200, 200]);
    // And no more than once: the next build's names are new to everybody.
    const three = await labDeploy(site, makeFolder(smallSite('three')), 'three', { config });
    expect(three.report?.invalidatedPaths.filter((path) => path.startsWith('/assets'))).toEqual([]);
  });
});

it('our own question for a missing name leaves no 404 of the page for such answers in the CDN', async () => {
  const site = await makeSite(cloud, 'own-question', { errorTtl: 10 });
  const missed: { path: string; pageIsThere: boolean }[] = [];
  const address = await watched(site, async (path, status) => {
    if (status >= 400) missed.push({ path, pageIsThere: (await site.live()).has('404.html') });
  });
  const inputs = { 'release-id': 'one', 'site-url': address.url };
  const run = await site.deploy(makeFolder(smallSite('one')), inputs);
  address.close();
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  // Asked before, the CDN would keep for ten seconds that the page is missing.
  expect(missed.map(({ pageIsThere }) => pageIsThere)).toEqual(missed.map(() => true));
  expect(missed.length).toBeGreaterThan(0);
  expect((await site.get('/nowhere')).body).toBe(smallSite('one')['404.html']);
});

it('a rollback to an adopted release, as rollback.yml starts it, invalidates what it changes', async () => {
  const site = await makeSite(cloud, 'adopted-back', { errorTtl: LONG });
  const before = '<!doctype html><title>before</title>';
  await site.s3.send(
    new PutObjectCommand({
      Bucket: site.bucket,
      Key: 'index.html',
      Body: before,
      ContentType: 'text/html',
      CacheControl: 'max-age=3600',
    }),
  );
  const first = await site.deploy(makeFolder(smallSite('one')), { 'release-id': 'one' });
  expect(first.outputs['outcome'], first.log).toBe('deployed');
  const adopted = await site.json<ReleaseRecord>('production/releases/one.adopted.json');
  expect(siteOf(adopted, 'frontend')?.distribution).toBe(site.distribution);
  // As versions recorded it that left the distribution out.
  const { distribution: _distribution, ...frontend } = (siteOf(adopted, 'frontend') ??
    {}) as Partial<SitePart>;
  await site.s3.send(
    new PutObjectCommand({
      Bucket: site.releaseBucket,
      Key: 'production/releases/one.adopted.json',
      Body: JSON.stringify({ ...adopted, parts: { frontend } }),
    }),
  );
  await status(site, '/', '/index.html');
  const run = await runAction(
    'rollback',
    { 'release-bucket': site.releaseBucket, to: 'one.adopted', 'github-token': '' },
    { env: { ...cloud.env } },
  );
  expect(run.outputs['outcome'], run.log).toBe('rolled-back');
  expect(run.log).toContain(
    `its record names no distribution: ${site.distribution} is used, as in release one`,
  );
  expect((await site.get('/')).body).toBe(before);
});

/** A clock whose waits take no time but count as if they had. */
function hasty() {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    sleep: async (milliseconds: number) => {
      ahead += milliseconds;
      await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 5)));
    },
  };
}
