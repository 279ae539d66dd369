// Several distributions in front of one bucket: whatever goes live, goes back or is undone is told to all of them, and read
// back through each.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ReleaseRecord, SitePart } from '../../src/release/record.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { useCloud } from '../support/cloud-env.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  useCloud(cloud);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cloud?.stop();
  removeFolders();
});

/** Caches keep pages, so that one that is not told goes on with what it has. */
const WAIT = { 'wait-for-invalidation': 'true', 'cache-control': '**: public, max-age=3600' };
const page = (version: string) => `<!doctype html><title>${version}</title><h1>${version}</h1>`;
const folder = (version: string) =>
  makeFolder({ 'index.html': page(version), 'about.html': page(`about ${version}`) });

/** One serves the folder below a path, the other at its root. */
const twoFronts = (name: string) => makeSite(cloud, name, { more: [{ originPath: '/docs' }] });
const atBoth = ({ url, more }: TestSite) => [`${url}/docs`, more[0]?.url ?? ''];

/** What a visitor gets at each, and so what stays in each cache. */
const visit = (site: TestSite, path: string) =>
  Promise.all(atBoth(site).map(async (url) => (await fetch(`${url}${path}`)).text()));

const recorded = async (site: TestSite, id: string) =>
  (await site.json<ReleaseRecord>(`production/releases/${id}.json`))?.parts['frontend'] as SitePart;

const rollback = (site: TestSite, inputs: Record<string, string> = {}) =>
  runAction(
    'rollback',
    { environment: 'production', 'release-bucket': site.releaseBucket, reason: 'test', ...inputs },
    { env: cloud.env },
  );

const old = '/about.html';

it('each forgets what it has, by its own paths, and both are read back; a rollback does the same', async () => {
  const site = await twoFronts('two-fronts');
  const both = [site.distribution, site.more[0]?.id ?? ''];
  const deploy = (id: string, inputs: Record<string, string> = {}) =>
    site.deploy(folder(id), { ...WAIT, prefix: 'docs', 'release-id': id, ...inputs });
  const first = await deploy('one', { distribution: both.join('\n') });
  expect(first.outputs['outcome'], first.log).toBe('deployed');
  expect(await visit(site, old)).toEqual([page('about one'), page('about one')]);

  const second = await deploy('two');
  expect(second.outputs['outcome'], second.log).toBe('deployed');
  expect(await visit(site, old)).toEqual([page('about two'), page('about two')]);
  const paths = second.outputs['invalidated-paths']?.split('\n') ?? [];
  expect(paths).toEqual(expect.arrayContaining(['/docs/about.html', '/about.html']));
  expect(second.outputs['invalidation-id']?.split(',')).toHaveLength(2);
  expect(await recorded(site, 'two')).toMatchObject({ distribution: both[0], distributions: both });

  const back = await rollback(site);
  expect(back.outputs['outcome'], back.log).toBe('rolled-back');
  expect(await visit(site, old)).toEqual([page('about one'), page('about one')]);
  expect(await recorded(site, back.outputs['release-id'] ?? '')).toMatchObject({ distributions: both });
});

it('one that answers with other bytes fails the deployment, and all is put back', async () => {
  const stamped = `async function handler(event) {
    const { request, response } = event;
    if (request.uri === '/about.html') return { statusCode: 200, body: 'of yesterday', headers: { 'content-type': { value: 'text/html' } } };
    return request;
  }`;
  const site = await makeSite(cloud, 'one-astray', {
    more: [{ originPath: '/docs', functions: { 'viewer-request': stamped } }],
  });
  const run = await site.deploy(folder('one'), { ...WAIT, prefix: 'docs', 'release-id': 'one' });
  expect(run.outputs['outcome'], run.log).toBe('rolled-back');
  expect(run.log).toContain(`${site.more[0]?.url.replace(/^https?:/, '')}/about.html`);
  expect([...(await site.live()).keys()]).toEqual([]);
});

it('one that does not serve the prefix is refused, and nothing is written', async () => {
  const site = await makeSite(cloud, 'other-folder', { more: [{ originPath: '/blog' }] });
  const run = await site.deploy(folder('one'), { prefix: 'docs', 'release-id': 'one' });
  expect(run.outputs['outcome'], run.log).toBe('refused');
  expect(run.log).toContain(`the distribution ${site.more[0]?.id} does not serve this part of the bucket`);
  expect([...(await site.live()).keys(), ...(await site.stored())]).toEqual([]);
});

it('a site may be given one more, which going back further tells too; one less is refused, unless it is meant', async () => {
  const site = await twoFronts('grown');
  const only = { distribution: site.distribution };
  const deploy = (id: string, inputs: Record<string, string> = {}) =>
    site.deploy(folder(id), { ...WAIT, prefix: 'docs', 'release-id': id, ...inputs });
  expect((await deploy('one', only)).outputs['outcome']).toBe('deployed');
  const grown = await deploy('two');
  expect(grown.outputs['outcome'], grown.log).toBe('deployed');
  expect(await visit(site, old)).toEqual([page('about two'), page('about two')]);

  const less = await deploy('three', only);
  expect(less.outputs['outcome'], less.log).toBe('refused');
  expect(less.log).toContain(`is behind ${site.more[0]?.id} too`);

  const back = await rollback(site, { to: 'one' });
  expect(back.outputs['outcome'], back.log).toBe('rolled-back');
  expect(await visit(site, old)).toEqual([page('about one'), page('about one')]);

  const meant = await deploy('four', { ...only, 'replace-part': 'true' });
  expect(meant.outputs['outcome'], meant.log).toBe('deployed');
  expect((await recorded(site, 'four')).distributions).toBeUndefined();
});

it('one that was there unnamed, with pages of before in its cache, forgets them all although nothing else has changed', async () => {
  const site = await makeSite(cloud, 'unnamed', { more: [{}] });
  const only = { distribution: site.distribution };
  const both = [site.url, site.more[0]?.url ?? ''];
  const seen = () => Promise.all(both.map(async (url) => (await fetch(`${url}${old}`)).text()));
  await site.deploy(folder('one'), { ...WAIT, ...only, 'release-id': 'one' });
  expect(await seen()).toEqual([page('about one'), page('about one')]);
  await site.deploy(folder('two'), { ...WAIT, ...only, 'release-id': 'two' });
  expect(await seen()).toEqual([page('about two'), page('about one')]);
  const named = await site.deploy(folder('two'), { ...WAIT, 'release-id': 'three' });
  expect(named.outputs['outcome'], named.log).toBe('deployed');
  expect(named.outputs['invalidated-paths']).toBe('/*');
  expect(await seen()).toEqual([page('about two'), page('about two')]);
  const again = await site.deploy(folder('two'), { ...WAIT, 'release-id': 'four' });
  expect(again.outputs['outcome'], again.log).toBe('unchanged');
});

it('preflight looks at each', async () => {
  const site = await makeSite(cloud, 'looked-at', { more: [{ originPath: '/blog' }] });
  const run = await runAction(
    'preflight',
    {
      bucket: site.bucket,
      prefix: 'docs',
      distribution: `${site.distribution},${site.more[0]?.id}`,
      cost: 'false',
    },
    { env: cloud.env },
  );
  const log = run.log.replaceAll('%0A', '\n');
  expect(log).toContain(`${site.distribution} answers on`);
  expect(log).toContain(`${site.more[0]?.id}: its origin path is "/blog", and the site goes to "/docs"`);
});
