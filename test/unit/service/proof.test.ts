import { describe, expect, test } from 'vitest';
import { isSettled, LISTS_LAG, type Sight, sayTasks } from '../../../src/parts/service/deploy/proof.ts';

const NEW = 'sha256:new';
const OLD = 'sha256:old';
const tasks = (wanted: number, running: number, others: readonly string[] = [], isComing = true) => ({
  wanted,
  running,
  others,
  isComing,
});
const seen = (sight: Partial<Sight>): Sight => ({ condition: 'ready', digests: [NEW], ...sight });

describe('looked at again', () => {
  const rows: ReadonlyArray<readonly [string, Sight, number, boolean]> = [
    ['all wanted tasks run', seen({ tasks: tasks(2, 2) }), 0, true],
    ['a target without tasks', seen({}), 0, true],
    ['App Runner is still busy', seen({ condition: 'busy' }), 0, false],
    ['scaled to zero', seen({ digests: [], tasks: tasks(0, 0) }), 0, true],
    ['scaled out in the moment of success', seen({ tasks: tasks(3, 2) }), 0, false],
    [
      'the same, and nothing has changed for long: ECS is on its way',
      seen({ tasks: tasks(3, 2) }),
      LISTS_LAG,
      false,
    ],
    [
      'a Spot task is gone, and no other is there yet',
      seen({ digests: [], tasks: tasks(1, 0) }),
      LISTS_LAG,
      false,
    ],
    ['given up by ECS', seen({ digests: [], tasks: tasks(1, 0, [], false) }), LISTS_LAG, true],
    ['given up by ECS, and only just seen', seen({ digests: [], tasks: tasks(1, 0, [], false) }), 0, false],
    ['an old task in a list that lags', seen({ tasks: tasks(2, 2, [OLD]) }), LISTS_LAG - 1, false],
    ['an old task that stays', seen({ tasks: tasks(2, 2, [OLD]) }), LISTS_LAG, true],
    ['success before all tasks are new', seen({ tasks: tasks(4, 2, [OLD, OLD]) }), LISTS_LAG, false],
    ['our revision with another image', seen({ digests: [OLD], tasks: tasks(2, 1) }), 0, true],
  ];
  test.each(rows)('%s', (_name, sight, still, settled) => {
    expect(isSettled(sight, [NEW], still)).toBe(settled);
  });
  test('where no digest is known, none is wrong', () => {
    expect(isSettled(seen({ digests: [OLD], tasks: tasks(1, 1) }), [], 0)).toBe(true);
    expect(isSettled(seen({ digests: [OLD], tasks: tasks(2, 1) }), [], 0)).toBe(false);
  });
});

test.each([
  [tasks(2, 2), ''],
  [tasks(3, 2), '2 of 3 wanted tasks run'],
  [tasks(2, 2, [OLD]), '2 of 2 wanted tasks run, and 1 of another revision still do'],
])('%j is said as %j', (count, text) => {
  expect(sayTasks({ tasks: count })).toBe(text);
});
