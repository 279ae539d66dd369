// A deployment from a terminal whose reader, window or patience goes away while it writes to the site.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { bundlePath } from '../support/dist.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
});
afterAll(async () => {
  await cloud.stop();
  removeFolders();
});

interface Run {
  readonly site: TestSite;
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly code: Promise<number | null>;
}

/** Starts the deployment of a second version by the command line, and answers when it writes to the site. */
async function writing(name: string): Promise<Run> {
  const site = await makeSite(cloud, name);
  const first = await site.deploy(makeFolder(smallSite('one')), { 'release-id': 'one' });
  expect(first.outputs['outcome'], first.log).toBe('deployed');
  await cloud.clearRequests();
  // One page waits for its answer, so that the others are live by then.
  await cloud.fault({
    kind: 'hold',
    service: 's3',
    operation: 'PutObject',
    resource: `${site.bucket}/index.html`,
    count: 1,
  });
  const args = ['deploy-frontend', makeFolder(smallSite('two')), '--release-id', 'two'];
  const places = [
    '--bucket',
    site.bucket,
    '--release-bucket',
    site.releaseBucket,
    '--distribution',
    site.distribution,
  ];
  const child = spawn(process.execPath, [join(bundlePath('cli'), 'index.js'), ...args, ...places], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...cloud.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      said += String(chunk);
    });
  }
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  await until(
    async () =>
      (await cloud.requests()).some(
        (r) => r.operation === 'PutObject' && r.resource === `${site.bucket}/about.html`,
      ),
    'a page of the second version to be live',
  );
  // The signal is there before that answer; where the test ends sooner, the cloud and its faults are gone by then.
  setTimeout(() => void cloud.clearFaults().catch(() => undefined), 300);
  return { site, child, said: () => said, code };
}

const page = async (site: TestSite) => (await site.live()).get('index.html');

test('a reader that goes away ends nothing: the work goes on to its end', async () => {
  const { site, child, code } = await writing('reader-gone');
  child.stdout?.destroy();
  child.stderr?.destroy();
  expect(await code).toBe(0);
  expect(await page(site)).toBe(smallSite('two')['index.html']);
  expect(await site.json('production/lock.json')).toMatchObject({ holders: [] });
});

test.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)(
  '%s puts back what was half done, and frees the lock',
  async (signal) => {
    const { site, child, code, said } = await writing(`stopped-${signal.toLowerCase()}`);
    child.kill(signal);
    expect(await code, said()).toBe(130);
    expect(await page(site)).toBe(smallSite('one')['index.html']);
    expect(await site.json('production/lock.json')).toMatchObject({ holders: [] });
  },
);

test('a second Ctrl-C leaves at once, with the command that recovers', async () => {
  const { site, child, code, said } = await writing('left-at-once');
  child.kill('SIGINT');
  await until(async () => said().includes('Ctrl-C once more') || undefined, 'the word that it stops');
  child.kill('SIGINT');
  expect(await code, said()).toBe(130);
  expect(said()).toMatch(/left at once: what was under way was neither finished nor put back/);
  expect(said()).toMatch(
    new RegExp(`to put it right, run it again: node \\S+index.js deploy-frontend .*--bucket ${site.bucket}`),
  );
});
