// Size of each bundle, and the time from the start of its process to its first request at a local listener.
// The limits are the design's: 1.7 MB and 200 ms. `npm run bench:startup`; WWHD_DIST names another build.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, process.env.WWHD_DIST ?? 'dist');
const LIMIT_BYTES = 1_700_000;
const LIMIT_MS = 200;
const RUNS = Number(process.env.RUNS ?? 7);

const scratch = mkdtempSync(join(tmpdir(), 'wwhd-startup-'));
mkdirSync(join(scratch, 'site'));
writeFileSync(join(scratch, 'site/index.html'), '<!doctype html><title>site</title>');

/** Inputs with which each action gets as far as its first request; all others have their defaults. */
const SERVICE = 'arn:aws:apprunner:us-west-2:000000000000:service/wwhd-api/0123456789abcdef0123456789abcdef';
const IMAGE = `000000000000.dkr.ecr.us-west-2.amazonaws.com/wwhd-api@sha256:${'ab'.repeat(32)}`;
const INPUTS = {
  'push-image': { repository: 'wwhd-api', 'oci-layout': layout(), engine: 'auto' },
  'deploy-backend': { service: SERVICE, image: IMAGE, 'release-bucket': 'wwhd-site-backup' },
  'deploy-frontend': { source: 'site', bucket: 'wwhd-site' },
  'smoke-test': { urls: '/health' },
  rollback: { 'release-bucket': 'wwhd-site-backup' },
  history: { 'release-bucket': 'wwhd-site-backup' },
  drift: { 'release-bucket': 'wwhd-site-backup' },
  'pr-comment': { body: 'hello', number: '1' },
  'preview-remove': { bucket: 'wwhd-site', number: '1' },
  preflight: { bucket: 'wwhd-site', service: SERVICE, repository: 'wwhd-api' },
};

/** An image of one empty layer. */
function layout() {
  const dir = join(scratch, 'image');
  const blobs = join(dir, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes, mediaType) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const type = 'application/vnd.oci.image';
  const json = (value) => Buffer.from(JSON.stringify(value));
  const layer = put(Buffer.alloc(1024), `${type}.layer.v1.tar`);
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const config = put(
    json({ os: 'linux', architecture: 'amd64', config: {}, rootfs }),
    `${type}.config.v1+json`,
  );
  const mediaType = `${type}.manifest.v1+json`;
  const manifest = put(json({ schemaVersion: 2, mediaType, config, layers: [layer] }), mediaType);
  writeFileSync(join(dir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(join(dir, 'index.json'), json({ schemaVersion: 2, manifests: [manifest] }));
  return dir;
}

function environment(name, inputs, endpoint) {
  const declared = parse(readFileSync(join(root, 'actions', name, 'action.yml'), 'utf8')).inputs ?? {};
  const env = {};
  for (const [input, { default: fallback }] of Object.entries(declared)) {
    const value = inputs[input] ?? (input === 'base-url' ? endpoint : String(fallback ?? ''));
    // The one expression that a default holds is the job's token.
    env[`INPUT_${input.toUpperCase()}`] = value.includes('${{') ? 'ghs_bench' : value;
  }
  return {
    ...env,
    PATH: process.env.PATH,
    HOME: scratch,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_API_URL: endpoint,
    GITHUB_REPOSITORY: 'org/app',
    GITHUB_RUN_ID: '1',
    GITHUB_SHA: '1'.repeat(40),
    GITHUB_WORKSPACE: scratch,
  };
}

/** Milliseconds from spawn to the first request; `undefined` where the process ended without one. */
async function once(name, inputs) {
  // A listener of its own: a request that the run before left behind must not end this one's measurement.
  let heard = () => {};
  const server = createServer((request) => {
    heard();
    request.socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  const took = await new Promise((resolve) => {
    const began = performance.now();
    const child = spawn(process.execPath, [join(dist, name, 'index.js')], {
      cwd: scratch,
      env: environment(name, inputs, endpoint),
      stdio: 'ignore',
    });
    heard = () => {
      resolve({ wall: performance.now() - began, cpu: cpuOf(child.pid) });
      child.kill('SIGKILL');
    };
    child.on('exit', () => resolve(undefined));
    setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
  });
  server.closeAllConnections();
  server.close();
  return took;
}

/** Milliseconds of processor time that a process has used, to 10 ms; where there is no /proc, not known. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

async function measure(name) {
  const times = [];
  // The first run warms the disk cache and is not counted.
  for (let run = 0; run <= RUNS; run++) {
    const took = await once(name, INPUTS[name] ?? {});
    if (took === undefined) return undefined;
    if (run > 0) times.push(took);
  }
  const sorted = times.map(({ wall }) => wall).sort((a, b) => a - b);
  return {
    best: sorted[0],
    median: sorted[Math.floor(sorted.length / 2)],
    cpu: Math.min(...times.map(({ cpu }) => cpu)),
  };
}

const rows = [];
let over = 0;
for (const name of readdirSync(dist).sort()) {
  const size = readdirSync(join(dist, name))
    .filter((file) => file.endsWith('.js'))
    .reduce((sum, file) => sum + statSync(join(dist, name, file)).size, 0);
  const isAction = existsSync(join(root, 'actions', name, 'action.yml'));
  const times = isAction ? await measure(name) : undefined;
  const problems = [
    size > LIMIT_BYTES ? 'too large' : '',
    isAction && !times ? 'ended without a request' : '',
    // The best of the runs is judged: what a busy machine adds is not the bundle's.
    times && times.best > LIMIT_MS ? 'too slow' : '',
  ].filter(Boolean);
  over += problems.length;
  rows.push([
    problems.join(', '),
    name,
    `${(size / 1e6).toFixed(2)} MB`,
    times ? `${times.best.toFixed(0)} ms` : '',
    times ? `${times.median.toFixed(0)} ms` : '',
    times ? `${times.cpu} ms` : '',
  ]);
}
rmSync(scratch, { recursive: true, force: true });

console.log(`Node ${process.version}, ${RUNS} runs; limits ${LIMIT_BYTES / 1e6} MB and ${LIMIT_MS} ms\n`);
const line = (cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(10))).join('');
console.log('Time from start to the first request at a local listener:\n');
console.log(line(['bundle', 'size', 'best', 'median', 'processor']));
for (const [problem, ...cells] of rows) console.log(`${line(cells)}  ${problem}`);
process.exit(over > 0 ? 1 : 0);
