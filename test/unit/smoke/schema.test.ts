import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHECK_KEYS } from '../../../src/smoke/document/check.ts';
import { DOCUMENT_KEYS, parseChecks } from '../../../src/smoke/document/load.ts';
import { EXPECTATION_KEYS } from '../../../src/smoke/expect/index.ts';
import { CONDITION_KEYS } from '../../../src/smoke/expect/matcher.ts';
import { root } from '../../support/dist.ts';

const schema = JSON.parse(readFileSync(join(root, 'schemas/smoke-checks.schema.json'), 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

const env = { TOKEN: 'supersecret' };
function codeAccepts(text: string): boolean {
  try {
    parseChecks(text, { env, file: 'f' });
    return true;
  } catch {
    return false;
  }
}
const schemaAccepts = (text: string) => validate(parse(text, { stringKeys: true }));
const keysOf = (part: { properties: object } | undefined) => Object.keys(part?.properties ?? {}).sort();

describe('the schema has the keys of the code', () => {
  const { definitions } = schema;
  test('document', () => expect(keysOf(schema)).toEqual([...DOCUMENT_KEYS].sort()));
  test('check', () => expect(keysOf(definitions.check)).toEqual([...CHECK_KEYS].sort()));
  test('expect', () => expect(keysOf(definitions.expect)).toEqual([...EXPECTATION_KEYS].sort()));
  test('conditions', () => {
    expect(keysOf(definitions.jsonConditions.anyOf[1])).toEqual([...CONDITION_KEYS].sort());
    expect(keysOf(definitions.textConditions.anyOf[1])).toEqual(
      [...CONDITION_KEYS].filter((key) => key !== 'type').sort(),
    );
  });
});

const doc = (rest: string) => `version: 1\n${rest}`;
const check = (rest: string) => doc(`checks: [{ get: /a, ${rest} }]`);
const expecting = (rest: string) => check(`expect: { ${rest} }`);

const GOOD = [
  doc('checks: [{ get: /a }]'),
  doc('base-url: https://a.example\nchecks: [{ head: https://b.example/x }]'),
  doc(
    'base-url: http://127.0.0.1:1/v1\npublic: [A]\nparallel: 3\nwarmup: { path: /h, budget: 2m }\nchecks: [{ get: /a }]',
  ),
  doc('warmup: { get: /h, timeout: 2s }\nchecks: [{ get: /a }]'),
  doc('release: { get: /h, expect: { headers: { x-release: abc } } }\nchecks: [{ get: /a }]'),
  doc(
    'defaults: { timeout: 1s, gate: warn, headers: { a: "${TOKEN}" }, retry: { budget: 0s, consecutive: 2, interval: 10ms } }\nchecks: [{ get: /a }]',
  ),
  doc(
    'checks: [{ post: /a, body: { a: [1, null, "x"] } }, { put: /a, body: text }, { patch: /a, form: { a: b, c: "" } }]',
  ),
  doc(
    'checks: [{ post: /a, graphql: "{ me { id } }" }, { post: /b, graphql: { query: "q", variables: { a: 1 }, operation-name: q } }]',
  ),
  doc('checks: [{ options: /a, redirects: none }, { delete: /b, redirects: 3 }]'),
  check('name: n, tags: [a, b], needs: [], gate: warn'),
  check(
    'capture: { a: $.a, b: { header: set-cookie, matches: "x=(.)" }, c: { body: "a(b)" }, d: { json: $.d, public: true } }',
  ),
  expecting('status: 200'),
  expecting('status: "2xx"'),
  expecting('status: [200, "3xx", "400-404"]'),
  expecting('headers: { a: b, c: { exists: false }, d: { at-least: 1 } }'),
  expecting(
    'json: { $.a: 1, $.b: null, $.c: [1], "$.d[0]": { equals: { x: 1 } }, $.e: { type: string, length: { at-least: 1 } } }',
  ),
  expecting(
    'json: { $.a: { not: { contains: x } }, $.b: { one-of: [1, "a"] }, $.c: { length: 3 }, $.d: { above: 0, below: 9.5 } }',
  ),
  expecting('body: hello'),
  expecting('body: { contains: a, matches: "^b", starts-with: c, ends-with: d, equals: "" }'),
  expecting(`sha256: ${'0'.repeat(64)}`.replace(/(0{64})/, '"$1"')),
  expecting('redirect: https://x.example/'),
  expecting('latency: 500ms'),
  expecting('latency: { p50: 1s, p99: 2s, max: 3s, mean: 1s, samples: 20, of: first-byte }'),
  expecting('tls: { expires-in: ">14d", protocol: ">=TLSv1.2" }'),
  expecting('tls: { expires-in: 14d }'),
];

const BAD = [
  '[]',
  'checks: [{ get: /a }]',
  'version: "1"\nchecks: [{ get: /a }]',
  doc('checks: []'),
  doc('checks: {}'),
  doc('check: [{ get: /a }]'),
  doc('base-url: a.example\nchecks: [{ get: /a }]'),
  doc('parallel: 0\nchecks: [{ get: /a }]'),
  doc('warmup: { budget: 1m }\nchecks: [{ get: /a }]'),
  doc('warmup: { path: /a, get: /b }\nchecks: [{ get: /a }]'),
  doc('release: { get: /h }\nchecks: [{ get: /a }]'),
  doc('release: { get: /h, expect: { status: 200 } }\nchecks: [{ get: /a }]'),
  doc('defaults: { budget: 1m }\nchecks: [{ get: /a }]'),
  doc('checks: [{ name: x }]'),
  doc('checks: [{ get: /a, post: /b }]'),
  doc('checks: [{ get: /a, body: x }]'),
  doc('checks: [{ head: /a, graphql: x }]'),
  doc('checks: [{ post: /a, body: x, form: { a: b } }]'),
  doc('checks: [{ post: /a, graphql: { variables: {} } }]'),
  doc('checks: [{ post: /a, body: null }]'),
  doc('checks: [{ get: a }]'),
  doc('checks: [{ get: "/a b" }]'),
  doc('checks: [{ get: "https://u:p@a.example/" }]'),
  doc('checks: [null]'),
  check('gate: no'),
  check('timeout: 10'),
  check('timeout: 10 seconds'),
  check('redirects: 50'),
  check('retry: null'),
  check('retry: { consecutive: 0 }'),
  check('headers: { "a b": c }'),
  check('headers: { a: null }'),
  check('tags: { a: b }'),
  check('capture: { "a b": $.a }'),
  check('capture: { a: a }'),
  check('capture: { a: { json: $.a, header: b } }'),
  check('capture: { a: { json: $.a, matches: b } }'),
  expecting('statuss: 200'),
  expecting('status: 2xxx'),
  expecting('status: 999'),
  expecting('status: []'),
  expecting('headers: { a: { type: string } }'),
  expecting('headers: { a: [b] }'),
  expecting('json: { a: 1 }'),
  expecting('json: { $.a: { x: 1 } }'),
  expecting('json: { $.a: {} }'),
  expecting('json: { $.a: { type: text } }'),
  expecting('json: { $.a: { above: "1" } }'),
  expecting('json: { $.a: { length: {} } }'),
  expecting('json: { $.a: { length: -1 } }'),
  expecting('json: { $.a: { one-of: [] } }'),
  expecting('json: { $.a: { exists: 1 } }'),
  expecting('body: { matches: "(" }'),
  expecting('sha256: abc'),
  expecting('latency: { samples: 3 }'),
  expecting('latency: 5'),
  expecting('latency: { p42: 1s }'),
  expecting('tls: {}'),
  expecting('tls: { protocol: SSLv3 }'),
  expecting('tls: { expires-in: soon }'),
];

describe('the schema and the code take and refuse the same files', () => {
  test.each(GOOD)('both take %j', (text) => {
    expect([schemaAccepts(text), codeAccepts(text), validate.errors]).toEqual([true, true, null]);
  });
  test.each(BAD)('both refuse %j', (text) => {
    expect([schemaAccepts(text), codeAccepts(text)]).toEqual([false, false]);
  });
});

test('every checks file of this repository is taken by the schema', () => {
  for (const name of ['examples/app/checks.yml', 'examples/app/checks-site.yml']) {
    expect([name, schemaAccepts(readFileSync(join(root, name), 'utf8')), validate.errors]).toEqual([
      name,
      true,
      null,
    ]);
  }
});
