// A backend that only a proxy leads to: what judges a rollout goes through it. (smoke-test's own and GitHub's way are
// judged beside them: smoke-test.test.ts, github.test.ts.)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRunner, deployBackend, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { startProxy } from '../support/proxy.ts';

const noOpenssl = spawnSync('openssl', ['version']).status !== 0;

describe.skipIf(noOpenssl)('behind a proxy', () => {
  let cloud: TestCloud;
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-proxy-'));
  const file = (name: string) => join(dir, name);
  beforeAll(async () => {
    cloud = await startCloud({ speed: 100 });
    // biome-ignore format: one command
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-days', '2', '-subj', '/CN=api.test', '-addext', 'subjectAltName=DNS:api.test', '-keyout', file('key.pem'), '-out', file('cert.pem')]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
  });
  afterAll(async () => {
    await cloud?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('the probe and the smoke checks of a rollout go through it, by http and by https, and AWS past it for NO_PROXY', async () => {
    const [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
    const service = await createRunner(cloud, 'behind', one);
    const { port } = new URL(`http://${service.ServiceUrl}`);
    const secure = await startFront(file, Number(port));
    const proxy = await startProxy({ 'plain.test': Number(port), 'api.test': secure.port });
    writeFileSync(
      file('checks.yml'),
      'version: 1\nchecks:\n  - { get: "http://plain.test/", expect: { json: { $.version: "2" } } }\n  - { get: "https://api.test/", expect: { json: { $.version: "2" } } }\n',
    );
    const run = await deployBackend(
      cloud,
      {
        service: service.ServiceArn,
        image: two,
        'probe-url': 'https://api.test/health',
        'smoke-checks': file('checks.yml'),
      },
      { env: { ...proxy.env, NODE_EXTRA_CA_CERTS: file('cert.pem') } },
    );
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', availability: '100%' });
    expect(run.exitCode).toBe(0);
    expect(new Set(proxy.asked)).toEqual(new Set(['plain.test', 'api.test']));
    // All that came to the front came through the proxy, and the probe among it.
    expect(secure.asked.filter((path) => path === '/health').length).toBeGreaterThan(1);
    expect(secure.asked).toContain('/');
    await proxy.stop();
    secure.stop();
  });
});

/** An address by https in front of a port of 127.0.0.1, as a load balancer is. */
async function startFront(file: (name: string) => string, port: number) {
  const asked: string[] = [];
  const keys = { key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) };
  const server = createServer(keys, (incoming, answer) => {
    asked.push(incoming.url ?? '');
    const onward = request({ host: '127.0.0.1', port, path: incoming.url }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    onward.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { asked, port: (server.address() as AddressInfo).port, stop };
}
