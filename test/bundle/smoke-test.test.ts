import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../support/dist.ts';
import { type RunOptions, runAction } from '../support/run-action.ts';
import { json, redirect, type SmokeServer, startService, text } from '../support/smoke-server.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(
  JSON.parse(readFileSync(join(root, 'schemas/smoke-report.schema.json'), 'utf8')),
);

let dir: string;
let server: SmokeServer;
const COMMIT = 'c'.repeat(40);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'smoke-'));
  server = await startService({
    '/health': json({ status: 'ok', commit: COMMIT }),
    '/echo': (request, response) => response.end(`you sent ${request.headers.authorization}`),
    '/flaky': (_q, r, _b, count) => r.writeHead(count % 2 ? 503 : 200).end(),
    '/away': redirect('/health'),
    '/slow': () => {},
    '/five': (_q, r) =>
      setTimeout(() => r.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'), 5),
    '/huge': text('x'.repeat(9_999_999)),
    '/odd': text('<b>|`\u0007\u{1F600}`\n::error::x\r\n# heading @octocat'),
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs the bundle on a checks file that is written for it; the reports stay in `dir`. */
async function smoke(file: string, inputs: Record<string, string> = {}, options: RunOptions = {}) {
  writeFileSync(join(dir, 'checks.yml'), file);
  const files = { 'report-file': 'out/report.json', 'junit-file': 'out/junit.xml' };
  const run = await runAction(
    'smoke-test',
    { checks: 'checks.yml', 'base-url': server.url, ...files, ...inputs },
    { cwd: dir, commit: COMMIT, ...options },
  );
  return run;
}
const readReport = () => JSON.parse(readFileSync(join(dir, 'out/report.json'), 'utf8'));
const readJunit = () => readFileSync(join(dir, 'out/junit.xml'), 'utf8');
const file = (checks: string) =>
  `version: 1\ndefaults: { retry: { budget: 0s, interval: 5ms } }\nchecks:\n${checks}`;

describe('outcomes', () => {
  test('passed', async () => {
    const run = await smoke(
      file(
        '  - name: healthy, and this commit\n    get: /health\n    expect: { status: 200, json: { $.commit: "${GITHUB_SHA}" }, latency: { p95: 2s, samples: 3 } }',
      ),
    );
    expect([run.exitCode, run.outputs]).toEqual([
      0,
      { outcome: 'passed', passed: '1', failed: '0', warned: '0', report: join(dir, 'out/report.json') },
    ]);
    expect(run.summary).toContain('### Smoke checks: passed');
    expect([validate(readReport()), validate.errors]).toEqual([true, null]);
    expect(run.log).not.toContain('::error');
  });

  test('warned: green, and said', async () => {
    const run = await smoke(file('  - get: /health\n  - { get: /nope, gate: warn }'));
    expect([run.exitCode, run.outputs['outcome'], run.outputs['warned']]).toEqual([0, 'warned', '1']);
    expect(run.log).toMatch(/::warning title=smoke check%3A GET \/nope,file=checks.yml,line=5,col=5::/);
    expect(run.log).not.toContain('::error');
  });

  test('failed: what was expected and got, on the line of the file', async () => {
    const run = await smoke(
      file(
        '  - get: /health\n    expect:\n      json:\n        $.commit: another\n  - { get: /nope, gate: warn }',
      ),
    );
    expect([run.exitCode, run.outputs['outcome'], run.outputs['failed'], run.outputs['warned']]).toEqual([
      1,
      'failed',
      '1',
      '1',
    ]);
    expect(run.log).toMatch(/::error title=smoke check%3A GET \/health,file=checks.yml,line=7,col=9::/);
    expect(run.summary).toContain(
      `| ❌ | GET /health (line 4) | json $.commit | <code>"another"</code> | <code>"${COMMIT}"</code> |`,
    );
    expect([validate(readReport()), validate.errors]).toEqual([true, null]);
  });

  test('the short form', async () => {
    const run = await smoke('', { checks: '', urls: `${server.url}/health\n/away` });
    expect([run.exitCode, run.outputs['passed']]).toEqual([0, '2']);
  });

  test('tags', async () => {
    const run = await smoke(file('  - { get: /health, tags: quick }\n  - { get: /nope, tags: slow }'), {
      tags: 'quick',
    });
    expect([run.exitCode, run.outputs['passed']]).toEqual([0, '1']);
  });
});

describe('refused before any request', () => {
  const ok = file('  - get: /health');
  test.each([
    [
      'no file',
      ok,
      { checks: 'nope.yml' },
      /input `checks`: the checks file nope.yml could not be read[\s\S]*no such file[\s\S]*actions\/checkout/,
    ],
    ['a folder', ok, { checks: 'out' }, /it is a folder|no such file/],
    ['nothing given', ok, { checks: '' }, /input `checks`: is required, or `urls`/],
    ['both given', ok, { urls: '/a' }, /input `urls`: stands beside `checks`/],
    ['budget', ok, { budget: '10' }, /input `budget`: is not a duration/],
    ['base-url', ok, { 'base-url': 'api.example.com' }, /input `base-url`: must be an address/],
    [
      'no base-url',
      ok,
      { 'base-url': '' },
      /input `base-url`: checks.yml has paths, and there is no base address/,
    ],
    ['unknown tag', ok, { tags: 'x' }, /input `tags`: no check in checks.yml has the tag "x"/],
    [
      'a report that has no place',
      ok,
      { 'junit-file': 'checks.yml/x.xml' },
      /input `junit-file`: .* cannot be written/,
    ],
    [
      'a mistake in the file',
      file('  - get: /health\n    expects: {}'),
      {},
      /checks.yml:5:5 {2}checks\[0\].expects is not a key here; did you mean `expect`\?/,
    ],
    [
      'an unset variable',
      file('  - { get: /health, headers: { a: "${NO_SUCH}" } }'),
      {},
      /NO_SUCH}, which is not set in the environment/,
    ],
  ])('%s', async (_name, checks, inputs, said) => {
    server.seen.length = 0;
    const run = await smoke(checks, inputs);
    expect([run.exitCode, run.outputs['outcome']]).toEqual([2, 'refused']);
    expect(run.log.replaceAll('%0A', '\n').replaceAll('%25', '%')).toMatch(said);
    expect(server.seen).toEqual([]);
  });

  test('each mistake stands on its own line of the file', async () => {
    const run = await smoke(file('  - get: health\n  - get: /a\n    gate: no'));
    expect(run.log).toMatch(/::error title=checks file,file=checks.yml,line=4,col=10::/);
    expect(run.log).toMatch(/::error title=checks file,file=checks.yml,line=6,col=11::/);
  });
});

describe('secrets', () => {
  test('one of `check-secrets` stands for its name, and is in no log', async () => {
    const checks = file(
      '  - get: /echo\n    headers: { authorization: "Bearer ${API_TOKEN}" }\n    expect: { body: nothing }',
    );
    const run = await smoke(checks, { 'check-secrets': 'API_TOKEN=s3cr=et value' });
    expect(server.seen.at(-1)?.headers.authorization).toBe('Bearer s3cr=et value');
    expect(run.log).toContain('::add-mask::s3cr=et value');
    const shown = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    expect([...shown, run.summary, JSON.stringify(readReport())].join('\n')).not.toContain('s3cr=et');
    const wrong = await smoke(checks, { 'check-secrets': 'API-TOKEN=hunter2' });
    expect([wrong.exitCode, wrong.outputs['outcome']]).toEqual([2, 'refused']);
    expect(wrong.log.match(/hunter2/g)).toHaveLength(1);
  });

  test('a value from the environment is in no output, summary, log, report', async () => {
    const secret = 'tok+en/with=odd "signs"';
    const run = await smoke(
      file(
        '  - get: /echo\n    headers: { authorization: "Bearer ${API_TOKEN}" }\n    expect: { body: nothing }',
      ),
      {},
      { env: { API_TOKEN: secret } },
    );
    expect(server.seen.at(-1)?.headers.authorization).toBe(`Bearer ${secret}`);
    // The runner takes these lines out of the log and hides what they name.
    const log = run.log
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'))
      .join('\n');
    const everything = [
      log,
      run.summary,
      JSON.stringify(run.outputs),
      JSON.stringify(readReport()),
      readJunit(),
    ].join('\n');
    for (const form of [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
    ]) {
      expect(everything).not.toContain(form);
    }
    expect(run.log).toContain(`::add-mask::${secret}`);
    expect(run.summary).toContain('you sent Bearer');
  });
});

describe('reports', () => {
  test('JUnit XML has what its schema asks for, whatever the service answered', async () => {
    await smoke(
      file(
        '  - get: /health\n  - { get: /odd, name: "a <odd> & \\"name\\"", expect: { body: x } }\n  - { get: /nope, gate: warn }\n  - { get: /health, name: later, needs: GET /nope }',
      ),
    );
    const xml = readJunit();
    expect(XMLValidator.validate(xml)).toBe(true);
    const { testsuites } = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      isArray: (name) => name === 'testcase',
    }).parse(xml);
    const suite = testsuites.testsuite;
    expect(suite).toMatchObject({
      tests: '4',
      failures: '2',
      errors: '0',
      skipped: '1',
      hostname: '127.0.0.1',
    });
    expect(suite.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(
      suite.testcase.map((one: { failure?: unknown; skipped?: unknown }) =>
        'failure' in one ? 'failure' : 'skipped' in one ? 'skipped' : 'passed',
      ),
    ).toEqual(['passed', 'failure', 'skipped', 'failure']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(xml).not.toMatch(/[\u0000-\u0008]/);
  });

  test('what a service answers is never markup or a command', async () => {
    const run = await smoke(file('  - { get: /odd, expect: { body: x, json: { $.a: 1 } } }'));
    expect(run.summary).not.toMatch(/<b>|\n# heading| @octocat/);
    expect(run.log).not.toMatch(/^::error::x/m);
  });

  test('a report also when the job is cancelled', async () => {
    const run = await smoke(
      file('  - get: /health\n  - { get: /slow, timeout: 5m }'),
      {},
      { onStart: (child) => void waitForRequest('/slow').then(() => child.kill('SIGTERM')) },
    );
    expect([run.exitCode, run.outputs['outcome'], run.outputs['passed']]).toEqual([130, 'interrupted', '1']);
    expect([readReport().ended, validate(readReport())]).toEqual(['interrupted', true]);
    expect(run.summary).toContain('The run was cancelled');
    expect(XMLValidator.validate(readJunit())).toBe(true);
  });

  test('and when the time is over', async () => {
    const run = await smoke(file('  - get: /health\n  - { get: /slow, timeout: 5m }'), { budget: '1s' });
    expect([run.exitCode, run.outputs['outcome'], readReport().ended]).toEqual([1, 'failed', 'out-of-time']);
  });
});

/** Resolves when the service has been asked for `path` after now. */
async function waitForRequest(path: string): Promise<void> {
  const before = server.seen.length;
  while (!server.seen.slice(before).some(({ url }) => url === path))
    await new Promise((resolve) => setTimeout(resolve, 10));
}

const many = (count: number, path: string, expected: string) =>
  Array.from(
    { length: count },
    (_, i) => `  - { name: "check ${i}", get: "${path}?${i}", timeout: 1m, expect: { ${expected} } }`,
  );

// How long they take is for bench/smoke-test.mjs to say.
test.each([
  ['a hundred checks on a service that answers in 5 ms', many(100, '/five', 'json: { $.ok: true }'), 120],
  ['a dozen texts of 10 MB, ten at a time', many(12, '/huge', 'body: { contains: xxx }'), 400],
])('%s: a bounded memory', async (_what, checks, most) => {
  let peak = 0;
  let timer: NodeJS.Timeout | undefined;
  const run = await smoke(
    file(checks.join('\n')),
    {},
    {
      onStart: (child) => {
        timer = setInterval(() => {
          peak = Math.max(peak, residentMiB(child.pid ?? 0));
        }, 5);
      },
    },
  );
  clearInterval(timer);
  expect([run.exitCode, run.outputs['passed']], run.log).toEqual([0, String(checks.length)]);
  expect(peak).toBeLessThan(most);
});

test('goes through the proxy of the environment, and past it for NO_PROXY', async () => {
  const through: string[] = [];
  const proxy = createServer((asked, answer) => {
    through.push(asked.url ?? '');
    answer.end('{"ok":true}');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const asked = (env: Readonly<Record<string, string>>) =>
    smoke(file('  - { get: "http://plain.test/five", expect: { json: { $.ok: true } } }'), {}, { env });
  const on = { HTTP_PROXY: `http://127.0.0.1:${port}` };
  expect((await asked(on)).exitCode).toBe(0);
  expect(through).toEqual(['http://plain.test/five']);
  // No resolver knows the name: who asks it directly does not reach it.
  expect((await asked({ ...on, NO_PROXY: 'plain.test' })).exitCode).toBe(1);
  // Nor does this very machine go through a proxy.
  expect((await smoke(file('  - { get: "/five" }'), {}, { env: on })).exitCode).toBe(0);
  expect(through).toHaveLength(1);
  proxy.close();
});

/** Resident memory of a process; 0 where the system does not tell. */
function residentMiB(pid: number): number {
  try {
    return Math.round(
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    );
  } catch {
    return 0;
  }
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasOpenssl)('TLS (needs the openssl command)', () => {
  let secure: SmokeServer;
  let expired: SmokeServer;
  beforeAll(async () => {
    secure = await startService({ '/health': text('ok') }, certificate('good', 20));
    expired = await startService({ '/health': text('ok') }, certificate('expired', -1));
  });
  afterAll(async () => {
    await Promise.all([secure.stop(), expired.stop()]);
  });

  /** A self-signed certificate for 127.0.0.1, valid for so many days from now; one with -1 has expired. */
  function certificate(name: string, days: number) {
    const file = (end: string) => join(dir, `${name}.${end}`);
    const openssl = (...args: string[]) => {
      const made = spawnSync('openssl', args);
      if (made.status !== 0) throw new Error(made.stderr.toString());
    };
    writeFileSync(file('ext'), 'subjectAltName=IP:127.0.0.1\n');
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=smoke',
      '-keyout',
      file('key'),
      '-out',
      file('csr'),
    );
    openssl(
      'x509',
      '-req',
      '-in',
      file('csr'),
      '-signkey',
      file('key'),
      '-days',
      String(days),
      '-extfile',
      file('ext'),
      '-out',
      file('pem'),
    );
    return { key: readFileSync(file('key'), 'utf8'), cert: readFileSync(file('pem'), 'utf8') };
  }
  const trusting = (name: string): RunOptions => ({ env: { NODE_EXTRA_CA_CERTS: join(dir, `${name}.pem`) } });
  const check = (expectation: string) => file(`  - { get: /health, expect: { tls: { ${expectation} } } }`);

  test('expiry and protocol', async () => {
    const met = await smoke(
      check('expires-in: ">14d", protocol: ">=TLSv1.2"'),
      { 'base-url': secure.url },
      trusting('good'),
    );
    expect([
      met.exitCode,
      readReport().results[0].assertions.map(({ what }: { what: string }) => what),
    ]).toEqual([0, ['status', 'tls expires-in', 'tls protocol']]);
    const unmet = await smoke(check('expires-in: ">30d"'), { 'base-url': secure.url }, trusting('good'));
    expect(unmet.exitCode).toBe(1);
    expect(unmet.log).toMatch(/tls expires-in: expected > 30d0h, got 19d23h/);
  });

  test.each([
    ['not trusted', () => secure.url, () => ({}), /is self-signed and so not trusted/],
    ['expired', () => expired.url, () => trusting('expired'), /certificate of 127.0.0.1 has expired/],
    [
      'for another name',
      () => secure.url.replace('127.0.0.1', 'localhost'),
      () => trusting('good'),
      /the certificate is not for localhost/,
    ],
    [
      'http on an https address',
      () => server.url.replace('http:', 'https:'),
      () => ({}),
      /does not speak TLS: is it an http port/,
    ],
  ])('%s', async (_name, base, options, sentence) => {
    const run = await smoke(file('  - get: /health'), { 'base-url': base() }, options());
    expect(run.exitCode).toBe(1);
    expect(run.log).toMatch(sentence);
  });
});
