import { describe, expect, it } from 'vitest';
import type { Diff } from '../../../src/parts/site/plan/diff.ts';
import type { SitePlan } from '../../../src/parts/site/plan/plan.ts';
import { type ListedPlan, listPlan, planJson } from '../../../src/parts/site/plan/plan-json.ts';

const plan: SitePlan = {
  ...{ release: 'R', files: 26, bytes: 1, writes: 3000, writeBytes: 0, unchanged: 0, deletes: 40, kept: 0 },
  ...{ reasons: {}, phases: [], invalidate: [], biggest: [], samples: { writes: [], deletes: [] } },
  ...{ requests: { expected: 9, dollars: 0.00004 }, adopts: false, losses: [] },
};
const write = (path: string) => ({
  ...{ kind: 'write' as const, reason: 'new' as const, bytesAreLive: false, live: undefined },
  file: { path, size: 3, sha256: '', md5: '', headers: {} } as never,
});
const gone = (path: string) => ({ kind: 'delete' as const, path, reason: 'removed' as const });
const diff: Diff = {
  writes: Array.from({ length: 3000 }, (_, n) => write(`assets/${n}.js`)),
  deletes: Array.from({ length: 40 }, (_, n) => gone(`old/${n}.js`)),
  unchanged: 0,
};
const read = (limit: number): ListedPlan => JSON.parse(planJson(listPlan(plan, diff), limit));

describe('a plan in an output', () => {
  it('lists every file that is written or removed', () => {
    const listed = read(1_000_000);
    expect(listed.changes.writes).toHaveLength(3000);
    expect(listed.changes.writes[7]).toEqual({ path: 'assets/7.js', bytes: 3, reason: 'new' });
    expect(listed.changes.deletes[7]).toEqual({ path: 'old/7.js', reason: 'removed' });
    expect(listed.leftOut).toEqual({ writes: 0, deletes: 0 });
  });

  it.each([10_000, 50_000, 100_000])(
    'of %d characters keeps to them, and says what it leaves out',
    (limit) => {
      const json = planJson(listPlan(plan, diff), limit);
      expect(json.length).toBeLessThanOrEqual(limit);
      expect(json.length).toBeGreaterThan(limit - 200);
      const { changes, leftOut } = read(limit);
      expect(changes.deletes).toHaveLength(40);
      expect(changes.writes.length + leftOut.writes).toBe(3000);
    },
  );

  it('leaves out what is removed last of all', () => {
    const { changes, leftOut } = read(1500);
    expect(changes.writes).toHaveLength(0);
    expect(changes.deletes.length).toBeGreaterThan(0);
    expect(changes.deletes.length + leftOut.deletes).toBe(40);
  });
});
