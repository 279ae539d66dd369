import type {
  DeploymentConfiguration,
  DeploymentLifecycleHook,
  DeploymentLifecycleHookStage,
  Service,
} from '@aws-sdk/client-ecs';
import { describe, expect, test } from 'vitest';
import { judgeOwnAlarms, judgeStrategy } from '../../../src/preflight/checks/ecs-strategy.ts';

const TESTED = [
  {
    targetGroupArn: 'a',
    advancedConfiguration: {
      alternateTargetGroupArn: 'b',
      productionListenerRule: 'p',
      testListenerRule: 't',
      roleArn: 'r',
    },
  },
];
const pause = (
  stage: DeploymentLifecycleHookStage,
  timeoutConfiguration?: DeploymentLifecycleHook['timeoutConfiguration'],
): DeploymentLifecycleHook => ({
  targetType: 'PAUSE',
  lifecycleStages: [stage],
  ...(timeoutConfiguration ? { timeoutConfiguration } : {}),
});
const GATE = 'POST_TEST_TRAFFIC_SHIFT';

describe('the strategy of an ECS service', () => {
  test.each<[string, DeploymentConfiguration, Service['loadBalancers'], string[]]>([
    ['rolling', {}, [], []],
    ['blue/green with a test listener', { strategy: 'BLUE_GREEN' }, TESTED, []],
    [
      'canary without one',
      { strategy: 'CANARY' },
      [{ targetGroupArn: 'a' }],
      ['advice it deploys by CANARY'],
    ],
    [
      'a gate of ours',
      { strategy: 'BLUE_GREEN', lifecycleHooks: [pause(GATE, { timeoutInMinutes: 30, action: 'ROLLBACK' })] },
      TESTED,
      ['ok the PAUSE hook at POST_TEST_TRAFFIC_SHIFT is answered'],
    ],
    [
      'one that goes live unwatched',
      { strategy: 'BLUE_GREEN', lifecycleHooks: [pause(GATE, { timeoutInMinutes: 9, action: 'CONTINUE' })] },
      TESTED,
      ['wrong the PAUSE hook at POST_TEST_TRAFFIC_SHIFT goes on by itself after 9 minutes'],
    ],
    [
      'one that waits a day, for no time is set',
      { strategy: 'BLUE_GREEN', lifecycleHooks: [pause(GATE)] },
      TESTED,
      ['advice the PAUSE hook at POST_TEST_TRAFFIC_SHIFT waits 1440 minutes'],
    ],
    [
      'one at another stage',
      { strategy: 'BLUE_GREEN', lifecycleHooks: [pause('PRE_PRODUCTION_TRAFFIC_SHIFT')] },
      TESTED,
      ['advice the PAUSE hook at PRE_PRODUCTION_TRAFFIC_SHIFT is not answered'],
    ],
    [
      'one of another strategy',
      { strategy: 'CANARY', lifecycleHooks: [pause(GATE)] },
      TESTED,
      ['advice the PAUSE hook at POST_TEST_TRAFFIC_SHIFT is not answered'],
    ],
    [
      "a function's hook is its own",
      { strategy: 'BLUE_GREEN', lifecycleHooks: [{ targetType: 'AWS_LAMBDA', lifecycleStages: [GATE] }] },
      TESTED,
      [],
    ],
  ])('%s', (_what, deploymentConfiguration, loadBalancers, wanted) => {
    const found = judgeStrategy({ deploymentConfiguration, loadBalancers });
    expect(found.map(({ status, what }) => `${status} ${what}`)).toEqual(
      wanted.map((text) => expect.stringContaining(text)),
    );
  });

  test.each([
    [['a', 'b'], { a: 'OK', b: 'INSUFFICIENT_DATA' }, ['ok 2 alarms of its own are quiet']],
    [['a', 'b'], { a: 'ALARM', b: 'OK' }, ['advice a rings']],
    [['a', 'b'], { a: 'OK' }, ['wrong its own deployments are watched by alarms that are not there: b']],
  ] as const)('of its own alarms %j, in the states %j', (names, states, wanted) => {
    const found = Object.entries(states).map(([AlarmName, StateValue]) => ({ AlarmName, StateValue }));
    expect(judgeOwnAlarms(names, found).map(({ status, what }) => `${status} ${what}`)).toEqual(
      wanted.map((text) => expect.stringContaining(text)),
    );
  });
});
