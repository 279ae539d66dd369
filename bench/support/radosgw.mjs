// A real S3 server for benches and conformance: Ceph's radosgw on one memstore OSD, all in a temporary folder, on free
// ports. Debian: apt-get install radosgw ceph-mon ceph-osd ceph-common.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PARTS = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph', 'ceph-authtool', 'monmaptool', 'radosgw-admin'];
export const KEYS = { accessKeyId: 'AKIAWWHDBENCH0000000', secretAccessKey: 'wwhd-bench-secret' };

export const hasRadosgw = () => PARTS.every((part) => spawnSync('which', [part]).status === 0);

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** @returns {Promise<{endpoint: string, pids: number[], stop: () => Promise<void>}>} */
export async function startRadosgw() {
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-rgw-'));
  const [v2, v1, port] = [await freePort(), await freePort(), await freePort()];
  for (const part of ['mon', 'osd', 'rgw', 'run']) mkdirSync(join(dir, part));
  const conf = join(dir, 'ceph.conf');
  const fsid = randomUUID();
  writeFileSync(
    conf,
    `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]
mon initial members = a
keyring = ${dir}/keyring
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
osd pool default pg num = 8
mon data = ${dir}/mon
osd data = ${dir}/osd
osd objectstore = memstore
memstore device bytes = 8589934592
run dir = ${dir}/run
log file = ${dir}/$name.log
admin socket = ${dir}/run/$name.asok
rgw data = ${dir}/rgw
rgw frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw enable usage log = false
rgw enable ops log = false
`,
  );
  const children = [];
  const run = (command, ...args) => {
    const { status, stderr, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr || stdout}`);
  };
  const start = (command, ...args) => {
    children.push(spawn(command, ['-f', '-c', conf, ...args], { stdio: 'ignore' }));
  };
  const key = (name, ...caps) => [
    '--gen-key',
    '-n',
    name,
    ...caps.flatMap(([on, what]) => ['--cap', on, what]),
  ];
  const ring = join(dir, 'keyring');
  run('ceph-authtool', '--create-keyring', ring, ...key('mon.', ['mon', 'allow *']));
  run(
    'ceph-authtool',
    ring,
    ...key('client.admin', ['mon', 'allow *'], ['osd', 'allow *'], ['mgr', 'allow *']),
  );
  run('ceph-authtool', ring, ...key('osd.0', ['mon', 'allow profile osd'], ['osd', 'allow *']));
  const map = join(dir, 'monmap');
  run(
    'monmaptool',
    '--create',
    '--addv',
    'a',
    `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`,
    '--fsid',
    fsid,
    map,
  );
  run('ceph-mon', '-c', conf, '--mkfs', '-i', 'a', '--monmap', map, '--keyring', ring);
  start('ceph-mon', '-i', 'a');
  const osd = randomUUID();
  await sleep(1000);
  run('ceph', '-c', conf, 'osd', 'new', osd, '0');
  run('ceph', '-c', conf, 'auth', 'add', 'osd.0', '-i', ring);
  run('ceph-osd', '-c', conf, '-i', '0', '--mkfs', '--osd-uuid', osd);
  start('ceph-osd', '-i', '0');
  await sleep(2000);
  run(
    'radosgw-admin',
    '-c',
    conf,
    'user',
    'create',
    '--uid=bench',
    '--display-name=bench',
    `--access-key=${KEYS.accessKeyId}`,
    `--secret=${KEYS.secretAccessKey}`,
  );
  start('radosgw', '-n', 'client.admin');
  const endpoint = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 100; i++) {
    if (
      await fetch(endpoint).then(
        (a) => a.ok,
        () => false,
      )
    ) {
      return { endpoint, pids: children.map((child) => child.pid), stop: () => stop(children, dir) };
    }
    await sleep(300);
  }
  await stop(children, dir);
  throw new Error(
    `radosgw did not start; its log:\n${readFileSync(join(dir, 'client.admin.log'), 'utf8').slice(-2000)}`,
  );
}

async function stop(children, dir) {
  for (const child of children.reverse()) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await new Promise((r) => child.once('exit', r));
  }
  rmSync(dir, { recursive: true, force: true });
}
