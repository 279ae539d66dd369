// The local cloud as a process of its own, and what a bench puts into it: an image, a service, a site.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { parse } from 'yaml';

/** @returns {Promise<{endpoint: string, pid: number, env: Record<string, string>, control: Function, stop: Function}>} */
export async function startLocalCloud(dist, speed) {
  const args = [join(dist, 'local-cloud/index.js'), '--port', '0', '--speed', String(speed), '--with-parent'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const endpoint = await new Promise((resolve) =>
    child.stdout.on('data', (said) => resolve(/http:\S+/.exec(String(said))?.[0])),
  );
  return {
    endpoint,
    pid: child.pid,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    control: (path, method = 'GET') => fetch(`${endpoint}/_cloud/${path}`, { method }),
    stop: () => new Promise((resolve) => child.once('exit', resolve).kill()),
  };
}

/** One file, `node server.cjs`, as an OCI image layout. @returns its folder, for `push-image`'s `oci-layout` */
export async function writeLayout(server, dir) {
  const blobs = join(dir, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes, mediaType) => {
    const hash = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hash), bytes);
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  const tar = pack();
  tar.entry({ name: 'app/server.cjs', mtime: new Date(0) }, server);
  tar.finalize();
  const chunks = [];
  for await (const chunk of tar) chunks.push(chunk);
  const layer = Buffer.concat(chunks);
  const json = (value) => Buffer.from(JSON.stringify(value));
  const platform = { os: 'linux', architecture: 'amd64' };
  const type = (name) => `application/vnd.oci.image.${name}`;
  const config = put(
    json({
      ...platform,
      config: { Cmd: ['node', 'server.cjs'], WorkingDir: '/app', ExposedPorts: { '8080/tcp': {} } },
      rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
    }),
    type('config.v1+json'),
  );
  const layers = [put(gzipSync(layer), type('layer.v1.tar+gzip'))];
  const mediaType = type('manifest.v1+json');
  const manifest = put(json({ schemaVersion: 2, mediaType, config, layers }), mediaType);
  writeFileSync(join(dir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  const index = {
    schemaVersion: 2,
    mediaType: type('index.v1+json'),
    manifests: [{ ...manifest, platform }],
  };
  writeFileSync(join(dir, 'index.json'), json(index));
  return dir;
}

/**
 * Runs a bundle as GitHub's runner does, with the defaults of its action.yml; `node` are options of Node itself.
 * @returns {Promise<{code: number, outputs: Record<string, string>, log: string, started: number, ended: number}>}
 *   times in milliseconds since the epoch
 */
export async function runBundle(root, dist, name, inputs, { env, run, job, cwd, node = [], onStart }) {
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-bench-run-'));
  for (const file of ['output', 'state', 'summary']) writeFileSync(join(dir, file), '');
  const declared = parse(readFileSync(join(root, 'actions', name, 'action.yml'), 'utf8')).inputs ?? {};
  const given = Object.entries(declared).map(([input, { default: fallback = '' }]) => [
    `INPUT_${input.toUpperCase()}`,
    inputs[input] ?? (String(fallback).includes('${{') ? '' : String(fallback)),
  ]);
  const started = Date.now();
  const child = spawn(process.execPath, [...node, join(dist, name, 'index.js')], {
    cwd: cwd ?? dir,
    env: {
      ...env,
      ...Object.fromEntries(given),
      GITHUB_ACTIONS: 'true',
      GITHUB_SHA: String(run).repeat(40).slice(0, 40),
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REPOSITORY: 'bench/shop',
      GITHUB_ACTOR: 'bench',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_API_URL: 'http://127.0.0.1:9/no-github-in-a-bench',
      GITHUB_RUN_ID: String(1000 + run),
      GITHUB_RUN_NUMBER: String(run),
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_JOB: job,
      GITHUB_WORKSPACE: cwd ?? dir,
      GITHUB_OUTPUT: join(dir, 'output'),
      GITHUB_STATE: join(dir, 'state'),
      GITHUB_STEP_SUMMARY: join(dir, 'summary'),
      RUNNER_TEMP: dir,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onStart?.(child);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const ended = Date.now();
  const outputs = Object.fromEntries(
    [...readFileSync(join(dir, 'output'), 'utf8').matchAll(/^([^=<\n]+)<<(.+)\n([\s\S]*?)\n\2$/gm)].map(
      ([, key, , value]) => [key, value],
    ),
  );
  rmSync(dir, { recursive: true, force: true });
  return { code, outputs, log: Buffer.concat(said).toString(), started, ended };
}
