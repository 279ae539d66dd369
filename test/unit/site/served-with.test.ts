// What a file is served with: by its bytes, its name, and what the user says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { filesToVerify, mismatch } from '../../../src/parts/site/live/verify.ts';
import { contentTypeOf } from '../../../src/parts/site/scan/content-type.ts';
import { whyForbidden } from '../../../src/parts/site/scan/forbidden-files.ts';
import { type FileHash, hashAll } from '../../../src/parts/site/scan/hash-files.ts';
import { cacheRulesOf, headerLine, headersBy } from '../../../src/parts/site/scan/header-rules.ts';
import { parseHeadersFile } from '../../../src/parts/site/scan/headers-file.ts';
import { encodingOfBytes, isLoadedEncoded, readLoads } from '../../../src/parts/site/scan/stored-encoding.ts';
import { asCarried, withCarried } from '../../../src/parts/site/store/carried-headers.ts';
import { decodeManifest, encodeManifest } from '../../../src/parts/site/store/manifest.ts';
import type { FileHeaders, Manifest, SiteFile } from '../../../src/parts/site/types.ts';

const dir = mkdtempSync(join(tmpdir(), 'wwhd-served-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const put = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(dir, name), bytes);
  return join(dir, name);
};
const latin1 = (text: string) => Buffer.from(text, 'latin1');
async function typeOf(name: string, bytes: Uint8Array | string, threads = 0) {
  put(name, bytes);
  const [hash] = (await hashAll(dir, [name], undefined, threads)) as FileHash[];
  return contentTypeOf(name, hash?.head, hash?.charset);
}

describe('charsets', () => {
  const page = (charset: string, text: string) => `<!doctype html><meta charset="${charset}"><p>${text}`;
  it.each<[string, Uint8Array | string, string]>([
    ['a.html', page('utf-8', 'é'), 'text/html; charset=utf-8'],
    ['b.html', latin1(page('iso-8859-1', 'é')), 'text/html; charset=iso-8859-1'],
    [
      'c.html',
      latin1('<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1252">é'),
      'text/html; charset=windows-1252',
    ],
    // It says UTF-8 and is not: nothing is claimed.
    ['d.html', latin1(page('utf-8', 'é')), 'text/html'],
    ['e.html', latin1('<!doctype html><p>é'), 'text/html'],
    ['f.html', Buffer.from('\uFEFF<!doctype html><p>é', 'utf16le'), 'text/html; charset=utf-16le'],
    ['g.html', `\uFEFF${page('iso-8859-1', 'é')}`, 'text/html; charset=utf-8'],
    ['h.html', page('utf-16', 'plain'), 'text/html; charset=utf-8'],
    ['i.css', latin1('@charset "iso-8859-15";\np::before { content: "é" }'), 'text/css; charset=iso-8859-15'],
    [
      'j.xml',
      latin1('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'),
      'application/xml; charset=iso-8859-1',
    ],
    ['k.txt', latin1('caf\u00e9'), 'text/plain'],
    ['l.js', 'const a = "é"', 'text/javascript; charset=utf-8'],
    ['m.json', Buffer.from([0x22, 0xc3]), 'application/json'],
    // Pages under other names.
    ['about', '<!DOCTYPE html><html>', 'text/html; charset=utf-8'],
    ['v1.2', '<!doctype html><title>Release 1.2</title>', 'text/html; charset=utf-8'],
    ['www.example.com', '\n<!-- saved -->\n<html lang=en>', 'text/html; charset=utf-8'],
    ['list.php', latin1('<html><head><meta charset=iso-8859-1>é'), 'text/html; charset=iso-8859-1'],
    ['data.v2', '{"a": 1}', 'application/octet-stream'],
    ['tool.js', '<!doctype html>', 'text/javascript; charset=utf-8'],
  ])('%s', async (name, bytes, expected) => {
    expect(await typeOf(name, bytes)).toBe(expected);
    // A worker runs the same by its source text.
    expect(await typeOf(name, bytes, 1)).toBe(expected);
  });

  it('a character that the reading of a large file cuts in two is whole', async () => {
    const text = (shift: number) => `${'x'.repeat(1024 * 1024 - shift)}${'é€😀'.repeat(100)}`;
    for (const shift of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(await typeOf('large.txt', text(shift))).toBe('text/plain; charset=utf-8');
    expect(await typeOf('large.txt', Buffer.concat([Buffer.from(text(1)), Buffer.from([0xe2, 0x82])]))).toBe(
      'text/plain',
    );
  });
});

describe('compressed files', () => {
  const inner = 'console.log("é");\n'.repeat(5000);
  const random = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i * 31 + (i >> 3)) % 251));
  it.each<[string, Uint8Array, object | undefined]>([
    ['app.js.gz', gzipSync(inner), { inner: 'app.js', encoding: 'gzip', charset: 'utf-8' }],
    ['app.js.br', brotliCompressSync(inner), { inner: 'app.js', encoding: 'br', charset: 'utf-8' }],
    ['big.wasm.br', brotliCompressSync(random), { inner: 'big.wasm', encoding: 'br', charset: '' }],
    ['big.wasm.gz', gzipSync(random), { inner: 'big.wasm', encoding: 'gzip', charset: '' }],
    ['game.data.unityweb', gzipSync(random), { inner: 'game.data', encoding: 'gzip', charset: '' }],
    // What the name says, and the bytes do not.
    ['not.js.gz', Buffer.from(inner), undefined],
    ['not.js.br', Buffer.from(inner), undefined],
    ['old.data.unityweb', Buffer.from('UnityWebData1.0'), undefined],
  ])('%s shows how it is compressed', (name, bytes, expected) => {
    expect(encodingOfBytes(name, put(name, bytes))).toEqual(expected);
  });

  const loads = (paths: string[], page = '') => {
    put('page.html', page);
    return readLoads(dir, paths, ['page.html']);
  };
  it.each<[string, string, string[], string, boolean]>([
    ['Unity', 'Build/g.data.br', ['Build/g.loader.js', 'Build/g.data.br'], '', true],
    ['Unity with decompression fallback', 'Build/g.wasm.unityweb', ['Build/g.wasm.unityweb'], '', true],
    ['Flutter, without its twin', 'main.dart.js.gz', ['main.dart.js.gz'], '', true],
    [
      'a page that names it beside its twin',
      'app.js.gz',
      ['app.js', 'app.js.gz'],
      '<script src="/app.js.gz"></script>',
      true,
    ],
    [
      'a twin for a server that negotiates',
      'app.js.gz',
      ['app.js', 'app.js.gz'],
      '<script src="/app.js">',
      false,
    ],
    ['a link is no loading', 'app.js.gz', ['app.js', 'app.js.gz'], '<a href="/app.js.gz">app</a>', false],
    ['data that a script takes apart', 'points.json.gz', ['points.json.gz'], '', false],
    ['a download', 'source.tar.gz', ['source.tar.gz'], '', false],
    [
      'Blazor with its own decoder',
      '_framework/a.wasm.br',
      ['_framework/a.wasm', '_framework/a.wasm.br'],
      `<script>fetch(uri + '.br'); import('../frontend/decode.min.js'); BrotliDecode(x)</script>`,
      false,
    ],
    [
      'Blazor that leaves it to the browser',
      '_framework/a.wasm.br',
      ['_framework/a.wasm', '_framework/a.wasm.br'],
      `<script>fetch(uri + '.br')</script>`,
      true,
    ],
  ])('%s', (_what, path, paths, page, expected) => {
    expect(isLoadedEncoded(path, loads(paths, page))).toBe(expected);
  });
});

describe('headers', () => {
  const file = parseHeadersFile(
    [
      '# all',
      '/*',
      '  X-Frame-Options: DENY',
      '  Cache-Control: max-age=10',
      '  x-amz-meta-team: web',
      '/docs/:page',
      '  Content-Language: de',
      '/assets/*',
      '  ! Cache-Control',
      '/assets/logo.svg',
      '  Cache-Control: max-age=99',
      '/about',
      'Content-Disposition: inline',
      'https://x.pages.dev/*',
      '  X-Robots-Tag: noindex',
    ].join('\r\n'),
  );
  it.each<[string, Partial<FileHeaders>]>([
    ['index.html', { cacheControl: 'max-age=10', metadata: { team: 'web' } }],
    ['docs/start.html', { cacheControl: 'max-age=10', contentLanguage: 'de', metadata: { team: 'web' } }],
    [
      'docs/start/index.html',
      { cacheControl: 'max-age=10', contentLanguage: 'de', metadata: { team: 'web' } },
    ],
    ['docs/a/b.html', { cacheControl: 'max-age=10', metadata: { team: 'web' } }],
    ['assets/a.js', { metadata: { team: 'web' } }],
    ['assets/logo.svg', { cacheControl: 'max-age=99', metadata: { team: 'web' } }],
    ['about.html', { cacheControl: 'max-age=10', contentDisposition: 'inline', metadata: { team: 'web' } }],
  ])('_headers for %s', (path, expected) => {
    expect(headersBy(path, file.rules)).toEqual(expected);
    const cache = cacheRulesOf(file.rules).find((rule) => rule.matches(path))?.value;
    expect(cache).toBe(expected.cacheControl);
  });
  it('names what S3 cannot do, without its value', () => {
    expect(file.beyond).toEqual(['X-Frame-Options (line 3)', 'X-Robots-Tag for one host (line 15)']);
  });
  it.each([
    ['Cache-Control: x', /line 1: a header stands before any path/],
    ['/*\n  nonsense', /line 2: it is neither a path nor/],
    ['/*\n  Content-Type: html', /line 2: Content-Type is not like/],
    ['/*\n  Basic-Auth: a:geheim', /line 2: Basic-Auth is not possible/],
    ['/*\n  X-A: caf\u00e9', /line 2: x-a has characters/],
    ['/50%\n  X-A: b', /line 1: the path has a %/],
    ['/a*b*c*d*e', /line 1: the path has more than 2 stars/],
  ])('refuses %j with its line', (text, says) => {
    expect(() => parseHeadersFile(text)).toThrow(says);
    expect(() => parseHeadersFile(text)).not.toThrow(/geheim/);
  });
  it('a path of stars is matched at once', () => {
    const { rules } = parseHeadersFile('/*a*a\n  Content-Language: en');
    const started = performance.now();
    expect(rules[0]?.matches('a'.repeat(1000))).toBe(true);
    expect(rules[0]?.matches(`${'a'.repeat(1000)}b`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('the input: the first that matches', () => {
    const rules = [
      'downloads/**: Content-Disposition: attachment; filename="x: y"',
      '**: x-amz-meta-a: 1',
    ].map(headerLine);
    expect(headersBy('downloads/a.pdf', rules)).toEqual({
      contentDisposition: 'attachment; filename="x: y"',
      metadata: { a: '1' },
    });
  });
  it.each([
    [
      '**: Content-Security-Policy: default-src',
      /S3 keeps no Content-Security-Policy[\s\S]*response headers policy/,
    ],
    ['**: Cache-Control', /has a line that is not/],
    ['Cache-Control: max-age=1', /has a line that is not/],
    ['**: Content-Type: html', /Content-Type is not like/],
  ])('the input refuses %j', (line, says) => expect(() => headerLine(line)).toThrow(says));
  it('refuses more metadata than S3 keeps', () => {
    const rules = [headerLine(`**: x-amz-meta-a: ${'x'.repeat(2048)}`)];
    expect(() => headersBy('a', rules)).toThrow(/2049 bytes/);
  });
});

describe('headers of others', () => {
  const file = (path: string, sha256: string, headers: Partial<FileHeaders>): SiteFile => ({
    ...{ path, sha256: sha256.repeat(64), md5: 'm', size: 1 },
    headers: { contentType: 'application/octet-stream', cacheControl: 'c', ...headers },
  });
  const base: Manifest = {
    ...{ version: 1, release: 'R', createdAt: 'now', kept: [] },
    files: [
      file(
        'same',
        'a',
        asCarried({ ...file('', 'a', {}).headers, contentEncoding: 'br', contentType: 'application/wasm' }),
      ),
      file(
        'other',
        'b',
        asCarried({ ...file('', 'b', {}).headers, contentDisposition: 'attachment', metadata: { k: 'v' } }),
      ),
      file('ours', 'c', { contentLanguage: 'de' }),
    ],
  };
  it('stay while the bytes do, and are named where they do not', () => {
    const build = [file('same', 'a', {}), file('other', 'd', {}), file('ours', 'c', {})];
    const { files, losses } = withCarried(build, base, []);
    expect(files[0]?.headers).toEqual({
      ...{ contentType: 'application/wasm', cacheControl: 'c', contentEncoding: 'br' },
      carried: ['contentEncoding'],
    });
    expect(files[1]).toBe(build[1]);
    // What a rule of an earlier release set is no foreign header.
    expect(files[2]).toBe(build[2]);
    expect(losses).toEqual(['other: Content-Disposition "attachment", x-amz-meta-k']);
  });
  it('a rule of the user goes before, one that takes away too', () => {
    const { rules } = parseHeadersFile('/same\n  ! Content-Encoding\n');
    expect(
      withCarried([file('same', 'a', {})], base, rules).files[0]?.headers.contentEncoding,
    ).toBeUndefined();
  });
  it('a manifest remembers them', () => {
    const hex = { ...base, files: base.files.map((f) => ({ ...f, headers: f.headers })) };
    expect(decodeManifest(encodeManifest(hex)).files).toEqual(base.files);
  });
});

describe('whyForbidden', () => {
  const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
  it.each<[string, number, string, RegExp | undefined]>([
    ['keys/id_rsa', 10, '', /private key for SSH/],
    ['id_rsa.pub', 10, '', undefined],
    ['tls/server.pem', 10, '', /key or a certificate/],
    ['.env', 10, '', /variables/],
    ['app/.env.production', 10, '', /variables/],
    ['.env.example', 10, '', undefined],
    ['.npmrc', 10, '', /passwords/],
    ['prod.tfstate', 10, '', /Terraform/],
    ['.git/config', 10, '', /Git repository/],
    ['notes.txt', 10, '-----BEGIN RSA PRIVATE KEY-----\n', /private key/],
    ['key', 10, '-----BEGIN PRIVATE KEY-----\n', /private key/],
    ['cert.txt', 10, '-----BEGIN CERTIFICATE-----\n', undefined],
    ['node_modules/a/index.js', 10, '', /installed package/],
    ['app/node_modules/@scope/a/package.json', 10, '', /installed package/],
    ['assets/node_modules/@expo/icons/a.png', 10, '', undefined],
    ['img/hero.jpg', lfs.length, lfs, /Git LFS/],
    ['docs/lfs.txt', 5000, lfs, undefined],
    ['index.html', 0, '', /empty/],
    ['index.html', 3, ' \n\n', /empty/],
    ['a/index.html', 0, '', undefined],
    ['environment.js', 10, '', undefined],
  ])('%s', (path, size, head, says) => {
    const why = whyForbidden({ path, size, head });
    if (says) expect(why).toMatch(says);
    else expect(why).toBeUndefined();
  });
});

describe('the read-back', () => {
  const headers: FileHeaders = {
    ...{ contentType: 'application/wasm', cacheControl: 'c', contentEncoding: 'br' },
    ...{ contentDisposition: 'attachment', contentLanguage: 'de' },
  };
  const file: SiteFile = { path: 'a.wasm.br', sha256: 's', md5: 'm', size: 1, headers };
  const right = {
    ...{ 'content-type': 'application/wasm', 'cache-control': 'c', 'content-encoding': 'br' },
    ...{ 'content-disposition': 'attachment', 'content-language': 'de' },
  };
  const answer = (change: Record<string, string | undefined>) => ({
    ...{ status: 200, sha256: 's', size: 1, head: '' },
    headers: { ...right, ...change },
  });
  it.each<[Record<string, string | undefined>, 'full' | 'pages', RegExp | undefined]>([
    [{}, 'full', undefined],
    [{ 'content-encoding': undefined }, 'full', /Content-Encoding "" and not "br"/],
    [{ 'content-encoding': 'gzip' }, 'pages', /Content-Encoding "gzip" and not "br"/],
    [{ 'content-disposition': 'inline' }, 'full', /Content-Disposition "inline"/],
    [{ 'content-language': undefined }, 'full', /Content-Language ""/],
    [{ 'content-language': undefined }, 'pages', undefined],
  ])('%j, %s', (change, level, says) => {
    const found = mismatch(file, answer(change), level);
    if (says) expect(found).toMatch(says);
    else expect(found).toBeUndefined();
  });
  it.each<
    [
      string,
      Record<string, string>,
      { sha256: string; decoded?: { sha256: string; size: number } },
      RegExp | undefined,
    ]
  >([
    ['as it is', {}, { sha256: 's' }, undefined],
    [
      'compressed by the CDN',
      { 'content-encoding': 'br' },
      { sha256: 'x', decoded: { sha256: 's', size: 1 } },
      undefined,
    ],
    ['called compressed', { 'content-encoding': 'br' }, { sha256: 's' }, /Content-Encoding "br" and not ""/],
    [
      'other bytes',
      { 'content-encoding': 'br' },
      { sha256: 'x', decoded: { sha256: 'y', size: 1 } },
      /other bytes/,
    ],
  ])('of a file that is stored without an encoding: %s', (_name, given, bytes, says) => {
    const plain: SiteFile = { ...file, headers: { contentType: 'text/html', cacheControl: 'c' } };
    const got = { status: 200, size: 1, head: '', ...bytes };
    const sent = { 'content-type': 'text/html', 'cache-control': 'c', ...given };
    const found = mismatch(plain, { ...got, headers: sent }, 'full');
    if (says) expect(found).toMatch(says);
    else expect(found).toBeUndefined();
  });

  it('asks for compressed files before others', () => {
    const plain = (path: string) => ({
      ...file,
      path,
      headers: { contentType: 'image/png', cacheControl: 'c' },
    });
    const all = [...['a', 'b', 'c', 'd', 'e', 'f'].map(plain), file];
    const asked = filesToVerify(all, new Set(all.map(({ path }) => path)));
    expect(asked.map(({ path }) => path).slice(0, 2)).toEqual(['a', 'a.wasm.br']);
  });
});
