import { describe, expect, test } from 'vitest';
import { PART_KINDS } from '../../../../src/actions/part-kinds.ts';
import { type Reading, readReleaseFile } from '../../../../src/release/file/index.ts';

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
