import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { startCloud } from '../../../local-cloud/core/cloud.ts';
import type { CloudContext } from '../../../local-cloud/core/service.ts';
import { services } from '../../../local-cloud/services/index.ts';
import { secretValue } from '../../../local-cloud/services/ssm/secret.ts';
import { checkName, checkValue, find, type Store } from '../../../local-cloud/services/ssm/store.ts';

describe('Secrets Manager', () => {
  it('moves AWSCURRENT only from the version that the request names', async () => {
    const options = {
      port: 0,
      host: '127.0.0.1',
      speed: 100,
      latency: 0,
      region: 'us-west-2',
      log: () => {},
    };
    const cloud = await startCloud(services, options);
    const client = new SecretsManagerClient({
      region: 'us-west-2',
      endpoint: cloud.endpoint,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });
    try {
      const SecretId = 'db';
      const one = await client.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'one' }));
      const put = new PutSecretValueCommand({ SecretId, SecretString: 'two', VersionStages: ['PENDING'] });
      const two = await client.send(put);
      const VersionStage = 'AWSCURRENT';
      const move = (more: object) =>
        client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, ...more }));
      const invalid = expect.objectContaining({ name: 'InvalidParameterException' });
      await expect(move({ MoveToVersionId: two.VersionId })).rejects.toThrow(invalid);
      await expect(
        move({ MoveToVersionId: two.VersionId, RemoveFromVersionId: two.VersionId }),
      ).rejects.toThrow(invalid);
      await expect(move({ RemoveFromVersionId: one.VersionId })).rejects.toThrow(invalid);
      const value = () => client.send(new GetSecretValueCommand({ SecretId }));
      expect((await value()).SecretString).toBe('one');
      await move({ MoveToVersionId: two.VersionId, RemoveFromVersionId: one.VersionId });
      expect(await value()).toMatchObject({ SecretString: 'two', VersionStages: ['PENDING', 'AWSCURRENT'] });
      const Tags = [{ Value: 'without a key' }];
      await expect(client.send(new TagResourceCommand({ SecretId, Tags }))).rejects.toThrow(invalid);
    } finally {
      client.destroy();
      await cloud.close();
    }
  });
});

describe('Parameter Store', () => {
  it.each([
    ['/app/url', undefined],
    ['url', undefined],
    ['app/url', 'ValidationException'],
    ['a b', 'ValidationException'],
    ['SSM-url', 'ValidationException'],
    ['/aws/url', 'AccessDeniedException'],
    ['/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16', 'HierarchyLevelLimitExceededException'],
  ])('the name %s: %s', (name, code) => {
    if (code === undefined) expect(() => checkName(name)).not.toThrow();
    else expect(() => checkName(name)).toThrow(expect.objectContaining({ code }));
  });
  it.each([
    ['x', 'Standard', undefined, undefined],
    ['x'.repeat(4097), 'Advanced', undefined, undefined],
    ['x'.repeat(4097), 'Standard', undefined, 'ValidationException'],
    ['', 'Standard', undefined, 'ValidationException'],
    ['x', 'Standard', '^\\d+$', 'ParameterPatternMismatchException'],
  ])('a value %#', (value, tier, pattern, code) => {
    if (code === undefined) expect(() => checkValue(value, tier, pattern)).not.toThrow();
    else expect(() => checkValue(value, tier, pattern)).toThrow(expect.objectContaining({ code }));
  });

  const version = (n: number) => ({
    version: n,
    value: `v${n}`,
    type: 'String',
    tier: 'Standard',
    dataType: 'text',
    modified: 0,
  });
  const of = (name: string) => ({ name, region: 'us-west-2', tags: {}, versions: [version(1), version(2)] });
  const parameters = new Map(['/app/url', 'plain'].map((name) => [`us-west-2:${name}`, of(name)]));
  const store: Store = { context: {} as CloudContext, parameters };
  const arn = 'arn:aws:ssm:us-west-2:000000000000:parameter';
  it.each([
    ['/app/url', 'us-west-2', 'v2'],
    ['/app/url:1', 'us-west-2', 'v1'],
    [`${arn}/app/url`, 'eu-west-1', 'v2'],
    [`${arn}/plain`, 'us-west-2', 'v2'],
    ['/app/url', 'eu-west-1', 'ParameterNotFound'],
    ['/app/url:9', 'us-west-2', 'ParameterVersionNotFound'],
  ])('%s from %s is %s', (reference, region, wanted) => {
    if (/^v\d$/.test(wanted)) expect(find(store, reference, region).version.value).toBe(wanted);
    else expect(() => find(store, reference, region)).toThrow(expect.objectContaining({ code: wanted }));
  });

  it.each([
    ['arn:aws:secretsmanager:us-west-2:000000000000:secret:db-abcdef:url::', 'secretsmanager'],
    ['arn:aws:ssm:us-west-2:000000000000:parameter/app/url', 'ssm'],
    ['/app/url', 'ssm'],
    ['db', 'ssm'],
  ])('a container asks for %s in %s', (reference, wanted) => {
    const context = { service: (name: string) => ({ resolve: () => name }) } as unknown as CloudContext;
    expect(secretValue(context, reference, 'us-west-2')).toBe(wanted);
  });
});
