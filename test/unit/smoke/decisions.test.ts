import { describe, expect, test } from 'vitest';
import { Secrets } from '../../../src/runtime/secrets.ts';
import { nearest } from '../../../src/smoke/document/nearest.ts';
import { measure, percentile } from '../../../src/smoke/expect/latency.ts';
import { checkPattern, searchPattern } from '../../../src/smoke/expect/pattern.ts';
import { expectsRedirect, matchesStatus, parseStatus } from '../../../src/smoke/expect/status.ts';
import { timeoutProblem, wireProblem } from '../../../src/smoke/http/problem.ts';
import { nextRequest, type WireRequest } from '../../../src/smoke/http/redirect.ts';
import { isType, sameJson } from '../../../src/smoke/json.ts';
import { parseJsonPath, selectJson } from '../../../src/smoke/json-path.ts';
import { outcomeOf } from '../../../src/smoke/report/report.ts';

describe('the nearest right word', () => {
  const keys = ['name', 'gate', 'get', 'post', 'expect', 'base-url', 'status', 'latency', 'at-most', 'needs'];
  test.each([
    ['base_url', 'base-url'],
    ['baseUrl', 'base-url'],
    ['expects', 'expect'],
    ['stauts', 'status'],
    ['statuscode', 'status'],
    ['url', 'get'],
    ['dependsOn', 'needs'],
    ['max', 'at-most'],
    ['banana', undefined],
    ['', undefined],
  ])('%s → %s', (typed, meant) => expect(nearest(typed, keys)).toBe(meant));
});

describe('status', () => {
  test.each([
    ['200', 200, true],
    ['200', 201, false],
    ['2xx', 299, true],
    ['2XX', 300, false],
    ['200-204', 204, true],
    ['200-204', 205, false],
    ['5xx', 503, true],
  ])('%s and %i: %s', (rule, status, met) => {
    const parsed = parseStatus(rule);
    expect(parsed && matchesStatus([parsed], status)).toBe(met);
  });
  test.each(['2x', '600', '99', '204-200', 'ok', '', '6xx'])('%j is no status', (text) =>
    expect(parseStatus(text)).toBeUndefined(),
  );
  test.each([
    ['301', true],
    ['3xx', true],
    ['2xx', false],
    ['304', false],
  ])('%s expects a redirect: %s', (rule, redirects) => {
    const parsed = parseStatus(rule);
    expect(parsed && expectsRedirect([parsed])).toBe(redirects);
  });
});

describe('JSON paths', () => {
  const root = {
    a: { 'b-c': [1, 2, { d: null }] },
    'x y': true,
    "it's": 1,
    list: [{ id: 1 }, { id: 2 }],
    übung: 1,
  };
  test.each([
    ['$', [root]],
    ['$.a.b-c[0]', [1]],
    ['$.a.b-c[-1].d', [null]],
    ["$['x y']", [true]],
    ['$["x y"]', [true]],
    ["$['it\\'s']", [1]],
    ['$.list[*].id', [1, 2]],
    ['$.list.*', [{ id: 1 }, { id: 2 }]],
    ['$.übung', [1]],
    ['$.nope.deeper', []],
    ['$.list[2]', []],
    ['$.a.constructor', []],
    ['$.list.length', []],
  ])('%s', (source, found) => {
    const path = parseJsonPath(source);
    expect('wrong' in path ? path.wrong : selectJson(path, root)).toEqual(found);
  });
  test.each([
    ['a.b', /start with \$/],
    ['$..a', /descent/],
    ['$.a[?(@.b)]', /filters/],
    ['$.a[0:2]', /slices/],
    ['$.a[', /not a step/],
    ['$a', /not a step/],
    ['$.a[01]', /not a step/],
  ])('%s is refused', (source, why) => {
    const path = parseJsonPath(source);
    expect('wrong' in path && path.wrong).toMatch(why);
  });
});

describe('JSON values', () => {
  test.each([
    [1, 1, true],
    [1, '1', false],
    [{ a: 1, b: [1] }, { b: [1], a: 1 }, true],
    [[1, 2], [2, 1], false],
    [null, {}, false],
    [[], {}, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
  ])('%j equals %j: %s', (a, b, same) => expect(sameJson(a as never, b as never)).toBe(same));
  test.each([
    [1, 'integer', true],
    [1, 'number', true],
    [1.5, 'integer', false],
    [null, 'null', true],
    [null, 'object', false],
    [[], 'array', true],
    [[], 'object', false],
    ['', 'string', true],
    [false, 'boolean', true],
  ] as const)('%j is of type %s: %s', (value, type, is) => expect(isType(value as never, type)).toBe(is));
});

describe('percentiles by nearest rank', () => {
  const ten = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5];
  test.each([
    [0.5, 5],
    [0.9, 9],
    [0.95, 10],
    [0.99, 10],
    [1, 10],
  ])('%d of 1…10 is %d', (share, value) => expect(percentile(ten, share)).toBe(value));
  test('one value is every percentile', () => expect(percentile([7], 0.5)).toBe(7));
  test('mean', () => expect(measure('mean', ten)).toBe(5.5));
});

describe('patterns', () => {
  test('one that would take for ever is stopped', () => {
    const found = searchPattern('^(a+)+$', `${'a'.repeat(60)}b`);
    expect('wrong' in found && found.wrong).toMatch(/simplify/);
  });
  test('groups', () => {
    const found = searchPattern('sid=([^;]+)', 'x; sid=abc; y');
    expect('match' in found && found.match?.[1]).toBe('abc');
  });
  test('a wrong one is told at once', () => expect(checkPattern('(')).toMatch(/Unterminated group/));
});

describe('redirects', () => {
  const from: WireRequest = {
    method: 'POST',
    url: new URL('https://api.example.com/a'),
    headers: {
      authorization: 'Bearer x',
      cookie: 'a=b',
      'x-api-key': 'k',
      accept: '*/*',
      'content-type': 'text/plain',
      'content-length': '2',
    },
    body: Buffer.from('hi'),
  };
  const get: WireRequest = { ...from, method: 'GET', body: undefined };
  test.each([
    [
      'same host, 302 after POST',
      from,
      302,
      '/b',
      'GET',
      ['accept', 'authorization', 'cookie', 'x-api-key'],
      false,
    ],
    [
      'same host, 307 keeps the body',
      from,
      307,
      '/b',
      'POST',
      ['accept', 'authorization', 'content-length', 'content-type', 'cookie', 'x-api-key'],
      true,
    ],
    [
      'same host, 303 after PUT',
      { ...from, method: 'PUT' },
      303,
      '/b',
      'GET',
      ['accept', 'authorization', 'cookie', 'x-api-key'],
      false,
    ],
    ['another host', get, 302, 'https://evil.example/', 'GET', ['accept'], false],
    ['another port', get, 301, 'https://api.example.com:8443/', 'GET', ['accept'], false],
    ['from https to http', get, 308, 'http://api.example.com/', 'GET', ['accept'], false],
    [
      'another host, 302 after POST drops the body',
      from,
      302,
      'https://evil.example/',
      'GET',
      ['accept'],
      false,
    ],
  ] as const)('%s', (_name, request, status, location, method, headers, body) => {
    const next = nextRequest(request, status, location);
    expect([next.method, Object.keys(next.headers).sort(), next.body !== undefined]).toEqual([
      method,
      headers,
      body,
    ]);
  });
  test('a body never goes to another host', () => {
    expect(() => nextRequest(from, 307, 'https://evil.example/')).toThrow(/may hold credentials/);
  });
  test('only http and https', () => {
    expect(() => nextRequest(get, 302, 'file:///etc/passwd')).toThrow(/file: address/);
    expect(() => nextRequest(get, 302, 'http://[')).toThrow(/not an address/);
  });
  test('a user in the address is dropped', () => {
    expect(nextRequest(get, 302, 'https://u:p@api.example.com/').url.href).toBe('https://api.example.com/');
  });
});

describe('plain sentences', () => {
  const url = new URL('https://api.example.com/health');
  const error = (code: string, message = code) => Object.assign(new Error(message), { code });
  test.each([
    ['ENOTFOUND', 'connecting', /DNS has no address for api.example.com/],
    ['EAI_AGAIN', 'connecting', /DNS did not answer/],
    ['ECONNREFUSED', 'connecting', /connection to api.example.com:443 was refused/],
    ['ECONNRESET', 'waiting', /closed the connection before it answered/],
    ['ECONNRESET', 'handshaking', /during the handshake/],
    ['ECONNRESET', 'reading', /in the middle of the body/],
    ['ETIMEDOUT', 'connecting', /timed out: a firewall/],
    ['CERT_HAS_EXPIRED', 'handshaking', /certificate of api.example.com has expired/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'handshaking', /self-signed/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'handshaking', /without the intermediate/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'handshaking', /not for api.example.com/],
    ['HPE_INVALID_CONSTANT', 'waiting', /not HTTP/],
    ['ERR_SSL_SOMETHING_NEW', 'handshaking', /TLS with api.example.com:443 failed/],
    ['EWHATEVER', 'waiting', /the request to api.example.com:443 failed: EWHATEVER/],
  ] as const)('%s while %s', (code, phase, sentence) => {
    expect(wireProblem(error(code), url, phase).message).toMatch(sentence);
  });
  test('http port behind https', () => {
    const problem = wireProblem(
      error('EPROTO', 'write EPROTO 40:error:wrong version number:ssl'),
      url,
      'handshaking',
    );
    expect(problem.message).toMatch(/does not speak TLS/);
  });
  test('all addresses of a name refused', () => {
    const both = new AggregateError([error('ECONNREFUSED'), error('ECONNREFUSED')]);
    expect(wireProblem(both, url, 'connecting').message).toMatch(/was refused/);
  });
  test.each([
    ['connecting', /no connection to/],
    ['handshaking', /TLS with/],
    ['waiting', /took the request and did not answer within 10.0s/],
    ['reading', /did not finish/],
  ] as const)('no time left while %s', (phase, sentence) => {
    expect(timeoutProblem(url, phase, '10.0s').message).toMatch(sentence);
  });
});

describe('secrets', () => {
  test('every form in which a server may echo one is hidden, the longest first', () => {
    const secrets = new Secrets();
    secrets.add('p@ss w"rd<1>\n');
    secrets.add('p@ss');
    const raw = 'p@ss w"rd<1>';
    const said = [
      raw,
      encodeURIComponent(raw),
      JSON.stringify(raw),
      Buffer.from(raw).toString('base64'),
      'p@ss w&quot;rd&lt;1&gt;',
      'p@ssion',
    ];
    expect(secrets.hide(said.join(' | '))).toBe('*** | *** | "***" | *** | *** | ***ion');
  });
  test('each line of a longer one', () => {
    const secrets = new Secrets();
    secrets.add('first line\nsecond line');
    expect(secrets.hide('got second line')).toBe('got ***');
  });
  test('too short to guard anything', () => {
    const secrets = new Secrets();
    secrets.add('1');
    expect(secrets.hide('11')).toBe('11');
  });
});

test.each([
  [[['passed', 'rollback']], 'passed'],
  [
    [
      ['passed', 'rollback'],
      ['warned', 'warn'],
    ],
    'warned',
  ],
  [
    [
      ['failed', 'rollback'],
      ['warned', 'warn'],
    ],
    'failed',
  ],
  [
    [
      ['skipped', 'rollback'],
      ['warned', 'warn'],
    ],
    'failed',
  ],
  [
    [
      ['passed', 'rollback'],
      ['skipped', 'warn'],
    ],
    'warned',
  ],
  [[], 'passed'],
] as const)('outcome of %j is %s', (results, outcome) => {
  expect(outcomeOf(results.map(([result, gate]) => ({ result, gate })))).toBe(outcome);
});
