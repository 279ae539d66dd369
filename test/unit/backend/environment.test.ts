import { describe, expect, test } from 'vitest';
import { mergeEnvironments, parseEnvironment, parseSecretLines } from '../../../src/backend/env-file.ts';
import { splitNative } from '../../../src/backend/release.ts';
import { refuseReserved } from '../../../src/backend/reserved.ts';
import { resolveSecrets } from '../../../src/backend/secrets.ts';
import { normalCpu, normalMemory } from '../../../src/backend/sizes.ts';

const file = { input: 'env-file', path: '.env', emptyIsMistake: false };
const input = { input: 'environment-variables', emptyIsMistake: true };
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
  ])('%s is a reference', (text, reference) => {
    expect(parseEnvironment(text, file)).toEqual({ variables: {}, secrets: { A: reference } });
  });

  test.each([
    ['A', /line 1 of \.env has no `=`/],
    ['1A=x', /no variable name/],
    ['A=1\nA=2', /line 2 of \.env sets A again, after line 1/],
    ['A="x', /quote for A that is not closed/],
    ['A=${SECRETS_MANAGER:}', /refers to no secret in A/],
    ['A=${SECRETS_MANAGER}', /misspelt/],
    ['A=${SECRET_MANAGER:db}', /misspelt/],
    ['A=pre-${SECRETS_MANAGER:db}', /only a part of the value/],
    ['A=${HOME}/x', /nothing would expand/],
    ['A=${SECRETS_MANAGER:db:a:b:c}', /refers to no secret/],
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
])('secrets: %s', (text, expected) => {
  expect(parseSecretLines(text)).toEqual(expected);
});

test.each([['DB=hunter 2'], ['DB='], ['DB=arn:aws:ssm:us-west-2:123456789012:parameter/x']])(
  'secrets refuse %j',
  (text) => {
    expect(() => parseSecretLines(text)).toThrow(/input `secrets`/);
  },
);

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
  test('each secret is described once and becomes an ARN', async () => {
    const asked: string[] = [];
    const api = {
      describe: async (name: string) => {
        asked.push(name);
        return { arn: ARN, deleted: false };
      },
    };
    const found = await resolveSecrets({ A: { secret: 'db' }, B: { secret: 'db', jsonKey: 'user' } }, api);
    expect(found).toEqual({ A: ARN, B: `${ARN}:user::` });
    expect(asked).toEqual(['db']);
  });

  test('one that is missing or going away is refused, with the name of the variable', async () => {
    const missing = Object.assign(new Error('no such secret'), { name: 'ResourceNotFoundException' });
    await expect(
      resolveSecrets({ A: { secret: 'x' } }, { describe: () => Promise.reject(missing) }),
    ).rejects.toThrow(/secret x, which A refers to/);
    const going = { describe: async () => ({ arn: ARN, deleted: true }) };
    await expect(resolveSecrets({ A: { secret: 'x' } }, going)).rejects.toThrow(/scheduled for deletion/);
  });

  test.each([
    [ARN, { secret: ARN, jsonKey: undefined }],
    [`${ARN}:user::`, { secret: ARN, jsonKey: 'user' }],
  ])('%s is read back', (text, expected) => expect(splitNative(text)).toEqual(expected));
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
