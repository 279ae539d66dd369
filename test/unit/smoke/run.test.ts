import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.ts';
import { interrupted } from '../../../src/runtime/errors.ts';
import { type Annotation, silentLog } from '../../../src/runtime/log.ts';
import {
  checksOfUrls,
  describeFailures,
  parseChecks,
  runChecks,
  type SmokeReport,
} from '../../../src/smoke/index.ts';
import {
  json,
  type Route,
  redirect,
  type SmokeServer,
  startService,
  text,
} from '../../support/smoke-server.ts';

const servers: SmokeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
async function service(routes: Readonly<Record<string, Route>>): Promise<SmokeServer> {
  const server = await startService(routes);
  servers.push(server);
  return server;
}

interface Options {
  env?: Record<string, string>;
  budget?: number;
  signal?: AbortSignal;
  log?: typeof silentLog;
  head?: string;
}
/** Runs the checks (YAML list items) against `base`, with quick retries. */
function run(base: string, checks: string, options: Options = {}): Promise<SmokeReport> {
  const head = `version: 1\nbase-url: ${base}\ndefaults: { timeout: 2s, retry: { budget: 0s, interval: 5ms } }\n${options.head ?? ''}`;
  const parsed = parseChecks(`${head}\nchecks:\n${checks}`, { env: options.env ?? {}, file: 'checks.yml' });
  const ports = {
    log: options.log ?? silentLog,
    clock: systemClock,
    signal: options.signal ?? new AbortController().signal,
  };
  return runChecks(parsed, ports, { budget: options.budget ?? 20_000 });
}
const verdicts = (report: SmokeReport) => report.results.map(({ result }) => result);
const problems = (report: SmokeReport) => describeFailures(report).join('\n');

describe('three answers', () => {
  const routes = { '/ok': text('fine'), '/bad': text('oops', 503) };
  test.each([
    ['passed', '  - get: /ok', ['passed']],
    ['warned', '  - get: /ok\n  - { get: /bad, gate: warn }', ['passed', 'warned']],
    ['failed', '  - get: /bad\n  - { get: /bad, name: b, gate: warn }', ['failed', 'warned']],
    ['failed', '  - { get: /bad, gate: warn }\n  - { get: /ok, needs: GET /bad }', ['warned', 'skipped']],
    [
      'warned',
      '  - { get: /bad, gate: warn }\n  - { get: /ok, gate: warn, needs: GET /bad }',
      ['warned', 'skipped'],
    ],
  ])('%s', async (outcome, checks, results) => {
    const { url } = await service(routes);
    const report = await run(url, checks);
    expect([report.outcome, verdicts(report), report.ended]).toEqual([outcome, results, 'complete']);
  });
});

describe('truth under noise', () => {
  test('a check that fails at first is tried again within its budget, and the report says so', async () => {
    const { url } = await service({ '/a': (_q, r, _b, count) => r.writeHead(count < 3 ? 503 : 200).end() });
    const report = await run(url, '  - { get: /a, retry: { budget: 5s } }');
    expect(report.results[0]).toMatchObject({
      result: 'passed',
      attempts: 3,
      earlier: 'status: expected 2xx, got 503 Service Unavailable',
    });
  });

  test('successes must be in a row', async () => {
    const { url, seen } = await service({
      '/a': (_q, r, _b, count) => r.writeHead(count === 2 ? 500 : 200).end(),
    });
    const report = await run(url, '  - { get: /a, retry: { budget: 5s, consecutive: 3 } }');
    expect([report.outcome, seen.length]).toEqual(['passed', 5]);
  });

  test('a run of successes finishes even where the budget allows no failure', async () => {
    const { url, seen } = await service({ '/a': text('ok') });
    const report = await run(url, '  - { get: /a, retry: { budget: 0s, consecutive: 4 } }');
    expect([report.outcome, seen.length]).toEqual(['passed', 4]);
  });

  test('the budget bounds the tries, and pauses double', async () => {
    const { url, seen } = await service({ '/a': text('no', 500) });
    const report = await run(url, '  - { get: /a, retry: { budget: 400ms, interval: 20ms } }');
    expect([report.outcome, report.results[0]?.attempts]).toEqual(['failed', seen.length]);
    expect(seen.length).toBeGreaterThanOrEqual(2);
    // 20, 40, 80 and 160 ms are within the budget; the pause after them is not.
    expect(seen.length).toBeLessThanOrEqual(5);
  });

  test('warm-up waits and judges nothing', async () => {
    const { url, seen } = await service({
      '/warm': (_q, r, _b, count) => r.writeHead(count < 3 ? 503 : 200).end(),
      '/a': text('ok'),
    });
    const report = await run(url, '  - get: /a', { head: 'warmup: { path: /warm, budget: 10s }' });
    expect(report).toMatchObject({ outcome: 'passed', warmup: { warm: true, attempts: 3 } });
    expect(seen.map((one) => one.url)).toEqual(['/warm', '/warm', '/warm', '/a']);
  });

  test('a service that never becomes warm is judged by its checks all the same', async () => {
    const { url } = await service({ '/warm': text('', 503), '/a': text('ok') });
    const report = await run(url, '  - get: /a', { head: 'warmup: { path: /warm, budget: 100ms }' });
    expect(report).toMatchObject({
      outcome: 'passed',
      warmup: { warm: false, problem: 'status: expected 2xx, got 503 Service Unavailable' },
    });
  });

  test('the first of several samples opens the connection and is not timed', async () => {
    const { url, seen } = await service({
      '/a': (_q, r, _b, count) => setTimeout(() => r.end('x'), count === 1 ? 900 : 1),
    });
    const report = await run(url, '  - { get: /a, expect: { latency: { max: 800ms, samples: 5 } } }');
    expect([report.outcome, seen.length, report.results[0]?.latency?.samples]).toEqual(['passed', 6, 5]);
  });

  test('every sample is judged, not only timed', async () => {
    const { url } = await service({ '/a': (_q, r, _b, count) => r.writeHead(count === 4 ? 500 : 200).end() });
    const report = await run(url, '  - { get: /a, expect: { latency: { p95: 1s, samples: 5 } } }');
    expect(problems(report)).toMatch(/status: expected 2xx, got 500/);
  });
});

describe('which release answers', () => {
  const head =
    'release: { get: /health, expect: { json: { $.commit: new } }, retry: { budget: 5s, consecutive: 2, interval: 5ms } }';
  test('it is waited for before any check', async () => {
    const { url, seen } = await service({
      '/health': (_q, r, _b, count) => r.end(JSON.stringify({ commit: count < 3 ? 'old' : 'new' })),
      '/a': text('ok'),
    });
    const report = await run(url, '  - get: /a', { head });
    expect([report.outcome, seen.map((one) => one.url).indexOf('/a')]).toEqual(['passed', 4]);
  });

  test('the old one cannot pass for the new one', async () => {
    const { url, seen } = await service({ '/health': json({ commit: 'old' }), '/a': text('ok') });
    const report = await run(url, '  - get: /a', { head: head.replace('5s', '50ms') });
    expect([report.outcome, verdicts(report)]).toEqual(['failed', ['failed', 'skipped']]);
    expect(problems(report)).toMatch(/json \$.commit: expected "new", got "old"/);
    expect(seen.some((one) => one.url === '/a')).toBe(false);
  });

  test('nor can it come back while the checks run', async () => {
    const { url } = await service({
      '/health': (_q, r, _b, count) => r.end(JSON.stringify({ commit: count > 2 ? 'old' : 'new' })),
      '/a': text('ok'),
    });
    const report = await run(url, '  - get: /a', { head });
    expect(report.outcome).toBe('failed');
    expect(problems(report)).toMatch(/answered before the checks, but not after them/);
  });

  test('a header with the release is looked at on every answer that has it', async () => {
    const { url } = await service({
      '/health': text('', 200, { 'x-release': 'new' }),
      '/a': text('ok', 200, { 'x-release': 'old' }),
      '/b': text('ok'),
    });
    const report = await run(url, '  - get: /a\n  - get: /b', {
      head: 'release: { get: /health, expect: { headers: { x-release: new } }, retry: { consecutive: 1 } }',
    });
    expect(verdicts(report)).toEqual(['passed', 'failed', 'passed']);
    expect(problems(report)).toMatch(/release, header x-release: expected "new", got "old"/);
  });
});

describe('from one check to the next', () => {
  test('log in, then call: the captured token is used and shown nowhere', async () => {
    const token = 'eyJhbGciOi.very-long-token.abcdefghijkl';
    const { url, seen } = await service({
      '/login': json({ token, user: { id: 7 } }),
      '/users/7': (q, r) =>
        r
          .writeHead(q.headers.authorization === `Bearer ${token}` ? 200 : 401)
          .end(`you sent ${q.headers.authorization}`),
    });
    const masked: string[] = [];
    const said: string[] = [];
    const log = {
      ...silentLog,
      mask: (value: string) => void masked.push(value),
      info: (line: string) => void said.push(line),
    };
    const report = await run(
      url,
      [
        '  - get: "/users/${capture.id}"\n    name: me\n    headers: { authorization: "Bearer ${capture.token}" }\n    expect: { body: nothing }',
        '  - post: /login\n    body: { password: "${PASSWORD}" }\n    capture: { token: $.token, id: { json: $.user.id, public: true } }',
      ].join('\n'),
      { env: { PASSWORD: 'hunter2-hunter2' }, log },
    );
    expect(seen.map((one) => one.url)).toEqual(['/login', '/users/7']);
    expect(seen[0]?.body).toBe('{"password":"hunter2-hunter2"}');
    expect(report.results[0]).toMatchObject({ status: 200, url: `${url}/users/7` });
    const shown = JSON.stringify(report) + said.join();
    expect(shown).toContain('you sent Bearer ***');
    for (const secret of [token, 'hunter2-hunter2']) {
      expect(shown).not.toContain(secret);
      expect(masked).toContain(secret);
    }
  });

  test('what cannot be captured fails the check, and those that need it are not made', async () => {
    const { url, seen } = await service({ '/login': json({ other: 1 }), '/me': text('ok') });
    const report = await run(
      url,
      '  - { get: /login, capture: { token: $.token } }\n  - { get: "/me?t=${capture.token}" }',
    );
    expect(verdicts(report)).toEqual(['failed', 'skipped']);
    expect(problems(report)).toMatch(/capture token: expected a value at json \$.token, got nothing there/);
    expect(problems(report)).toMatch(/needs "GET \/login", which did not pass/);
    expect(seen.length).toBe(1);
  });

  test('headers and bodies by pattern', async () => {
    const { url, seen } = await service({
      '/a': text('<input name="csrf" value="tok-1">', 200, { 'set-cookie': 'sid=abc-1; HttpOnly' }),
      '*': text('ok'),
    });
    await run(
      url,
      '  - { get: /a, capture: { sid: { header: Set-Cookie, matches: "sid=([^;]+)" }, csrf: { body: "name=\\"csrf\\" value=\\"([^\\"]+)\\"" } } }\n  - { post: /b, headers: { cookie: "sid=${capture.sid}" }, form: { csrf: "${capture.csrf}", "a b": "ü&" } }',
    );
    expect(seen[1]).toMatchObject({
      body: 'csrf=tok-1&a+b=%C3%BC%26',
      headers: { cookie: 'sid=abc-1', 'content-type': 'application/x-www-form-urlencoded' },
    });
  });

  test('GraphQL', async () => {
    const { url, seen } = await service({ '/graphql': json({ data: { me: { id: 1 } } }) });
    const report = await run(
      url,
      '  - post: /graphql\n    graphql: { query: "query Me($id: ID) { me(id: $id) { id } }", variables: { id: 1 } }\n    expect: { json: { $.data.me.id: 1, $.errors: { exists: false } } }',
    );
    expect(report.outcome).toBe('passed');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      query: 'query Me($id: ID) { me(id: $id) { id } }',
      variables: { id: 1 },
    });
  });
});

describe('guards', () => {
  test('a redirect to another host takes no credentials along', async () => {
    const other = await service({ '/b': text('ok') });
    const { url } = await service({ '/a': redirect(`${other.url}/b`) });
    const report = await run(
      url,
      '  - { get: /a, headers: { authorization: "Bearer ${TOKEN}", x-api-key: "${TOKEN}", cookie: a=b, accept: text/plain } }',
      {
        env: { TOKEN: 'supersecret' },
      },
    );
    expect(report.results[0]).toMatchObject({
      result: 'passed',
      via: [{ status: 302, location: `${other.url}/b` }],
    });
    expect(Object.keys(other.seen[0]?.headers ?? {}).sort()).toEqual([
      'accept',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  test('headers among the defaults go to the base address only', async () => {
    const other = await service({ '/b': text('ok') });
    const { url, seen } = await service({ '/a': text('ok') });
    const checks = parseChecks(
      `version: 1\nbase-url: ${url}\ndefaults: { headers: { authorization: x } }\nchecks: [{ get: /a }, { get: "${other.url}/b" }]`,
      { env: {}, file: 'f' },
    );
    await runChecks(
      checks,
      { log: silentLog, clock: systemClock, signal: new AbortController().signal },
      { budget: 5000 },
    );
    expect([seen[0]?.headers.authorization, other.seen[0]?.headers.authorization]).toEqual(['x', undefined]);
  });

  test('redirects are bounded', async () => {
    const { url, seen } = await service({ '/a': redirect('/a') });
    const report = await run(url, '  - { get: /a, redirects: 3 }');
    expect(problems(report)).toMatch(/redirected more than 3 times: .*\/a → .*\/a/);
    expect(seen.length).toBe(4);
  });

  test('a redirect that is expected is judged and not followed', async () => {
    const { url, seen } = await service({ '/a': redirect('/b', 301) });
    const report = await run(url, `  - { get: /a, expect: { status: 301, redirect: "${url}/b" } }`);
    expect([report.outcome, seen.length]).toEqual(['passed', 1]);
  });

  test('a body over 10 MB is cut', async () => {
    const chunk = Buffer.alloc(1_000_000, 'x');
    const endless: Route = (_q, response) => {
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    };
    const { url } = await service({ '/big': endless });
    const report = await run(
      url,
      `  - { get: /big, name: a, timeout: 20s, expect: { body: { starts-with: xxx } } }\n  - { get: /big, name: b, timeout: 20s, expect: { sha256: "${'0'.repeat(64)}" } }`,
      { budget: 20_000 },
    );
    expect(verdicts(report)).toEqual(['passed', 'failed']);
    expect(problems(report)).toMatch(/over 10 MB, which was cut/);
  });

  test.each(['gzip', 'deflate', 'br'])(
    'an answer without a body has nothing of %s to undo',
    async (encoding) => {
      const headers = { 'content-encoding': encoding };
      const { url } = await service({
        '/head': (_q, r) => r.writeHead(200, { ...headers, 'content-length': '30' }).end(),
        '/none': (_q, r) => r.writeHead(204, headers).end(),
        '/empty': (_q, r) => r.writeHead(200, { ...headers, 'content-length': '0' }).end(),
        '/later': (_q, r) => {
          r.writeHead(200, headers).flushHeaders();
          setTimeout(() => r.end(), 50);
        },
      });
      const report = await run(
        url,
        [
          '  - { head: /head, expect: { status: 200 } }',
          "  - { get: /none, expect: { status: 204, body: { equals: '' } } }",
          "  - { get: /empty, expect: { status: 200, body: { equals: '' } } }",
          "  - { get: /later, expect: { status: 200, body: { equals: '' } } }",
        ].join('\n'),
      );
      expect(verdicts(report), problems(report)).toEqual(['passed', 'passed', 'passed', 'passed']);
    },
  );

  test('numbers beyond 2^53 are judged, captured and sent digit for digit', async () => {
    const sent: string[] = [];
    const { url } = await service({
      '/id': (_q, r) =>
        r.writeHead(200, { 'content-type': 'application/json' }).end('{"id":9007199254740993}'),
      '/echo': (q, r, body) => {
        sent.push(body);
        r.end(q.url);
      },
    });
    const report = await run(
      url,
      [
        '  - { get: /id, name: same, expect: { json: { $.id: 9007199254740993 } }, capture: { id: { json: $.id, public: true } } }',
        '  - { get: /id, name: next, expect: { json: { $.id: 9007199254740992 } } }',
        '  - { get: /id, name: above, expect: { json: { $.id: { above: 9007199254740992, type: integer } } } }',
        "  - { post: '/echo?${capture.id}', name: text, body: { a: '${capture.id}', b: 9007199254740995 }, expect: { body: { ends-with: '9007199254740993' } } }",
        "  - { post: /echo, name: graphql, graphql: { query: q, variables: { id: '${capture.id}' } }, expect: { status: 200 } }",
      ].join('\n'),
    );
    expect(verdicts(report), problems(report)).toEqual(['passed', 'failed', 'passed', 'passed', 'passed']);
    expect(sent).toEqual([
      '{"a":9007199254740993,"b":9007199254740995}',
      '{"query":"q","variables":{"id":9007199254740993}}',
    ]);
    expect(problems(report)).toMatch(/9007199254740992[\s\S]*9007199254740993/);
  });

  test('a compressed body is judged by its content', async () => {
    const { url } = await service({
      '/a': (_q, r) => r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}')),
      '/b': (_q, r) => r.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip'),
    });
    const report = await run(
      url,
      '  - { get: /a, expect: { json: { $.a: 1 } } }\n  - { get: /b, expect: { body: x } }',
    );
    expect(verdicts(report)).toEqual(['passed', 'failed']);
    expect(problems(report)).toMatch(/the body is not gzip, as its content-encoding says/);
  });

  test.each([
    ['nothing listens', '', /the connection to 127.0.0.1:\d+ was refused/],
    [
      'no such name',
      'http://no-such-host.invalid',
      /DNS (has no address|did not answer) for no-such-host.invalid/,
    ],
  ])('%s', async (_name, base, sentence) => {
    const closed = await service({});
    await closed.stop();
    expect(problems(await run(base || closed.url, '  - get: /a'))).toMatch(sentence);
  });

  test.each([
    [
      'no answer',
      (socket: net.Socket) => void socket.resume(),
      /took the request and did not answer within 150ms/,
    ],
    [
      'half an answer',
      (socket: net.Socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
      /began to answer and did not finish within 150ms/,
    ],
    ['hung up', (socket: net.Socket) => void socket.end(), /closed the connection before it answered/],
    [
      'hung up in the body',
      (socket: net.Socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
      /closed the connection in the middle of the body/,
    ],
    ['not HTTP', (socket: net.Socket) => void socket.end('SSH-2.0-OpenSSH_9\r\n'), /not HTTP/],
  ])('%s', async (_name, behave, sentence) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => behave(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    const report = await run(
      `http://127.0.0.1:${port}`,
      '  - { get: /a, timeout: 150ms, expect: { body: x } }',
    );
    server.close();
    expect(problems(report)).toMatch(sentence);
  });

  test('a kept connection that the server closes is no failure', async () => {
    const { url } = await service({
      '/a': (_q, r) => {
        r.end('ok');
        r.on('close', () => setTimeout(() => r.socket?.destroy(), 1));
      },
    });
    const report = await run(url, '  - { get: /a, retry: { budget: 0s, consecutive: 8, interval: 2ms } }');
    expect(report.outcome).toBe('passed');
  });
});

describe('always a report', () => {
  const slow = { '/a': (() => {}) as Route, '/b': text('ok') };
  const checks = '  - { get: /b }\n  - { get: /a, timeout: 1m }\n  - { get: /b, name: later, needs: GET /a }';

  test('when the time runs out', async () => {
    const { url } = await service(slow);
    const report = await run(url, checks, { budget: 1000 });
    expect([report.ended, report.outcome, verdicts(report)]).toEqual([
      'out-of-time',
      'failed',
      ['passed', 'failed', 'skipped'],
    ]);
    expect(problems(report)).toMatch(/the budget of 1\.0s for all checks was used up before it passed/);
  });

  test('when the job is cancelled', async () => {
    const controller = new AbortController();
    const cancel = () => controller.abort(interrupted({ what: 'the job was cancelled (SIGTERM)' }));
    const { url } = await service({ ...slow, '/a': cancel });
    const report = await run(url, checks, { signal: controller.signal });
    expect([report.ended, verdicts(report)]).toEqual(['interrupted', ['passed', 'failed', 'skipped']]);
    expect(problems(report)).toMatch(/the job was cancelled \(SIGTERM\) before it passed/);
  });

  test('when it was cancelled before it began', async () => {
    const { url, seen } = await service(slow);
    const report = await run(url, checks, { signal: AbortSignal.abort(new Error('cancelled')) });
    expect([report.ended, seen.length]).toEqual(['interrupted', 0]);
  });

  test('while it warms up', async () => {
    const { url } = await service({ '/warm': text('', 503) });
    const report = await run(url, '  - get: /a', {
      budget: 150,
      head: 'warmup: { path: /warm, budget: 1m }',
    });
    expect([report.ended, verdicts(report), report.warmup?.warm]).toEqual([
      'out-of-time',
      ['skipped'],
      false,
    ]);
  });
});

test('checks run side by side, at most `parallel` at once', async () => {
  let [now, most] = [0, 0];
  const { url } = await service({
    '*': (_q, r) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        r.end('ok');
      }, 30);
    },
  });
  const list = Array.from({ length: 12 }, (_, i) => `  - get: /${i}`).join('\n');
  await run(url, list, { head: 'parallel: 4' });
  expect(most).toBe(4);
});

test('what is not met is annotated on its own line of the file', async () => {
  const { url } = await service({ '/a': json({ a: 1 }) });
  const at: [string, Annotation | undefined][] = [];
  const log = {
    ...silentLog,
    error: (message: string, place?: Annotation) => void at.push([message, place]),
  };
  await run(url, '  - get: /a\n    expect:\n      json:\n        $.a: 1\n        $.b: 2', { log });
  expect(at).toEqual([
    [
      `GET ${url}/a: json $.b: expected 2, got nothing there (the names are a)`,
      { title: 'smoke check: GET /a', file: 'checks.yml', startLine: 10, startColumn: 9 },
    ],
  ]);
});

describe('the short form', () => {
  const ports = { log: silentLog, clock: systemClock, signal: new AbortController().signal };
  test('each address must answer 2xx', async () => {
    const { url } = await service({ '/a': text('ok'), '/b': text('no', 404) });
    const checks = checksOfUrls([`${url}/a`, '/b', '/b'], { env: {} });
    const quick = {
      ...checks,
      checks: checks.checks.map((check) => ({ ...check, retry: { ...check.retry, budget: 0 } })),
    };
    const report = await runChecks(quick, ports, { budget: 5000, baseUrl: url });
    expect(verdicts(report)).toEqual(['passed', 'failed']);
  });
  test.each(['ftp://a.example', 'a.example/health', 'https://u:p@a.example/'])('%s is refused', (url) => {
    expect(() => checksOfUrls([url], { env: {} })).toThrow(/input `urls`/);
  });
  test('a path needs a base address', async () => {
    await expect(runChecks(checksOfUrls(['/a'], { env: {} }), ports, { budget: 1000 })).rejects.toThrow(
      /no base address/,
    );
  });
});
