// What visitors get beside the bytes: compressed files, headers that the user sets, headers of others.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const page = (body: string) => `<!doctype html><html lang="en"><title>x</title>${body}</html>`;
const deployed = async (site: TestSite, files: Record<string, string | Uint8Array>, inputs = {}) => {
  const run = await site.deploy(makeFolder(files), inputs);
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  return run;
};
const headersOf = async (site: TestSite, path: string) => {
  const { headers } = await site.get(path);
  return {
    type: headers.get('content-type'),
    encoding: headers.get('content-encoding'),
    cache: headers.get('cache-control'),
    disposition: headers.get('content-disposition'),
    language: headers.get('content-language'),
  };
};

it('files that the build compressed arrive as what is inside, where the site loads them so', async () => {
  const site = await makeSite(cloud, 'headers-unity');
  const code = 'var framework = "é";\n'.repeat(200);
  const wasm = Buffer.from('\0asm'.repeat(500), 'latin1');
  await deployed(site, {
    'index.html': page('<script src="/Build/game.loader.js"></script>'),
    'Build/game.loader.js': 'load()',
    'Build/game.framework.js.br': brotliCompressSync(code),
    'Build/game.wasm.br': brotliCompressSync(wasm),
    'Build/game.data.unityweb': gzipSync(wasm),
    'points.json.gz': gzipSync('[1]'),
  });
  const framework = await site.get('/Build/game.framework.js.br');
  expect(framework.body).toBe(code);
  expect(await headersOf(site, '/Build/game.framework.js.br')).toMatchObject({
    type: 'text/javascript; charset=utf-8',
    encoding: 'br',
  });
  expect(await headersOf(site, '/Build/game.wasm.br')).toMatchObject({
    type: 'application/wasm',
    encoding: 'br',
  });
  expect(await headersOf(site, '/Build/game.data.unityweb')).toMatchObject({
    type: 'application/octet-stream',
    encoding: 'gzip',
  });
  // A script takes it apart by itself.
  expect(await headersOf(site, '/points.json.gz')).toMatchObject({
    type: 'application/gzip',
    encoding: null,
  });
});

describe('headers that the user sets', () => {
  const files = (version: string) => ({
    ...smallSite(version),
    'guide.pdf': version,
    'de/a.html': page(version),
    _headers: [
      '/*',
      '  Content-Security-Policy: default-src self',
      '/de/*',
      '  Content-Language: de',
      '/guide.pdf',
      `  Content-Disposition: attachment; filename="guide-${version}.pdf"`,
      '  x-amz-meta-version: 7',
      '  Cache-Control: max-age=61',
    ].join('\n'),
  });

  it('are set, never published, told where S3 has none, and are back after a rollback', async () => {
    const site = await makeSite(cloud, 'headers-file');
    const input = { headers: 'about.html: Cache-Control: max-age=62\nde/**: x-amz-meta-lang: de' };
    const first = await deployed(site, files('one'), { ...input, 'release-id': 'one' });
    expect(first.log).toMatch(
      /_headers: S3 keeps no Content-Security-Policy \(line 2\): .*response headers policy/,
    );
    expect((await site.get('/_headers')).status).toBe(404);
    expect([...(await site.live()).keys()]).not.toContain('_headers');
    expect(await headersOf(site, '/de/a.html')).toMatchObject({ language: 'de' });
    expect(await headersOf(site, '/about.html')).toMatchObject({ cache: 'max-age=62' });
    const guide = { cache: 'max-age=61', disposition: 'attachment; filename="guide-one.pdf"' };
    expect(await headersOf(site, '/guide.pdf')).toMatchObject(guide);
    const metadata = async (key: string) =>
      (await site.s3.send(new HeadObjectCommand({ Bucket: site.bucket, Key: key }))).Metadata;
    expect(await metadata('guide.pdf')).toEqual({ version: '7' });
    expect(await metadata('de/a.html')).toEqual({ lang: 'de' });

    // Nothing said any more, nothing kept: these were ours.
    const { _headers, ...plain } = files('one');
    await deployed(site, plain, { 'release-id': 'two' });
    expect(await headersOf(site, '/guide.pdf')).toMatchObject({ disposition: null });
    expect(await metadata('guide.pdf')).toEqual({});

    const back = await runAction(
      'rollback',
      {
        ...{ 'release-bucket': site.releaseBucket, bucket: site.bucket, distribution: site.distribution },
        to: 'one',
      },
      { env: cloud.env },
    );
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    expect(await headersOf(site, '/guide.pdf')).toMatchObject(guide);
    expect(await headersOf(site, '/de/a.html')).toMatchObject({ language: 'de' });
    expect(await metadata('guide.pdf')).toEqual({ version: '7' });
  });

  it('what S3 cannot do is refused in the input, and a file that is not compressed as it says', async () => {
    const site = await makeSite(cloud, 'headers-refused');
    const refusals: [Record<string, string>, Record<string, string>, RegExp][] = [
      [
        {},
        { headers: '**: X-Frame-Options: DENY' },
        /S3 keeps no X-Frame-Options[\s\S]*response headers policy/,
      ],
      [{}, { headers: 'robots.txt: Content-Encoding: br' }, /robots.txt is not compressed with br/],
      [{ _headers: '/*\n  Basic-Auth: a:b' }, {}, /_headers, line 2: Basic-Auth is not possible/],
    ];
    for (const [more, inputs, says] of refusals) {
      const run = await site.deploy(makeFolder({ ...smallSite('one'), ...more }), inputs);
      expect(run.outputs['outcome'], run.log).toBe('refused');
      expect(run.log).toMatch(says);
    }
    expect((await site.live()).size).toBe(0);
  });
});

it('headers of a live object stay while its bytes do; the plan names what goes', async () => {
  const site = await makeSite(cloud, 'headers-foreign');
  const one = {
    ...smallSite('one'),
    'guide.pdf': 'guide',
    'terms.pdf': 'terms',
    'app.wasm.gz': gzipSync('app'),
  };
  const put = (Key: string, more: object) =>
    site.s3.send(
      new PutObjectCommand({ Bucket: site.bucket, Key, Body: one[Key as keyof typeof one], ...more }),
    );
  await put('index.html', { ContentType: 'text/html', CacheControl: 'no-cache' });
  await put('guide.pdf', {
    ContentDisposition: 'attachment',
    Metadata: { owner: 'ann' },
    ContentLanguage: 'de',
  });
  await put('terms.pdf', { ContentDisposition: 'inline' });
  await put('app.wasm.gz', { ContentEncoding: 'gzip', ContentType: 'application/wasm' });
  const guide = { disposition: 'attachment', language: 'de', type: 'application/pdf' };
  const metadata = async () =>
    (await site.s3.send(new GetObjectCommand({ Bucket: site.bucket, Key: 'guide.pdf' }))).Metadata;

  const first = await deployed(site, { ...one, 'terms.pdf': 'new terms' });
  expect(JSON.parse(first.outputs['plan'] ?? '')).toMatchObject({
    losses: ['terms.pdf: Content-Disposition "inline"'],
  });
  expect(first.log).toContain('terms.pdf: Content-Disposition "inline" was set by somebody else');
  expect(await headersOf(site, '/guide.pdf')).toMatchObject(guide);
  expect(await metadata()).toEqual({ owner: 'ann' });
  expect(await headersOf(site, '/app.wasm.gz')).toMatchObject({ type: 'application/wasm', encoding: 'gzip' });
  expect(await headersOf(site, '/terms.pdf')).toMatchObject({ disposition: null });

  // So it is in the release after, and no file is written for it.
  const second = await deployed(site, { ...one, 'terms.pdf': 'new terms', 'about.html': page('new') });
  expect(second.outputs['uploaded']).toBe('1');
  expect(await headersOf(site, '/guide.pdf')).toMatchObject(guide);
  const third = await site.deploy(makeFolder({ ...one, 'guide.pdf': 'other' }), { 'dry-run': 'true' });
  expect(third.log).toContain(
    'guide.pdf: Content-Disposition "attachment", Content-Language "de", x-amz-meta-owner',
  );
  await deployed(
    site,
    { ...one, 'guide.pdf': 'other' },
    { headers: 'guide.pdf: Content-Disposition: inline' },
  );
  expect(await headersOf(site, '/guide.pdf')).toMatchObject({ disposition: 'inline', language: null });
  expect(await metadata()).toEqual({});
});

it('files that are in the folder by mistake are refused by name, and published where that is said', async () => {
  const site = await makeSite(cloud, 'files-forbidden');
  const files = {
    ...smallSite('one'),
    'keys/id_rsa': 'x',
    'tls/site.pem': 'x',
    'node_modules/left-pad/package.json': '{}',
    'hero.jpg': 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
    '.env': 'SECRET=1',
  };
  const run = await site.deploy(makeFolder({ ...files, 'index.html': '' }), { dotfiles: 'true' });
  expect(run.outputs['outcome'], run.log).toBe('refused');
  for (const name of [
    'keys/id_rsa',
    'tls/site.pem',
    'node_modules/left-pad/package.json',
    'hero.jpg',
    '.env',
    'index.html',
  ])
    expect(run.log).toContain(`${name}: it is `);
  expect(run.log).toContain('`allow-files`');
  expect((await site.live()).size).toBe(0);
  await deployed(site, files, { 'allow-files': 'keys\n*.pem\nnode_modules\nhero.jpg' });
});

it('a charset is what the bytes say, and a page is a page under any name', async () => {
  const site = await makeSite(cloud, 'charsets');
  const latin = Buffer.from(page('<meta charset="iso-8859-1">é'), 'latin1');
  await deployed(site, {
    'index.html': page('é'),
    'old.html': latin,
    'broken.txt': Buffer.from('é', 'latin1'),
    'releases/v1.2': page('1.2'),
  });
  expect(await headersOf(site, '/')).toMatchObject({ type: 'text/html; charset=utf-8' });
  expect(await headersOf(site, '/old.html')).toMatchObject({ type: 'text/html; charset=iso-8859-1' });
  expect(await headersOf(site, '/broken.txt')).toMatchObject({ type: 'text/plain' });
  expect(await headersOf(site, '/releases/v1.2')).toMatchObject({
    type: 'text/html; charset=utf-8',
    cache: 'public, max-age=0, must-revalidate',
  });
});
