// The table of keys in the code ↔ action.yml ↔ the schema ↔ the docs, held to one another. That the schema and the
// tables of the docs are what the table says is a test of `generate.mjs --check`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PART_KINDS } from '../../src/actions/part-kinds.ts';
import { readReleaseFile } from '../../src/release/file/index.ts';
import { ENVIRONMENT_KEYS, FILE_KEYS } from '../../src/release/file/read.ts';
import { RELEASE_SETTINGS } from '../../src/release/file/settings.ts';
import { root } from '../support/dist.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const inputsOf = (action: string) =>
  Object.keys((parse(read(`actions/${action}/action.yml`)) as { inputs: object }).inputs).sort();
const schema = JSON.parse(read('schemas/release-file.schema.json'));
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
const docs = read('docs/release-file.md');

/** A name that is in two places, or twice in one. */
const twice = (names: readonly string[]) => names.filter((name, i) => names.indexOf(name) !== i);

describe.each(PART_KINDS)('$action', (kind) => {
  test('each of its inputs has a key, another place in the file, or a reason to be of one run', () => {
    const placed = [
      ...kind.settings.map(({ input }) => input),
      ...Object.keys(kind.elsewhere),
      ...Object.keys(kind.perRun),
    ];
    expect(placed.sort()).toEqual(inputsOf(kind.action));
    expect(twice(placed)).toEqual([]);
  });

  test('each input of the action that builds has a key or a reason to be of one run', () => {
    const placed = [...kind.build.settings.map(({ input }) => input), ...Object.keys(kind.build.perRun)];
    expect(placed.sort()).toEqual(inputsOf(kind.build.action));
  });

  test('a key says one thing', () => {
    expect(twice(kind.settings.map(({ key }) => key))).toEqual([]);
    expect(twice(kind.build.settings.map(({ key }) => key))).toEqual([]);
  });
});

test('the schema has the keys of the code', () => {
  const keys = (part: { properties: object }) => Object.keys(part.properties).sort();
  const release = RELEASE_SETTINGS.map(({ key }) => key);
  expect(keys(schema)).toEqual([...FILE_KEYS, ...release].sort());
  const environment = schema.properties.environments.additionalProperties.anyOf[0];
  expect(keys(environment)).toEqual([...ENVIRONMENT_KEYS, ...release].sort());
});

const VARIABLES = {
  RELEASE_BUCKET: 'r',
  SERVICE_ARN: 'a',
  WORKER_ARN: 'w',
  SITE_BUCKET: 'b',
  DISTRIBUTION: 'E1',
  N: '1',
};
const codeAccepts = (text: string) => {
  const options = { file: 'f', environment: 'production', variables: VARIABLES, kinds: PART_KINDS };
  return readReleaseFile(text, { ...options, env: { GITHUB_SHA: 'c0ffee' } }).mistakes === undefined;
};
const schemaAccepts = (text: string) => validate(parse(text));

const parts = (text: string, rest = '') => `version: 1\nparts:\n  ${text}\n${rest}`;
const service = (more: string) => parts(`api: { service: a, image: { repository: r }, ${more} }`);
const site = (more: string) => parts(`site: { bucket: b, source: d, ${more} }`);

const GOOD = [
  ...[...docs.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? ''),
  service('port: 80, cpu: 1 vCPU, memory: 2048, scaling: { min: 1, max: "${N}" }'),
  service('migrate: up, restart: false, bake-time: 1h30m, probe: https://a.example, test: npm test'),
  service('migrate: { command: [a, b], cluster: c }, env: { A: 1, B: "" }, secrets: { T: x }'),
  service('probe: { interval: 500ms, max-error-rate: 0.5% }, container: [a, b], region: us-west-2'),
  site('distribution: [E1, E2], verify: pages, max-delete: 10, concurrency: auto, acl: public-read'),
  site('verify: true, max-delete: 10%, headers: { "*.pdf": { Content-Disposition: attachment } }'),
  parts('api: { service: a, containers: { app: { repository: r }, proxy: { repository: p } } }'),
  parts('api: { service: a, image: 1.example/r:tag }', 'waves: [[api]]\nenvironments: { production: }'),
  parts(
    'a: { service: a, image: { repository: r } }\n  b: { bucket: b, source: d }',
    'environments: { production: { parts: { b: false } } }',
  ),
];
const BAD = [
  'parts: {}',
  'version: 1',
  'version: 2\nparts: { s: { bucket: b, source: d } }',
  parts('API: { bucket: b, source: d }'),
  parts('s: { bucket: b, source: d }', 'ordre: [s]'),
  service('port: http'),
  service('port: 0'),
  service('bake-time: 5'),
  service('bake-time: soon'),
  service('target: app-runner'),
  service('smoke-checks: c.yml'),
  service('probe: { intervall: 1s }'),
  service('env: [A=b]'),
  service('migrate: []'),
  site('dotfiles: yes'),
  site('migrate: up'),
  site('distribution: []'),
  site('acl: private'),
  site('concurrency: many'),
  parts('s: { bucket: b, source: d }', 'environments: { production: { parts: { s: true } } }'),
];

describe('an editor and the reader agree', () => {
  test.each(GOOD)('good: %s', (text) => {
    expect({ code: codeAccepts(text), schema: schemaAccepts(text) }).toEqual({ code: true, schema: true });
  });
  test.each(BAD)('bad: %s', (text) => {
    expect({ code: codeAccepts(text), schema: schemaAccepts(text) }).toEqual({ code: false, schema: false });
  });
});
