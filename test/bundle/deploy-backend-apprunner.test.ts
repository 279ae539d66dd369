import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  call,
  changesOf,
  createBucket,
  createRunner,
  deployBackend,
  describeRunner,
  pushApp,
  readJson,
} from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
let one: string;
let two: string;
let secret: string;
const workspace = mkdtempSync(join(tmpdir(), 'wwhd-backend-'));

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
  await pushApp(cloud, { version: '1', platforms: ['linux/arm64'] }, 'arm');
  const made = await call<{ ARN: string }>(cloud, 'secretsmanager', 'secretsmanager.CreateSecret', {
    Name: 'prod/db',
    SecretString: '{"password":"hunter2"}',
  });
  secret = made.ARN;
});
afterAll(() => cloud.stop());

const spec = async (arn: string) => (await describeRunner(cloud, arn)).SourceConfiguration;
const answerOf = async (url: string) =>
  (await (await fetch(`http://${url}/`)).json()) as Record<string, string>;

describe.concurrent('a release', () => {
  test('goes out: what runs is the digest asked for, no request is lost, the rest stays as it is', async () => {
    const service = await createRunner(cloud, 'goes-out', one);
    const before = await spec(service.ServiceArn);
    const run = await deployBackend(cloud, { service: service.ServiceArn, image: two });
    expect(run.outputs, run.log).toMatchObject({
      outcome: 'deployed',
      image: two,
      'previous-image': one,
      availability: '100%',
      'service-url': `http://${service.ServiceUrl}`,
    });
    expect(run.exitCode).toBe(0);
    expect(await changesOf(cloud, 'goes-out')).toEqual(['CreateService', 'UpdateService']);
    expect(await answerOf(service.ServiceUrl)).toMatchObject({ version: '2', LOG: 'info' });
    const after = await spec(service.ServiceArn);
    expect({ ...after, ImageRepository: { ...after.ImageRepository, ImageIdentifier: one } }).toMatchObject(
      before,
    );
    expect(run.summary).toContain('**Probe**');
    expect(run.log).toContain('no release-bucket');

    const again = await deployBackend(cloud, { service: service.ServiceArn, image: two });
    expect(again.outputs).toMatchObject({ outcome: 'unchanged' });
    expect(await changesOf(cloud, 'goes-out')).toHaveLength(2);
  });

  test('takes variables, secret references, sizes and scaling; values are never shown', async () => {
    const service = await createRunner(cloud, 'takes-all', one, {
      autoDeployments: true,
      variables: { LOG: 'info', LOGGED: 'kept', DB_PASSWORD: 'plain' },
    });
    writeFileSync(
      join(workspace, 'prod.env'),
      'LOG=debug-value\nDB_PASSWORD=${SECRETS_MANAGER:prod/db:password}\n',
    );
    const run = await deployBackend(
      cloud,
      {
        service: service.ServiceArn,
        image: '127.0.0.1/api:2'.replace('127.0.0.1', new URL(cloud.endpoint).host),
        'env-file': 'prod.env',
        'environment-variables': 'NEW=new-value',
        secrets: 'DB_URL=prod/db',
        cpu: '2 vCPU',
        memory: '4 GB',
        'min-instances': '2',
        'max-instances': '4',
      },
      { cwd: workspace },
    );
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', image: two });
    const after = await describeRunner(cloud, service.ServiceArn);
    expect(after.SourceConfiguration).toMatchObject({
      AutoDeploymentsEnabled: false,
      ImageRepository: {
        ImageIdentifier: two,
        ImageConfiguration: {
          RuntimeEnvironmentVariables: { LOG: 'debug-value', LOGGED: 'kept', NEW: 'new-value' },
          RuntimeEnvironmentSecrets: { DB_PASSWORD: `${secret}:password::`, DB_URL: secret },
        },
      },
    });
    expect(
      after.SourceConfiguration.ImageRepository.ImageConfiguration.RuntimeEnvironmentVariables,
    ).not.toHaveProperty('DB_PASSWORD');
    expect(after.InstanceConfiguration).toMatchObject({ Cpu: '2048', Memory: '4096' });
    expect(after.AutoScalingConfigurationSummary.AutoScalingConfigurationArn).toContain('/takes-all/');
    expect(await answerOf(service.ServiceUrl)).toMatchObject({ DB_PASSWORD: 'hunter2', NEW: 'new-value' });
    const said = run.log + run.summary + JSON.stringify(run.outputs) + JSON.stringify(run.state);
    expect(said).not.toMatch(/debug-value|new-value|hunter2|plain/);
    expect(JSON.parse(run.outputs['plan'] ?? '')).toEqual(
      expect.arrayContaining([
        { field: 'variables.LOG', change: 'change' },
        expect.objectContaining({ field: 'auto-deployments', from: 'on', to: 'off' }),
        expect.objectContaining({ field: 'secrets.DB_URL', change: 'add', to: secret }),
      ]),
    );
    const read = (await cloud.requests()).filter((r) => r.operation === 'GetSecretValue');
    expect(read).toEqual([]);
  });

  test('is planned and nothing else', async () => {
    const service = await createRunner(cloud, 'is-planned', one);
    const bucket = await createBucket(cloud, 'planned-releases');
    const changes = (await cloud.changes()).filter((r) => /is-planned|planned-releases/.test(r.resource));
    const run = await deployBackend(cloud, {
      service: service.ServiceArn,
      image: two,
      'dry-run': 'true',
      'release-bucket': bucket,
    });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'planned' });
    expect(JSON.parse(run.outputs['plan'] ?? '')).toEqual([
      { field: 'image', change: 'change', from: one, to: two },
    ]);
    expect((await cloud.changes()).filter((r) => /is-planned|planned-releases/.test(r.resource))).toEqual(
      changes,
    );
  });

  test('is recorded, and an older run does not take its place', async () => {
    const service = await createRunner(cloud, 'is-recorded', one);
    const bucket = await createBucket(cloud, 'ledger-bucket');
    const inputs = { service: service.ServiceArn, 'release-bucket': bucket };
    const run = await deployBackend(cloud, { ...inputs, image: two, 'release-id': 'r2' }, { runNumber: 2 });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', 'release-id': 'r2' });
    expect(await readJson(cloud, bucket, 'production/releases/r2.json')).toMatchObject({
      result: 'deployed',
      parts: {
        backend: {
          target: 'apprunner',
          service: service.ServiceArn,
          image: two,
          previousImage: one,
          operationId: run.outputs['operation-id'],
          availability: 1,
          result: 'deployed',
          variables: { LOG: expect.stringMatching(/^[0-9a-f]{12}$/) },
        },
      },
    });
    expect(await readJson(cloud, bucket, 'production/current.json')).toMatchObject({
      parts: { backend: 'r2' },
    });
    expect(await readJson(cloud, bucket, 'production/releases/r2.adopted.json')).toMatchObject({
      type: 'adoption',
      parts: { backend: { image: one, result: 'deployed' } },
    });
    expect(await readJson<{ holders: [] }>(cloud, bucket, 'production/lock.json')).toMatchObject({
      holders: [],
    });
    const old = await deployBackend(
      cloud,
      { ...inputs, image: one },
      { runNumber: 1, commit: '2222222222222222222222222222222222222222' },
    );
    expect(old.outputs, old.log).toMatchObject({ outcome: 'refused' });
    expect(old.log).toMatch(/an older commit does not take the place of a newer one/);
    expect((await spec(service.ServiceArn)).ImageRepository.ImageIdentifier).toBe(two);
    const allowed = await deployBackend(
      cloud,
      { ...inputs, image: one, 'allow-older-commit': 'true' },
      { runNumber: 1, commit: '2222222222222222222222222222222222222222' },
    );
    expect(allowed.outputs, allowed.log).toMatchObject({ outcome: 'deployed' });
  });
});

describe.concurrent('refused, with nothing changed', () => {
  const host = () => new URL(cloud.endpoint).host;
  const none = 'arn:aws:apprunner:us-west-2:000000000000:service/none/8fe1e10304f84fd2b0df550fe98a71fa';
  const rows: ReadonlyArray<readonly [string, (arn: string) => Record<string, string>, RegExp]> = [
    [
      'an unknown service',
      () => ({ service: none }),
      /apprunner:DescribeService.*did not work[\s\S]*`service`/,
    ],
    ['an unknown name', () => ({ service: 'nope', target: 'apprunner' }), /no App Runner service named nope/],
    [
      'an expression that expanded to nothing',
      () => ({ image: ' ' }),
      /input `image`: is required but empty/,
    ],
    ['a tag that is not there', () => ({ image: `${host()}/api:9` }), /there is no tag 9/],
    ['a repository that is not there', () => ({ image: `${host()}/nope:1` }), /RepositoryNotFound/],
    [
      'another platform',
      () => ({ image: `${host()}/arm:1` }),
      /not made for linux\/amd64[\s\S]*linux\/arm64/,
    ],
    [
      'a tag outside of ECR',
      () => ({ image: 'ghcr.io/org/api:1' }),
      /a tag in ghcr\.io cannot be resolved to its digest[\s\S]*name it by digest/,
    ],
    [
      'a registry that App Runner cannot pull from',
      () => ({ image: `ghcr.io/org/api@sha256:${'a'.repeat(64)}` }),
      /ghcr\.io is not ECR[\s\S]*cannot pull from[\s\S]*push it to ECR/,
    ],
    ['a reserved name', () => ({ 'environment-variables': 'PORT=1' }), /PORT is a name that apprunner sets/],
    ['a secret that is not there', () => ({ secrets: 'A=nope' }), /secret nope, which A refers to/],
    ['an alarm that is not there', () => ({ alarms: 'nope' }), /no such CloudWatch alarm: nope/],
    ['checks that are not there', () => ({ 'smoke-checks': 'nope.yml' }), /input `smoke-checks`/],
    [
      'a bucket that is not there',
      () => ({ 'release-bucket': 'nope-bucket' }),
      /`release-bucket`[\s\S]*NoSuchBucket/,
    ],
    [
      'the wrong region',
      (arn) => ({ service: arn.replace('us-west-2', 'eu-west-1') }),
      /DescribeService[\s\S]*ResourceNotFound/,
    ],
  ];
  let arn: string;
  beforeAll(async () => {
    arn = (await createRunner(cloud, 'refuses', one)).ServiceArn;
  });
  test.each(rows)('%s', async (_name, inputs, message) => {
    const run = await deployBackend(cloud, { service: arn, image: two, ...inputs(arn) });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'refused' });
    expect(run.exitCode).toBe(2);
    expect(decodeURIComponent(run.log.replaceAll('%0A', '\n'))).toMatch(message);
    expect(run.log).not.toMatch(/bug in wwhd-deploy/);
    expect(await changesOf(cloud, 'refuses')).toEqual(['CreateService']);
  });

  test('no credentials', async () => {
    const run = await deployBackend(
      cloud,
      { service: arn, image: two },
      { env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, HOME: '/nowhere' } },
    );
    expect(run.outputs, run.log).toMatchObject({ outcome: 'refused' });
    expect(run.log).toMatch(/configure-aws-credentials/);
  });
});
