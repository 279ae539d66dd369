// Against AWS everything goes over TLS; the local cloud speaks plain HTTP. Here TLS is put in front of it.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makeFolder, makeSite, smallSite, type TestSite } from '../support/site.ts';

const noOpenssl = spawnSync('openssl', ['version']).status !== 0;

describe.skipIf(noOpenssl)('deploy-frontend over TLS', () => {
  let cloud: TestCloud;
  let site: TestSite;
  let server: Server;
  let dir: string;
  const seen = { connections: 0, bytes: 0 };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'wwhd-tls-'));
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'].concat([
        '-addext',
        names,
        '-keyout',
        key,
        '-out',
        cert,
      ]),
      { stdio: 'ignore' },
    );
    cloud = await startCloud({ speed: 200 });
    site = await makeSite(cloud, 'tls-site');
    const to = Number(new URL(cloud.endpoint).port);
    server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
      seen.connections++;
      const plain = connect(to, '127.0.0.1');
      socket.on('data', (chunk) => {
        seen.bytes += chunk.length;
      });
      socket.pipe(plain).pipe(socket);
      socket.on('error', () => plain.destroy());
      plain.on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterAll(async () => {
    server?.close();
    await cloud?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const endpoint = () => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  it('deploys, deploys a change, and keeps its connections', async () => {
    const large = 'x'.repeat(300_000);
    const folder = (text: string) =>
      makeFolder({ ...smallSite(text), 'large.txt': `${text}${large}`, 'größe & mehr.txt': text });
    const env = { AWS_ENDPOINT_URL: endpoint(), NODE_EXTRA_CA_CERTS: join(dir, 'cert.pem') };
    for (const [text, outcome] of [
      ['one', 'deployed'],
      ['two', 'deployed'],
      ['two', 'unchanged'],
    ] as const) {
      seen.connections = 0;
      const source = folder(text);
      const run = await site.deploy(source, {}, { env });
      rmSync(source, { recursive: true, force: true });
      expect(run.log).not.toMatch(/::error/);
      expect(run.outputs['outcome']).toBe(outcome);
      expect((await site.live()).get('large.txt')).toBe(`${text}${large}`);
      expect((await site.live()).get('größe & mehr.txt')).toBe(text);
      expect(seen.connections).toBeGreaterThan(0);
      expect(seen.connections).toBeLessThan(Number(run.outputs['requests']));
    }
    expect(seen.bytes).toBeGreaterThan(4 * large.length);
  });

  it('says plainly that a certificate is not trusted, and changes nothing', async () => {
    await cloud.clearRequests();
    const source = makeFolder(smallSite('three'));
    const run = await site.deploy(source, {}, { env: { AWS_ENDPOINT_URL: endpoint() } });
    rmSync(source, { recursive: true, force: true });
    expect(run.exitCode).not.toBe(0);
    expect(run.log).toMatch(/self-signed certificate/);
    expect(await cloud.changes()).toEqual([]);
  });
});
