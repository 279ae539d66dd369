import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConfig, variablesOf } from '../../../src/cli/check-config/command.ts';
import { parseFlags } from '../../../src/cli/flags.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'wwhd-check-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function put(path: string, text: string) {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), text);
}
const check = (...args: string[]) => checkConfig.run(parseFlags(checkConfig, args, {}), { cwd, env: {} });

const FILE = `version: 1
release-bucket: releases
parts:
  api:
    service: \${SERVICE}
    image: { repository: wwhd-api, context: backend }
    env: { LEVEL: info, PASSWORD: hunter2 }
    checks: checks.yml
  site: { bucket: my-site, build: { directory: web, output: out } }
environments:
  staging: {}
  production: { after: staging, parts: { api: { bake-time: 5m } } }
`;

describe('a file that is right', () => {
  beforeEach(() => {
    put('wwhd-deploy.yml', FILE);
    put('backend/Dockerfile', '');
    put('web/package.json', '{}');
    put('checks.yml', '');
  });

  test('is told as the release that it makes, for each environment', async () => {
    const { exitCode, text } = await check('--var', 'SERVICE=arn:api');
    expect(exitCode, text).toBe(0);
    expect(text).toBe(`staging, by wwhd-deploy.yml
  release bucket: releases
  wave 1  api   service arn:api
                image wwhd-api, built from backend
                environment-variables: LEVEL, PASSWORD
                smoke-checks: checks.yml
  wave 2  site  site s3://my-site
                files of web/out, built by npm run build in web
production, by wwhd-deploy.yml
  after: staging
  release bucket: releases
  wave 1  api   service arn:api
                image wwhd-api, built from backend
                environment-variables: LEVEL, PASSWORD
                smoke-checks: checks.yml
                bake-time: 5m
  wave 2  site  site s3://my-site
                files of web/out, built by npm run build in web`);
  });

  test('for one environment, for a script', async () => {
    const { document } = await check('--environment', 'production', '--var=SERVICE=arn:api');
    expect(JSON.parse(JSON.stringify(document))).toMatchObject({
      outcome: 'passed',
      file: 'wwhd-deploy.yml',
      mistakes: [],
      releases: [
        {
          environment: 'production',
          waves: [['api'], ['site']],
          parts: [
            { name: 'api', images: { '': { kind: 'build', inputs: { repository: 'wwhd-api' } } } },
            { name: 'site' },
          ],
        },
      ],
    });
  });

  test('may lie under .github, or be named', async () => {
    put('.github/wwhd-deploy.yml', FILE.replace('my-site', 'other'));
    expect((await check('.github/wwhd-deploy.yml', '--var', 'SERVICE=a')).text).toContain('s3://other');
    rmSync(join(cwd, 'wwhd-deploy.yml'));
    expect((await check('--var', 'SERVICE=a')).text).toContain('by .github/wwhd-deploy.yml');
  });
});

describe('a file that is wrong', () => {
  test('is told with line and column, and exit code 1', async () => {
    put('wwhd-deploy.yml', FILE.replace('bucket: my-site', 'buckt: my-site'));
    const { exitCode, text, document } = await check('--environment', 'staging');
    expect(exitCode).toBe(1);
    expect(text.split('\n')).toEqual([
      expect.stringMatching(
        /^wwhd-deploy.yml:5:14 {2}parts.api.service uses \$\{SERVICE\}, which is not set; give it/,
      ),
      'wwhd-deploy.yml:9:3  parts.site must have `service` (a service) or `bucket` (a site)',
      'wwhd-deploy.yml has 2 mistakes',
    ]);
    expect(document).toMatchObject({
      outcome: 'failed',
      releases: [],
      mistakes: [{ line: 5, column: 14 }, {}],
    });
  });

  test('names files that are not there', async () => {
    put('wwhd-deploy.yml', FILE);
    const { text } = await check('--var', 'SERVICE=a');
    expect(text).toContain('wwhd-deploy.yml:4:1  parts.api.checks names "checks.yml", which is not there');
    expect(text).toContain(
      'wwhd-deploy.yml:4:1  parts.api.image.context names "backend", which is not there',
    );
    expect(text).toContain('wwhd-deploy.yml:9:1  parts.site.build names "web", which is not there');
  });
});

test('no file is refused, with the places that were looked at', async () => {
  await expect(check()).rejects.toThrow(/neither wwhd-deploy.yml nor .github\/wwhd-deploy.yml/);
  await expect(check('other.yml')).rejects.toThrow(/other.yml could not be read/);
});

test('--var may be given several times', () => {
  const { inputs } = parseFlags(checkConfig, ['--var', 'A=1', '--var=B=x=y'], {});
  expect(variablesOf(inputs['var'] ?? '')).toEqual({ A: '1', B: 'x=y' });
  expect(() => variablesOf('A')).toThrow(/--var is not NAME=value/);
});
