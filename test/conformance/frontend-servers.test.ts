import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { takePort } from '../../local-cloud/images/ports.ts';
import { cloudEnv, startCloud } from '../support/cloud.ts';
import { type RealSite, realSite } from '../support/real-sites.ts';
import { runAction } from '../support/run-action.ts';
import {
  type CloudAddress,
  makeFolder,
  makeSite,
  removeFolders,
  smallSite,
  type TestSite,
} from '../support/site.ts';
import { until } from '../support/until.ts';

/**
 * The same deployments against S3 servers that others wrote: the same site in the end, headers and all. Runs with
 * WWHD_CONFORMANCE=1, on each server that is installed.
 */
const wanted = process.env['WWHD_CONFORMANCE'] === '1';
const has = (command: string) => spawnSync('which', [command]).status === 0;
const stops: Array<() => Promise<unknown> | unknown> = [];
afterAll(async () => {
  for (const stop of stops) await stop();
  removeFolders();
});

async function startMoto(): Promise<CloudAddress> {
  const port = await takePort();
  const child: ChildProcess = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  stops.push(() => child.kill());
  const endpoint = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
    'moto_server',
  );
  return { endpoint, env: { ...cloudEnv(endpoint), AWS_REGION: 'us-east-1' } };
}

async function startCeph(): Promise<CloudAddress> {
  // @ts-expect-error a script of the bench, without types
  const { startRadosgw, KEYS } = await import('../../bench/support/radosgw.mjs');
  const server = await startRadosgw();
  stops.push(server.stop);
  return {
    endpoint: server.endpoint,
    env: {
      ...cloudEnv(server.endpoint),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
  };
}

async function startOurs(): Promise<CloudAddress> {
  const cloud = await startCloud();
  stops.push(() => cloud.stop());
  return { endpoint: cloud.endpoint, env: { ...cloud.env, AWS_REGION: 'us-east-1' } };
}

/** Every live key with the hash of its content, and its headers; and the contents that are backed up. */
async function stateOf(site: TestSite) {
  const state: Record<string, readonly unknown[]> = {};
  for (const [key, content] of await site.live()) {
    const head = await site.s3.send(new HeadObjectCommand({ Bucket: site.bucket, Key: key }));
    const sha256 = createHash('sha256').update(content).digest('hex');
    state[key] = [sha256, head.ContentType, head.CacheControl, head.ETag];
  }
  const blobs = (await site.stored('sites/')).filter((key) => key.includes('/blobs/'));
  return { state, blobs };
}

/** A real site's two versions, and the way back to the first: what is live after each. */
async function realStates(cloud: CloudAddress, kind: RealSite) {
  const site = await makeSite(cloud, `conformance-${kind}`, { distribution: false });
  const states: unknown[] = [];
  for (const version of ['v1', 'v2'] as const) {
    const run = await site.deploy(makeFolder(realSite(kind, version)), { 'release-id': version });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    states.push(await stateOf(site));
  }
  const back = await runAction(
    'rollback',
    { 'release-bucket': site.releaseBucket, to: 'v1' },
    { env: cloud.env },
  );
  expect(back.outputs['outcome'], back.log).toBe('rolled-back');
  const after = await stateOf(site);
  for (const [path, bytes] of Object.entries(realSite(kind, 'v1'))) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(after.state[path]?.[0], path).toBe(sha256);
  }
  return [...states, after];
}

/** Two releases of a small site with odd names, and what is live then. */
async function endState(cloud: CloudAddress) {
  const site = await makeSite(cloud, 'conformance-site', { distribution: false });
  const odd = { 'a b+c%20é#?.txt': 'odd', 'empty.txt': '', '日本/x.json': '{}' };
  for (const [i, version] of ['one', 'two'].entries()) {
    const files = {
      ...smallSite(version),
      ...odd,
      ...(i === 0 ? { 'gone.html': '<title>gone</title>' } : {}),
    };
    const run = await site.deploy(makeFolder(files), { 'release-id': version });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
  }
  const again = await site.deploy(makeFolder({ ...smallSite('two'), ...odd }), { 'release-id': 'again' });
  expect(again.outputs['outcome'], again.log).toBe('unchanged');
  return stateOf(site);
}

async function everything(cloud: CloudAddress) {
  return {
    odd: await endState(cloud),
    next: await realStates(cloud, 'next'),
    vite: await realStates(cloud, 'vite'),
  };
}

describe.skipIf(!wanted)('deploy-frontend leaves the same site on every S3 server', () => {
  const ours = wanted ? startOurs().then(everything) : undefined;
  // Told by the tests that wait for it.
  ours?.catch(() => {});
  it.skipIf(!has('moto_server'))('moto', async () => {
    expect(await everything(await startMoto())).toEqual(await ours);
  });
  it.skipIf(!has('radosgw') || !has('ceph-mon'))('radosgw', async () => {
    expect(await everything(await startCeph())).toEqual(await ours);
  });
});
