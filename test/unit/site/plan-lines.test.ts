import { expect, it } from 'vitest';
import type { SitePlan } from '../../../src/parts/site/plan/plan.ts';
import { planLines } from '../../../src/parts/site/plan/plan-lines.ts';

const plan = (change: Partial<SitePlan>): SitePlan => ({
  ...{ release: 'R', files: 26, bytes: 1, writes: 0, writeBytes: 0, unchanged: 26, deletes: 0, kept: 0 },
  ...{ reasons: {}, phases: [], invalidate: [], biggest: [], samples: { writes: [], deletes: [] } },
  ...{ requests: { expected: 9, dollars: 0.00004 }, adopts: false, losses: [] },
  ...change,
});

it('says what would be sent, removed and invalidated', () => {
  const changed = plan({
    ...{ writes: 2, writeBytes: 2048, unchanged: 24, deletes: 1, invalidate: ['/', '/index.html'] },
    samples: { writes: ['index.html (bytes)', 'new.html (new)'], deletes: ['old.html (gone)'] },
  });
  expect(planLines(changed)).toEqual([
    '2 of 26 files would be written (2.0 KiB), 24 stay',
    '  + index.html (bytes)',
    '  + new.html (new)',
    '1 files would be removed',
    '  - old.html (gone)',
    '2 paths would be invalidated',
    '  ~ /',
    '  ~ /index.html',
    'about 9 requests, $0.0000',
  ]);
});

it('is short where nothing changes, and cut where much does', () => {
  expect(planLines(plan({}))).toHaveLength(2);
  const many = Array.from({ length: 50 }, (_, index) => `${index}.html (new)`);
  const lines = planLines(plan({ writes: 400, samples: { writes: many, deletes: [] } }));
  expect(lines).toHaveLength(1 + 20 + 1 + 1);
  expect(lines).toContain('  + … 380 more');
});
