import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { cleanUrls } from '../support/edge-functions.ts';
import { browse, type RealSite, type RealVersion, realSite } from '../support/real-sites.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const IMMUTABLE = 'public, max-age=31536000, immutable';
const REVALIDATE = 'public, max-age=0, must-revalidate';
const HOUR = 'public, max-age=3600';

/** What docs/frontend.md promises, written down apart from the code: first match wins. */
const PROMISES: Readonly<Record<RealSite, ReadonlyArray<readonly [RegExp, string, string]>>> = {
  next: [
    [/\.html$/, 'text/html; charset=utf-8', REVALIDATE],
    [/^_next\/static\/.*\.js$/, 'text/javascript; charset=utf-8', IMMUTABLE],
    [/^_next\/static\/.*\.css$/, 'text/css; charset=utf-8', IMMUTABLE],
    [/\.txt$/, 'text/plain; charset=utf-8', REVALIDATE],
    [/\.svg$/, 'image/svg+xml; charset=utf-8', HOUR],
  ],
  vite: [
    [/\.html$/, 'text/html; charset=utf-8', REVALIDATE],
    [/^assets\/.*\.js$/, 'text/javascript; charset=utf-8', IMMUTABLE],
    [/^assets\/.*\.css$/, 'text/css; charset=utf-8', IMMUTABLE],
    [/^assets\/.*\.svg$/, 'image/svg+xml; charset=utf-8', IMMUTABLE],
    [/\.json$/, 'application/json; charset=utf-8', REVALIDATE],
    [/\.webmanifest$/, 'application/manifest+json; charset=utf-8', REVALIDATE],
    [/\.txt$/, 'text/plain; charset=utf-8', REVALIDATE],
    [/\.svg$/, 'image/svg+xml; charset=utf-8', HOUR],
  ],
};

/** Pages that a browser opens, in both versions. */
const PAGES: Readonly<Record<RealSite, readonly string[]>> = {
  next: ['/', '/about/index.html', '/docs/start/index.html', '/404.html'],
  vite: ['/', '/about.html'],
};

const folder = (text: string) => [`${text}`, `${text}/`, `${text}/index.html`];
/** What a browser or an edge may hold of `v1` and must ask for again, and nothing else. */
const INVALIDATED: Readonly<Record<RealSite, readonly string[]>> = {
  next: [
    '/',
    '/index.html',
    '/404.html',
    ...folder('/404'),
    ...folder('/_not-found'),
    ...folder('/about'),
    ...folder('/docs/start'),
    // A page that is gone with v2; what it loads stays for open tabs.
    ...folder('/docs/more'),
    // The payloads by which Next.js goes from page to page; `$` is one that some clients encode.
    '/index.txt',
    '/__next.__PAGE__.txt',
    '/__next._full.txt',
    '/__next._tree.txt',
    '/_not-found/index.txt',
    '/_not-found/__next._full.txt',
    '/_not-found/__next._not-found.__PAGE__.txt',
    '/_not-found/__next._tree.txt',
    '/about/index.txt',
    '/about/__next._full.txt',
    '/about/__next._tree.txt',
    '/about/__next.about.__PAGE__.txt',
    '/docs/start/index.txt',
    '/docs/start/__next._full.txt',
    '/docs/start/__next._tree.txt',
    '/docs/start/__next.docs.$d$slug.__PAGE__.txt',
    '/docs/start/__next.docs.%24d%24slug.__PAGE__.txt',
  ],
  vite: ['/', '/index.html', '/about', '/about.html', '/data/greeting.json'],
};

const isPage = (path: string) => path.endsWith('.html');

async function expectServed(site: TestSite, kind: RealSite, files: Record<string, Buffer>) {
  for (const [path, bytes] of Object.entries(files)) {
    const answer = await site.get(`/${path.split('/').map(encodeURIComponent).join('/')}`);
    expect(answer.status, path).toBe(200);
    expect(answer.body, path).toBe(bytes.toString());
    const [, type, cache] = PROMISES[kind].find(([pattern]) => pattern.test(path)) ?? [];
    expect(answer.headers.get('content-type'), path).toBe(type);
    expect(answer.headers.get('cache-control'), path).toBe(cache);
  }
}

async function expectBrowsable(site: TestSite, kind: RealSite, version: RealVersion) {
  for (const page of PAGES[kind]) {
    const { loaded, problems } = await browse(site, page);
    expect(problems, `${version} ${page}`).toEqual([]);
    expect(loaded.size, `${version} ${page}`).toBeGreaterThan(2);
  }
}

describe.each<RealSite>(['next', 'vite'])('a real site, built by %s', (kind) => {
  it('goes live, is followed by the next version, and comes back', async () => {
    // Its links say /about/.
    const functions = { 'viewer-request': cleanUrls() };
    const site = await makeSite(cloud, `real-${kind}`, kind === 'next' ? { functions } : {});
    const [one, two] = [realSite(kind, 'v1'), realSite(kind, 'v2')];
    const first = await site.deploy(makeFolder(one), { 'release-id': 'v1' });
    expect(first.outputs, first.log).toMatchObject({
      outcome: 'deployed',
      uploaded: String(Object.keys(one).length),
    });
    expect(first.log).not.toContain('::warning');
    await expectServed(site, kind, one);
    await expectBrowsable(site, kind, 'v1');

    // The second version writes what differs, and no more.
    await cloud.clearRequests();
    const second = await site.deploy(makeFolder(two), { 'release-id': 'v2' });
    const differs = Object.keys(two).filter((path) => !one[path]?.equals(two[path] as Buffer));
    expect(second.outputs, second.log).toMatchObject({
      outcome: 'deployed',
      uploaded: String(differs.length),
    });
    expect(second.outputs['invalidated-paths']?.split('\n').sort()).toEqual([...INVALIDATED[kind]].sort());
    await expectServed(site, kind, two);
    await expectBrowsable(site, kind, 'v2');
    // A tab that was opened before still finds what it loads late; a page that is gone is gone.
    for (const [path, bytes] of Object.entries(one)) {
      if (two[path]) continue;
      const answer = await site.get(`/${path.split('/').map(encodeURIComponent).join('/')}`);
      if (isPage(path)) expect(answer.status, path).toBe(404);
      else expect(answer.body, path).toBe(bytes.toString());
    }

    // Back: by copies inside S3, and only of what differs. What v2 alone has stays for its tabs, but for its pages.
    await cloud.clearRequests();
    const back = await runAction(
      'rollback',
      { 'release-bucket': site.releaseBucket, to: 'v1' },
      { env: cloud.env },
    );
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    const writes = (await cloud.changes()).filter(({ resource }) => resource.startsWith(`${site.bucket}/`));
    expect(writes.filter(({ operation }) => operation === 'PutObject')).toEqual([]);
    const copies = writes.filter(({ operation }) => operation === 'CopyObject');
    const gone = Object.keys(one).filter((path) => !two[path] && isPage(path));
    const changed = Object.keys(one).filter((path) => two[path] && !two[path].equals(one[path] as Buffer));
    expect(copies.map(({ resource }) => resource.slice(site.bucket.length + 1)).sort()).toEqual(
      [...gone, ...changed].sort(),
    );
    await expectServed(site, kind, one);
    await expectBrowsable(site, kind, 'v1');
    const pages = [...(await site.live()).keys()].filter(isPage).sort();
    expect(pages).toEqual(Object.keys(one).filter(isPage).sort());
    const kept = Object.keys(two).filter((path) => !one[path] && !isPage(path));
    expect(kept.length).toBeGreaterThan(0);
    for (const path of kept) expect((await site.live()).get(path), path).toBe(two[path]?.toString());
    // Hundreds of files are read back one by one.
  });
});
