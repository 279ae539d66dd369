import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Store } from '../../src/aws/s3-store.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { bundlePath } from '../support/dist.ts';
import { clientSettings } from '../support/pair.ts';
import { releaseRecord } from '../support/release.ts';

let cloud: TestCloud;
const cwd = mkdtempSync(join(tmpdir(), 'wwhd-cli-'));
beforeAll(async () => {
  cloud = await startCloud();
  const client = new S3Client({ ...clientSettings(cloud), forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'ledger' }));
  const store = s3Store(client, 'ledger');
  for (let i = 1; i <= 3; i++) {
    const record = releaseRecord(`r${i}`, i);
    await store.put({ key: `production/releases/r${i}.json`, body: JSON.stringify(record) });
  }
  const pointer = { version: 1, environment: 'production', release: 'r3', backend: 'r3', frontend: 'r3' };
  await store.put({ key: 'production/current.json', body: JSON.stringify(pointer) });
});
afterAll(async () => {
  await cloud?.stop();
  rmSync(cwd, { recursive: true, force: true });
});

/** No variable of GitHub's is set: a laptop. */
async function cli(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [join(bundlePath('cli'), 'index.js'), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, WWHD_RELEASE_BUCKET: 'ledger', ...cloud.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += String(chunk)));
  child.stderr.on('data', (chunk) => (said.err += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...said };
}

describe('the command line', () => {
  it('shows the history as a table, and writes the page', async () => {
    const { code, out } = await cli('history', '--page-file', 'history.html');
    expect(code, out).toBe(0);
    expect(out).toMatch(/production: release r3 is live, 3 releases[\s\S]*r3 +r300000 +2026-11-01/);
    expect(out).toContain('✓ unchanged');
    expect(readFileSync(join(cwd, 'history.html'), 'utf8')).toContain('<h1>production</h1>');
  });

  it('gives scripts one JSON document, and the log elsewhere', async () => {
    const { code, out, err } = await cli('history', '--json', '--limit', '2');
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      command: 'history',
      outcome: 'unchanged',
      current: 'r3',
      'latest-good': 'r2',
      releases: [
        { id: 'r3', live: ['backend', 'frontend'] },
        { id: 'r2', good: true },
      ],
    });
    expect(err).toContain('release r3 is live');
  });

  it('tells drift by the exit code, and keeps no issue', async () => {
    const { code, out } = await cli('drift', '--json');
    // The releases of this ledger name a service and a bucket that are not there: nothing can be told.
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ command: 'drift', outcome: 'failed', drift: 'false' });
    expect(JSON.parse(out)).not.toHaveProperty('issue-number');
  });

  it('ends with the exit code of the outcome, and says what to do', async () => {
    const { code, out } = await cli('rollback', 'r9');
    expect(code).toBe(2);
    expect(out).toMatch(/error: --to: "r9" names no release[\s\S]*r2 +r200000/);
  });

  it.each([
    [['rollback', 'r9', '--json'], 2, 'input `to`: "r9" names no release'],
    [['history', '--release-buckt', 'x', '--json'], 2, 'there is no flag --release-buckt'],
    [['deploy-backend', '--json'], 2, 'deploy-backend needs --service'],
    [['plan', 'histroy', '--json'], 2, 'plan takes a command'],
  ])('gives scripts one JSON document whatever is wrong: %j', async (args, exit, problem) => {
    const { code, out } = await cli(...args);
    expect(code).toBe(exit);
    expect(JSON.parse(out)).toMatchObject({ version: 1, exitCode: exit, outcome: 'refused' });
    expect(JSON.parse(out).problem).toContain(problem);
  });

  it('says its version, and the flags of one command', async () => {
    expect((await cli('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await cli('help', 'rollback')).out).toContain('Usage: wwhd-deploy rollback [to] [flags]');
  });

  it('knows what was meant', async () => {
    const { code, err } = await cli('rolback');
    expect(code).toBe(2);
    expect(err).toContain('did you mean rollback?');
  });
});
