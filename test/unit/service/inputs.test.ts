import { expect, test } from 'vitest';
import { readInputs } from '../../../src/actions/deploy-backend/inputs.ts';
import { action } from '../../../src/actions/deploy-backend/interface.ts';
import { Inputs } from '../../../src/runtime/inputs.ts';

const ARN = 'arn:aws:apprunner:us-west-2:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa';
const ECS = 'arn:aws:ecs:us-west-2:123456789012:service/main/shop';
const IMAGE = `123456789012.dkr.ecr.us-west-2.amazonaws.com/api@sha256:${'a'.repeat(64)}`;
const files: Record<string, string> = { 'prod.env': 'LOG=info\nDB=${SECRETS_MANAGER:db:url}\nBOTH=file\n' };

const read = (given: Record<string, string>) =>
  readInputs(
    new Inputs(action, (name) => ({ service: ARN, image: IMAGE, ...given })[name] ?? ''),
    (path) => files[path],
  );

test('the defaults change the image and nothing else', () => {
  const { backend, environment, releaseBucket } = read({});
  expect(backend).toMatchObject({
    service: { target: 'apprunner', arn: ARN },
    environment: { variables: {}, secrets: {} },
    change: {},
    probe: { url: '', interval: 500, maxErrorRate: 0.01 },
    alarms: [],
    bakeTime: 0,
    rollbackOnFailure: true,
    waitTimeout: 1_200_000,
    lockTimeout: 600_000,
    dryRun: false,
  });
  expect(Object.values(backend.change).filter((value) => value !== undefined)).toEqual([]);
  expect(backend.migration).toBeUndefined();
  expect([environment, releaseBucket]).toEqual(['production', '']);
});

test('everything that can be given', () => {
  const { backend, releaseBucket } = read({
    service: ECS,
    'env-file': 'prod.env',
    'environment-variables': 'BOTH=input',
    secrets: 'LOG=log-secret',
    port: '080',
    base: 'latest',
    cpu: '.5 vCPU',
    memory: '1 GB',
    'min-instances': '1',
    'max-instances': '4',
    'cpu-target': '60',
    alarms: 'one\n# not this\none\ntwo',
    'migrate-command': 'npm run migrate',
    'release-bucket': 's3://releases/',
    'max-error-rate': '0.5%',
  });
  expect(backend).toMatchObject({
    base: 'latest',
    environment: {
      variables: { BOTH: 'input' },
      secrets: { DB: { secret: 'db', jsonKey: 'url' }, LOG: { secret: 'log-secret' } },
    },
    change: { port: '80', cpu: '512', memory: '1024', scaling: { min: 1, max: 4, cpuTarget: 60 } },
    alarms: ['one', 'two'],
    migration: { command: 'npm run migrate', cluster: '', taskDefinition: '' },
    probe: { maxErrorRate: 0.005 },
  });
  expect(releaseBucket).toBe('releases');
});

test.each([
  [{ service: 'arn:aws:apprunner:x' }, /`service`: is not the ARN/],
  [{ service: 'api' }, /`service`: is a name/],
  [{ service: '' }, /`service`: is required but empty/],
  [{ target: 'ecs' }, /`target`: does not fit the service/],
  [{ target: 'fargate' }, /`target`: is not one of its values/],
  [{ base: 'latest' }, /`base`: is for ECS only/],
  [{ service: ECS, base: 'newest' }, /`base`: is not one of its values/],
  [{ image: 'nginx' }, /`image`: is not an image reference/],
  [{ image: '' }, /`image`: is required but empty/],
  [{ 'environment-variables': 'A=${SECRET_MANAGER:x}' }, /`environment-variables`: line 1 .*misspelt/],
  [{ 'environment-variables': 'A=' }, /gives A nothing/],
  [{ 'env-file': 'nope.env' }, /`env-file`: names no file/],
  [{ secrets: 'A=not a name' }, /`secrets`/],
  [{ cpu: 'lots' }, /`cpu`/],
  [{ memory: '1 TB' }, /`memory`/],
  [{ port: '70000' }, /`port`/],
  [{ 'max-instances': '3' }, /`min-instances`: auto-scaling needs both/],
  [{ 'min-instances': '3' }, /`max-instances`: auto-scaling needs both/],
  [{ 'min-instances': '4', 'max-instances': '3' }, /in this order/],
  [
    { 'min-instances': '1', 'max-instances': '2', 'cpu-target': '50' },
    /`cpu-target`: is for the ECS targets/,
  ],
  [{ service: ECS, 'max-concurrency': '50' }, /`max-concurrency`: is for App Runner/],
  [{ 'probe-url': 'api.example.com' }, /`probe-url`: is not an address/],
  [{ 'probe-interval': '1ms' }, /`probe-interval`: is shorter than/],
  [{ 'wait-timeout': '20' }, /`wait-timeout`: is not a duration/],
  [{ 'max-error-rate': '1' }, /`max-error-rate`: is not a percentage/],
  [{ 'rollback-on-failure': 'yes' }, /`rollback-on-failure`: is not true or false/],
  [{ 'migrate-network': 'sg-1' }, /`migrate-network`: names no subnets/],
  [{ 'release-id': '../x' }, /`release-id`/],
  [{ environment: 'a/b' }, /`environment`/],
])('%j is refused', (given, message) => {
  expect(() => read(given as Record<string, string>)).toThrow(message);
});
