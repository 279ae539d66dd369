import { describe, expect, test } from 'vitest';
import { PART_KINDS } from '../../../../src/actions/part-kinds.ts';
import { parseEnvironment } from '../../../../src/parts/service/index.ts';
import { environmentsOf, type Reading, readReleaseFile } from '../../../../src/release/file/index.ts';
import { quoted } from '../../../../src/release/file/value.ts';

const EXAMPLE = `version: 1
release-bucket: \${RELEASE_BUCKET}
parts:
  api:
    service: \${SERVICE_ARN}
    image: { repository: wwhd-api, context: backend, build-args: { COMMIT: "\${GITHUB_SHA}" } }
    env-file: backend/.env.production
    migrate: python -m alembic upgrade head
    checks: backend/checks.yml
    alarms: [api-5xx, api-p95]
  worker:
    service: \${WORKER_ARN}
    image: { from: api }
  site:
    bucket: \${SITE_BUCKET}
    distribution: \${DISTRIBUTION}
    build: { directory: frontend, command: npm run build, output: out }
order: [api, worker, site]
checks: checks.yml
environments:
  staging: {}
  production: { after: staging, parts: { api: { bake-time: 5m } } }
`;

const VARIABLES = {
  RELEASE_BUCKET: 'wwhd-releases',
  SERVICE_ARN: 'arn:api',
  WORKER_ARN: 'arn:worker',
  SITE_BUCKET: 'wwhd-site',
  DISTRIBUTION: 'E1ABCDEF',
};

function read(
  text: string,
  environment = 'production',
  variables: Record<string, string> = VARIABLES,
): Reading {
  const env = { GITHUB_SHA: 'c0ffee', AWS_SECRET_ACCESS_KEY: 'nobody may read this' };
  return readReleaseFile(text, { file: 'wwhd-deploy.yml', environment, variables, env, kinds: PART_KINDS });
}

/** The release of a text without a mistake. */
function release(text: string, environment = 'production', variables: Record<string, string> = VARIABLES) {
  const reading = read(text, environment, variables);
  expect(reading.mistakes).toBeUndefined();
  return reading.release as NonNullable<Reading['release']>;
}

describe('the example of the docs', () => {
  test('is a release of three parts, one after the other', () => {
    const { parts, waves, inputs, after } = release(EXAMPLE);
    expect(after).toBe('staging');
    expect(inputs).toEqual({ 'release-bucket': 'wwhd-releases', 'smoke-checks': 'checks.yml' });
    expect(waves).toEqual([['api'], ['worker'], ['site']]);
    expect(parts).toEqual([
      {
        name: 'api',
        kind: 'service',
        line: 4,
        wave: 0,
        region: undefined,
        role: undefined,
        test: undefined,
        inputs: {
          'release-bucket': 'wwhd-releases',
          environment: 'production',
          part: 'api',
          service: 'arn:api',
          'env-file': 'backend/.env.production',
          'migrate-command': 'python -m alembic upgrade head',
          'smoke-checks': 'backend/checks.yml',
          alarms: 'api-5xx\napi-p95',
          'bake-time': '5m',
        },
        images: new Map([
          [
            '',
            {
              kind: 'build',
              inputs: { repository: 'wwhd-api', context: 'backend', 'build-args': 'COMMIT=c0ffee' },
            },
          ],
        ]),
      },
      expect.objectContaining({
        name: 'worker',
        wave: 1,
        images: new Map([['', { kind: 'from', part: 'api', container: '' }]]),
      }),
      {
        name: 'site',
        kind: 'site',
        line: 14,
        wave: 2,
        region: undefined,
        role: undefined,
        test: undefined,
        inputs: {
          'release-bucket': 'wwhd-releases',
          environment: 'production',
          part: 'site',
          bucket: 'wwhd-site',
          distribution: 'E1ABCDEF',
          source: 'frontend/out',
        },
        build: { 'working-directory': 'frontend', command: 'npm run build' },
      },
    ]);
  });

  test('an environment changes what it names and nothing else', () => {
    expect(release(EXAMPLE, 'staging').parts[0]?.inputs['bake-time']).toBeUndefined();
  });
});

/** The inputs of the one part `a` of a service with these lines. */
const service = (lines: string, variables = {}) =>
  release(
    `version: 1\nparts:\n  a:\n    service: arn\n    image: { repository: r }\n${lines.replaceAll(/^/gm, '    ')}\n`,
    'production',
    { ...VARIABLES, ...variables },
  ).parts[0]?.inputs;
const site = (lines: string, variables = {}) =>
  release(
    `version: 1\nparts:\n  a:\n    bucket: b\n    source: dist\n${lines.replaceAll(/^/gm, '    ')}\n`,
    'production',
    { ...VARIABLES, ...variables },
  ).parts[0]?.inputs;

describe('how a value becomes the text of an input', () => {
  test.each<[lines: string, input: string, text: string]>([
    ['port: 8080', 'port', '8080'],
    ['cpu: 1 vCPU', 'cpu', '1 vCPU'],
    ['restart: false', 'restart', 'false'],
    ['restart: ${RESTART}', 'restart', 'false'],
    ['container: app', 'container', 'app'],
    ['container: [app, proxy]', 'container', 'app\nproxy'],
    ['scaling: { min: 1, max: "${MAX}" }', 'max-instances', '4'],
    ['probe: https://a.example/health', 'probe-url', 'https://a.example/health'],
    ['probe: { max-error-rate: 0.5% }', 'max-error-rate', '0.5%'],
    ['migrate: echo ${MAX} $${X} ${{ y }}', 'migrate-command', 'echo ${MAX} $${X} ${{ y }}'],
    ['migrate: [sh, -c, "echo $HOME"]', 'migrate-command', '["sh","-c","echo $HOME"]'],
    ['migrate: { command: up, cluster: c }', 'migrate-cluster', 'c'],
    ['start-command: [node, "a b.js"]', 'start-command', '["node","a b.js"]'],
    ['env-file: ${MAX}.env', 'env-file', '${MAX}.env'],
    [
      'env: { A: 1, B: on, C: "x # y", D: "", E: " z " }',
      'environment-variables',
      'A=1\nB=on\nC="x # y"\nD=""\nE=" z "',
    ],
    ['env: { A: "${MAX} of $${B}" }', 'environment-variables', 'A=4 of $${B}'],
    [
      'env: { A: "${SECRETS_MANAGER:db:url}", B: "${SSM:name}" }',
      'environment-variables',
      'A=${SECRETS_MANAGER:db:url}\nB=${SSM:name}',
    ],
    [
      'env: { A: "say \\"hi\\"\\nback\\\\slash" }',
      'environment-variables',
      'A="say \\"hi\\"\\nback\\\\slash"',
    ],
    ['secrets: { TOKEN: wwhd/token:value }', 'secrets', 'TOKEN=wwhd/token:value'],
  ])('%s', (lines, input, text) =>
    expect(service(lines, { RESTART: 'false', MAX: '4' })?.[input]).toBe(text),
  );

  test.each<[lines: string, input: string, text: string]>([
    ['distribution: [E1, E2]', 'distribution', 'E1\nE2'],
    ['verify: false', 'verify', 'false'],
    ['verify: pages', 'verify', 'pages'],
    ['max-delete: 200', 'max-delete', '200'],
    ['max-delete: 20%', 'max-delete', '20%'],
    ['concurrency: auto', 'concurrency', 'auto'],
    [
      'cache-control: { "*.html": no-cache, "a/**": "public, max-age=60" }',
      'cache-control',
      '*.html: no-cache\na/**: public, max-age=60',
    ],
    [
      'headers: { "*.pdf": { Content-Disposition: attachment, x-amz-meta-a: b }, "*.js": { Cache-Control: no-store } }',
      'headers',
      '*.pdf: Content-Disposition: attachment\n*.pdf: x-amz-meta-a: b\n*.js: Cache-Control: no-store',
    ],
  ])('%s', (lines, input, text) => expect(site(lines)?.[input]).toBe(text));
});

test('what a file says as env and what the service reads of it are the same', () => {
  const values = [
    '',
    ' ',
    'a b',
    '#',
    "it's",
    '"',
    '\\',
    'a\\nb',
    'a\nb',
    '${X}',
    '$${X}',
    'a # b',
    '\ttab\t',
    '${',
  ];
  const lines = values.map((value, i) => `V${i}=${quoted(value)}`).join('\n');
  const read = parseEnvironment(lines, { input: 'environment-variables', emptyIsMistake: true });
  expect(Object.values(read.variables)).toEqual(values);
});

describe('what an environment changes', () => {
  const file = `version: 1
release-bucket: r
lock-timeout: 1m
variables: { SIZE: small, COLOUR: red }
parts:
  api:
    service: arn
    image: { repository: r, context: backend, build-args: { A: 1, B: 2 } }
    env: { A: "\${SIZE}", B: "\${COLOUR}" }
    probe: { url: https://a.example, interval: 1s }
    alarms: [one]
  docs: { bucket: d, source: docs }
  site: { bucket: s, build: { output: out } }
order: [api, site, docs]
environments:
  production:
    lock-timeout: 2m
    variables: { SIZE: large }
    region: eu-central-1
    parts:
      api:
        region: us-west-2
        image: { build-args: { B: 3 } }
        env: { B: blue }
        probe: { interval: 2s }
        alarms: [two, three]
      docs: false
  staging: { waves: [[api, docs], [site]] }
  pinned: { parts: { api: { image: "1.example/r@sha256:${'a'.repeat(64)}" } } }
  digest: { parts: { api: { image: { repository: 1.example/r, digest: "sha256:${'b'.repeat(64)}" } } } }
`;
  const api = (environment: string) => release(file, environment).parts.find((part) => part.name === 'api');

  test('mappings are put together, all else is replaced', () => {
    expect(api('production')).toMatchObject({
      region: 'us-west-2',
      inputs: {
        'environment-variables': 'A=large\nB=blue',
        'probe-url': 'https://a.example',
        'probe-interval': '2s',
        alarms: 'two\nthree',
        'lock-timeout': '2m',
        'release-bucket': 'r',
      },
      images: new Map([
        ['', { kind: 'build', inputs: { repository: 'r', context: 'backend', 'build-args': 'A=1\nB=3' } }],
      ]),
    });
    expect(api('staging')?.inputs).toMatchObject({
      'environment-variables': 'A=small\nB=red',
      alarms: 'one',
    });
  });

  test('a part without a region or a role has those of the release', () => {
    expect(release(file).parts.map(({ name, region }) => [name, region])).toEqual([
      ['api', 'us-west-2'],
      ['site', 'eu-central-1'],
    ]);
    const role = 'arn:aws:iam::111122223333:role/deploy';
    const { parts } = release(`version: 1\nrole-to-assume: ${role}\nparts: { s: { bucket: b, source: d } }`);
    expect(parts[0]?.role).toBe(role);
  });

  test('a part that is `false` is left out, in the order too', () => {
    expect(release(file).waves).toEqual([['api'], ['site']]);
    expect(release(file, 'staging').waves).toEqual([['api', 'docs'], ['site']]);
  });

  test('an image that comes another way replaces what was built', () => {
    const source = (environment: string) => {
      const part = api(environment);
      return part?.kind === 'service' ? part.images.get('') : undefined;
    };
    expect(source('pinned')).toEqual({
      kind: 'reference',
      reference: `1.example/r@sha256:${'a'.repeat(64)}`,
    });
    expect(source('digest')).toEqual({
      kind: 'reference',
      reference: `1.example/r@sha256:${'b'.repeat(64)}`,
    });
  });

  test("a given variable wins over the file's", () => {
    expect(release(file, 'staging', { SIZE: 'huge' }).parts[0]?.inputs['environment-variables']).toBe(
      'A=huge\nB=red',
    );
  });
});

test('variables of another environment may be unset', () => {
  const file = `version: 1
parts: { site: { bucket: "\${BUCKET}", source: dist } }
environments:
  staging: {}
  production: { parts: { site: { bucket: "\${PRODUCTION_BUCKET}" } } }
`;
  expect(release(file, 'staging', { BUCKET: 'b' }).parts[0]?.inputs['bucket']).toBe('b');
  // What is overridden is not asked for.
  expect(release(file, 'production', { PRODUCTION_BUCKET: 'p' }).parts[0]?.inputs['bucket']).toBe('p');
});

test('a part that takes its image from one that takes it from a third takes it from the third', () => {
  const images = release(`version: 1
parts:
  c: { service: c, image: { from: b } }
  b: { service: b, image: { from: a, container: proxy } }
  a: { service: a, containers: { app: { repository: r }, proxy: { repository: p } } }
`).parts.map((part) => part.kind === 'service' && [...part.images]);
  expect(images).toEqual([
    [['', { kind: 'from', part: 'a', container: 'proxy' }]],
    [['', { kind: 'from', part: 'a', container: 'proxy' }]],
    [
      ['app', { kind: 'build', inputs: { repository: 'r' } }],
      ['proxy', { kind: 'build', inputs: { repository: 'p' } }],
    ],
  ]);
});

test('without an order, services go before sites', () => {
  const file =
    'version: 1\nparts: { s: { bucket: b, source: d }, b: { service: b, image: { repository: r } }, a: { service: a, image: { from: b } } }';
  expect(release(file).waves).toEqual([['b', 'a'], ['s']]);
});

test('tests run in the folder of the part', () => {
  const parts = release(`version: 1
parts:
  api: { service: a, image: { repository: r, context: backend }, test: pytest }
  site: { bucket: b, build: { directory: web, output: out }, test: { command: npm test, node-version: 24 } }
`).parts;
  expect(parts.map((part) => part.test)).toEqual([
    { 'working-directory': 'backend', command: 'pytest' },
    { 'working-directory': 'web', command: 'npm test', 'node-version': '24' },
  ]);
});

test('the names of environments are known before one is chosen', () => {
  expect(environmentsOf(EXAMPLE)).toEqual(['staging', 'production']);
  expect(environmentsOf('version: 1')).toEqual([]);
  expect(environmentsOf('\t: [')).toEqual([]);
});
