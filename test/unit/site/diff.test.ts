import { describe, expect, it } from 'vitest';
import { planChange } from '../../../src/parts/site/plan/change.ts';
import { diffSite, type LiveObject, reasonToWrite } from '../../../src/parts/site/plan/diff.ts';
import { keptFiles } from '../../../src/parts/site/plan/keep.ts';
import { removalOf, tooManyDeletions } from '../../../src/parts/site/plan/mass-removal.ts';
import { inPhases, phaseOf } from '../../../src/parts/site/plan/phases.ts';
import { blobsToDrop, manifestsToDrop, timeToCollect } from '../../../src/parts/site/store/collect.ts';
import { decodeManifest, encodeManifest, ManifestReader } from '../../../src/parts/site/store/manifest.ts';
import type { KeptFile, Manifest, SiteFile } from '../../../src/parts/site/types.ts';

const HTML = { contentType: 'text/html; charset=utf-8', cacheControl: 'max-age=0' };
const ASSET = { contentType: 'text/javascript; charset=utf-8', cacheControl: 'max-age=1, immutable' };
const OTHER = { contentType: 'text/plain; charset=utf-8', cacheControl: 'max-age=5' };
const file = (path: string, content: string, headers = HTML): SiteFile => ({
  path,
  sha256: content.padEnd(64, '0'),
  md5: content.padEnd(32, '0'),
  size: 10,
  headers,
});
const live = (of: SiteFile, over: Partial<LiveObject> = {}): LiveObject => ({
  size: of.size,
  etag: of.etag ?? of.md5,
  modified: 100,
  ...over,
});
const known = (...files: SiteFile[]) => new Map(files.map((f) => [f.path, f]));
const manifest = (release: string, files: SiteFile[], kept: KeptFile[] = []): Manifest => ({
  version: 1,
  release,
  createdAt: '2026-11-23T00:00:00.000Z',
  files,
  kept,
});

describe('reasonToWrite', () => {
  const a = file('x', 'aa');
  const otherHeaders = { ...a, headers: { ...HTML, cacheControl: 'max-age=9' } };
  const kms = { ...a, etag: 'opaque' };
  it.each<[string, LiveObject | undefined, SiteFile, SiteFile[][], number | undefined, string | undefined]>([
    ['not live', undefined, a, [[a]], 200, 'new'],
    ['another size', live(a, { size: 11 }), a, [[a]], 200, 'size'],
    ['another ETag', live(a, { etag: 'ff' }), a, [[a]], 200, 'content'],
    ['as it was', live(a), a, [[a]], 200, undefined],
    ['other headers wanted', live(a), otherHeaders, [[a]], 200, 'headers'],
    ['nobody knows the headers', live(a), a, [[]], 200, 'headers-unknown'],
    ['written by somebody else since', live(a, { modified: 300 }), a, [[a]], 200, 'headers-unknown'],
    ['written by a run that died', live(a, { modified: 300 }), a, [[], [a]], undefined, undefined],
    ['two releases may have written it, and agree', live(a), a, [[a], [a]], undefined, undefined],
    [
      'two releases may have written it, and differ',
      live(a),
      a,
      [[a], [otherHeaders]],
      undefined,
      'headers-unknown',
    ],
    ['the other release wrote other bytes', live(a), a, [[file('x', 'bb')], [a]], undefined, undefined],
    ['an ETag that is no MD5, and known', live(kms), a, [[kms]], 200, undefined],
    ['an ETag that is no MD5, and unknown', live(kms), a, [[a]], 200, 'content'],
  ])('%s', (_name, now, wanted, manifests, closedAt, expected) => {
    const knowledge = { manifests: manifests.map((files) => known(...files)), closedAt };
    expect(reasonToWrite(now, wanted, knowledge)).toBe(expected);
  });
});

it('diffSite names why each file goes', () => {
  const kept: KeptFile = { ...file('old.js', 'cc', ASSET), age: 5 };
  const page = file('gone.html', 'dd');
  const objects = new Map([kept, page, file('stray', 'ee')].map((f) => [f.path, live(f)]));
  const diff = diffSite(objects, [], { manifests: [known(kept, page)], closedAt: 200 });
  expect(diff.deletes.map((step) => [step.path, step.reason])).toEqual([
    ['old.js', 'expired'],
    ['gone.html', 'removed'],
    ['stray', 'foreign'],
  ]);
});

describe('planChange', () => {
  const [one, two] = [file('index.html', 'aa'), file('index.html', 'bb')];
  const script = file('app.js', 'cc', ASSET);
  it('invalidates what changed and what went, never what is new or immutable', () => {
    const gone = file('gone.html', 'dd');
    const base = manifest('one', [one, gone, script]);
    const target = manifest('two', [two, file('new.html', 'ee'), file('app2.js', 'ff', ASSET)]);
    const objects = new Map(base.files.map((f) => [f.path, live(f)]));
    const change = planChange(objects, target, [base], 200);
    expect(change.changed).toEqual(['index.html']);
    expect(change.removed).toEqual(['gone.html']);
    expect(change.broken).toEqual([]);
  });
  const changed = { ...one, sha256: 'c'.repeat(64) };
  const page = file('new.html', 'ee');
  it.each<[string, SiteFile[], SiteFile[], SiteFile[][], (path: string) => boolean, string[]]>([
    ['a new page', [one], [one, page], [[one]], () => false, ['new.html']],
    ['a new immutable name, which no page has named', [one], [one, script], [[one]], () => false, []],
    ['one that a page of an undone release named', [one], [one, script], [[one]], () => true, ['app.js']],
    [
      'one that somebody has removed',
      [],
      [one, script],
      [[one, script]],
      () => false,
      ['app.js', 'index.html'],
    ],
    ['one of a run that died', [one, page], [one, page], [[one], [one, page]], () => false, ['new.html']],
    ['what has always been there', [one], [changed], [[one], [changed]], () => false, []],
  ])('names what appears, whose error a CDN may hold: %s', (_what, there, wanted, known, named, expected) => {
    const objects = new Map(there.map((f) => [f.path, live(f)]));
    const manifests = known.map((files, i) => manifest(String(i), files));
    const change = planChange(objects, manifest('next', wanted), manifests, undefined, named);
    expect([...change.appeared].sort()).toEqual(expected);
  });
  it('invalidates what a run that died may have changed, though it is live as wanted', () => {
    const base = manifest('one', [one]);
    const died = manifest('died', [two]);
    const change = planChange(
      new Map([['index.html', live(two)]]),
      manifest('next', [two]),
      [base, died],
      undefined,
    );
    expect(change.diff.writes).toEqual([]);
    expect(change.changed).toEqual(['index.html']);
  });
  it('invalidates what a run that died had deleted', () => {
    const base = manifest('one', [one, file('gone.html', 'dd')]);
    const change = planChange(
      new Map([['index.html', live(one)]]),
      manifest('next', [one]),
      [base],
      undefined,
    );
    expect(change.removed).toEqual(['gone.html']);
  });
  it('tells of an immutable name with another content', () => {
    const base = manifest('one', [script]);
    const change = planChange(
      known(script) as never,
      manifest('two', [file('app.js', 'xx', ASSET)]),
      [base],
      200,
    );
    expect(change.broken).toEqual(['app.js']);
    expect(change.changed).toEqual(['app.js']);
  });
});

it('keptFiles keeps what pages load, for so many releases, and no page', () => {
  const earlier = manifest(
    'one',
    [file('index.html', 'a'), file('gone.html', 'b'), file('a.js', 'c', ASSET)],
    [
      { ...file('b.js', 'd', ASSET), age: 1 },
      { ...file('c.js', 'e', ASSET), age: 2 },
    ],
  );
  const died = manifest('died', [file('b.js', 'd', ASSET)]);
  const kept = keptFiles([earlier, died], [file('index.html', 'z')], 2);
  expect(kept.map((f) => [f.path, f.age])).toEqual([
    ['a.js', 1],
    ['b.js', 1],
  ]);
  expect(keptFiles([earlier], [], 0)).toEqual([]);
});

it('phases: assets, others, pages, and the entry page at the very end', () => {
  const files = [
    file('index.html', 'a'),
    file('fooindex.html', 'b'),
    file('docs/index.html', 'c'),
    file('r.txt', 'd', OTHER),
    file('a.js', 'e', ASSET),
  ];
  expect(files.map((file) => phaseOf(file))).toEqual([
    'index.html',
    'pages',
    'pages',
    'other files',
    'immutable assets',
  ]);
  const steps = files.map((f) => ({
    kind: 'write' as const,
    file: f,
    reason: 'new' as const,
    bytesAreLive: false,
    live: undefined,
  }));
  expect(inPhases(steps).map((p) => p.steps.length)).toEqual([1, 1, 2, 1]);
});

it('a manifest is read in whatever pieces it arrives, and shares what another one has', () => {
  const stored = encodeManifest(
    manifest('r1', [file('ä', 'a'), file('b', 'b')], [{ ...file('k', 'c'), age: 2 }]),
  );
  const other = decodeManifest(encodeManifest(manifest('r0', [file('ä', 'a'), file('b', 'd')])));
  for (const size of [1, 7, stored.length]) {
    const reader = new ManifestReader(new Map(other.files.map((known) => [known.path, known])));
    for (let at = 0; at < stored.length; at += size) reader.push(stored.subarray(at, at + size));
    const read = reader.end();
    expect(read).toEqual(decodeManifest(stored));
    expect(read.files.map((one, i) => one === other.files[i])).toEqual([true, false]);
  }
});

it('a manifest is read as it was written', () => {
  const whole = manifest(
    'r1',
    [file('ä "quoted"', 'a'), { ...file('kms', 'b'), etag: 'opaque' }],
    [
      { ...file('k.js', 'c', ASSET), age: 3 },
      { ...file('l.js', 'd', ASSET), age: 1, etag: 'e' },
    ],
  );
  const stored = encodeManifest(whole);
  expect(decodeManifest(stored)).toEqual(whole);
  expect(stored.toString().split('\n')).toHaveLength(10);
  // Formatted anew by somebody, and cut off.
  expect(decodeManifest(Buffer.from(JSON.stringify(JSON.parse(stored.toString()), null, 2)))).toEqual(whole);
  expect(() => decodeManifest(stored.subarray(0, stored.length - 30))).toThrow();
  expect(() => decodeManifest(Buffer.from('{"version":2}'))).toThrow(/version 2/);
  expect(() => decodeManifest(Buffer.from('{"version":1,"headers":[],"files":[["x"]]}'))).toThrow(/line/);
});

describe('tooManyDeletions', () => {
  it.each([
    [5, 5, { kind: 'share', value: 0.5 }, undefined],
    [6, 10, { kind: 'share', value: 0.5 }, /6 of 10 live files would be removed \(60 %\); at most 5/],
    [50, 100, { kind: 'share', value: 0.5 }, undefined],
    [51, 100, { kind: 'share', value: 0.5 }, /at most 50/],
    [1, 100, { kind: 'files', value: 0 }, /at most 0/],
    [30, 100, { kind: 'files', value: 30 }, undefined],
  ] as const)('%d of %d', (deletions, all, limit, expected) => {
    const removed = Array.from({ length: deletions }, (_, i) => `${i}.html`);
    const why = tooManyDeletions({ removed, of: all }, limit);
    if (expected) expect(why).toMatch(expected);
    else expect(why).toBeUndefined();
  });
});

describe('removalOf counts what the live release has and the new one has not', () => {
  const foreign = (path: string) => ({ kind: 'delete', path, reason: 'foreign' }) as const;
  const expired = (path: string) => ({ kind: 'delete', path, reason: 'expired' }) as const;
  it.each([
    ['nothing', ['a.html'], ['a.html', 'b.html'], [], [], 1],
    // It stays for open tabs, so that nothing is deleted: a wrong folder all the same.
    ['what stays for open tabs', ['a.html', 'logo.png'], ['a.html'], [], ['logo.png'], 2],
    ['not what expires now', ['a.html'], ['a.html'], [expired('old.png'), expired('old.css')], [], 1],
    ['what nobody knows', ['a.html'], ['a.html'], [foreign('x.txt')], ['x.txt'], 2],
    ['each path once', ['a.html'], ['b.html'], [foreign('a.html')], ['a.html'], 1],
  ] as const)('%s', (_what, own, wanted, deletes, removed, of) => {
    const files = wanted.map((path) => ({ path }));
    expect(removalOf(own, files, deletes)).toEqual({ removed, of });
  });
});

it('collects what no release needs, and nothing young', () => {
  const day = 24 * 3_600_000;
  const object = (key: string, age: number) => ({ key, size: 1, etag: '', modified: 100 * day - age });
  const state = {
    live: { release: 'c', manifest: 'm/c' },
    activating: [{ release: 'd', manifest: 'm/d' }],
    releases: [{ release: 'b', manifest: 'm/b' }],
  };
  const manifests = [
    object('m/a', 2 * day),
    object('m/b', 9 * day),
    object('m/c', 2 * day),
    object('m/d', 2 * day),
    object('m/e', 1000),
    // Of sites whose prefixes are `m` and `m/docs`.
    object('m/site.json', 9 * day),
    object('m/docs/site.json', 9 * day),
  ];
  expect(manifestsToDrop(manifests, 'm/', state, 100 * day)).toEqual({
    keep: ['m/b', 'm/c', 'm/d', 'm/e'],
    drop: ['m/a'],
  });
  const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
  const blobs = [
    object(`b/${one}`, 2 * day),
    object(`b/${two}`, 2 * day),
    object(`b/${three}`, 1000),
    // Of a site whose prefix is `b`.
    object('b/site.json', 9 * day),
    object(`b/blobs/${three}`, 9 * day),
  ];
  expect(blobsToDrop(blobs, 'b/', new Set([one]), 100 * day)).toEqual([`b/${two}`]);
  expect([0, 4, 5, 10].map((sinceCollection) => timeToCollect({ sinceCollection }, 20))).toEqual([
    false,
    false,
    false,
    true,
  ]);
});
