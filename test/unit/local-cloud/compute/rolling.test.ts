import { describe, expect, it } from 'vitest';
import { ErrorWatch } from '../../../../local-cloud/services/ecs/error-watch.ts';
import { breakerThreshold, earlySuccess, rollingStep } from '../../../../local-cloud/services/ecs/rolling.ts';

// [desired, min %, max %, fresh, fresh healthy, old, old healthy] → [start, stop, done]
describe('rollingStep', () => {
  it.each([
    ['a first deployment starts all', [2, 100, 200, 0, 0, 0, 0], [2, 0, false]],
    ['new ones come beside the old', [2, 100, 200, 0, 0, 2, 2], [2, 0, false]],
    ['nothing stops before new ones are healthy', [2, 100, 200, 2, 0, 2, 2], [0, 0, false]],
    ['one healthy, one may go', [2, 100, 200, 2, 1, 2, 2], [0, 1, false]],
    ['all healthy, all old go', [2, 100, 200, 2, 2, 2, 2], [0, 2, false]],
    ['done', [2, 100, 200, 2, 2, 0, 0], [0, 0, true]],
    ['no room above: old ones make it, down to the minimum', [4, 50, 100, 0, 0, 4, 4], [0, 2, false]],
    ['the room that they made', [4, 50, 100, 0, 0, 2, 2], [2, 0, false]],
    ['the minimum is rounded up', [3, 50, 100, 0, 0, 3, 3], [0, 1, false]],
    ['the maximum is rounded down', [3, 100, 150, 0, 0, 3, 3], [1, 0, false]],
    ['an old one that is not healthy costs nothing', [2, 100, 200, 0, 0, 2, 1], [2, 1, false]],
    ['100 and 100 never moves, as on ECS', [1, 100, 100, 0, 0, 1, 1], [0, 0, false]],
    ['scaled to zero is done at once', [0, 100, 200, 0, 0, 0, 0], [0, 0, true]],
  ] as const)('%s', (_, [desired, min, max, fresh, freshHealthy, old, oldHealthy], [start, stop, done]) => {
    const state = {
      desired,
      minimumHealthyPercent: min,
      maximumPercent: max,
      fresh,
      freshHealthy,
      old,
      oldHealthy,
    };
    expect(rollingStep(state)).toEqual({ start, stop, done });
  });
});

it.each([
  [0, 3],
  [1, 3],
  [6, 3],
  [7, 4],
  [100, 50],
  [1000, 200],
])('%i wanted tasks: the circuit breaker opens at %i failures', (desired, threshold) =>
  expect(breakerThreshold(desired)).toBe(threshold),
);

it.each([
  [{ type: 'COUNT', value: 2 }, 100, 2],
  [{ type: 'BOUNDED_PERCENT', value: 10 }, 10, 3],
  [{ type: 'BOUNDED_PERCENT', value: 100 }, 1000, 200],
  [{ type: 'UNBOUNDED_PERCENT', value: 50 }, 1000, 500],
])('%j of %i wanted tasks: it opens at %i', (configured, desired, threshold) =>
  expect(breakerThreshold(desired, configured)).toBe(threshold),
);

// [criteria, fresh healthy of 4, old, ending] → what
describe('earlySuccess', () => {
  const half = { enable: true, healthyPercent: 50 };
  it.each([
    ['off', { ...half, enable: false }, 4, 0, 0, 'not-yet'],
    ['none', undefined, 4, 0, 0, 'not-yet'],
    ['too few', half, 1, 0, 0, 'not-yet'],
    ['rounded up', { enable: true, healthyPercent: 51 }, 2, 0, 0, 'not-yet'],
    ['blocking waits for the old', half, 2, 2, 0, 'old-must-go'],
    ['blocking waits for those that end', half, 2, 0, 1, 'old-must-go'],
    ['blocking', half, 2, 0, 0, 'success'],
    ['deferred', { ...half, sourceServiceRevisionCleanup: 'DEFERRED' }, 2, 4, 0, 'success'],
  ] as const)('%s', (_, criteria, freshHealthy, old, ending, outcome) => {
    const state = { desired: 4, minimumHealthyPercent: 50, maximumPercent: 200, fresh: 4, oldHealthy: old };
    expect(earlySuccess(criteria, { ...state, freshHealthy, old }, ending)).toBe(outcome);
  });
});

describe("Express's alarm", () => {
  const watch = (points: Array<[total: number, errors: number]>) => {
    const errors = new ErrorWatch(1000);
    points.forEach(([total, bad], minute) => {
      for (let i = 0; i < total; i++) errors.add(i < bad, minute * 1000);
    });
    return errors.rings((points.length - 1) * 1000);
  };

  it.each([
    ['one bad point', [[100, 50]], false],
    [
      'two of three',
      [
        [100, 2],
        [100, 0],
        [100, 2],
      ],
      true,
    ],
    [
      'exactly one per cent',
      [
        [100, 1],
        [100, 1],
        [100, 1],
      ],
      false,
    ],
    [
      'two that are long ago',
      [
        [100, 9],
        [100, 9],
        [10, 0],
        [10, 0],
      ],
      false,
    ],
    ['no requests', [], false],
  ] as Array<[string, Array<[number, number]>, boolean]>)('%s', (_, points, rings) =>
    expect(watch(points)).toBe(rings),
  );
});
