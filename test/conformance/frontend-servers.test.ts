import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { cloudEnv, startCloud } from '../support/cloud.ts';
import { type CloudAddress, makeFolder, makeSite, removeFolders, smallSite } from '../support/site.ts';

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
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
  const child: ChildProcess = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  stops.push(() => child.kill());
  const endpoint = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 200; i++) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
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

/** Two releases and what is live then: every key with its content and its headers. */
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
  const state: Record<string, unknown> = {};
  for (const [key, content] of await site.live()) {
    const head = await site.s3.send(new HeadObjectCommand({ Bucket: site.bucket, Key: key }));
    state[key] = [content, head.ContentType, head.CacheControl, head.ETag];
  }
  const stored = (await site.stored('sites/')).filter((key) => key.includes('/blobs/'));
  return { state, stored };
}

describe.skipIf(!wanted)('deploy-frontend leaves the same site on every S3 server', () => {
  const ours = wanted ? startOurs().then(endState) : undefined;
  it.skipIf(!has('moto_server'))(
    'moto',
    async () => {
      expect(await endState(await startMoto())).toEqual(await ours);
    },
    120_000,
  );
  it.skipIf(!has('radosgw') || !has('ceph-mon'))(
    'radosgw',
    async () => {
      expect(await endState(await startCeph())).toEqual(await ours);
    },
    120_000,
  );
});
