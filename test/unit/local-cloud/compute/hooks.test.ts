import { describe, expect, it } from 'vitest';
import {
  answered,
  expire,
  type HookRun,
  hooksAt,
  outcomeOf,
  whyFailed,
} from '../../../../local-cloud/services/ecs/hooks.ts';
import type { DeploymentLifecycleHook } from '../../../../local-cloud/services/shapes/inputs/ecs.ts';

const clock = { now: 1_000, minute: 60 };
const id = (kind: string) => `ecs-${kind}-x`;
const FUNCTION = 'arn:aws:lambda:us-west-2:000000000000:function:gate';
const run = (other: Partial<HookRun>): HookRun => ({
  id: 'ecs-pause-x',
  targetType: 'PAUSE',
  status: 'AWAITING_ACTION',
  expiresAt: 5_000,
  timeoutAction: 'ROLLBACK',
  askAt: 0,
  ...other,
});

it('begins the hooks of a stage, with defaults of 24 hours and ROLLBACK', () => {
  const hooks: DeploymentLifecycleHook[] = [
    { targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] },
    {
      hookTargetArn: FUNCTION,
      lifecycleStages: ['PRE_SCALE_UP', 'POST_SCALE_UP'],
      timeoutConfiguration: { timeoutInMinutes: 2, action: 'CONTINUE' },
    },
    { targetType: 'PAUSE', lifecycleStages: ['PRE_SCALE_UP'] },
  ];
  expect(hooksAt(hooks, 'POST_SCALE_UP', clock, id)).toEqual([
    run({ expiresAt: 1_000 + 1440 * 60, askAt: 1_000 }),
    {
      id: 'ecs-lambda-x',
      targetType: 'AWS_LAMBDA',
      targetArn: FUNCTION,
      status: 'IN_PROGRESS',
      expiresAt: 1_120,
      timeoutAction: 'CONTINUE',
      askAt: 1_000,
    },
  ]);
  expect(hooksAt(undefined, 'POST_SCALE_UP', clock, id)).toEqual([]);
});

describe("a function's answer", () => {
  it.each([
    [{ hookStatus: 'SUCCEEDED' }, 'SUCCEEDED', 0],
    [{ hookStatus: 'FAILED' }, 'FAILED', 0],
    [{ hookStatus: 'IN_PROGRESS' }, 'IN_PROGRESS', 1_030],
    [{ hookStatus: 'IN_PROGRESS', callBackDelay: 60 }, 'IN_PROGRESS', 1_060],
    [{ hookStatus: 'Succeeded' }, 'FAILED', 0],
    [{}, 'FAILED', 0],
  ])('%j', (answer, status, askAt) => {
    const one = run({ targetType: 'AWS_LAMBDA', status: 'IN_PROGRESS' });
    answered(one, answer, clock);
    expect([one.status, one.askAt]).toEqual([status, askAt]);
  });
});

describe('the outcome of a stage', () => {
  it.each([
    ['no hooks', [], 'passed'],
    ['one waits', [{}], 'running'],
    ['both have to pass', [{ status: 'SUCCEEDED' }, {}], 'running'],
    ['both passed', [{ status: 'SUCCEEDED' }, { status: 'SUCCEEDED' }], 'passed'],
    ['one failed', [{ status: 'FAILED' }, {}], 'failed'],
    ['one timed out', [{ expiresAt: 900 }], 'failed'],
    ['one timed out, and goes on', [{ expiresAt: 900, timeoutAction: 'CONTINUE' }], 'passed'],
  ] as Array<[string, Array<Partial<HookRun>>, string]>)('%s', (_, given, outcome) => {
    const runs = given.map(run);
    expire(runs, clock.now);
    expect(outcomeOf(runs)).toBe(outcome);
  });

  it('says which hook, and how', () => {
    expect(whyFailed([run({ targetArn: FUNCTION, status: 'FAILED' })], 'POST_SCALE_UP')).toMatch(
      /function:gate failed at POST_SCALE_UP/,
    );
    expect(whyFailed([run({ status: 'TIMED_OUT' })], 'PRE_SCALE_UP')).toMatch(/ecs-pause-x timed out/);
  });
});
