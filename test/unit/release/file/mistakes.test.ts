// What is wrong in a release file is told with line, column, what was found and what was probably meant.
import { describe, expect, test } from 'vitest';
import { PART_KINDS } from '../../../../src/actions/part-kinds.ts';
import { readReleaseFile } from '../../../../src/release/file/index.ts';

const VARIABLES = { BUCKET: 'my-site', EMPTY: '', SERVICE_ARN: 'arn:api' };

function mistakes(text: string, environment = 'production'): string[] {
  const reading = readReleaseFile(text, {
    file: 'wwhd-deploy.yml',
    environment,
    variables: VARIABLES,
    env: { GITHUB_SHA: 'c0ffee', HOME: '/root', AWS_SECRET_ACCESS_KEY: 'hidden' },
    kinds: PART_KINDS,
  });
  return (reading.mistakes ?? []).map(({ line, column, path, what }) => `${line}:${column} ${path} ${what}`);
}

const API = 'api: { service: arn:api, image: { repository: wwhd-api } }';
const SITE = 'site: { bucket: b, source: dist }';
/** A file with these lines of `parts`, and these after it. */
const parts = (lines: string, after = '') => `version: 1\nparts:\n${lines.replaceAll(/^/gm, '  ')}\n${after}`;

test('the files that the table is made from have no mistake', () => {
  expect(mistakes(parts(`${API}\n${SITE}`))).toEqual([]);
});

describe('a mistake', () => {
  test.each<[name: string, text: string, told: string | RegExp]>([
    // The file as a whole.
    ['nothing', '', '1:1  a release file is a mapping with `version: 1` and `parts`, found nothing'],
    ['a list', '- api', '1:1  a release file is a mapping with `version: 1` and `parts`, found a list'],
    ['no version', `parts: { ${API} }`, '1:1  has no `version`; begin it with `version: 1`'],
    ['a newer version', `version: 2\nparts: { ${API} }`, '1:10 version must be 1, found "2"'],
    ['a version as text', `version: "1"\nparts: { ${API} }`, '1:10 version must be 1, found "1"'],
    ['no parts', 'version: 1', '1:1  has no `parts`'],
    ['parts without one', 'version: 1\nparts: {}', '2:8 parts names no part'],
    ['a tab', `version: 1\nparts:\n\t${API}`, /^3:1 {2}is not YAML: .*[Tt]ab/],
    ['a key twice', parts(`${API}\n${API}`), /^4:3 {2}is not YAML: .*unique/],
    [
      'an anchor that is not there',
      parts('api: *gone'),
      '3:8 parts.api names an anchor that is not there: *gone',
    ],
    [
      'a merge key',
      parts(`${SITE.replace('site:', 'site: &s')}\nb:\n  <<: *s`),
      '4:3 parts.b must have `service` (a service) or `bucket` (a site)',
    ],
    ['two documents', `${parts(API)}\n---\nversion: 1`, /is not YAML: .*document/],
    [
      'more than a megabyte',
      `${parts(API)}#${'x'.repeat(10_000_000)}`,
      '1:1  is larger than 1 MiB: no release file is',
    ],
    // Words.
    [
      'a word misspelt',
      parts(API, 'enviroments: {}'),
      '4:1 enviroments is not a key here; did you mean `environments`?',
    ],
    [
      "another tool's word",
      `version: 1\nservices: { ${API} }`,
      '2:1 services is not a key here; did you mean `parts`?',
    ],
    [
      "an input's name",
      parts('api:\n  service: arn\n  image: { repository: r }\n  smoke-checks: c.yml'),
      '6:5 parts.api.smoke-checks is not a key here; write `checks`',
    ],
    [
      "an input's name in a group",
      parts('api:\n  service: arn\n  image: { repository: r }\n  min-instances: 2'),
      '6:5 parts.api.min-instances is not a key here; write `scaling: { min: … }`',
    ],
    [
      'a key of the other kind',
      parts('site: { bucket: b, source: dist, migrate: x }'),
      /^3:36 parts.site.migrate is not a key here/,
    ],
    [
      'a word within a group',
      parts('api: { service: a, image: { repository: r }, probe: { intervall: 1s } }'),
      '3:57 parts.api.probe.intervall is not a key here; did you mean `interval`?',
    ],
    [
      'a wrong choice',
      parts('api: { service: a, target: app-runner, image: { repository: r } }'),
      '3:30 parts.api.target must be one of auto, apprunner, ecs-express, ecs, found "app-runner"; did you mean `apprunner`?',
    ],
    [
      '__proto__',
      parts('__proto__: { bucket: b, source: dist }'),
      '3:3 parts.__proto__ is not a name for a part: up to 40 lower-case letters, digits and hyphens',
    ],
    [
      '__proto__ in a part',
      parts('site: { bucket: b, source: dist, __proto__: { polluted: true } }'),
      /^3:36 parts.site.__proto__ is not a key here/,
    ],
    [
      'a part in capitals',
      parts('API: { bucket: b, source: dist }'),
      '3:3 parts.API is not a name for a part: up to 40 lower-case letters, digits and hyphens',
    ],
    // Values of the wrong kind.
    [
      'a list for a text',
      parts('site: { bucket: [b], source: dist }'),
      '3:19 parts.site.bucket must be text, found a list',
    ],
    [
      'nothing for a text',
      parts('site: { bucket: , source: dist }'),
      '3:19 parts.site.bucket must be text, found nothing',
    ],
    [
      'a text for a number',
      parts('api: { service: a, image: { repository: r }, port: http }'),
      '3:54 parts.api.port must be a whole number from 1 to 65535, found "http"',
    ],
    [
      'a number that is too large',
      parts('api: { service: a, image: { repository: r }, port: 70000 }'),
      '3:54 parts.api.port must be a whole number from 1 to 65535, found "70000"',
    ],
    [
      'yes for true',
      parts('site: { bucket: b, source: d, dotfiles: yes }'),
      '3:43 parts.site.dotfiles must be true or false, found "yes"',
    ],
    [
      'a duration without a unit',
      parts('api: { service: a, image: { repository: r }, bake-time: 5 }'),
      '3:59 parts.api.bake-time must be a duration such as 500ms, 90s or 20m, found "5"',
    ],
    [
      'a share without a percent sign',
      parts('api: { service: a, image: { repository: r }, probe: { max-error-rate: 1.5 } }'),
      '3:73 parts.api.probe.max-error-rate must be a percentage such as 1%, found "1.5"',
    ],
    [
      'variables as a list',
      parts('api: { service: a, image: { repository: r }, env: [A=b] }'),
      '3:53 parts.api.env must be a mapping, found a list',
    ],
    [
      'a variable without a name for one',
      parts('api: { service: a, image: { repository: r }, env: { "A B": c } }'),
      '3:55 parts.api.env.A B is not a name for a variable',
    ],
    [
      'an absolute path',
      parts('site: { bucket: b, source: /etc }'),
      '3:30 parts.site.source must be a path from the root of the repository, found "/etc"',
    ],
    [
      'a path that leads out',
      parts('site: { bucket: b, source: ../secrets }'),
      '3:30 parts.site.source must be a path within the repository, without .., found "../secrets"',
    ],
    [
      'a region that is none',
      parts(API, 'region: Oregon'),
      '4:9 region must be a region such as us-west-2, found "Oregon"',
    ],
    [
      'a role that is none',
      parts(API, 'role-to-assume: admin'),
      '4:17 role-to-assume must be the ARN of a role, found "admin"',
    ],
    // Variables.
    [
      'an unset variable',
      parts('site: { bucket: "${BUKET}", source: d }'),
      '3:19 parts.site.bucket uses ${BUKET}, which is not set; did you mean `BUCKET`?; give it as a variable of the repository or environment on GitHub, with `--var NAME=value`, or under `variables:` of the file',
    ],
    [
      "the process's environment",
      parts('site: { bucket: "${AWS_SECRET_ACCESS_KEY}", source: d }'),
      /AWS_SECRET_ACCESS_KEY}, which is not set/,
    ],
    [
      'an empty variable',
      parts('site: { bucket: "${EMPTY}", source: d }'),
      '3:19 parts.site.bucket uses ${EMPTY}, which is set but empty',
    ],
    [
      'an expression of GitHub',
      parts('site: { bucket: "${{ vars.BUCKET }}", source: d }'),
      /^3:19 parts.site.bucket has an expression of GitHub, which stands in workflows only/,
    ],
    [
      'a default as in a shell',
      parts('site: { bucket: "${BUCKET:-b}", source: d }'),
      '3:19 parts.site.bucket has ${BUCKET:-b}, which is no reference: write ${NAME} for a variable, $${ for a plain ${',
    ],
    [
      'a reference that is not closed',
      parts('site: { bucket: "${BUCKET", source: d }'),
      /has \$\{, which is no reference/,
    ],
    [
      "GitHub's name as a variable",
      parts(API, 'variables: { GITHUB_SHA: x }'),
      /^4:14 variables.GITHUB_SHA is not a name for a variable/,
    ],
    [
      'a variable made of another',
      parts(API, 'variables: { A: "${BUCKET}" }'),
      /^4:17 variables.A must be plain text/,
    ],
    // Parts.
    [
      'a part of no kind',
      parts('api: { image: { repository: r } }'),
      '3:3 parts.api must have `service` (a service) or `bucket` (a site)',
    ],
    [
      'a part of two kinds',
      parts('api: { service: a, bucket: b }'),
      '3:3 parts.api must have one of `service` (a service) or `bucket` (a site), and has both',
    ],
    ['a part that is a text', parts('api: arn'), '3:8 parts.api must be a mapping, found "arn"'],
    [
      'two parts of one service',
      parts(`${API}\n${API.replace('api:', 'worker:')}`),
      '4:3 parts.worker names the service that api names: a service is one part',
    ],
    [
      'two parts of one place',
      parts(`${SITE}\ndocs: { bucket: "s3://b/", prefix: /, source: d }`),
      '4:3 parts.docs names the site that site names: a site is one part',
    ],
    [
      'a site without a folder',
      parts('site: { bucket: b }'),
      '3:3 parts.site has no `build`, and no `source`: a folder that is there already',
    ],
    [
      'a build without an output',
      parts('site: { bucket: b, build: { directory: f } }'),
      '3:22 parts.site.build has no `output`: the folder that the command writes',
    ],
    [
      'a build and a folder',
      parts('site: { bucket: b, source: d, build: { output: o } }'),
      '3:22 parts.site.source stands beside `build`, whose `output` says it',
    ],
    // Images.
    [
      'a service without an image',
      parts('api: { service: a }'),
      '3:3 parts.api has no `image`: it says what the service runs',
    ],
    [
      'an image without a repository',
      parts('api: { service: a, image: { context: . } }'),
      '3:29 parts.api.image has no `repository`: it names the ECR repository; or take `from` or `reference`',
    ],
    [
      'an image without a registry',
      parts('api: { service: a, image: nginx }'),
      /^3:29 parts.api.image must be an image with its registry/,
    ],
    [
      'an image of two ways',
      parts('api: { service: a, image: { from: b, reference: r } }'),
      '3:29 parts.api.image has from and reference: an image comes one way',
    ],
    [
      'an image that is there and built',
      parts(`${API}\nb: { service: b, image: { from: api, context: . } }`),
      '4:29 parts.b.image.from stands beside context: an image that is there already is not built',
    ],
    [
      'image and containers',
      parts('api: { service: a, image: { repository: r }, containers: { app: { repository: r } } }'),
      '3:48 parts.api.containers stands beside `image`',
    ],
    [
      'an image from no part',
      parts(`${API}\nb: { service: b, image: { from: apy } }`),
      '4:35 parts.b.image.from names "apy", which is no service of this environment; did you mean `api`?',
    ],
    [
      'an image from a site',
      parts(`${SITE}\nb: { service: b, image: { from: site } }`),
      /^4:35 parts.b.image.from names "site", which is no service/,
    ],
    [
      'an image from itself',
      parts('a: { service: a, image: { from: a } }'),
      '3:35 parts.a.image.from goes round in a circle: a → a',
    ],
    [
      'a circle of images',
      parts('a: { service: a, image: { from: b } }\nb: { service: b, image: { from: a } }'),
      '3:35 parts.a.image.from goes round in a circle: a → b → a',
    ],
    [
      'one image of several',
      parts(
        'a: { service: a, containers: { app: { repository: r }, proxy: { repository: p } } }\nb: { service: b, image: { from: a } }',
      ),
      '4:35 parts.b.image.from needs `container`, for a has several images: app, proxy',
    ],
    // Order.
    [
      'an unknown part in the order',
      parts(API, 'order: [api, sight]'),
      '4:14 order[1] names "sight", which is no part; the parts are api',
    ],
    [
      'a part twice in the order',
      parts(`${API}\n${SITE}`, 'order: [api, site, api]'),
      '5:20 order[2] names api again: a part goes live once',
    ],
    [
      'a part in two waves',
      parts(`${API}\n${SITE}`, 'waves: [[api], [site, api]]'),
      '5:23 waves[1][1] names api again: a part goes live once',
    ],
    [
      'a part that no wave has',
      parts(`${API}\n${SITE}`, 'waves: [[api]]'),
      '5:8 waves leaves out site: each part stands in it once',
    ],
    [
      'order and waves',
      parts(API, 'order: [api]\nwaves: [[api]]'),
      '4:1 order stands beside `waves`, which says the same',
    ],
    // Environments.
    [
      'an environment that the file does not have',
      parts(API, 'environments: { prod: {} }'),
      '4:1 environments has no production; it has prod',
    ],
    [
      'an environment after none',
      parts(API, 'environments: { production: { after: stagging }, staging: {} }'),
      '4:38 environments.production.after names "stagging", which is no environment of this file; did you mean `staging`?',
    ],
    [
      'environments in a circle',
      parts(API, 'environments: { production: { after: a }, a: { after: production } }'),
      /^4:17 environments.production comes after itself: production after a after production/,
    ],
    [
      'a part that only an environment has',
      parts(API, 'environments: { production: { parts: { apy: { port: 1 } } } }'),
      '4:40 environments.production.parts.apy is no part of this file; did you mean `api`?',
    ],
    [
      'a mistake in another environment',
      parts(API, 'environments: { production: {}, staging: { parts: { api: { port: x } } } }'),
      '4:66 environments.staging.parts.api.port must be a whole number from 1 to 65535, found "x"',
    ],
    [
      'a mistake in what is overridden',
      parts(
        'api: { service: a, port: x, image: { repository: r } }',
        'environments: { production: { parts: { api: { port: 1 } } } }',
      ),
      '3:28 parts.api.port must be a whole number from 1 to 65535, found "x"',
    ],
  ])('%s', (_name, text, told) => {
    const all = mistakes(text);
    if (typeof told === 'string') expect(all.join('\n')).toContain(told);
    else expect(all.find((one) => told.test(one)) ?? all.join('\n')).toMatch(told);
  });

  test('is told once, with all others, in the order of the file', () => {
    const text = parts(
      'api: { service: a, port: x, image: { repository: r }, cpus: 1 }',
      'ordre: []\nenvironments: { a: {}, b: {}, production: {} }',
    );
    expect(mistakes(text)).toEqual([
      '3:28 parts.api.port must be a whole number from 1 to 65535, found "x"',
      '3:57 parts.api.cpus is not a key here; did you mean `cpu`?',
      '4:1 ordre is not a key here; did you mean `order`?',
    ]);
  });
});

test('a few anchors that stand for billions of values end quickly, with a mistake', () => {
  const levels = Array.from({ length: 12 }, (_, i) => {
    const alias = `*a${i - 1}`;
    return `a${i}: &a${i} ${i === 0 ? '[x, x, x, x, x, x, x, x, x]' : `[${Array(9).fill(alias).join(', ')}]`}`;
  });
  const started = performance.now();
  const told = mistakes(parts(API, `${levels.join('\n')}\nwaves: *a11`));
  expect(told.length).toBeGreaterThan(0);
  expect(performance.now() - started).toBeLessThan(5000);
});

test('an anchor that holds itself ends, with a mistake', () => {
  expect(mistakes(parts(API, 'waves: &w [*w]')).join('\n')).toMatch(/must be text, found a list/);
  expect(mistakes(parts('a: &a { service: x, image: *a }')).join('\n')).toMatch(/is not a key here/);
});
