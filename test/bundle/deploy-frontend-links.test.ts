import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { cleanUrls, type UrlSettings } from '../support/edge-functions.ts';
import { makeFolder, makeSite, removeFolders } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const text = (log: string) => log.replaceAll('%0A', '\n').replaceAll('%25', '%');
const page = (title: string, ...links: string[]) =>
  `<!doctype html><title>${title}</title>${links.map((link) => `<a href="${link}">${link}</a>`).join('')}`;
/** As Astro, Docusaurus, Hugo and Next.js with `trailingSlash` write a site. */
const FOLDERS = {
  'index.html': page('home', '/', '/about/', '/docs/start'),
  'about/index.html': page('about', '../', '/docs/'),
  'docs/index.html': page('docs'),
  'docs/start/index.html': page('start', '../../about/'),
  '404.html': page('not found'),
};
/** As Next.js and SvelteKit write it by themselves. */
const FILES = {
  'index.html': page('home', '/', '/about', '/docs'),
  'about.html': page('about', '/docs/start'),
  'docs.html': page('docs'),
  'docs/start.html': page('start', '/about'),
  '404.html': page('not found'),
};
const withFunction = (name: string, settings: UrlSettings) =>
  makeSite(cloud, name, { functions: { 'viewer-request': cleanUrls(settings) } });

describe('a site whose links have clean addresses', () => {
  it.each([
    ['folder', FOLDERS],
    ['file', FILES],
  ] as const)('is found at them with clean_urls = %s, and read back there', async (kind, files) => {
    const site = await withFunction(`clean-${kind}`, { cleanUrls: kind });
    const run = await site.deploy(makeFolder(files), { 'release-id': 'one' });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    for (const address of ['/about', '/about/', '/docs/start', '/docs/'])
      expect((await site.get(address)).status, address).toBe(200);
    expect((await site.get('/about/')).body).toContain('<title>about</title>');
    expect((await site.get('/nowhere')).status).toBe(404);
    const next = { ...files, 'index.html': page('home again', '/about/') };
    expect((await site.deploy(makeFolder(next))).outputs['outcome']).toBe('deployed');
  });

  it('is refused before anything is changed where no function finds them, with the way on', async () => {
    const site = await makeSite(cloud, 'clean-none');
    await cloud.clearRequests();
    const run = await site.deploy(makeFolder(FILES));
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(text(run.log)).toContain('index.html links to /about, which is about.html in the bucket');
    expect(text(run.log)).toMatch(
      /next: attach such a function \(infra\/terraform has it, with clean_urls = "file"/,
    );
    expect(await cloud.changes()).toEqual([]);
    const allowed = { 'allow-missing': 'about\ndocs\ndocs/start' };
    const again = await site.deploy(makeFolder(FILES), allowed);
    expect(again.outputs['outcome'], again.log).toBe('deployed');
  });

  it('goes back where the function looks for other files', async () => {
    const site = await withFunction('clean-wrong', { cleanUrls: 'file' });
    const run = await site.deploy(makeFolder(FOLDERS));
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    expect(text(run.log)).toMatch(
      /\/about\/ \(a link of index\.html\): HTTP 404.*: \/about\/ is about\/index\.html in the bucket, and nothing finds it/,
    );
  });

  it('goes back where a single-page app answers under the address of a page', async () => {
    const app = { singlePageApp: true };
    const site = await withFunction('clean-app', app);
    const run = await site.deploy(makeFolder(FOLDERS));
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    expect(text(run.log)).toContain('it is answered with index.html, and is about/index.html');
    const named = await withFunction('clean-app-pages', { ...app, pages: ['/about', '/docs'] });
    const right = await named.deploy(makeFolder(FOLDERS));
    expect(right.outputs['outcome'], right.log).toBe('deployed');
    expect((await named.get('/settings')).body).toBe(FOLDERS['index.html']);
  });

  it('has redirects at clean addresses too', async () => {
    const site = await withFunction('clean-redirects', {});
    const run = await site.deploy(makeFolder({ ...FOLDERS, _redirects: '/old /about/ 301\n' }));
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    for (const address of ['/old', '/old/', '/old.html'])
      expect((await site.get(address)).body, address).toContain('url=/about/');
  });
});
