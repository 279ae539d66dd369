// How long smoke checks take, and how much memory: a hundred on a service that answers in 5 ms (bounds of issue 5: 2 s
// and 120 MiB), and twenty with bodies of 10 MB.
//
//   npm run bench:smoke-test
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBundle } from './support/local-cloud.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, process.env.WWHD_DIST ?? 'dist');
const dir = mkdtempSync(join(tmpdir(), 'wwhd-bench-smoke-'));
const list = Array.from({ length: 140_000 }, (_, i) => ({ i, name: `thing number ${i} with more of it` }));
const bodies = {
  '/five': ['application/json', '{"ok":true}'],
  '/text': ['text/plain', 'x'.repeat(9_999_999)],
  '/json': ['application/json', JSON.stringify({ ok: true, list })],
};
const server = http.createServer((asked, answer) => {
  const path = asked.url.split('?')[0];
  const [type, body] = bodies[path];
  setTimeout(() => answer.writeHead(200, { 'content-type': type }).end(body), 5);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${server.address().port}`;

async function measure(title, count, path, expected) {
  const checks = Array.from(
    { length: count },
    (_, i) => `  - { name: "check ${i}", get: "${path}?${i}", expect: { ${expected} } }`,
  );
  writeFileSync(join(dir, 'checks.yml'), `version: 1\nchecks:\n${checks.join('\n')}\n`);
  let peak = 0;
  let timer;
  const inputs = { checks: 'checks.yml', 'base-url': base, 'report-file': 'report.json' };
  const run = await runBundle(root, dist, 'smoke-test', inputs, {
    env: { PATH: process.env.PATH },
    run: 1,
    job: 'smoke',
    cwd: dir,
    onStart: ({ pid }) => {
      timer = setInterval(() => {
        try {
          const hwm = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
          peak = Math.max(peak, Number(hwm?.[1] ?? 0) / 1024);
        } catch {}
      }, 10);
    },
  });
  clearInterval(timer);
  if (run.code !== 0) throw new Error(run.log);
  const { durationMs } = JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8'));
  console.log(
    `${title}: ${(durationMs / 1000).toFixed(2)} s of checks, ${((run.ended - run.started) / 1000).toFixed(2)} s in all, peak ${peak.toFixed(0)} MiB`,
  );
}

try {
  await measure(
    'a hundred checks against answers in 5 ms',
    100,
    '/five',
    'json: { $.ok: true }, latency: 5s',
  );
  await measure('twenty texts of 10 MB', 20, '/text', 'body: { contains: xxx }');
  await measure('twenty JSON bodies of 8 MB', 20, '/json', 'json: { $.ok: true }');
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(dir, { recursive: true, force: true });
}
