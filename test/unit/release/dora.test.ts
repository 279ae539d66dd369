import { describe, expect, it } from 'vitest';
import { doraOf, median } from '../../../src/release/dora.ts';
import type { ReleaseRecord } from '../../../src/release/record.ts';
import { releaseRecord } from '../../support/release.ts';

const START = Date.parse('2026-11-01T00:00:00Z');
const HOUR = 3_600_000;
const at = (hour: number) => new Date(START + hour * HOUR).toISOString();
const NOW = START + 14 * 24 * HOUR;

/** Oldest first, as one reads a story. */
const dora = (story: ReleaseRecord[], days = 90) => doraOf(story.toReversed(), NOW, days);

describe('the five figures', () => {
  it('count what went live, what failed, and how long users waited', () => {
    const figures = dora([
      releaseRecord('a1', 0, { finishedAt: at(1), committedAt: at(-3) }),
      releaseRecord('b2', 100, { finishedAt: at(101), committedAt: at(99) }),
      releaseRecord('r3', 102, {
        type: 'rollback',
        result: 'rolled-back',
        replaces: 'b2',
        restores: 'a1',
        finishedAt: at(103),
      }),
      releaseRecord('d4', 110, { finishedAt: at(111) }),
      releaseRecord('e5', 200, { result: 'rolled-back', finishedAt: at(204) }),
      releaseRecord('f6', 300, { finishedAt: at(301) }),
    ]);
    expect(figures).toEqual({
      days: 90,
      deployments: 4,
      perWeek: 2,
      leadTime: 3 * HOUR,
      changeFailureRate: 2 / 5,
      failures: 2,
      attempts: 5,
      timeToRestore: 3 * HOUR,
      reworkRate: 1 / 4,
    });
  });

  it.each(['refused', 'planned', 'in-progress', 'interrupted', 'unchanged'] as const)(
    'take %s for no attempt',
    (result) => {
      expect(dora([releaseRecord('a1', 1, { result })])).toMatchObject({ attempts: 0, deployments: 0 });
    },
  );

  it.each(['failed', 'rolled-back', 'rollback-failed', 'timed-out'] as const)(
    'take %s for a failure',
    (result) => {
      expect(dora([releaseRecord('a1', 1, { result })])).toMatchObject({ attempts: 1, failures: 1 });
    },
  );

  it('leave out what is too long ago', () => {
    expect(dora([releaseRecord('a1', 1), releaseRecord('b2', 13 * 24)], 7)).toMatchObject({ deployments: 1 });
  });

  it('say nothing where there is nothing', () => {
    expect(dora([])).toMatchObject({ perWeek: 0, leadTime: undefined, changeFailureRate: undefined });
  });

  it.each<[number[], number | undefined]>([
    [[], undefined],
    [[5], 5],
    [[9, 1], 5],
    [[3, 100, 1], 3],
  ])('median of %j is %s', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});
