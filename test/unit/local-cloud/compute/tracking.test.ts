import { expect, it } from 'vitest';
import { type TrackingState, trackedCount } from '../../../../local-cloud/services/autoscaling/tracking.ts';

const low = (value: number) => Array.from({ length: 15 }, () => value);
const base: TrackingState = { desired: 2, min: 1, max: 6, target: 50, points: [], scaleIn: true };

it.each<[string, Partial<TrackingState>, number]>([
  ['nothing is known', {}, 2],
  ['three minutes above: in proportion', { points: [70, 70, 100] }, 4],
  ['never above the largest number', { points: [500, 500, 500] }, 6],
  ['two minutes above are not enough', { points: [90, 90] }, 2],
  ['one of three below', { points: [90, 40, 90] }, 2],
  ['fifteen minutes below: in proportion', { desired: 4, points: low(20) }, 2],
  ['never below the smallest number', { points: low(1) }, 1],
  ['not where scaling in is off', { desired: 4, points: low(20), scaleIn: false }, 4],
  ['between 90 % and the target: as it is', { points: low(48) }, 2],
  ['fourteen minutes below are not enough', { desired: 4, points: low(20).slice(1) }, 4],
])('%s', (_, given, wanted) => {
  expect(trackedCount({ ...base, ...given })).toBe(wanted);
});
