// `wwhd-deploy init` and `check-config` as a person runs them, with an account that has a service and a site.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { bundlePath } from '../support/dist.ts';
import { makePair, type TestPair } from '../support/pair.ts';

let cloud: TestCloud;
let pair: TestPair;
const folders: string[] = [];
beforeAll(async () => {
  cloud = await startCloud();
  pair = await makePair(cloud, 'shop');
}, 60_000);
afterAll(async () => {
  await cloud?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const FILES = {
  'backend/Dockerfile': 'FROM node:24\nEXPOSE 8080\n',
  'backend/server.js': "if (request.url === '/health') response.end('ok');\n",
  'web/index.html': '<!doctype html>',
};

function repository(): string {
  const cwd = mkdtempSync(join(tmpdir(), 'wwhd-init-'));
  folders.push(cwd);
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }
  return cwd;
}

async function cli(cwd: string, env: object, ...args: string[]) {
  const child = spawn(process.execPath, [join(bundlePath('cli'), 'index.js'), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += String(chunk)));
  child.stderr.on('data', (chunk) => (said.err += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...said };
}

it('takes service, repository, bucket and distribution from the account, by their literal ids', async () => {
  const cwd = repository();
  await cloud.clearRequests();
  const { code, out, err } = await cli(cwd, cloud.env, 'init');
  expect(code, out + err).toBe(0);
  const file = parse(readFileSync(join(cwd, 'wwhd-deploy.yml'), 'utf8'));
  expect(file).toMatchObject({
    'release-bucket': pair.site.releaseBucket,
    region: cloud.client.region,
    parts: {
      backend: {
        service: pair.service,
        image: { repository: pair.repository, context: 'backend' },
        checks: 'checks.yml',
      },
      frontend: { bucket: pair.site.bucket, distribution: pair.site.distribution, source: 'web' },
    },
  });
  expect(out).not.toContain('the release bucket');
  // It looks, and changes nothing.
  expect(await cloud.changes()).toEqual([]);
  const checked = await cli(cwd, {}, 'check-config', '--json');
  expect(JSON.parse(checked.out)).toMatchObject({ outcome: 'passed', exitCode: 0, mistakes: [] });
});

it('is silent where the account may not be seen, and says what is missing', async () => {
  const cwd = repository();
  const { code, out, err } = await cli(
    cwd,
    { ...cloud.env, AWS_SECRET_ACCESS_KEY: 'wrong' },
    'init',
    '--json',
  );
  expect(code, out + err).toBe(0);
  expect(err).toBe('');
  const { missing } = JSON.parse(out) as { missing: Array<{ command: string }> };
  expect(missing.map(({ command }) => command)).toContain('gh variable set BACKEND_SERVICE --body VALUE');
  const { code: checked, out: mistakes } = await cli(cwd, {}, 'check-config');
  expect(checked).toBe(1);
  expect(mistakes).toMatch(
    /^wwhd-deploy\.yml:\d+:\d+ {2}parts\.backend\.service uses \$\{BACKEND_SERVICE\}/m,
  );
});

it('names a release bucket that is not there, with the command that makes it', async () => {
  const cwd = repository();
  const { out } = await cli(cwd, cloud.env, 'init', '--release-bucket', 'not-there-yet', '--dry-run');
  expect(out).toContain(`aws s3api create-bucket --bucket not-there-yet --region ${cloud.client.region}`);
});
