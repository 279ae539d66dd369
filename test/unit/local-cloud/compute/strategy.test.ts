import { describe, expect, it } from 'vitest';
import { weightsOf } from '../../../../local-cloud/services/ecs/balance.ts';
import {
  type Course,
  courseOf,
  decide,
  firstPlace,
  minutesAt,
  nextPlace,
  type Place,
  type Standing,
  shiftSteps,
  trafficAt,
} from '../../../../local-cloud/services/ecs/strategy.ts';

const BLUE_GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 } as const;
const CANARY = {
  strategy: 'CANARY',
  bakeTimeInMinutes: 1,
  canaryConfiguration: { canaryPercent: 0.5, canaryBakeTimeInMinutes: 3 },
} as const;
const LINEAR = {
  strategy: 'LINEAR',
  linearConfiguration: { stepPercent: 40, stepBakeTimeInMinutes: 2 },
} as const;

describe('shiftSteps', () => {
  it.each([
    [{ strategy: 'ROLLING' }, []],
    [BLUE_GREEN, [[100, 0]]],
    [
      CANARY,
      [
        [0.5, 3],
        [100, 0],
      ],
    ],
    [
      { strategy: 'CANARY' },
      [
        [5, 10],
        [100, 0],
      ],
    ],
    [{ strategy: 'CANARY', canaryConfiguration: { canaryPercent: 100 } }, [[100, 0]]],
    [
      LINEAR,
      [
        [40, 2],
        [80, 2],
        [100, 0],
      ],
    ],
    [{ strategy: 'LINEAR' }, [...Array.from({ length: 9 }, (_, i) => [10 * (i + 1), 6]), [100, 0]]],
    [
      { strategy: 'LINEAR', linearConfiguration: { stepPercent: 33.3 } },
      [
        [33.3, 6],
        [66.6, 6],
        [99.9, 6],
        [100, 0],
      ],
    ],
    [{ strategy: 'LINEAR', linearConfiguration: { stepPercent: 100 } }, [[100, 0]]],
  ] as Array<[object, number[][]]>)('%j', (configuration, steps) =>
    expect(shiftSteps(configuration).map((s) => [s.weight, s.minutes])).toEqual(steps),
  );
});

/** Every place of a course, as `STAGE production/test minutes`. */
function walk(course: Course): string[] {
  const seen: string[] = [];
  for (let place: Place | undefined = firstPlace(course); place; place = nextPlace(place, course)) {
    const { production, test } = trafficAt(place, course);
    seen.push(`${place.stage} ${production}/${test} ${minutesAt(place, course)}`);
  }
  return seen;
}

describe('the way of a deployment', () => {
  const prepared = [
    'PRE_SCALE_UP 0/0 0',
    'SCALE_UP 0/0 0',
    'POST_SCALE_UP 0/0 0',
    'TEST_TRAFFIC_SHIFT 0/100 0',
    'POST_TEST_TRAFFIC_SHIFT 0/100 0',
    'PRE_PRODUCTION_TRAFFIC_SHIFT 0/100 0',
  ];
  const shifted = (bake: number) => [
    'PRODUCTION_TRAFFIC_SHIFT 100/100 0',
    'POST_PRODUCTION_TRAFFIC_SHIFT 100/100 0',
    `BAKE_TIME 100/100 ${bake}`,
    'CLEAN_UP 100/100 0',
  ];

  it.each([
    ['BLUE_GREEN', courseOf(BLUE_GREEN, false, 1), [...prepared, ...shifted(5)]],
    [
      'CANARY',
      courseOf(CANARY, false, 1),
      [
        ...prepared,
        'PRODUCTION_TRAFFIC_SHIFT 0.5/100 3',
        'PRE_PRODUCTION_TRAFFIC_SHIFT 0.5/100 0',
        ...shifted(1),
      ],
    ],
    [
      'LINEAR',
      courseOf(LINEAR, false, 1),
      [
        ...prepared,
        'PRODUCTION_TRAFFIC_SHIFT 40/100 2',
        'PRE_PRODUCTION_TRAFFIC_SHIFT 40/100 0',
        'PRODUCTION_TRAFFIC_SHIFT 80/100 2',
        'PRE_PRODUCTION_TRAFFIC_SHIFT 80/100 0',
        ...shifted(0),
      ],
    ],
    [
      'a second revision has tasks',
      courseOf(BLUE_GREEN, false, 2),
      ['RECONCILE_SERVICE 0/0 0', ...prepared, ...shifted(5)],
    ],
    ['the first of a service', courseOf(LINEAR, true, 0), [...prepared, ...shifted(0)]],
  ])('%s', (_, course, expected) => expect(walk(course)).toEqual(expected));
});

describe('decide', () => {
  const ready: Standing = {
    minutes: 2000,
    hooks: 'passed',
    greenReady: true,
    strangersGone: true,
    blueGone: true,
  };
  const course = courseOf(CANARY, false, 2);
  const at = (stage: Place['stage'], step = 0): Place => ({ stage, step });

  // [strategy, where, what is different, what it does]
  it.each([
    ['reconciles until strangers are gone', at('RECONCILE_SERVICE'), { strangersGone: false }, 'stay'],
    ['then begins', at('RECONCILE_SERVICE'), {}, at('PRE_SCALE_UP')],
    ['is seen for a moment in each stage', at('PRE_SCALE_UP'), { minutes: 0.01 }, 'stay'],
    ['green need not be there before', at('PRE_SCALE_UP'), { greenReady: false }, at('SCALE_UP')],
    ['scales until all of green is healthy', at('SCALE_UP'), { greenReady: false }, 'stay'],
    ['scaled', at('SCALE_UP'), {}, at('POST_SCALE_UP')],
    ['a hook that runs holds it', at('POST_SCALE_UP'), { hooks: 'running' }, 'stay'],
    ['a hook that failed sends it back', at('POST_SCALE_UP'), { hooks: 'failed' }, 'roll-back'],
    ['the canary bakes', at('PRODUCTION_TRAFFIC_SHIFT'), { minutes: 2.9 }, 'stay'],
    ['a step more', at('PRODUCTION_TRAFFIC_SHIFT'), { minutes: 3 }, at('PRE_PRODUCTION_TRAFFIC_SHIFT', 1)],
    ['the last step', at('PRODUCTION_TRAFFIC_SHIFT', 1), {}, at('POST_PRODUCTION_TRAFFIC_SHIFT', 1)],
    ['bakes with both', at('BAKE_TIME', 1), { minutes: 0.9 }, 'stay'],
    ['baked', at('BAKE_TIME', 1), { minutes: 1 }, at('CLEAN_UP', 1)],
    ['cleans up until blue is gone', at('CLEAN_UP', 1), { blueGone: false }, 'stay'],
    ['a new task died meanwhile', at('CLEAN_UP', 1), { greenReady: false }, 'stay'],
    ['done', at('CLEAN_UP', 1), { minutes: 0 }, 'done'],
    ['a hook that failed wins over all', at('CLEAN_UP', 1), { hooks: 'failed' }, 'roll-back'],
  ] as Array<[string, Place, Partial<Standing>, unknown]>)('%s', (_, place, other, move) =>
    expect(decide(place, course, { ...ready, ...other })).toEqual(move),
  );
});

it.each([
  [0, [0, 100]],
  [5, [5, 95]],
  [0.1, [1, 999]],
  [25.5, [255, 745]],
  [100, [100, 0]],
])('%d percent are the weights %j', (percent, weights) => expect(weightsOf(percent)).toEqual(weights));
