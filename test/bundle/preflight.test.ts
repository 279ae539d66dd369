import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeletePublicAccessBlockCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PreflightReport } from '../../src/preflight/index.ts';
import {
  call,
  createEcs,
  createExpress,
  createRunner,
  pushApp,
  type RunnerService,
} from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { root } from '../support/dist.ts';
import { type RunOptions, runAction } from '../support/run-action.ts';
import { makeSite, type TestSite } from '../support/site.ts';
import { json, type SmokeServer, startService } from '../support/smoke-server.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(
  JSON.parse(readFileSync(join(root, 'schemas/preflight-report.schema.json'), 'utf8')),
);

let cloud: TestCloud;
let site: TestSite;
let service: RunnerService;
let image: string;
let qdrant: SmokeServer;
const dir = mkdtempSync(join(tmpdir(), 'preflight-'));

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  site = await makeSite(cloud, 'shop-site');
  await site.s3.send(
    new PutBucketVersioningCommand({
      Bucket: site.releaseBucket,
      VersioningConfiguration: { Status: 'Enabled' },
    }),
  );
  image = await pushApp(cloud, { version: '1' });
  service = await createRunner(cloud, 'shop', image);
  await call(cloud, 'secretsmanager', 'secretsmanager.CreateSecret', {
    Name: 'openai_key',
    SecretString: 'sk-never-read',
  });
  qdrant = await startService({
    '/collections': (request, response) =>
      (request.headers['api-key'] === 'the-qdrant-key'
        ? json({ result: { collections: [{ name: 'docs' }] } })
        : json({}, 401))(request, response, '', 0),
  });
  writeFileSync(
    join(dir, '.env.production'),
    'LOG_LEVEL=info\nOPENAI_API_KEY=${SECRETS_MANAGER:openai_key}\n',
  );
  writeFileSync(join(dir, 'checks.yml'), 'version: 1\nchecks: [{ get: /health }]\n');
});
afterAll(async () => {
  await Promise.all([cloud.stop(), qdrant.stop()]);
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => cloud.clearFaults());

async function preflight(inputs: Record<string, string>, options: RunOptions = {}) {
  await cloud.clearRequests();
  const run = await runAction(
    'preflight',
    { 'report-file': 'report.json', ...inputs },
    { cwd: dir, ...options, env: { ...cloud.env, ...options.env } },
  );
  const text = run.exitCode === 2 ? '' : readFileSync(join(dir, 'report.json'), 'utf8');
  return { ...run, report: (text ? JSON.parse(text) : undefined) as PreflightReport };
}
const everything = () => ({
  service: service.ServiceArn,
  image,
  'env-file': '.env.production',
  bucket: site.bucket,
  distribution: site.distribution,
  'smoke-checks': 'checks.yml',
  'qdrant-url': qdrant.url,
  'qdrant-collections': 'docs',
});
const found = (report: PreflightReport, id: string) =>
  (report.checks.find((check) => check.id === id)?.findings ?? []).map(
    ({ status, what }) => `${status} ${what}`,
  );

test('looks at everything that the inputs name, and changes nothing', async () => {
  const run = await preflight(everything(), { env: { QDRANT_API_KEY: 'the-qdrant-key' } });
  expect([run.exitCode, run.outputs['outcome'], run.outputs['wrong']], run.log).toEqual([0, 'warned', '0']);
  expect([validate(run.report), validate.errors]).toEqual([true, null]);
  expect(run.report.checks.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      'identity',
      'permissions',
      'release-bucket',
      'site-bucket',
      'distribution',
      'repository',
      'image',
      'apprunner',
      'health',
      'variables',
      'secrets',
      'logs',
      'vector-store',
      'cost',
      'smoke-checks',
    ]),
  );
  expect(found(run.report, 'release-bucket')).toEqual([
    'ok s3://shop-site-backup is there',
    'ok public access is blocked',
    'ok it may be written, and conditions are honoured',
    'ok versions are kept',
    'ok no lifecycle rule deletes from it',
  ]);
  expect(found(run.report, 'secrets')).toEqual(['ok OPENAI_API_KEY: openai_key is there']);
  expect(await cloud.changes()).toEqual([]);
  expect((await cloud.requests()).map(({ operation }) => operation)).not.toContain('GetSecretValue');
  expect(run.log + run.summary + JSON.stringify(run.report)).not.toMatch(/sk-never-read/);
});

describe('what is not in place is said with what to do', () => {
  /** A finding that begins with, or matches, what is expected. */
  const finding = (report: PreflightReport, id: string, what: string | RegExp) =>
    (report.checks.find((check) => check.id === id)?.findings ?? []).find((one) => {
      const said = `${one.status} ${one.what}`;
      return typeof what === 'string' ? said === what : what.test(said);
    });

  let run: Awaited<ReturnType<typeof preflight>>;
  beforeAll(async () => {
    run = await preflight({
      'release-bucket': 'no-such-bucket',
      service: service.ServiceArn.replace('/shop/', '/shep/'),
      repository: 'shep',
      image: image.replace(/@.*/, ':nope'),
      secrets: 'DB=prod/none',
      'environment-variables': 'DATABASE_URL=postgresql://user:pass@db/wwhd',
      alarms: 'HighErrorRate',
      bucket: site.bucket,
      distribution: 'E000000000000',
      'qdrant-url': qdrant.url,
      'smoke-checks': '.env.production',
    });
  });

  test('red, with every problem, and nothing changed', async () => {
    expect([run.exitCode, run.outputs['outcome']], run.log).toEqual([1, 'failed']);
    expect(run.summary).toContain('| | what | found | to do |');
    expect(run.log).not.toContain('user:pass');
    expect(await cloud.changes()).toEqual([]);
  });

  test.each<[string, string, string | RegExp, RegExp]>([
    [
      'no release bucket',
      'release-bucket',
      'wrong there is no s3://no-such-bucket',
      /aws s3api create-bucket --bucket no-such-bucket/,
    ],
    ['no service', 'apprunner', /^wrong there is no App Runner service arn:aws/, /list-services/],
    [
      'no repository',
      'repository',
      'wrong there is no repository shep',
      /aws ecr create-repository --repository-name shep/,
    ],
    ['no image', 'image', 'wrong there is no image api:nope', /push-image/],
    [
      'no secret',
      'secrets',
      'wrong DB: there is no secret prod/none',
      /aws secretsmanager create-secret --name prod\/none/,
    ],
    [
      'a password in plain text',
      'variables',
      /^wrong DATABASE_URL holds a password/,
      /SECRETS_MANAGER:database_url/,
    ],
    ['no alarm', 'alarms', 'wrong there is no alarm HighErrorRate in this region', /infra\/terraform/],
    [
      'no distribution',
      'distribution',
      'wrong there is no distribution E000000000000 in this account',
      /list-distributions/,
    ],
    [
      'a key that Qdrant does not take',
      'vector-store',
      /^wrong .* wants a key \(HTTP 401\)/,
      /QDRANT_API_KEY/,
    ],
    ['a checks file with a mistake', 'smoke-checks', /^wrong .env.production has a mistake/, /schema/],
  ])('%s', (_name, id, what, fix) => {
    expect(finding(run.report, id, what), JSON.stringify(found(run.report, id))).toBeDefined();
    expect(finding(run.report, id, what)?.fix).toMatch(fix);
  });

  test('things that do not fit together', async () => {
    const odd = await preflight({
      bucket: site.releaseBucket,
      'release-bucket': site.releaseBucket,
      distribution: site.distribution,
      service: 'shep',
      target: 'apprunner',
      'qdrant-url': 'http://127.0.0.1:9',
    });
    expect(finding(odd.report, 'release-bucket', /is the bucket of the site/)).toBeDefined();
    expect(
      finding(odd.report, 'distribution', /^wrong none of its origins is s3:\/\/shop-site-backup/),
    ).toBeDefined();
    expect(finding(odd.report, 'apprunner', /no App Runner service named shep in us-west-2/)).toBeDefined();
    expect(finding(odd.report, 'vector-store', /does not answer/)).toBeDefined();
  });

  test('public access, auto-deployments, a health check by TCP', async () => {
    const open = await makeSite(cloud, 'open-site', { distribution: false });
    await open.s3.send(new DeletePublicAccessBlockCommand({ Bucket: open.bucket }));
    const loose = await createRunner(cloud, 'loose', image, { autoDeployments: true, protocol: 'TCP' });
    const odd = await preflight({ bucket: open.bucket, service: loose.ServiceArn });
    expect(found(odd.report, 'site-bucket')).toContainEqual(
      expect.stringMatching(/^wrong s3:\/\/open-site does not block public access/),
    );
    expect(found(odd.report, 'apprunner').filter((line) => line.startsWith('wrong'))).toEqual([
      expect.stringMatching(/auto-deployments are on/),
      expect.stringMatching(/health check is TCP/),
    ]);
  });

  test('a server that ignores conditions', async () => {
    await cloud.fault({ kind: 'ignore-conditions', service: 's3' });
    const run = await preflight({ 'release-bucket': site.releaseBucket });
    expect(found(run.report, 'release-bucket')).toContainEqual(
      expect.stringMatching(/^wrong the server ignores conditional writes/),
    );
  });
});

describe('the other targets', () => {
  test('ECS', async () => {
    const made = await createEcs(cloud, 'orders', image, { desired: 1 });
    const run = await preflight({ service: made.arn, container: 'app' });
    expect(found(run.report, 'ecs'), run.log).toEqual(
      expect.arrayContaining(['ok orders is active', 'ok 1 task is wanted', 'ok it has the container app']),
    );
    expect(run.report.checks.find(({ id }) => id === 'logs')?.status).not.toBe('wrong');
  });

  test('Express', async () => {
    const made = await createExpress(cloud, 'quick', image);
    const run = await preflight({ service: made.arn, target: 'ecs-express' });
    expect(
      found(run.report, 'ecs').filter((line) => line.startsWith('wrong')),
      run.log,
    ).toEqual([]);
    expect(found(run.report, 'ecs')).toContainEqual('ok quick is active');
  });
});

describe('a third answer', () => {
  test('what is denied is unknown; but a write that is denied is wrong, for deployments could not write either', async () => {
    await cloud.fault({ kind: 'denied', service: 's3', operation: 'GetBucketVersioning' });
    await cloud.fault({
      kind: 'denied',
      service: 's3',
      operation: 'PutObject',
      resource: site.releaseBucket,
    });
    await cloud.fault({ kind: 'denied', service: 'secretsmanager' });
    const run = await preflight(everything(), { env: { QDRANT_API_KEY: 'the-qdrant-key' } });
    expect([run.exitCode, run.outputs['outcome'], run.outputs['wrong']], run.log).toEqual([1, 'failed', '1']);
    expect(found(run.report, 'release-bucket')).toContain(
      'unknown s3:GetBucketVersioning is denied to this role, so this could not be looked at',
    );
    expect(found(run.report, 'release-bucket')).toContain(
      'wrong s3:PutObject on s3://shop-site-backup is denied to this role',
    );
    expect(found(run.report, 'secrets')).toEqual([
      'unknown secretsmanager:DescribeSecret is denied to this role, so this could not be looked at',
    ]);
    expect(found(run.report, 'apprunner')[0]).toMatch(/^ok shop runs/);
  });

  test('throttling and server errors are tried again', async () => {
    await cloud.fault({ kind: 'throttle', rate: 0.3, count: 20 });
    const run = await preflight(everything(), { env: { QDRANT_API_KEY: 'the-qdrant-key' } });
    expect(run.outputs['wrong'], run.log).toBe('0');
    expect(run.report.checks.find(({ id }) => id === 'apprunner')?.status).not.toBe('unknown');
  });

  test('no credentials', async () => {
    const run = await preflight(
      { 'release-bucket': site.releaseBucket },
      {
        env: {
          AWS_ACCESS_KEY_ID: undefined,
          AWS_SECRET_ACCESS_KEY: undefined,
          HOME: dir,
          AWS_SHARED_CREDENTIALS_FILE: join(dir, 'none'),
          AWS_CONFIG_FILE: join(dir, 'none'),
        },
      },
    );
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'failed']);
    expect(run.log).toMatch(/configure-aws-credentials/);
    // One problem, said once, and not again by every check.
    expect(run.report.checks.map(({ id }) => id)).toEqual(['identity']);
  });
});
