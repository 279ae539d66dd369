import { describe, expect, it } from 'vitest';
import { chooseTarget, goneBackFrom } from '../../../src/release/choose.ts';
import { originOf } from '../../../src/release/composition.ts';
import type { Composition, ReleaseRecord, Result } from '../../../src/release/record.ts';
import { isGood } from '../../../src/release/result.ts';
import { releaseRecord } from '../../support/release.ts';
import { type Random, seeded } from '../../support/seeded.ts';

const BAD: readonly Result[] = [
  'failed',
  'rolled-back',
  'rollback-failed',
  'timed-out',
  'interrupted',
  'in-progress',
];

interface Live {
  readonly release: string;
  readonly parts: Composition;
}

/** A history as teams make them: releases of one part or both, failures, and rollbacks to what `choose` says. */
function history(random: Random): { records: ReleaseRecord[]; live: Live } {
  const records: ReleaseRecord[] = [];
  let live: Live = { release: '', parts: {} };
  for (let i = 0; i < random.int(1, 25); i++) {
    const id = `r${i}`;
    const checks = random.pick(['passed', 'passed', 'warned', 'failed', undefined] as const);
    const rollback = live.release && random.chance(0.3);
    const target = rollback && chooseTarget({ to: 'latest-good', scope: 'all', records, current: live });
    if (target && target.kind === 'chosen') {
      const fields = { type: 'rollback', result: 'rolled-back', restores: target.target.id } as const;
      const composition = { backend: id, frontend: id };
      records.unshift(releaseRecord(id, i, { ...fields, replaces: live.release, composition }));
      live = { release: id, parts: composition };
    } else if (random.chance(0.25)) {
      const { composition: _, ...dead } = releaseRecord(id, i, { result: random.pick(BAD) });
      records.unshift(dead);
    } else {
      const part = random.pick([{ backend: id }, { frontend: id }, { backend: id, frontend: id }]);
      const composition: Composition = { ...live.parts, ...part } as Composition;
      records.unshift(releaseRecord(id, i, { composition, ...(checks ? { checks } : {}) }));
      live = { release: id, parts: composition };
    }
  }
  return { records, live };
}

describe('latest-good, whatever the history', () => {
  it('is good, lived, is older than what is live, was not gone back from, and is not what is live', () => {
    let chosen = 0;
    for (let seed = 1; seed <= 2000; seed++) {
      const { records, live } = history(seeded(seed));
      if (!live.release) continue;
      const byId = new Map(records.map((record) => [record.id, record]));
      const choice = chooseTarget({ to: 'latest-good', scope: 'all', records, current: live });
      if (choice.kind === 'refused') continue;
      chosen++;
      const { target } = choice;
      const at = (id: string) => records.findIndex((record) => record.id === id);
      expect(isGood(target), `seed ${seed}`).toBe(true);
      expect(target.composition, `seed ${seed}`).toBeDefined();
      expect(at(target.id), `seed ${seed}`).toBeGreaterThan(at(originOf(live.release, byId)));
      expect(goneBackFrom(records, byId).has(originOf(target.id, byId)), `seed ${seed}`).toBe(false);
      const same = (['backend', 'frontend'] as const).every(
        (part) => choice.wanted[part] === live.parts[part],
      );
      expect(same, `seed ${seed}`).toBe(false);
    }
    expect(chosen).toBeGreaterThan(1000);
  });

  it('pressed again and again it comes to an end, always older', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { records, live } = history(seeded(seed));
      let current = live;
      const seen: string[] = [];
      for (let press = 0; current.release && press < 40; press++) {
        const choice = chooseTarget({ to: 'latest-good', scope: 'all', records, current });
        if (choice.kind === 'refused') break;
        expect(seen, `seed ${seed}`).not.toContain(choice.target.id);
        seen.push(choice.target.id);
        const id = `press${press}`;
        const fields = { type: 'rollback', result: 'rolled-back', restores: choice.target.id } as const;
        const composition = { backend: id, frontend: id };
        records.unshift(
          releaseRecord(id, 100 + press, { ...fields, replaces: current.release, composition }),
        );
        current = { release: id, parts: composition };
      }
      expect(seen.length, `seed ${seed}`).toBeLessThan(40);
    }
  });
});
