// How fast the local cloud is on this machine: small PUTs, GETs and listing pages a second.
//
//   node bench/local-cloud.mjs [--objects 10000] [--concurrency 32] [--dist dist] [--state DIR]
//   node bench/local-cloud.mjs --stall [--held 50000]
//
// --stall: the 99th percentile of a PUT on an empty cloud with --state, and on one that holds --held objects. The promise
// is that the second stays within three times the first; it exits with 1 where it does not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { signedHeaders } from './support/signed.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '10000' },
    concurrency: { type: 'string', default: '32' },
    dist: { type: 'string', default: 'dist' },
    state: { type: 'string' },
    stall: { type: 'boolean', default: false },
    held: { type: 'string', default: '50000' },
  },
});
const [objects, concurrency] = [Number(values.objects), Number(values.concurrency)];
const agent = new Agent({ keepAlive: true, maxSockets: concurrency });

const scratch = values.stall ? mkdtempSync(join(tmpdir(), 'wwhd-bench-state-')) : undefined;
const state = values.state ?? scratch;
const start = process.hrtime.bigint();
const args = [join(root, values.dist, 'local-cloud/index.js'), '--port', '0', '--with-parent'];
if (state) args.push('--state', state);
const cloud = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
const [line] = await once(createInterface({ input: cloud.stdout }), 'line');
const endpoint = new URL(/http:\S+/.exec(line)[0]);
const ready = Number(process.hrtime.bigint() - start) / 1e6;

async function send(method, path, body = '', signed = undefined) {
  const headers = signed ?? (await sign(method, path));
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: endpoint.hostname,
        port: endpoint.port,
        method,
        path,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      },
      (incoming) => {
        const chunks = [];
        incoming.on('data', (chunk) => chunks.push(chunk));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (incoming.statusCode >= 300)
            reject(new Error(`${method} ${path}: ${incoming.statusCode} ${text}`));
          else resolve(text);
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const sign = (method, path) => signedHeaders(endpoint.href, { service: 's3', method, path });

/** Requests that are signed before they are measured: the signer is the client's cost, and dearer than the server's. */
async function rateOf(count, requestOf) {
  const ready = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const [method, path, body] = requestOf(i);
      return [method, path, body, await sign(method, path)];
    }),
  );
  return rate(count, (i) => send(...ready[i]));
}

/** Runs `work(i)` for i below `count`, `concurrency` at a time. @returns how many a second */
async function rate(count, work) {
  const began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < count) await work(next++);
    }),
  );
  return Math.round((count / (performance.now() - began)) * 1000);
}

const region =
  '<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>';
await send('PUT', '/bench-bucket', region);
const key = (i) => `/bench-bucket/assets/${i % 97}/file-${i}.js`;
const content = 'x'.repeat(2000);
if (values.stall) await stall();
else await rates();
cloud.kill('SIGTERM');
await once(cloud, 'exit');
agent.destroy();
if (scratch) rmSync(scratch, { recursive: true, force: true });

async function rates() {
  const puts = await rateOf(objects, (i) => ['PUT', key(i), `${i}${content}`]);
  const gets = await rateOf(objects, (i) => ['GET', key(i)]);
  const pages = await rateOf(200, () => ['GET', '/bench-bucket?list-type=2&prefix=assets%2F']);
  const folders = await rateOf(200, () => [
    'GET',
    '/bench-bucket?list-type=2&prefix=assets%2F&delimiter=%2F',
  ]);
  const deletes = await rateOf(objects, (i) => ['DELETE', key(i)]);
  console.log(`local cloud, ${objects} objects of 2 kB, ${concurrency} at a time, Node ${process.version}`);
  console.log(`  start to ready line    ${ready.toFixed(0)} ms`);
  for (const [name, value] of Object.entries({
    PUT: puts,
    GET: gets,
    'list page of 1,000': pages,
    'list of 97 folders': folders,
    DELETE: deletes,
  }))
    console.log(`  ${name.padEnd(22)} ${value} a second`);
}

/** Milliseconds that 99 of 100 PUTs stay below, of 2,000 that follow one another in 8 rows, and the longest. */
async function putTimes(prefix) {
  const paths = Array.from({ length: 2000 }, (_, i) => `/bench-bucket/${prefix}/${i}`);
  const headers = await Promise.all(paths.map((path) => sign('PUT', path)));
  const times = [];
  let next = 0;
  const row = async () => {
    for (let i = next++; i < paths.length; i = next++) {
      const began = performance.now();
      await send('PUT', paths[i], content, headers[i]);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: 8 }, row));
  times.sort((a, b) => a - b);
  return { p99: times[Math.floor(times.length * 0.99)], max: times.at(-1) };
}

async function stall() {
  await putTimes('warm');
  const empty = await putTimes('empty');
  for (let done = 0; done < Number(values.held); done += 5000)
    await rateOf(Math.min(5000, Number(values.held) - done), (i) => ['PUT', key(done + i), content]);
  const held = await putTimes('full');
  const ratio = held.p99 / empty.p99;
  const say = (name, { p99, max }) =>
    console.log(`  ${name.padEnd(22)} p99 ${p99.toFixed(1)} ms, longest ${max.toFixed(1)} ms`);
  console.log(`local cloud with --state, PUT of 2 kB, 8 at a time, Node ${process.version}`);
  say('empty', empty);
  say(`${values.held} objects`, held);
  console.log(`  ratio                  ${ratio.toFixed(2)} (3 at most)`);
  process.exitCode = ratio <= 3 ? 0 : 1;
}
