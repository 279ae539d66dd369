import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';
import { makeSite, type TestSite } from '../support/site.ts';

/**
 * Ten thousand real files: the icons of Material Design (Apache-2.0), as npm has them. Runs with WWHD_CONFORMANCE=1,
 * where npm can get them.
 */
const wanted = process.env['WWHD_CONFORMANCE'] === '1';
const PACKAGE = '@material-design-icons/svg@0.14.15';

let cloud: TestCloud;
let site: TestSite;
let source: string | undefined;
let paths: string[] = [];
const scratch = wanted ? mkdtempSync(join(tmpdir(), 'wwhd-icons-')) : '';

beforeAll(async () => {
  if (!wanted) return;
  const args = ['install', '--silent', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  const npm = spawnSync('npm', [...args, '--prefix', scratch, PACKAGE], {
    encoding: 'utf8',
    timeout: 600_000,
  });
  if (npm.status !== 0) {
    console.log(`ten thousand icons: skipped, for npm could not get ${PACKAGE}: ${npm.stderr.slice(0, 300)}`);
    return;
  }
  source = join(scratch, 'node_modules/@material-design-icons/svg');
  writeFileSync(join(source, 'index.html'), '<!doctype html><title>icons</title><img src="/round/home.svg">');
  paths = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  cloud = await startCloud({ speed: 1000 });
  site = await makeSite(cloud, 'icons-site');
});
afterAll(async () => {
  await cloud?.stop();
  if (scratch) rmSync(scratch, { recursive: true, force: true });
});

/** Runs, and says how many requests of S3's that took, and how many of them were HEADs. */
async function counted(work: () => ReturnType<TestSite['deploy']>) {
  await cloud.clearRequests();
  const started = Date.now();
  const run = await work();
  const requests = (await cloud.requests()).filter(({ service }) => service === 's3');
  const heads = requests.filter(({ operation }) => operation.startsWith('Head'));
  console.log(`  ${run.outputs['outcome']}: ${requests.length} requests, ${Date.now() - started} ms`);
  return { run, requests: requests.length, heads: heads.length };
}

/** What the issue allows: a list page for each 1,000 keys of each bucket, two for each changed file, and 12. */
const bound = (live: number, blobs: number, changed: number) =>
  Math.ceil(live / 1000) + Math.ceil(blobs / 1000) + 2 * changed + 12;

describe.skipIf(!wanted)('ten thousand real icons', () => {
  it('go live, stay as they are, change by ten and come back, within their budget of requests', async (test) => {
    if (!source) return test.skip();
    const folder = source;
    expect(paths.length).toBeGreaterThan(10_000);
    const first = await counted(() => site.deploy(folder, { 'release-id': 'first' }));
    expect(first.run.outputs, first.run.log).toMatchObject({
      outcome: 'deployed',
      uploaded: String(paths.length),
    });
    expect(first.requests).toBeLessThanOrEqual(bound(0, 0, paths.length));
    const blobs = (await site.stored(`sites/${site.bucket}/blobs/`)).length;

    // A fresh checkout.
    for (const path of paths) utimesSync(path, new Date(), new Date());
    const again = await counted(() => site.deploy(folder, { 'release-id': 'again' }));
    expect(again.run.outputs, again.run.log).toMatchObject({
      outcome: 'unchanged',
      uploaded: '0',
      unchanged: String(paths.length),
    });
    expect(again.requests).toBeLessThanOrEqual(bound(paths.length, blobs, 0));

    const icons = paths.filter((path) => path.endsWith('.svg')).slice(0, 10);
    for (const path of icons)
      writeFileSync(path, `<svg xmlns="http://www.w3.org/2000/svg"><!-- ${path} --></svg>`);
    const ten = await counted(() => site.deploy(folder, { 'release-id': 'ten' }));
    expect(ten.run.outputs, ten.run.log).toMatchObject({ outcome: 'deployed', uploaded: '10' });
    expect(ten.requests).toBeLessThanOrEqual(bound(paths.length, blobs, 10));

    const back = await counted(() =>
      runAction('rollback', { 'release-bucket': site.releaseBucket, to: 'first' }, { env: cloud.env }),
    );
    expect(back.run.outputs, back.run.log).toMatchObject({ outcome: 'rolled-back' });
    const copied = (await cloud.changes()).filter(({ operation }) => operation === 'CopyObject');
    expect(copied).toHaveLength(10);
    expect([first, again, ten, back].map(({ heads }) => heads)).toEqual([0, 0, 0, 0]);
  }, 600_000);
});
