import { describe, expect, test } from 'vitest';
import {
  mergeEnvironments,
  parseEnvironment,
  parseSecretLines,
} from '../../../src/parts/service/plan/env-file.ts';
import { refuseReserved } from '../../../src/parts/service/plan/reserved.ts';
import { splitNative } from '../../../src/parts/service/plan/secret-ref.ts';
import { resolveSecrets, rotatedSecrets, secretVersions } from '../../../src/parts/service/plan/secrets.ts';
import { normalCpu, normalMemory } from '../../../src/parts/service/plan/sizes.ts';
import { silentLog } from '../../../src/runtime/log.ts';

const file = { input: 'env-file', path: '.env', emptyIsMistake: false };
const input = { input: 'environment-variables', emptyIsMistake: true };
const PARAMETER = 'arn:aws-eusc:ssm:eusc-de-east-1:123456789012:parameter/prod/db';
const ARN = 'arn:aws:secretsmanager:us-west-2:123456789012:secret:db-AbCdEf';

describe('KEY=value lines', () => {
  test.each([
    ['A=1', { A: '1' }],
    ['  export A = two words ', { A: 'two words' }],
    ['A=1 # why', { A: '1' }],
    ['A=a#b', { A: 'a#b' }],
    ["A='${not} #x'", undefined],
    ['A="line\\nnext \\"q\\" \\\\"', { A: 'line\nnext "q" \\' }],
    ["A='a b'  # c", { A: 'a b' }],
    ['A=""', { A: '' }],
    ['A=', { A: '' }],
    ['A=postgresql://u:p@h/db?x=1&y=2', { A: 'postgresql://u:p@h/db?x=1&y=2' }],
    ['# only\n\nA=1\r\nB=2', { A: '1', B: '2' }],
    ['A=$${HOME}', { A: '${HOME}' }],
  ])('%j', (text, variables) => {
    if (variables) expect(parseEnvironment(text, file)).toEqual({ variables, secrets: {} });
    else expect(() => parseEnvironment(text, file)).toThrow(/nothing would expand/);
  });

  test.each([
    ['A=${SECRETS_MANAGER:db}', { secret: 'db', jsonKey: undefined }],
    ['A="${SECRETS_MANAGER:prod/db}"', { secret: 'prod/db', jsonKey: undefined }],
    ['A=${SECRETS_MANAGER:db:password}', { secret: 'db', jsonKey: 'password' }],
    [`A=\${SECRETS_MANAGER:${ARN}}`, { secret: ARN, jsonKey: undefined }],
    [`A=\${SECRETS_MANAGER:${ARN}:password}`, { secret: ARN, jsonKey: 'password' }],
    [`A=\${SECRETS_MANAGER:${ARN}:password::}`, { secret: ARN, jsonKey: 'password' }],
    ['A=${SECRETS_MANAGER:db::AWSPREVIOUS:}', { secret: 'db', stage: 'AWSPREVIOUS' }],
    ['A=${SECRETS_MANAGER:db:user::4f-5}', { secret: 'db', jsonKey: 'user', versionId: '4f-5' }],
    ['A=${SSM:/prod/db}', { secret: '/prod/db', parameter: true }],
    [`A=\${SSM:${PARAMETER}}`, { secret: PARAMETER, parameter: true }],
  ])('%s is a reference', (text, reference) => {
    expect(parseEnvironment(text, file)).toEqual({ variables: {}, secrets: { A: reference } });
  });

  test.each([
    ['A', /line 1 of \.env has no `=`/],
    ['1A=x', /no variable name/],
    ['__proto__=x', /line 1 of \.env sets __proto__[\s\S]*another name/],
    ['A=1\nA=2', /line 2 of \.env sets A again, after line 1/],
    ['A="x', /quote for A that is not closed/],
    ['A=${SECRETS_MANAGER:}', /refers to no secret in A/],
    ['A=${SECRETS_MANAGER}', /misspelt/],
    ['A=${SECRET_MANAGER:db}', /misspelt/],
    ['A=pre-${SECRETS_MANAGER:db}', /only a part of the value/],
    ['A=${HOME}/x', /nothing would expand/],
    ['A=${SECRETS_MANAGER:db:a:b:c:d}', /refers to no secret/],
    ['A=${SSM:}', /refers to no secret/],
    ['A=x${SSM:/db}', /only a part of the value/],
  ])('refuses %j', (text, message) => {
    expect(() => parseEnvironment(text, file)).toThrow(message);
  });

  test('an expression that expanded to nothing is found in an input, and not in a file', () => {
    expect(() => parseEnvironment('A=', input)).toThrow(/gives A nothing/);
    expect(parseEnvironment('A=""', input).variables).toEqual({ A: '' });
  });

  test('no value is ever in an error', () => {
    for (const text of ['A=hunter2 ${x}', 'B=1\nA="hunter2', 'A=hunter2\nA=hunter2']) {
      const thrown = (() => {
        try {
          return parseEnvironment(text, input);
        } catch (error) {
          return error as Error;
        }
      })();
      expect(String((thrown as Error).message)).toMatch(/input `environment-variables`/);
      expect(String((thrown as Error).message)).not.toContain('hunter2');
    }
  });
});

test.each([
  ['DB=db', { DB: { secret: 'db', jsonKey: undefined } }],
  ['DB=db:password', { DB: { secret: 'db', jsonKey: 'password' } }],
  [`DB=${ARN}:password::`, { DB: { secret: ARN, jsonKey: 'password' } }],
  ['DB=${SECRETS_MANAGER:db}', { DB: { secret: 'db', jsonKey: undefined } }],
  [`DB=${ARN}:password:AWSPREVIOUS:`, { DB: { secret: ARN, jsonKey: 'password', stage: 'AWSPREVIOUS' } }],
  [`DB=${PARAMETER}`, { DB: { secret: PARAMETER, parameter: true } }],
  ['DB=${SSM:db}', { DB: { secret: 'db', parameter: true } }],
])('secrets: %s', (text, expected) => {
  expect(parseSecretLines(text)).toEqual(expected);
});

test.each([
  ['DB=hunter 2'],
  ['DB='],
  ['DB=arn:aws:ssm:us-west-2:1:parameter/x'],
  ['DB=arn:aws:kms:us-west-2:123456789012:key/x'],
])('secrets refuse %j', (text) => {
  expect(() => parseSecretLines(text)).toThrow(/input `secrets`/);
});

test('a name is a variable or a secret; the later wins', () => {
  const plain = { variables: { A: '1', B: '1' }, secrets: {} };
  const secret = { variables: {}, secrets: { A: { secret: 'a' } } };
  expect(mergeEnvironments(plain, secret)).toEqual({
    variables: { B: '1' },
    secrets: { A: { secret: 'a' } },
  });
  expect(mergeEnvironments(secret, plain)).toEqual({ variables: { A: '1', B: '1' }, secrets: {} });
});

test.each([
  ['apprunner', 'PORT', true],
  ['apprunner', 'AWSAPPRUNNER_X', true],
  ['apprunner', 'AWS_REGION', false],
  ['ecs', 'PORT', false],
  ['ecs', 'ECS_CONTAINER_METADATA_URI_V4', true],
  ['ecs-express', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', true],
] as const)('%s keeps %s to itself: %s', (target, name, reserved) => {
  if (reserved) expect(() => refuseReserved(target, [name])).toThrow(/sets itself/);
  else expect(() => refuseReserved(target, [name])).not.toThrow();
});

describe('secret references', () => {
  const SERVICE = 'arn:aws:ecs:us-west-2:123456789012:service/main/api';
  const parameters = { version: async (name: string) => (name.includes('gone') ? undefined : '3') };
  const log = silentLog;
  const secret = (versions: Record<string, string[]> = { v2: ['AWSCURRENT'], v1: ['AWSPREVIOUS'] }) => ({
    arn: ARN,
    deleted: false,
    versions,
  });
  const ports = (describe: () => Promise<ReturnType<typeof secret>>) => ({
    secrets: { describe },
    parameters,
    log,
  });

  test('each secret is described once and becomes an ARN', async () => {
    let asked = 0;
    const all = ports(async () => {
      asked++;
      return secret();
    });
    const refs = {
      A: { secret: 'db' },
      B: { secret: 'db', jsonKey: 'user' },
      C: { secret: 'db', stage: 'AWSPREVIOUS' },
      D: { secret: 'db', jsonKey: 'user', versionId: 'v1' },
      E: { secret: '/prod/x', parameter: true },
      F: { secret: 'x', parameter: true },
    };
    expect(await resolveSecrets(refs, SERVICE, all)).toEqual({
      A: ARN,
      B: `${ARN}:user::`,
      C: `${ARN}::AWSPREVIOUS:`,
      D: `${ARN}:user::v1`,
      E: 'arn:aws:ssm:us-west-2:123456789012:parameter/prod/x',
      F: 'arn:aws:ssm:us-west-2:123456789012:parameter/x',
    });
    expect(asked).toBe(1);
  });

  test.each([
    ['going away', { secret: 'x' }, { ...secret(), deleted: true }, /scheduled for deletion/],
    ['without a value', { secret: 'x' }, secret({}), /has no value yet/],
    [
      'without a current value',
      { secret: 'x' },
      secret({ v1: ['AWSPENDING'] }),
      /no version with the stage AWSCURRENT/,
    ],
    ['without that stage', { secret: 'x', stage: 'blue' }, secret(), /no version with the stage blue/],
    ['without that version', { secret: 'x', versionId: 'v9' }, secret(), /has no version v9/],
    [
      'a parameter that is not there',
      { secret: 'gone', parameter: true },
      secret(),
      /no parameter gone, which A/,
    ],
  ])('%s is refused', async (_name, ref, found, says) => {
    const asked = resolveSecrets(
      { A: ref },
      SERVICE,
      ports(async () => found),
    );
    await expect(asked).rejects.toThrow(says);
  });

  test('one that is missing is refused, with the name of the variable', async () => {
    const missing = Object.assign(new Error('no such secret'), { name: 'ResourceNotFoundException' });
    const asked = resolveSecrets(
      { A: { secret: 'x' } },
      SERVICE,
      ports(() => Promise.reject(missing)),
    );
    await expect(asked).rejects.toThrow(/secret x, which A refers to/);
  });

  test.each([
    [ARN, { secret: ARN, jsonKey: undefined }],
    [`${ARN}:user::`, { secret: ARN, jsonKey: 'user' }],
    [`${ARN}::AWSPREVIOUS:`, { secret: ARN, stage: 'AWSPREVIOUS' }],
    [PARAMETER, { secret: PARAMETER, parameter: true }],
    // ECS takes a parameter of its own region by name.
    ['db-password', { secret: 'db-password', parameter: true }],
  ])('%s is read back', (text, expected) => expect(splitNative(text)).toEqual(expected));

  test('versions are told of what a reference means, and left out where they are not known', async () => {
    const native = {
      A: ARN,
      B: `${ARN}:user:AWSPREVIOUS:`,
      C: `${ARN}:::v0`,
      D: PARAMETER,
      E: `${ARN}::odd:`,
    };
    expect(
      await secretVersions(
        native,
        ports(async () => secret()),
      ),
    ).toEqual({ A: 'v2', B: 'v1', C: 'v0', D: '3' });
    const denied = ports(() => Promise.reject(new Error('AccessDenied')));
    expect(await secretVersions({ A: ARN }, denied)).toEqual({});
  });

  test('rotated is what has another version behind the same reference', () => {
    const recorded = { secrets: { A: 'a', B: 'b', C: 'c', E: 'e' }, versions: { A: '1', B: '1', C: '1' } };
    const wanted = { A: 'a', B: 'b', C: 'c2', D: 'd', E: 'e' };
    const now = { A: '1', B: '2', C: '2', D: '2', E: '2' };
    expect(rotatedSecrets(recorded, wanted, now)).toEqual(['B']);
    expect(rotatedSecrets(undefined, wanted, now)).toEqual([]);
  });
});

test.each([
  ['1024', '1024'],
  ['1 vCPU', '1024'],
  ['.25 vCPU', '256'],
  ['', undefined],
])('cpu %j', (text, units) => expect(normalCpu(text)).toBe(units));
test.each([
  ['2048', '2048'],
  ['2 GB', '2048'],
  ['0.5 GB', '512'],
])('memory %j', (text, mib) => expect(normalMemory(text)).toBe(mib));
test.each(['1', 'lots', '99 vCPU', '1.5.1'])('cpu refuses %j', (text) =>
  expect(() => normalCpu(text)).toThrow(/`cpu`/),
);
test.each(['1', '2 TB', '-5'])('memory refuses %j', (text) =>
  expect(() => normalMemory(text)).toThrow(/`memory`/),
);
