import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SearchTime } from '../../../src/smoke/expect/pattern.ts';
import type { Answer } from '../../../src/smoke/http/answer.ts';
import { parseChecks } from '../../../src/smoke/index.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const DAY = 86_400_000;

const answer = (over: Partial<Answer> & { text?: string } = {}): Answer => {
  const body = Buffer.from(over.text ?? '');
  return {
    url: 'https://api.example.com/v1/a',
    status: 200,
    statusText: 'OK',
    headers: [],
    body,
    size: body.length,
    cut: false,
    sha256: createHash('sha256').update(body).digest('hex'),
    tls: undefined,
    timings: { firstByte: 5, total: 10 },
    via: [],
    ...over,
  };
};

/** The assertions of `expect:` on an answer, without the default one on the status. */
function judge(expectation: string, given: Answer, samples = [given.timings]) {
  const { checks, secrets } = parseChecks(
    `version: 1\nchecks: [{ get: /a, headers: { a: "\${TOKEN}" }, expect: { ${expectation} } }]`,
    {
      env: { TOKEN: 'supersecret-token' },
      file: 'f',
    },
  );
  const evidence = {
    answer: given,
    samples,
    captured: new Map(),
    now: NOW,
    time: new SearchTime(),
    hide: (text: string) => secrets.hide(text),
  };
  const all = (checks[0]?.expect ?? []).flatMap((one) => one.judge(evidence));
  return expectation.startsWith('status') ? all : all.filter(({ what }) => what !== 'status');
}
const told = (expectation: string, given: Answer, samples?: Answer['timings'][]) =>
  judge(expectation, given, samples).map(
    ({ ok, what, expected, got }) => `${ok ? 'met' : 'unmet'} ${what}: ${expected} / ${got}`,
  );

const BODY = {
  status: 'ok',
  n: 3,
  f: 1.5,
  none: null,
  yes: true,
  list: [1, 2, { id: 'x' }],
  user: { id: 7, name: 'Ada' },
  emoji: '👍👍',
};

describe('JSON', () => {
  const given = answer({ text: JSON.stringify(BODY), headers: [['content-type', 'application/json']] });
  test.each([
    ['$.status: ok', 'met json $.status: "ok" / "ok"'],
    ['$.status: OK', 'unmet json $.status: "OK" / "ok"'],
    ['$.n: 3', 'met json $.n: 3 / 3'],
    ['$.n: "3"', 'unmet json $.n: "3" / 3'],
    ['$.none: null', 'met json $.none: null / null'],
    ['$.none: { exists: true }', 'met json $.none: is there / null'],
    [
      '$.nope: null',
      'unmet json $.nope: null / nothing there (the names are status, n, f, none, yes, list, user, emoji)',
    ],
    [
      '$.nope: { exists: false }',
      'met json $.nope: is not there / nothing there (the names are status, n, f, none, yes, list, user, emoji)',
    ],
    [
      '$.nope: { not: { equals: 1 } }',
      'met json $.nope: not 1 / nothing there (the names are status, n, f, none, yes, list, user, emoji)',
    ],
    ['"$.list[9]": 1', 'unmet json $.list[9]: 1 / nothing there (a list of 3)'],
    ['$.status.deeper: 1', 'unmet json $.status.deeper: 1 / nothing there ("ok" has no members)'],
    ['"$.list[-1].id": x', 'met json $.list[-1].id: "x" / "x"'],
    ['$.list: [1, 2, { id: x }]', 'met json $.list: [1,2,{"id":"x"}] / [1,2,{"id":"x"}]'],
    ['$.list: { contains: { id: x } }', 'met json $.list: contains {"id":"x"} / [1,2,{"id":"x"}]'],
    ['$.list: { contains: 3 }', 'unmet json $.list: contains 3 / [1,2,{"id":"x"}]'],
    ['$.user: { contains: { id: 7 } }', 'met json $.user: contains {"id":7} / {"id":7,"name":"Ada"}'],
    [
      '$.user: { equals: { name: Ada, id: 7 } }',
      'met json $.user: {"name":"Ada","id":7} / {"id":7,"name":"Ada"}',
    ],
    ['$.status: { contains: k }', 'met json $.status: contains "k" / "ok"'],
    ['$.status: { matches: "^o" }', 'met json $.status: matches /^o/ / "ok"'],
    ['$.n: { matches: "^3$" }', 'met json $.n: matches /^3$/ / 3'],
    [
      '$.status: { starts-with: o, ends-with: k }',
      ['met json $.status: starts with "o" / "ok"', 'met json $.status: ends with "k" / "ok"'],
    ],
    ['$.status: { one-of: [ok, warm] }', 'met json $.status: one of "ok", "warm" / "ok"'],
    ['$.n: { type: integer }', 'met json $.n: is of type integer / 3'],
    ['$.f: { type: integer }', 'unmet json $.f: is of type integer / 1.5'],
    ['$.n: { above: 3 }', 'unmet json $.n: > 3 / 3'],
    ['$.n: { at-least: 3, below: 4 }', ['met json $.n: ≥ 3 / 3', 'met json $.n: < 4 / 3']],
    ['$.status: { above: 1 }', 'unmet json $.status: > 1 / "ok"'],
    ['$.list: { length: 3 }', 'met json $.list: length 3 / [1,2,{"id":"x"}]'],
    ['$.list: { length: { at-least: 4 } }', 'unmet json $.list: length ≥ 4 / [1,2,{"id":"x"}]'],
    ['$.emoji: { length: 2 }', 'met json $.emoji: length 2 / "👍👍"'],
    ['$.user: { length: 2 }', 'met json $.user: length 2 / {"id":7,"name":"Ada"}'],
    ['"$.list[*]": { type: number }', 'unmet json $.list[*]: is of type number / 1, 2, {"id":"x"}'],
    ['$.yes: { not: false }', 'met json $.yes: not false / true'],
  ])('%s', (path, said) => expect(told(`json: { ${path} }`, given)).toEqual([said].flat()));

  test.each([
    ['<html>', 'a body that is not JSON (content-type text/html): "<html>"'],
    ['', 'an empty body'],
  ])('a body that is none: %j', (text, got) => {
    expect(told('json: { $.a: 1 }', answer({ text, headers: [['content-type', 'text/html']] }))).toEqual([
      `unmet json $.a: 1 / ${got}`,
    ]);
  });
});

describe('status, headers, body, hash', () => {
  const given = answer({
    text: 'hello world\n',
    headers: [
      ['content-type', 'text/plain'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['age', '12'],
    ],
  });
  test.each([
    ['status: 2xx', 'met status: 2xx / 200 OK'],
    ['status: [201, 204]', 'unmet status: 201, 204 / 200 OK'],
    ['headers: { Content-Type: text/plain }', 'met header content-type: "text/plain" / "text/plain"'],
    [
      'headers: { content-type: { contains: json } }',
      'unmet header content-type: contains "json" / "text/plain"',
    ],
    ['headers: { set-cookie: { contains: "b=2" } }', 'met header set-cookie: contains "b=2" / "a=1, b=2"'],
    [
      'headers: { x-powered-by: { exists: false } }',
      'met header x-powered-by: is not there / no such header',
    ],
    ['headers: { x-powered-by: Express }', 'unmet header x-powered-by: "Express" / no such header'],
    ['headers: { age: { below: 60 } }', 'met header age: < 60 / "12"'],
    ['body: hello', 'unmet body: "hello" / "hello world\\n"'],
    [
      'body: { contains: world, not: { contains: error } }',
      ['met body: contains "world" / "hello world\\n"', 'met body: not contains "error" / "hello world\\n"'],
    ],
    ['body: { matches: "^hello .*$" }', 'met body: matches /^hello .*$/ / "hello world\\n"'],
    [
      `sha256: "${createHash('sha256').update('hello world\n').digest('hex')}"`,
      `met sha256: ${given.sha256} / ${given.sha256} of 12 bytes`,
    ],
    [`sha256: "${'0'.repeat(64)}"`, `unmet sha256: ${'0'.repeat(64)} / ${given.sha256} of 12 bytes`],
  ])('%s', (expectation, said) => expect(told(expectation, given)).toEqual([said].flat()));

  test('a body that was cut proves no hash', () => {
    expect(told(`sha256: "${given.sha256}"`, { ...given, cut: true })[0]).toMatch(
      /^unmet .* over 10 MB, which was cut/,
    );
  });
  test('redirect', () => {
    const moved = answer({ status: 301, headers: [['location', '../b']] });
    expect(told('redirect: https://api.example.com/b', moved)).toEqual([
      'met redirect to: "https://api.example.com/b" / https://api.example.com/b',
    ]);
    expect(told('redirect: https://api.example.com/b', answer())).toEqual([
      'unmet redirect to: "https://api.example.com/b" / status 200 and no location',
    ]);
  });
});

describe('latency', () => {
  const samples = [10, 20, 30, 40, 1000].map((total) => ({ total, firstByte: total / 2 }));
  test.each([
    ['latency: 100ms', [samples[0]], 'met latency: ≤ 100ms / 10ms'],
    ['latency: { max: 5ms }', [samples[0]], 'unmet latency: ≤ 5ms / 10ms'],
    ['latency: { p50: 30ms }', samples, 'met latency p50: ≤ 30ms / 30ms over 5 samples'],
    ['latency: { p95: 800ms }', samples, 'unmet latency p95: ≤ 800ms / 1.0s over 5 samples'],
    ['latency: { p95: 800ms, of: first-byte }', samples, 'met latency p95: ≤ 800ms / 500ms over 5 samples'],
    ['latency: { mean: 1s }', samples, 'met latency mean: ≤ 1.0s / 220ms over 5 samples'],
  ])('%s', (expectation, taken, said) => {
    expect(told(expectation, answer(), taken as Answer['timings'][])).toEqual([said]);
  });
});

describe('TLS', () => {
  const tls = { protocol: 'TLSv1.3', validTo: NOW + 20 * DAY, subject: 'a', issuer: 'b' };
  test.each([
    ['tls: { expires-in: ">14d" }', tls, 'met tls expires-in: > 14d0h / 20d0h (until 2026-12-13)'],
    ['tls: { expires-in: ">30d" }', tls, 'unmet tls expires-in: > 30d0h / 20d0h (until 2026-12-13)'],
    [
      'tls: { expires-in: 1d }',
      { ...tls, validTo: NOW - DAY },
      'unmet tls expires-in: > 1d0h / expired on 2026-11-22',
    ],
    ['tls: { protocol: ">=TLSv1.2" }', tls, 'met tls protocol: ≥ TLSv1.2 / TLSv1.3'],
    ['tls: { protocol: TLSv1.2 }', tls, 'unmet tls protocol: TLSv1.2 / TLSv1.3'],
    [
      'tls: { protocol: ">=TLSv1.2" }',
      undefined,
      'unmet tls protocol: ≥ TLSv1.2 / no TLS: the address is http',
    ],
  ])('%s', (expectation, facts, said) => expect(told(expectation, answer({ tls: facts }))).toEqual([said]));
});

describe('what is shown', () => {
  test('a secret that a server echoes is hidden, also where the text is cut in the middle of it', () => {
    const filler = 'x'.repeat(150);
    expect(told('body: nope', answer({ text: `${filler}supersecret-token${filler}` }))[0]).toMatch(
      /x{149}\*\*\*x/,
    );
    const many = 'supersecret-token'.repeat(20_000);
    const said = told('body: nope', answer({ text: many }))[0] ?? '';
    expect(said.replaceAll('*', '')).not.toMatch(/supers/);
  });
  test('a long body is cut, and a report does not keep it', () => {
    expect(told('body: nope', answer({ text: 'y'.repeat(500_000) }))[0]?.length).toBeLessThan(260);
  });
});

describe('an answer that is made to hold the run up', () => {
  const many = answer({ text: `[${'"aaaaaaaaaaaaaaaaaaaaaaaaaaaaab",'.repeat(300_000)}"x"]` });
  test('costs a second of searching, however many texts and patterns there are', () => {
    const started = performance.now();
    const evil = '"^(a+)+$"';
    const said = told(
      `json: { "$[*]": { matches: ${evil}, not: { matches: ${evil} } }, "$[1]": { matches: ${evil} } }`,
      many,
    );
    expect(said.every((line) => line.startsWith('unmet') && line.includes('simplify it'))).toBe(true);
    expect(said).toHaveLength(3);
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  test('is judged to its end where it has two million items', () => {
    const items = answer({ text: `[${'1,'.repeat(1_999_999)}1]` });
    expect(told('json: { "$[*]": { matches: "^1$" } }', items)[0]).toMatch(/^met/);
  });

  test('and one that is nested without end is no JSON', () => {
    const deep = answer({ text: '['.repeat(1_000_000) + ']'.repeat(1_000_000) });
    expect(told('json: { $: { type: array } }', deep)[0]).toMatch(/^unmet .*JSON that is nested too deep/);
    const brackets = answer({ text: JSON.stringify({ art: '['.repeat(5000) }) });
    expect(told('json: { $.art: { length: 5000 } }', brackets)[0]).toMatch(/^met/);
  });
});

test('an address shows no code and no token that it hands over', () => {
  const location =
    'https://u:p@id.example.com/cb?next=/home&code=abc123&X-Amz-Signature=ff00#id_token=eyJhbGci';
  const moved = answer({ status: 302, headers: [['location', location]] });
  const shown = 'https://***@id.example.com/cb?next=/home&code=***&X-Amz-Signature=***#id_token=***';
  expect(told('status: 302, redirect: /elsewhere', moved).join()).toContain(shown);
  expect(told('status: 302, headers: { location: /elsewhere }', moved).join()).toContain(shown);
  // It is judged as it came.
  expect(told('status: 302, redirect: { contains: "code=abc123" }', moved)[1]).toMatch(/^met/);
});
