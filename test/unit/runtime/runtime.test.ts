import { describe, expect, test } from 'vitest';
import { readAwsError } from '../../../src/aws/errors.ts';
import { formatDuration, parseDuration } from '../../../src/runtime/duration.ts';
import { ActionError, describeProblem } from '../../../src/runtime/errors.ts';
import { Inputs } from '../../../src/runtime/inputs.ts';
import { exitCode, isSuccess, OUTCOMES, SMOKE_OUTCOMES } from '../../../src/runtime/outcome.ts';
import { poll } from '../../../src/runtime/poll.ts';

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1.5s', 1500],
    ['20m', 1_200_000],
    ['1h30m', 5_400_000],
    ['14d', 1_209_600_000],
    ['0s', 0],
    [' 2m5s ', 125_000],
  ])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['', ' ', '5', 'm', '1x', '30m1h', '-5s', '1h 30m', '5 s', '1e3s'])('"%s" is none', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );

  test.each([
    [0, '0ms'],
    [340, '340ms'],
    [4200, '4.2s'],
    [59_990, '1m00s'],
    [65_000, '1m05s'],
    [7_800_000, '2h10m'],
    [273_600_000, '3d4h'],
  ])('%i ms is said %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('outcomes', () => {
  test('red and green, and an exit code for each', () => {
    const table = [...new Set([...OUTCOMES, ...SMOKE_OUTCOMES])].map((outcome) => [
      outcome,
      exitCode('deploy-backend', outcome),
    ]);
    expect(Object.fromEntries(table)).toEqual({
      deployed: 0,
      unchanged: 0,
      planned: 0,
      passed: 0,
      warned: 0,
      failed: 1,
      refused: 2,
      'rolled-back': 3,
      'rollback-failed': 4,
      'timed-out': 5,
      interrupted: 130,
    });
  });

  test('rolled-back is what a rollback is for', () => {
    expect(isSuccess('rollback', 'rolled-back')).toBe(true);
    expect(isSuccess('deploy-frontend', 'rolled-back')).toBe(false);
    expect(exitCode('rollback', 'rolled-back')).toBe(0);
  });
});

describe('inputs', () => {
  const action = {
    name: 'x',
    inputs: {
      name: { required: true, default: '', description: '' },
      flag: { required: false, default: 'false', description: '' },
      wait: { required: false, default: '20m', description: '' },
      rate: { required: false, default: '1%', description: '' },
      count: { required: false, default: '5', description: '' },
      mode: { required: false, default: 'auto', description: '' },
    },
    outputs: {},
  } as const;
  const inputs = (raw: Record<string, string>) => new Inputs(action, (name) => raw[name] ?? '');

  test('defaults are those of action.yml', () => {
    const none = inputs({});
    expect([none.flag('flag'), none.duration('wait'), none.percentage('rate')]).toEqual([
      false,
      1_200_000,
      0.01,
    ]);
    expect(none.number('count', { min: 0, max: 9, integer: true })).toBe(5);
    expect(none.choice('mode', ['auto', 'manual'])).toBe('auto');
  });

  test.each<[string, (i: Inputs<typeof action>) => unknown, Record<string, string>]>([
    ['name', (i) => i.required('name'), {}],
    ['name', (i) => i.required('name'), { name: '  ' }],
    ['name', (i) => i.required('name'), { name: '${{ vars.BUCKET }}' }],
    ['flag', (i) => i.flag('flag'), { flag: 'yes' }],
    ['wait', (i) => i.duration('wait'), { wait: '20' }],
    ['rate', (i) => i.percentage('rate'), { rate: '101%' }],
    ['rate', (i) => i.percentage('rate'), { rate: '0.01' }],
    ['count', (i) => i.number('count', { min: 0, max: 9 }), { count: '10' }],
    ['count', (i) => i.number('count', { min: 0, max: 9, integer: true }), { count: '1.5' }],
    ['mode', (i) => i.choice('mode', ['auto', 'manual']), { mode: 'Auto' }],
  ])('%s is refused by name (%#)', (name, read, raw) => {
    expect(() => read(inputs(raw))).toThrowError(ActionError);
    expect(() => read(inputs(raw))).toThrowError(new RegExp(`^input \`${name}\``));
  });

  test('lines leave out blanks and comments', () => {
    expect(inputs({ name: 'a\n\n # no\n  b ' }).lines('name')).toEqual(['a', 'b']);
  });
});

describe('AWS errors', () => {
  const sdk = (name: string, status?: number, message = '') =>
    Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });

  test.each([
    [sdk('NoSuchBucket', 404), 'missing'],
    [sdk('ResourceNotFoundException', 400), 'missing'],
    [sdk('NoSuchDistribution', 404), 'missing'],
    [sdk('AccessDenied', 403), 'denied'],
    [sdk('AccessDeniedException', 400), 'denied'],
    [sdk('ExpiredToken', 400), 'credentials'],
    [sdk('CredentialsProviderError'), 'credentials'],
    [sdk('PermanentRedirect', 301), 'region'],
    [sdk('Error', undefined, 'Region is missing'), 'region'],
    [sdk('PreconditionFailed', 412), 'precondition'],
    [sdk('InvalidStateException', 400), 'conflict'],
    [sdk('ConditionalRequestConflict', 409), 'conflict'],
    [sdk('ThrottlingException', 400), 'throttled'],
    [sdk('SlowDown', 503), 'throttled'],
    [sdk('InvalidRequestException', 400), 'invalid'],
    [sdk('InternalError', 500), 'server'],
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'network'],
    [sdk('Whatever', 418), 'other'],
    [undefined, 'other'],
  ])('%s is %s', (error, kind) => expect(readAwsError(error).kind).toBe(kind));
});

test('a problem reads from the input to the next step', () => {
  expect(
    describeProblem({
      input: 'bucket',
      what: 'there is no such bucket',
      found: '"x"',
      details: ['a', 'b'],
      fix: 'create it',
    }),
  ).toBe('input `bucket`: there is no such bucket\n  found: "x"\n  a\n  b\n  next: create it');
});

test('polling keeps its pace, and its bound names what was waited for', async () => {
  const slept: number[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      now += ms;
    },
  };
  const options = { what: 'the tide', every: 1000, timeout: 2500, clock };
  await expect(poll(options, async () => undefined)).rejects.toThrow(
    /timed out after 2\.5s waiting for the tide/,
  );
  expect(slept).toEqual([1000, 1000, 500]);
  expect(await poll(options, async () => 7)).toBe(7);
});

test.each([
  { doubling: false, at: [250, 1250, 2250, 3250, 4250, 5000] },
  { doubling: true, at: [250, 750, 1750, 2750, 3750, 4750, 5000] },
])('polling may begin sooner than its pace: doubling $doubling', async ({ doubling, at }) => {
  const asked: number[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const options = { what: 'the tide', every: 1000, first: 250, doubling, timeout: 5000, clock };
  const ask = async (elapsed: number) => void asked.push(elapsed);
  await expect(poll(options, ask)).rejects.toThrow(/timed out after 5\.0s waiting for the tide/);
  expect(asked).toEqual(at);
});
