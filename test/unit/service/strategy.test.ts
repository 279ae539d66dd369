import { expect, test } from 'vitest';
import { hasCircuitBreaker, strategyLength } from '../../../src/parts/service/plan/strategy.ts';

const MINUTE = 60_000;

test.each([
  [undefined, undefined, undefined],
  [{}, undefined, undefined],
  [{ strategy: 'ROLLING', bakeTimeInMinutes: 5 }, undefined, undefined],
  [{ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 }, 5, 'BLUE_GREEN, then 5m00s of bake'],
  [{ strategy: 'BLUE_GREEN' }, 0, 'BLUE_GREEN'],
  [{ strategy: 'LINEAR' }, 60, 'LINEAR, 10 steps of 10 %, 6m00s after each'],
  [
    {
      strategy: 'LINEAR',
      bakeTimeInMinutes: 7,
      linearConfiguration: { stepPercent: 30, stepBakeTimeInMinutes: 2 },
    },
    15,
    'LINEAR, 4 steps of 30 %, 2m00s after each, then 7m00s of bake',
  ],
  [{ strategy: 'CANARY' }, 10, 'CANARY, 5 % for 10m00s'],
  [
    {
      strategy: 'CANARY',
      bakeTimeInMinutes: 3,
      canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 3 },
    },
    6,
    'CANARY, 5 % for 3m00s, then 3m00s of bake',
  ],
  [{ strategy: 'SOMETHING_NEW' }, undefined, undefined],
])('%j takes %j minutes by itself', (shape, minutes, said) => {
  const found = strategyLength(shape);
  expect(found?.length).toBe(minutes === undefined ? undefined : minutes * MINUTE);
  expect(found?.said).toBe(said);
});

test.each([
  [undefined, true],
  ['ROLLING', true],
  ['BLUE_GREEN', false],
  ['LINEAR', false],
  ['CANARY', false],
])('the circuit breaker is switched on with %s: %s', (strategy, works) => {
  expect(hasCircuitBreaker(strategyLength({ strategy }))).toBe(works);
});
