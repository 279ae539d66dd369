import type { ChildProcess } from 'node:child_process';
import { rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Pointer, type ReleaseRecord, siteOf } from '../../src/release/record.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const sorted = (files: Record<string, string>) => new Map(Object.entries(files).sort());
const s3Requests = async (site: TestSite) =>
  (await cloud.requests()).filter((r) => r.service === 's3' && r.resource.startsWith(site.bucket));

describe('deploy-frontend', () => {
  it('takes a folder live, then only what changed, then nothing', async () => {
    const site = await makeSite(cloud, 'small-site');
    const one = smallSite('one');
    const first = await site.deploy(makeFolder(one), { 'release-id': 'r1' });
    expect(first.outputs, first.log).toMatchObject({
      outcome: 'deployed',
      uploaded: '7',
      'release-id': 'r1',
    });
    expect(await site.live()).toEqual(sorted(one));
    expect((await site.get('/')).body).toBe(one['index.html']);
    expect((await site.get('/nothing.js')).status).toBe(404);

    // Three pages and two assets are others; the old assets stay for open tabs.
    const two = smallSite('two');
    await cloud.clearRequests();
    const second = await site.deploy(makeFolder(two), { 'release-id': 'r2' });
    expect(second.outputs, second.log).toMatchObject({ outcome: 'deployed', uploaded: '5', deleted: '0' });
    expect(await site.live()).toEqual(sorted({ ...one, ...two }));
    expect(second.outputs['invalidated-paths']?.split('\n')).toEqual(
      ['/', '/about', '/about.html', '/docs', '/docs/', '/docs/index.html', '/index.html'].sort(),
    );
    expect((await site.get('/')).body).toBe(two['index.html']);

    // Order: assets, then pages, then the entry page.
    const puts = (await s3Requests(site)).filter(
      (r) => r.operation === 'PutObject' && !r.resource.includes('backup'),
    );
    const order = puts.map((r) => r.resource.replace(/^small-site\//, ''));
    expect(order.at(-1)).toBe('index.html');
    expect(order.slice(0, 2).every((key) => key.startsWith('assets/'))).toBe(true);

    // A fresh checkout has other times: nothing is written, and the release is recorded all the same.
    const again = makeFolder(two);
    for (const path of Object.keys(two)) utimesSync(join(again, path), new Date(), new Date());
    await cloud.clearRequests();
    const third = await site.deploy(again, { 'release-id': 'r3' });
    expect(third.outputs, third.log).toMatchObject({ outcome: 'unchanged', uploaded: '0', unchanged: '9' });
    const requests = (await cloud.requests()).filter((r) => r.service !== 'cdn');
    expect(requests.filter((r) => r.operation.startsWith('Head'))).toEqual([]);
    expect(requests.filter((r) => r.mutating && r.resource.startsWith('small-site/'))).toEqual([]);
    expect((await site.json<Pointer>('production/current.json'))?.parts['frontend']).toBe('r3');

    // A changed Cache-Control alone is applied, and moves no bytes.
    const fourth = await site.deploy(again, {
      'release-id': 'r4',
      'cache-control': 'robots.txt: public, max-age=60',
    });
    expect(fourth.outputs, fourth.log).toMatchObject({
      outcome: 'deployed',
      uploaded: '1',
      'bytes-uploaded': '0',
    });
    expect((await site.get('/robots.txt')).headers.get('cache-control')).toBe('public, max-age=60');
  });

  it('keeps within its budget of requests', async () => {
    const site = await makeSite(cloud, 'budget-site');
    await site.deploy(makeFolder(smallSite('one')));
    await cloud.clearRequests();
    // Another commit: two runs of one commit in one second would have one release id.
    const changed = makeFolder({ ...smallSite('one'), 'about.html': '<title>new</title>' });
    const run = await site.deploy(changed, {}, { commit: '2'.repeat(40), runNumber: 2 });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    const sent = (await cloud.requests()).filter((r) => r.service === 's3' || r.service === 'cloudfront');
    const byOperation = sent.map((r) => `${r.operation} ${r.resource}`);
    // A page of a listing for each bucket, two for the changed file, and fifteen: one asks whose part this is, and the
    // pointer and its record are read before the lock and under it.
    // CloudFront: what, please, and done?
    const ofS3 = sent.filter((r) => r.service === 's3');
    expect(ofS3.length, byOperation.join('\n')).toBeLessThanOrEqual(2 + 2 + 15);
    expect(sent.length - ofS3.length, byOperation.join('\n')).toBeLessThanOrEqual(4);
    expect(Number(run.outputs['requests'])).toBe(byOperation.length);
  });

  it('sends for a first deployment what the README says: two requests a file, and about two dozen', async () => {
    const site = await makeSite(cloud, 'first-budget-site');
    const files = { ...smallSite('one') };
    for (let n = 0; n < 100; n++) files[`data/${n}.json`] = `{"n":${n}}`;
    const run = await site.deploy(makeFolder(files));
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    const others = Number(run.outputs['requests']) - 2 * Object.keys(files).length;
    expect(others, run.outputs['requests']).toBeLessThanOrEqual(28);
    expect(others).toBeGreaterThan(12);

    const adopted = await makeSite(cloud, 'adopted-budget-site');
    for (let n = 0; n < 100; n++)
      await adopted.s3.send(
        new PutObjectCommand({ Bucket: adopted.bucket, Key: `data/${n}.json`, Body: `{"old":${n}}` }),
      );
    const over = await adopted.deploy(makeFolder(files));
    expect(over.outputs['outcome'], over.log).toBe('deployed');
    const more = Number(over.outputs['requests']) - Number(run.outputs['requests']);
    expect(more, 'a read and a copy of each object that is adopted').toBeGreaterThanOrEqual(200);
    expect(more).toBeLessThanOrEqual(216);
  });

  it('records what a bucket serves before it touches it', async () => {
    const site = await makeSite(cloud, 'adopted-site');
    const old = {
      'index.html': '<title>old</title>',
      'old.css': 'a{}',
      'about.html': '<title>about</title>',
    };
    for (const [Key, Body] of Object.entries(old)) {
      await site.s3.send(
        new PutObjectCommand({
          Bucket: site.bucket,
          Key,
          Body,
          ContentType: Key.endsWith('.css') ? 'text/css' : 'text/html',
          CacheControl: 'max-age=5',
        }),
      );
    }
    const next = { ...smallSite('one'), 'about.html': old['about.html'] };
    const run = await site.deploy(makeFolder(next), { 'release-id': 'first' });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed' });
    expect(await site.live()).toEqual(sorted({ ...next, 'old.css': 'a{}' }));
    const adopted = await site.json<ReleaseRecord>('production/releases/first.adopted.json');
    expect(adopted).toMatchObject({
      type: 'adoption',
      result: 'deployed',
      parts: { frontend: { files: 3 } },
    });
    const manifest = await site.json<{ headers: unknown[]; files: unknown[][] }>(
      siteOf(adopted, 'frontend')?.manifest ?? '',
    );
    expect(manifest?.headers).toContainEqual({ contentType: 'text/html', cacheControl: 'max-age=5' });
    expect(manifest?.files.map((line) => line[0]).sort()).toEqual(Object.keys(old).sort());
    expect((await site.stored(`sites/${site.bucket}/blobs/`)).length).toBe(
      new Set([...Object.values(next), ...Object.values(old)]).size,
    );
  });

  it('goes back by itself when smoke checks fail', async () => {
    const site = await makeSite(cloud, 'smoke-site');
    const one = smallSite('one');
    await site.deploy(makeFolder(one), { 'release-id': 'good' });
    const checks = makeFolder({
      'checks.yaml':
        'version: 1\nchecks:\n  - name: home greets\n    gate: rollback\n    get: /\n    expect:\n      body: { contains: "Home one" }\n      status: 200\n    retry: { budget: 1s }\n',
    });
    const bad = await site.deploy(makeFolder(smallSite('bad')), {
      'release-id': 'bad',
      'smoke-checks': join(checks, 'checks.yaml'),
    });
    expect(bad.outputs['outcome'], bad.log).toBe('rolled-back');
    expect(bad.exitCode).toBe(3);
    expect(await site.live()).toEqual(sorted(one));
    expect((await site.get('/')).body).toBe(one['index.html']);
    expect((await site.json<Pointer>('production/current.json'))?.parts['frontend']).toBe('good');
    expect(await site.json<ReleaseRecord>('production/releases/bad.json')).toMatchObject({
      result: 'rolled-back',
    });
    // And the next one starts from there.
    const next = await site.deploy(makeFolder(one), { 'release-id': 'next' });
    expect(next.outputs['outcome'], next.log).toBe('unchanged');
  });

  it('plans without changing anything', async () => {
    const site = await makeSite(cloud, 'plan-site');
    await cloud.clearRequests();
    const run = await site.deploy(makeFolder(smallSite('one')), { 'dry-run': 'true' });
    expect(run.outputs['outcome'], run.log).toBe('planned');
    expect(JSON.parse(run.outputs['plan'] ?? '')).toMatchObject({ files: 7, writes: 7, deletes: 0 });
    expect(run.summary).toContain('What is written (7)');
    expect(await cloud.changes()).toEqual([]);
  });

  it('serves names that S3 and URLs treat specially', async () => {
    const site = await makeSite(cloud, 'nasty-site');
    const names = [
      'with space.txt',
      'plus+plus.txt',
      'per%20cent.txt',
      'hash#tag.txt',
      'question?mark.txt',
      'quo\'te"s.txt',
      'caf\u00e9.txt',
      'cafe\u0301.txt',
      '日本語/ページ.txt',
      '😀.txt',
      'amp&er;sand.txt',
      'semi;colon=equals.txt',
      '.well-known/security.txt',
      '.well-known/apple-app-site-association',
      'tilde~x.txt',
      '(paren)[brack]{brace}.txt',
      'back\\slash.txt',
      'pipe|pipe^caret`tick.txt',
      // The longest key that S3 takes: 1,024 bytes, not characters.
      `${'l\u00f6ng/'.repeat(170)}x.js`,
      'star*.txt',
      'co:lon@at$dollar,comma!.txt',
    ];
    const files = {
      'index.html': '<title>x</title>',
      ...Object.fromEntries(names.map((name) => [name, `content of ${name}`])),
    };
    const first = await site.deploy(makeFolder(files));
    expect(first.outputs, first.log).toMatchObject({
      outcome: 'deployed',
      uploaded: String(names.length + 1),
    });
    expect([...(await site.live()).entries()].sort()).toEqual(Object.entries(files).sort());
    const again = await site.deploy(makeFolder(files));
    expect(again.outputs['outcome'], again.log).toBe('unchanged');
    const changed = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, `${text}!`]));
    const second = await site.deploy(makeFolder(changed), { 'max-invalidation-paths': '3000' });
    expect(second.outputs, second.log).toMatchObject({
      outcome: 'deployed',
      uploaded: String(names.length + 1),
    });
    for (const name of names) {
      const path = `/${name.split('/').map(encodeURIComponent).join('/')}`;
      expect((await site.get(path)).body, name).toBe(changed[name]);
    }
    // Removed: nothing lingers but what pages load.
    const third = await site.deploy(makeFolder({ 'index.html': changed['index.html'] ?? '' }), {
      'retain-releases': '0',
      'max-delete': '100%',
    });
    expect(third.outputs, third.log).toMatchObject({ outcome: 'deployed', deleted: String(names.length) });
    expect([...(await site.live()).keys()]).toEqual(['index.html']);
  });

  it('leaves alone what exclude names, and deletes what nobody knows', async () => {
    const site = await makeSite(cloud, 'exclude-site');
    await site.deploy(makeFolder(smallSite('one')));
    for (const Key of ['reports/2026.csv', 'stray.txt']) {
      await site.s3.send(new PutObjectCommand({ Bucket: site.bucket, Key, Body: 'x' }));
    }
    const run = await site.deploy(makeFolder(smallSite('one')), { exclude: 'reports' });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', deleted: '1' });
    expect([...(await site.live()).keys()]).toContain('reports/2026.csv');
  });

  it('repairs what somebody else has written', async () => {
    const site = await makeSite(cloud, 'repair-site');
    const one = smallSite('one');
    await site.deploy(makeFolder(one));
    // The same bytes with another header, and other bytes of the same length.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await site.s3.send(
      new PutObjectCommand({
        Bucket: site.bucket,
        Key: 'robots.txt',
        Body: one['robots.txt'] ?? '',
        ContentType: 'x/y',
      }),
    );
    await site.s3.send(
      new PutObjectCommand({
        Bucket: site.bucket,
        Key: 'about.html',
        Body: (one['about.html'] ?? '').replace('one', 'two'),
      }),
    );
    const run = await site.deploy(makeFolder(one));
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', uploaded: '2' });
    expect(JSON.parse(run.outputs['plan'] ?? '').reasons).toEqual({ content: 1, 'headers-unknown': 1 });
    expect((await site.get('/robots.txt')).headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('is green with an error annotation where a release is live and what it no longer has cannot be removed', async () => {
    const site = await makeSite(cloud, 'left-over-site');
    await site.deploy(makeFolder({ ...smallSite('one'), 'old.html': '<title>old</title>' }));
    await cloud.fault({
      kind: 'denied',
      service: 's3',
      operation: 'DeleteObjects',
      resource: 'left-over-site',
    });
    const run = await site.deploy(makeFolder(smallSite('two')), { 'release-id': 'two' });
    await cloud.clearFaults();
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', deleted: '0' });
    expect(run.exitCode).toBe(0);
    const annotation = run.log.split('\n').find((line) => line.startsWith('::error')) ?? run.log;
    expect(annotation).toContain(
      'release two is live, but what it no longer has is not all gone: s3:DeleteObject',
    );
    expect(annotation).toContain('the next deployment or rollback removes what is left');
    expect(run.summary).toContain('what it no longer has is not all gone');
    // Its post step has nothing to put back.
    const post = await site.deploy('unused', { 'release-id': 'two' }, { post: run.state });
    expect(post.exitCode, post.log).toBe(0);
    expect((await site.get('/')).body).toBe(smallSite('two')['index.html']);
    expect([...(await site.live()).keys()]).toContain('old.html');
    const next = await site.deploy(makeFolder(smallSite('two')), { 'release-id': 'three' });
    expect(next.outputs, next.log).toMatchObject({ outcome: 'deployed', deleted: '1' });
    expect((await site.get('/old.html')).status).toBe(404);
  });

  it('redirects, and stores compressed what it is told to', async () => {
    const site = await makeSite(cloud, 'redirect-site');
    const run = await site.deploy(
      makeFolder({
        ...smallSite('one'),
        _redirects: '/old /about.html 301\n# a comment\n/blog/ https://blog.example.com/\n',
        'big.json': JSON.stringify({ a: 'x'.repeat(5000) }),
      }),
      { precompress: 'big.json: br' },
    );
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect((await site.get('/old')).body).toContain('url=/about.html');
    const json = await site.get('/big.json');
    expect(json.headers.get('content-encoding')).toBe('br');
    expect(JSON.parse(json.body).a).toHaveLength(5000);
    expect([...(await site.live()).keys()]).toContain('blog/index.html');
  });
});

describe('deploy-frontend refuses, and nothing has been changed', () => {
  const refusals: Array<{
    name: string;
    files?: Record<string, string>;
    inputs?: Record<string, string>;
    says: RegExp;
  }> = [
    {
      name: 'a folder that is not there',
      inputs: { source: '/nowhere/dist' },
      says: /`source`: there is no such folder/,
    },
    { name: 'an empty folder', files: {}, says: /`source`: the folder has no files/ },
    {
      name: 'a folder without index.html',
      files: { 'a.html': 'x' },
      says: /no index\.html[\s\S]*pages: a\.html/,
    },
    {
      name: 'a page that names a missing script',
      files: { 'index.html': '<script src="/app.js"></script>' },
      says: /index\.html loads \/app\.js/,
    },
    {
      name: 'a bad redirect',
      files: { 'index.html': '<title>x</title>', _redirects: '/a/* /b\n' },
      says: /_redirects, line 1: patterns/,
    },
    {
      name: 'an unknown bucket',
      inputs: { bucket: 'no-such-bucket-here' },
      says: /`bucket`[\s\S]*NoSuchBucket/,
    },
    {
      name: 'an unknown release bucket',
      inputs: { 'release-bucket': 'no-such-bucket-here' },
      says: /`release-bucket`[\s\S]*NoSuchBucket/,
    },
    {
      name: 'an unknown distribution',
      inputs: { distribution: 'E0000000000000' },
      says: /`distribution`[\s\S]*NoSuchDistribution/,
    },
    {
      name: 'a release bucket that is the site',
      inputs: { 'release-bucket': 'refusing-site' },
      says: /`release-bucket`: is the bucket of the site/,
    },
    {
      name: 'an expression that expanded to nothing',
      inputs: { bucket: '' },
      says: /`bucket`: is required but empty[\s\S]*expanded to nothing/,
    },
    { name: 'a bucket with a path', inputs: { bucket: 's3://b/path' }, says: /the path goes into `prefix`/ },
    { name: 'a number that is none', inputs: { 'keep-releases': 'many' }, says: /`keep-releases`/ },
    {
      name: 'a malformed cache rule',
      inputs: { 'cache-control': 'nonsense' },
      says: /`cache-control`: has a line/,
    },
  ];
  let site: TestSite;
  beforeAll(async () => {
    site = await makeSite(cloud, 'refusing-site');
  });
  it.each(refusals)('$name', async ({ files, inputs, says }) => {
    await cloud.clearRequests();
    const run = await site.deploy(makeFolder(files ?? smallSite('one')), inputs);
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.exitCode).toBe(2);
    expect(run.log.replaceAll('%0A', '\n')).toMatch(says);
    expect(await cloud.changes()).toEqual([]);
  });

  it('redirects that go in a circle over hosts of the site', async () => {
    const own = await makeSite(cloud, 'circle-site', { aliases: ['www.circle.example.com'] });
    await cloud.clearRequests();
    for (const host of [own.url, 'https://www.circle.example.com']) {
      const _redirects = `# moved\n/a /b\n/b ${host}/a 301\n`;
      const run = await own.deploy(makeFolder({ ...smallSite('one'), _redirects }));
      expect(run.outputs['outcome'], run.log).toBe('refused');
      expect(run.log).toContain('_redirects, line 2: the redirects go in a circle');
    }
    expect(await cloud.changes()).toEqual([]);
  });

  it('a symbolic link out of the folder', async () => {
    const folder = makeFolder(smallSite('one'));
    symlinkSync('/etc/hostname', join(folder, 'host.txt'));
    const run = await site.deploy(folder);
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toContain('host.txt leads out of the folder');
  });

  it('a mass deletion, a CDN that answers for missing files, another environment', async () => {
    const mass = await makeSite(cloud, 'mass-site');
    const many = Object.fromEntries(
      // They would stay for open tabs, and are gone all the same.
      Array.from({ length: 20 }, (_, i) => [`data-${i}.json`, `${i}`]),
    );
    expect((await mass.deploy(makeFolder({ ...smallSite('one'), ...many }))).outputs['outcome']).toBe(
      'deployed',
    );
    await cloud.clearRequests();
    const less = await mass.deploy(makeFolder(smallSite('one')));
    expect(less.outputs['outcome'], less.log).toBe('refused');
    expect(less.log).toMatch(/20 of 25 live files would be removed \(80 %/);
    const other = await mass.deploy(makeFolder(smallSite('one')), { environment: 'staging' });
    expect(other.log).toContain('this site belongs to the environment production');
    const spa = await makeSite(cloud, 'spa-site', { spa: true });
    await spa.s3.send(new PutObjectCommand({ Bucket: 'spa-site', Key: 'index.html', Body: 'x' }));
    await cloud.clearRequests();
    const run = await spa.deploy(makeFolder(smallSite('one')));
    expect(run.log).toContain('the CDN answers for a file that does not exist');
    expect(await cloud.changes()).toEqual([]);
    expect((await spa.deploy(makeFolder(smallSite('one')), { verify: 'pages' })).outputs['outcome']).toBe(
      'deployed',
    );
  });

  it('a key of 1,025 bytes, and a file of more than 5 GiB, before it reads a byte of it', async () => {
    const long = `${'l\u00f6ng/'.repeat(170)}x.txt`;
    const run = await site.deploy(makeFolder({ ...smallSite('one'), [long]: 'x' }));
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toContain('its key has 1025 bytes; S3 takes 1024');
    const folder = makeFolder(smallSite('one'));
    writeFileSync(join(folder, 'huge.iso'), '');
    // A sparse file: it has a size and no blocks.
    truncateSync(join(folder, 'huge.iso'), 5 * 1024 ** 3 + 1);
    const huge = await site.deploy(folder);
    expect(huge.outputs['outcome'], huge.log).toBe('refused');
    expect(huge.log).toContain('the file huge.iso is too large for S3 to take in one piece');
    expect(huge.log).toContain('5368709121 bytes; the limit is 5368709120 (5 GiB)');
  });

  it.each([
    { name: 'is written anew', change: (file: string) => writeFileSync(file, 'B'.repeat(2000)) },
    { name: 'grows', change: (file: string) => writeFileSync(file, 'A'.repeat(3000)) },
    { name: 'goes away', change: (file: string) => rmSync(file) },
  ])('a file that $name between being read and being sent', async ({ change }) => {
    const folder = makeFolder({ ...smallSite('one'), 'zz.txt': 'A'.repeat(2000) });
    // The second blob keeps the others waiting; meanwhile the build goes on.
    await cloud.fault({
      kind: 'hold',
      service: 's3',
      operation: 'PutObject',
      resource: '/blobs/',
      after: 1,
      count: 1,
    });
    await cloud.clearRequests();
    const running = site.deploy(folder, { concurrency: '1' });
    const isSending = async () =>
      (await cloud.requests()).some((r) => r.operation === 'PutObject' && r.resource.includes('/blobs/'));
    while (!(await isSending())) await new Promise((resolve) => setTimeout(resolve, 20));
    change(join(folder, 'zz.txt'));
    await cloud.clearFaults();
    const run = await running;
    expect(run.outputs['outcome'], run.log).toBe('failed');
    expect(run.log).toContain('the file zz.txt changed after it was read');
    expect(await site.live()).toEqual(new Map());
  });

  it('a file that changes while it is read', async () => {
    const folder = makeFolder(smallSite('one'));
    const big = join(folder, 'big.bin');
    writeFileSync(big, Buffer.alloc(60_000_000));
    const writer = setInterval(() => writeFileSync(big, Buffer.alloc(60_000_000 - (Date.now() % 1000))), 15);
    const run = await site.deploy(folder).finally(() => clearInterval(writer));
    expect(run.exitCode, run.log).not.toBe(0);
    expect(run.log).toMatch(/changed/);
  });
});

describe('deploy-frontend is stopped', () => {
  /** Starts a deployment and does `stop` to it while it waits for the answer to its entry page. */
  async function stopHalfWay(site: TestSite, version: string, stop: (child: ChildProcess) => void) {
    await cloud.clearRequests();
    await cloud.fault({
      kind: 'hold',
      service: 's3',
      operation: 'PutObject',
      resource: `${site.bucket}/index.html`,
      count: 1,
    });
    let child: ChildProcess | undefined;
    const running = site.deploy(
      makeFolder(smallSite(version)),
      { 'release-id': version },
      {
        onStart: (started) => {
          child = started;
        },
      },
    );
    const pageIsLive = async () =>
      (await cloud.requests()).some(
        (r) => r.resource === `${site.bucket}/about.html` && r.operation === 'PutObject',
      );
    while (!(await pageIsLive())) await new Promise((resolve) => setTimeout(resolve, 30));
    stop(child as ChildProcess);
    // The signal is there before the answer.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await cloud.clearFaults();
    const run = await running;
    return run;
  }

  it('by a cancellation: it goes back to the release before and frees the lock', async () => {
    const site = await makeSite(cloud, 'cancelled-site');
    const one = smallSite('one');
    await site.deploy(makeFolder(one), { 'release-id': 'one' });
    const run = await stopHalfWay(site, 'two', (child) => child.kill('SIGINT'));
    expect(run.outputs['outcome'], run.log).toBe('interrupted');
    expect(run.exitCode).toBe(130);
    expect(await site.live()).toEqual(sorted(one));
    expect(await site.json('production/lock.json')).toMatchObject({ holders: [] });
    expect(await site.json('production/releases/two.json')).toMatchObject({ result: 'interrupted' });
  });

  it('by a kill: the post step puts the release before back and frees the lock', async () => {
    const site = await makeSite(cloud, 'killed-site');
    const one = smallSite('one');
    await site.deploy(makeFolder(one), { 'release-id': 'one' });
    const run = await stopHalfWay(site, 'two', (child) => child.kill('SIGKILL'));
    expect(run.signal).toBe('SIGKILL');
    expect(await site.live()).not.toEqual(sorted(one));
    const post = await site.deploy('unused', { 'release-id': 'two' }, { post: run.state });
    expect(post.exitCode, post.log).toBe(0);
    // The kill may have come before the answer to the last write, which is carried out all the same.
    expect(await site.live(), post.log).toEqual(sorted(one));
    expect((await site.get('/')).body).toBe(one['index.html']);
    expect(await site.json('production/lock.json')).toMatchObject({ holders: [] });
    expect(await site.json('production/releases/two.json')).toMatchObject({ result: 'interrupted' });
  });

  it('not by another deployment of the same environment: the second waits, and plans on what the first has done', async () => {
    const site = await makeSite(cloud, 'shared-site');
    await site.deploy(makeFolder(smallSite('one')), { 'release-id': 'one' });
    const runs = await Promise.all(
      ['two', 'three'].map((version, i) =>
        site.deploy(
          makeFolder(smallSite(version)),
          { 'release-id': version },
          { runNumber: 5, runId: 5000 + i, commit: String(i + 2).repeat(40) },
        ),
      ),
    );
    const outcomes = runs.map((run) => run.outputs['outcome']).sort();
    // Whichever was later is live; the earlier of the two runs is fenced off where it comes last.
    expect(
      [
        ['deployed', 'deployed'],
        ['deployed', 'refused'],
      ],
      runs.map((r) => r.log).join('\n'),
    ).toContainEqual(outcomes);
    const pointer = await site.json<Pointer>('production/current.json');
    const live = await site.live();
    const page = smallSite(pointer?.parts['frontend'] ?? '')['index.html'];
    expect(live.get('index.html')).toBe(page);
  });
});
