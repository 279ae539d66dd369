import { describe, expect, it } from 'vitest';
import { chooseTarget, type Scope } from '../../../src/release/choose.ts';
import type { Composition, ReleaseRecord } from '../../../src/release/record.ts';
import { sortNewestFirst } from '../../../src/release/release-index.ts';
import { releaseRecord } from '../../support/release.ts';

/** Records oldest first, as one reads a story; the last one that has a pair is live. */
function choose(
  to: string,
  story: ReleaseRecord[],
  options: { scope?: Scope; tagCommit?: string; mayBeCurrent?: boolean } = {},
) {
  const live = story.findLast((record) => record.composition);
  const records = story.toReversed();
  const current = live && { release: live.id, parts: live.composition ?? {} };
  const choice = chooseTarget({ to, scope: 'all', records, current, ...options });
  return choice.kind === 'chosen' ? choice.target.id : `refused: ${choice.what}`;
}

const good = (id: string, hour: number, fields: Partial<ReleaseRecord> = {}) =>
  releaseRecord(id, hour, { checks: 'passed', ...fields });
const sunk = (id: string, hour: number, result: ReleaseRecord['result']) => {
  const { composition: _, ...record } = releaseRecord(id, hour, { result });
  return record as ReleaseRecord;
};
const rollback = (
  id: string,
  hour: number,
  replaces: string,
  restores: string,
  composition: Composition = { backend: id, frontend: id },
) => good(id, hour, { type: 'rollback', result: 'rolled-back', replaces, restores, composition });

describe('latest-good', () => {
  it.each<[string, ReleaseRecord[], string]>([
    ['is the one before', [good('a1', 1), good('b2', 2), good('c3', 3)], 'b2'],
    [
      'skips one whose checks failed',
      [good('a1', 1), good('b2', 2, { checks: 'failed' }), good('c3', 3)],
      'a1',
    ],
    ['takes one that was warned', [good('a1', 1), good('b2', 2, { checks: 'warned' }), good('c3', 3)], 'b2'],
    ['takes one that had no checks', [releaseRecord('a1', 1), good('b2', 2)], 'a1'],
    ['takes what was adopted', [good('a1', 1, { type: 'adoption' }), good('b2', 2)], 'a1'],
    ...(
      [
        'failed',
        'rolled-back',
        'rollback-failed',
        'timed-out',
        'interrupted',
        'refused',
        'in-progress',
        'unknown',
        'planned',
      ] as const
    ).map((result): [string, ReleaseRecord[], string] => [
      `skips one that ended ${result}`,
      [good('a1', 1), sunk('b2', 2, result), good('c3', 3)],
      'a1',
    ]),
    [
      'takes one that changed nothing',
      [good('a1', 1), good('b2', 2, { result: 'unchanged' }), good('c3', 3)],
      'b2',
    ],
    [
      'ignores failed attempts after the live one',
      [good('a1', 1), good('b2', 2), sunk('c3', 3, 'rolled-back')],
      'a1',
    ],
    [
      'goes on back after a rollback, never to what was rolled back',
      [good('a1', 1), good('b2', 2), good('c3', 3), rollback('r4', 4, 'c3', 'b2')],
      'a1',
    ],
    [
      'is the rollback where a later release is bad too',
      [good('a1', 1), good('b2', 2), rollback('r3', 3, 'b2', 'a1'), good('d4', 4)],
      'r3',
    ],
    [
      'takes what was rolled back and then restored by name',
      [
        good('a1', 1),
        good('b2', 2),
        rollback('r3', 3, 'b2', 'a1'),
        rollback('r4', 4, 'r3', 'b2'),
        good('e5', 5),
      ],
      'r4',
    ],
    ['has nowhere to go from the first', [good('a1', 1)], 'refused: there is no good release before a1'],
  ])('%s', (_name, story, expected) => {
    expect(choose('latest-good', story)).toBe(expected);
  });

  it('looks at the part in scope only', () => {
    const story = [
      good('a1', 1),
      good('b2', 2, { composition: { backend: 'a1', frontend: 'b2' } }),
      good('c3', 3, { composition: { backend: 'c3', frontend: 'b2' } }),
      good('d4', 4, { composition: { backend: 'c3', frontend: 'd4' } }),
    ];
    expect(choose('latest-good', story)).toBe('c3');
    expect(choose('latest-good', story, { scope: 'backend' })).toBe('b2');
    expect(choose('latest-good', story, { scope: 'frontend' })).toBe('c3');
  });

  it('may be the live one itself after a run that died', () => {
    const story = [good('a1', 1), good('b2', 2), sunk('c3', 3, 'in-progress')];
    expect(choose('latest-good', story, { mayBeCurrent: true })).toBe('b2');
  });

  it('has nothing to go back from in an empty ledger', () => {
    expect(choose('latest-good', [])).toBe('refused: there is no current release to go back from');
  });
});

describe('sortNewestFirst', () => {
  it('puts what was adopted before the release that found it, whichever was written first', () => {
    const story = [good('v1', 1), good('v1.adopted', 1.1, { type: 'adoption' }), good('v2', 2)];
    expect(sortNewestFirst(story).map((record) => record.id)).toEqual(['v2', 'v1', 'v1.adopted']);
  });
});

describe('a release that is named', () => {
  const story = [
    good('20261101T010000Z-abcd123', 1, { commit: `abcd123${'0'.repeat(33)}`, ref: 'refs/tags/v1.0' }),
    good('20261101T020000Z-abcd999', 2, { commit: `abcd999${'0'.repeat(33)}` }),
    good('again', 3, { commit: `abcd123${'0'.repeat(33)}` }),
    sunk('bad', 4, 'failed'),
    good('live', 5, { commit: `ffff000${'0'.repeat(33)}` }),
  ];
  it.each([
    ['an id', '20261101T010000Z-abcd123', '20261101T010000Z-abcd123'],
    ['a full commit', `abcd999${'0'.repeat(33)}`, '20261101T020000Z-abcd999'],
    ['a short commit', 'abcd999', '20261101T020000Z-abcd999'],
    ['a commit in capitals', 'ABCD999', '20261101T020000Z-abcd999'],
    ['a commit that was released twice: the newest', 'abcd123', 'again'],
    ['a tag', 'v1.0', '20261101T010000Z-abcd123'],
    ['a short commit of two commits', 'abcd', 'refused: "abcd" names more than one commit'],
    ['too short a commit', 'abc', 'refused: "abc" names no release'],
    ['nothing that is known', 'v9', 'refused: "v9" names no release'],
    ['one that never went live', 'bad', 'refused: "bad" names a release that never went live'],
  ])('%s', (_name, to, expected) => {
    expect(choose(to, story)).toBe(expected);
  });

  it('is found by a tag of the repository at hand', () => {
    expect(choose('v2', story, { tagCommit: `abcd999${'0'.repeat(33)}` })).toBe('20261101T020000Z-abcd999');
  });
});

it('a release of which nobody knows whether it went live is not gone back to by name, and that is said', () => {
  const story = [good('a1', 1), sunk('b2', 2, 'unknown'), good('c3', 3)];
  expect(choose('b2', story)).toBe(
    'refused: "b2" names a release of which nobody knows whether it went live',
  );
});
