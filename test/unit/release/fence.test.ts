import { describe, expect, it } from 'vitest';
import type { CommitOrder } from '../../../src/github/commit-order.ts';
import { fence } from '../../../src/release/fence.ts';

const url = (run: number, repository = 'org/app') =>
  run ? `https://github.com/${repository}/actions/runs/${run}/attempts/1` : '';

describe('fence', () => {
  it.each<[string, CommitOrder, { live: number; ours: number; allowOlder?: boolean }, boolean]>([
    ['the same commit again', 'same', { live: 20, ours: 10 }, true],
    ['a newer commit', 'newer', { live: 10, ours: 20 }, true],
    ['a newer commit from an older run', 'newer', { live: 20, ours: 10 }, true],
    ['an older commit', 'older', { live: 10, ours: 20 }, false],
    ['an older commit that is allowed', 'older', { live: 10, ours: 20, allowOlder: true }, true],
    ['another branch from a newer run', 'diverged', { live: 10, ours: 20 }, true],
    ['another branch from an older run', 'diverged', { live: 20, ours: 10 }, false],
    ['an unknown order from a newer run', 'unknown', { live: 10, ours: 20 }, true],
    ['an unknown order from an older run', 'unknown', { live: 20, ours: 10 }, false],
    [
      'an unknown order from an older run that is allowed',
      'unknown',
      { live: 20, ours: 10, allowOlder: true },
      true,
    ],
    ['an unknown order with no runs at all (a laptop)', 'unknown', { live: 0, ours: 0 }, true],
    ['an unknown order after a laptop', 'unknown', { live: 0, ours: 10 }, true],
  ])('%s', (_name, order, { live, ours, allowOlder = false }, allowed) => {
    const current = { release: 'r1', commit: 'a'.repeat(40), runNumber: live, runUrl: url(live) };
    const wanted = { commit: 'b'.repeat(40), runNumber: ours, runUrl: url(ours) };
    expect(fence({ current, wanted, order, allowOlder }).allowed).toBe(allowed);
  });

  it('lets the first release go', () => {
    const wanted = { commit: 'b', runNumber: 1, runUrl: '' };
    expect(fence({ current: undefined, wanted, order: 'unknown', allowOlder: false })).toEqual({
      allowed: true,
      reason: '',
    });
  });

  it('says which commit is live when it refuses', () => {
    const current = { release: 'r1', commit: 'aaaaaaaaaa', runNumber: 2 };
    const wanted = { commit: 'bbbbbbbbbb', runNumber: 1, runUrl: '' };
    expect(fence({ current, wanted, order: 'older', allowOlder: false }).reason).toBe(
      'commit bbbbbbb is older than the live commit aaaaaaa; release r1 is live',
    );
  });

  it('does not compare run ids of two repositories', () => {
    const current = { release: 'r1', commit: 'a', runNumber: 1, runUrl: url(900, 'org/other') };
    const wanted = { commit: 'b', runNumber: 2, runUrl: url(800) };
    expect(fence({ current, wanted, order: 'unknown', allowOlder: false }).allowed).toBe(true);
  });
});
