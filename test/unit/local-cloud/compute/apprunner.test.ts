import { describe, expect, it } from 'vitest';
import { configure, isReserved, words } from '../../../../local-cloud/services/apprunner/configuration.ts';

const image = '127.0.0.1:4566/app:v1';
const role = { AuthenticationConfiguration: { AccessRoleArn: 'arn:aws:iam::000000000000:role/ecr' } };
const source = (ImageConfiguration: object = {}, more: object = role, ImageIdentifier = image) => ({
  SourceConfiguration: {
    ImageRepository: { ImageIdentifier, ImageRepositoryType: 'ECR' as const, ImageConfiguration },
    ...more,
  },
});
const make = (input: object) => configure(input, undefined, 'arn');

describe('configure', () => {
  it('fills in what App Runner does', () => {
    const made = make(source());
    expect(made.source.ImageRepository.ImageConfiguration).toEqual({ Port: '8080' });
    expect(made.source.AutoDeploymentsEnabled).toBe(true);
    expect(made.instance).toEqual({ Cpu: '1024', Memory: '2048' });
    expect(made.health).toEqual({
      Protocol: 'TCP',
      Path: '/',
      Interval: 5,
      Timeout: 2,
      HealthyThreshold: 1,
      UnhealthyThreshold: 5,
    });
  });

  it('keeps what an update leaves out, and replaces what it gives, with defaults inside', () => {
    const before = make({
      ...source({ RuntimeEnvironmentVariables: { A: '1' } }),
      HealthCheckConfiguration: { Protocol: 'HTTP', Path: '/health' },
    });
    const after = configure(source(), before, 'arn');
    expect(after.health.Path).toBe('/health');
    expect(after.source.ImageRepository.ImageConfiguration.RuntimeEnvironmentVariables).toBeUndefined();
    expect(configure({ HealthCheckConfiguration: { Interval: 9 } }, before, 'arn').health).toMatchObject({
      Protocol: 'TCP',
      Interval: 9,
    });
  });

  const secret = 'arn:aws:secretsmanager:us-west-2:000000000000:secret:db-abcdef:url::';
  it.each([
    ['no source', {}, 'SourceConfiguration is required'],
    ['no access role', source({}, {}), 'access role'],
    ['an image of nobody', source({}, role, 'docker.io/nginx'), 'regular expression pattern'],
    ['a reserved variable', source({ RuntimeEnvironmentVariables: { PORT: '1' } }), 'PORT is reserved'],
    ['a reserved prefix', source({ RuntimeEnvironmentSecrets: { AWSAPPRUNNER_X: secret } }), 'is reserved'],
    [
      'a secret without an instance role',
      source({ RuntimeEnvironmentSecrets: { A: secret } }),
      'InstanceRoleArn',
    ],
    ['a secret that is no ARN', source({ RuntimeEnvironmentSecrets: { A: 'db' } }), 'must be the ARN'],
    ['a port', source({ Port: '70000' }), 'Port "70000"'],
    ['sizes', { ...source(), InstanceConfiguration: { Cpu: '256', Memory: '4096' } }, 'do not go with'],
    ['code', { SourceConfiguration: { CodeRepository: {} } }, 'CodeRepository is not offered'],
  ])('refuses %s', (_, input, message) => expect(() => make(input)).toThrow(message));

  it('takes a digest, and an image of ECR', () => {
    const digest = `127.0.0.1:1/team/app@sha256:${'a'.repeat(64)}`;
    expect(make(source({}, role, digest)).source.ImageRepository.ImageIdentifier).toBe(digest);
    make(source({}, role, '123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:v1'));
  });
});

it.each([
  ['node server.js', ['node', 'server.js']],
  ['  node   -e "a b"  \'c d\'', ['node', '-e', 'a b', 'c d']],
  ['', []],
])('words(%j)', (text, wanted) => expect(words(text)).toEqual(wanted));

it('knows the reserved names', () =>
  expect(['PORT', 'AWSAPPRUNNER', 'AWSAPPRUNNER_X', 'PORTS', 'AWS_REGION'].map(isReserved)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]));
