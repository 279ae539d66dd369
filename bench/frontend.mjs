// deploy-frontend beside what a user would pick instead, on one S3 server: radosgw where Debian's packages are there,
// else the local cloud (and then it says so). Prints times, peak memory, the ratios, and what the first deployment and
// its backup cost in processor time: the tool's own and the server's, which share this machine. Where the server takes
// most of it, no tool can be faster than the server's share allows.
//
//   npm run bench:frontend -- [--files 10000] [--latency 0,20] [--tools ours,rclone,s5cmd,aws] [--large 100000]
//     [--rounds 3]   of ours and rclone, in turn, for they are near each other: the median of each figure is printed
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startLocalCloud } from './support/local-cloud.mjs';
import { hasRadosgw, KEYS, startRadosgw } from './support/radosgw.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, process.env.WWHD_DIST ?? 'dist');
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '10000' },
    latency: { type: 'string', default: '0,20' },
    tools: { type: 'string', default: 'ours,rclone,s5cmd,aws' },
    large: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '3' },
  },
});
const PAGES = 50;
/** Tools that are measured once: a tenth more or less says nothing of them. */
const ONCE = new Set(['s5cmd', 'aws']);
const dir = mkdtempSync(join(tmpdir(), 'wwhd-bench-'));
/** Processes of the S3 server, once it runs, and the key pair that it takes. */
let serverPids = [];
let keys = KEYS;

/** Icons of a kilobyte or so, and pages that name some of them. */
function makeSite(count) {
  const site = join(dir, `site-${count}`);
  for (let i = 0; i < count; i++) {
    const folder = join(site, 'icons', `set-${i % 40}`);
    if (i < 40) mkdirSync(folder, { recursive: true });
    const d = Array.from(
      { length: 12 },
      (_, k) => `M${(i * 7 + k * 13) % 24} ${(i * 11 + k * 5) % 24}l${k} ${(i + k) % 9}z`,
    ).join('');
    writeFileSync(
      join(folder, `icon-${i}.svg`),
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><!-- ${i} --><path d="${d.repeat(1 + (i % 5))}"/></svg>\n`,
    );
  }
  for (let i = 0; i < PAGES; i++) page(site, i, 'one');
  return site;
}
const page = (site, i, version) =>
  writeFileSync(
    join(site, i === 0 ? 'index.html' : `page-${i}.html`),
    `<!doctype html><title>${i}</title><img src="/icons/set-${i % 40}/icon-${i % 40}.svg"><p>${version}</p>\n`,
  );
function change(site, version) {
  for (let i = 0; i < 10; i++) page(site, i, version);
}
/** A fresh checkout: every file has another time, none has other bytes. */
function touchAll(site, count) {
  const now = new Date();
  for (let i = 0; i < count; i++) utimesSync(join(site, 'icons', `set-${i % 40}`, `icon-${i}.svg`), now, now);
  for (let i = 0; i < PAGES; i++) utimesSync(join(site, i === 0 ? 'index.html' : `page-${i}.html`), now, now);
}

/** Delays what the server sends by `ms`. */
function delayProxy(target, ms) {
  const { hostname, port } = new URL(target);
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
    client.pipe(upstream);
    upstream.on('data', (chunk) => setTimeout(() => client.writable && client.write(chunk), ms));
    upstream.on('end', () => setTimeout(() => client.end(), ms));
    for (const socket of [client, upstream])
      socket.on('error', () => {
        client.destroy();
        upstream.destroy();
      });
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ endpoint: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() }),
    ),
  );
}

function environment(endpoint) {
  const { AWS_CA_BUNDLE: _unused, ...rest } = process.env;
  return {
    ...rest,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    S3_ENDPOINT_URL: endpoint,
    RCLONE_CONFIG_S_TYPE: 's3',
    RCLONE_CONFIG_S_PROVIDER: 'Other',
    RCLONE_CONFIG_S_ENV_AUTH: 'true',
    RCLONE_CONFIG_S_ENDPOINT: endpoint,
    RCLONE_CONFIG_S_REGION: 'us-east-1',
    RCLONE_CONFIG_S_FORCE_PATH_STYLE: 'true',
    RCLONE_CONFIG: '/dev/null',
  };
}

/** Fields of /proc/<pid>/stat after the name, which may hold spaces. */
const stat = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ').map(Number);
/**
 * Processor seconds: of all processes that have run here and ended, of the server, and of the delay, which is this
 * process. 100 ticks make a second.
 */
function processorTime() {
  if (process.platform !== 'linux') return { tool: 0, server: 0, delay: 0 };
  const { user, system } = process.cpuUsage();
  const ended = stat('self');
  const server = serverPids.map(stat).reduce((sum, fields) => sum + fields[11] + fields[12], 0);
  return { tool: (ended[13] + ended[14]) / 100, server: server / 100, delay: (user + system) / 1e6 };
}

/**
 * Runs to the end.
 * @returns {Promise<{seconds: number, peak: number, tool: number, server: number, delay: number}>} peak memory in
 *   MiB; `tool`, `server` and `delay` in processor seconds
 */
function timed(env, command, ...args) {
  return new Promise((resolve, reject) => {
    const before = processorTime();
    const started = performance.now();
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    child.stdout.on('data', (chunk) => said.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    let peak = 0;
    const watch = setInterval(() => {
      try {
        const hwm = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
        peak = Math.max(peak, Number(hwm?.[1] ?? 0) / 1024);
      } catch {}
    }, 50);
    child.on('close', (code) => {
      clearInterval(watch);
      if (code !== 0) reject(new Error(`${command} ${args[0]} ended with ${code}:\n${Buffer.concat(said)}`));
      else {
        const seconds = (performance.now() - started) / 1000;
        console.error(
          `  ${command.split('/').at(-1)} ${args.join(' ').slice(0, 60)}: ${seconds.toFixed(2)} s, ${Math.round(peak)} MiB`,
        );
        const after = processorTime();
        resolve({
          seconds,
          peak,
          tool: after.tool - before.tool,
          server: after.server - before.server,
          delay: after.delay - before.delay,
        });
      }
    });
  });
}

/** Not by spawnSync: the delaying proxy lives in this process, and would wait for itself. */
async function makeBuckets(env, names) {
  for (const name of names) await timed(env, 'aws', 's3', 'mb', `s3://${name}`);
}

const tools = {
  async ours(site, files, env, bucket) {
    await makeBuckets(env, [bucket, `${bucket}-backup`]);
    let n = 0;
    const github = (id) => ({
      GITHUB_SHA: String(id).padStart(40, '1'),
      GITHUB_REPOSITORY: 'bench/site',
      GITHUB_RUN_ID: String(id),
      GITHUB_RUN_NUMBER: String(id),
      GITHUB_OUTPUT: join(dir, 'output'),
      GITHUB_STATE: join(dir, 'state'),
    });
    for (const file of ['output', 'state']) writeFileSync(join(dir, file), '');
    const deploy = () => {
      n++;
      const inputs = { INPUT_SOURCE: site, INPUT_BUCKET: bucket, 'INPUT_RELEASE-ID': `r${n}` };
      return timed(
        { ...env, ...github(n), ...inputs },
        process.execPath,
        join(dist, 'deploy-frontend/index.js'),
      );
    };
    const back = () => {
      n++;
      const inputs = { 'INPUT_RELEASE-BUCKET': `${bucket}-backup`, INPUT_TO: 'r1', INPUT_SCOPE: 'frontend' };
      return timed({ ...env, ...github(n), ...inputs }, process.execPath, join(dist, 'rollback/index.js'));
    };
    return phases(site, files, { first: deploy, sync: deploy, back });
  },
  async rclone(site, files, env, bucket) {
    await makeBuckets(env, [bucket, `${bucket}-old`]);
    const flags = [
      '--checksum',
      '--fast-list',
      '--transfers',
      '32',
      '--checkers',
      '32',
      '--s3-no-head',
      '--s3-no-check-bucket',
    ];
    const sync = () => timed(env, 'rclone', 'sync', site, `S:${bucket}`, ...flags);
    const backup = () => timed(env, 'rclone', 'sync', `S:${bucket}`, `S:${bucket}-old`, ...flags);
    const back = () => timed(env, 'rclone', 'sync', `S:${bucket}-old`, `S:${bucket}`, ...flags);
    return phases(site, files, { first: sync, backup, sync, back });
  },
  async s5cmd(site, files, env, bucket) {
    await makeBuckets(env, [bucket]);
    const first = () => timed(env, 's5cmd', '--log', 'error', 'cp', `${site}/`, `s3://${bucket}/`);
    const sync = () =>
      timed(env, 's5cmd', '--log', 'error', 'sync', '--delete', `${site}/`, `s3://${bucket}/`);
    return phases(site, files, { first, sync });
  },
  async aws(site, files, env, bucket) {
    await makeBuckets(env, [bucket]);
    const sync = () =>
      timed(env, 'aws', 's3', 'sync', '--only-show-errors', '--delete', site, `s3://${bucket}`);
    return phases(site, files, { first: sync, sync });
  },
};

/** The same story for every tool. Times in seconds; `undefined` where a tool has no such thing. */
async function phases(site, files, { first, backup, sync, back }) {
  change(site, 'one');
  touchAll(site, files);
  const one = await first();
  const saved = backup ? await backup() : undefined;
  change(site, 'two');
  touchAll(site, files);
  const ten = await sync();
  touchAll(site, files);
  const none = await sync();
  const restored = back ? await back() : undefined;
  return {
    first: one.seconds,
    backup: saved?.seconds,
    'first + backup': one.seconds + (saved?.seconds ?? 0),
    'of it the tool, CPU s': one.tool + (saved?.tool ?? 0),
    'of it the server, CPU s': one.server + (saved?.server ?? 0),
    'of it the delay, CPU s': one.delay + (saved?.delay ?? 0),
    '10 changed': ten.seconds,
    'nothing changed': none.seconds,
    'going back': restored?.seconds,
    'peak MiB': Math.max(one.peak, ten.peak, none.peak),
  };
}

const show = (value) => (value === undefined ? '–' : value.toFixed(value < 10 ? 2 : 1));

function printTable(title, results) {
  console.log(`\n${title}`);
  const names = Object.keys(results);
  const rows = Object.keys(results[names[0]]);
  console.log(`| seconds | ${names.join(' | ')} |\n| --- |${' ---: |'.repeat(names.length)}`);
  for (const row of rows)
    console.log(`| ${row} | ${names.map((name) => show(results[name][row])).join(' | ')} |`);
  const { ours } = results;
  if (!ours) return;
  console.log(`\n| ours is faster by | ${names.filter((n) => n !== 'ours').join(' | ')} |`);
  console.log(`| --- |${' ---: |'.repeat(names.length - 1)}`);
  for (const row of rows.filter((r) => r !== 'backup' && !/MiB|CPU/.test(r))) {
    const ratios = names
      .filter((n) => n !== 'ours')
      .map((n) => (results[n][row] === undefined ? '–' : `${(results[n][row] / ours[row]).toFixed(1)}×`));
    console.log(`| ${row} | ${ratios.join(' | ')} |`);
  }
}

/** All tools in turn, round after round. @returns the median of each figure, by tool */
async function measure(site, env, name) {
  const rounds = Object.fromEntries(wanted.map((tool) => [tool, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const tool of wanted.filter((tool) => round === 0 || !ONCE.has(tool)))
      rounds[tool].push(await tools[tool](site, files, env, `${name}-${round}-${tool}`));
  }
  return Object.fromEntries(Object.entries(rounds).map(([tool, all]) => [tool, medians(all)]));
}

function medians(all) {
  const median = (row) => all.map((one) => one[row]).sort((a, b) => a - b)[all.length >> 1];
  return Object.fromEntries(Object.keys(all[0]).map((row) => [row, median(row)]));
}

const has = (command) => spawnSync('which', [command]).status === 0;

async function startServer() {
  if (hasRadosgw()) {
    console.log('S3 server: radosgw (Ceph), one memstore OSD on this machine');
    return { ...(await startRadosgw()), keys: KEYS };
  }
  console.log(
    'S3 server: OUR OWN LOCAL CLOUD, for radosgw is not installed: these figures judge us by ourselves',
  );
  const { endpoint, pid, stop, env } = await startLocalCloud(dist, 1);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  return { endpoint, pids: [pid], stop, keys: { accessKeyId, secretAccessKey } };
}

/** A new server makes its pools when the first object is asked for, which takes it seconds: not on any tool's account. */
async function warmUp(env) {
  await makeBuckets(env, ['bench-warm-up']);
  const file = join(dir, 'warm-up');
  writeFileSync(file, 'warm-up');
  await timed(env, 'aws', 's3', 'cp', '--only-show-errors', file, 's3://bench-warm-up/');
  await timed(env, 'aws', 's3', 'rm', '--only-show-errors', 's3://bench-warm-up/warm-up');
}

const files = Number(values.files);
const wanted = values.tools
  .split(',')
  .filter((tool) => tool === 'ours' || has(tool) || console.log(`${tool} is not installed`));
const server = await startServer();
serverPids = server.pids;
keys = server.keys;
try {
  await warmUp(environment(server.endpoint));
  const site = makeSite(files);
  for (const latency of values.latency.split(',').map(Number)) {
    const proxy = latency > 0 ? await delayProxy(server.endpoint, latency) : undefined;
    const env = environment(proxy?.endpoint ?? server.endpoint);
    const results = await measure(site, env, `bench-${latency}`);
    printTable(`${files + PAGES} files, ${latency} ms added to every answer`, results);
    proxy?.stop();
  }
  if (Number(values.large) > 0) {
    const large = makeSite(Number(values.large));
    const env = environment(server.endpoint);
    const results = { ours: await tools.ours(large, Number(values.large), env, 'bench-large') };
    printTable(`${values.large} files`, results);
  }
} finally {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
}
