import pMap from 'p-map';
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { type FaultStage, faultStage, playRow } from '../support/backend-faults.ts';
import { changesOfDeployment, killedAfter } from '../support/backend-killed.ts';
import { rowsOf, TARGETS } from '../support/backend-table.ts';

// The rows of the table of faults that `npm test` leaves out: every line is played on every target at a landing.
const wanted = process.env['WWHD_CONFORMANCE'] === '1';
if (!wanted) console.log('skipped: all faults on all targets need WWHD_CONFORMANCE=1');

// A row is mostly waiting: for AWS's own back-off, for a status a second.
vi.setConfig({ maxConcurrency: 6 });

let stage: FaultStage;
beforeAll(async () => {
  if (wanted) stage = await faultStage(100);
});
afterAll(() => stage?.cloud.stop());

(wanted ? describe.concurrent : describe.skip)('the table of faults', () => {
  const rest = TARGETS.flatMap((target) => rowsOf(target).filter((row) => !row.isQuick));
  test.each(rest)('$target: $name: $outcome', (row) => playRow(stage, row, row.index));
});

// A landing tries the worst moment, the update itself; WWHD_EXHAUSTIVE=1 all of them.
const exhaustive = process.env['WWHD_EXHAUSTIVE'] === '1';

describe('killed after each of its changes', () => {
  test.skipIf(!wanted).each(TARGETS)(
    '%s: whole, and run again it ends well',
    { timeout: 600_000 },
    async (target) => {
      const changes = await changesOfDeployment(stage, target);
      const update = changes.findIndex((change) => /^Update/.test(change)) + 1;
      const numbers = exhaustive ? changes.map((_, i) => i + 1) : [update];
      const moments = numbers.flatMap((n) => [
        { n, first: 'none' as const },
        { n, first: 'post' as const },
      ]);
      await pMap(moments, ({ n, first }) => killedAfter(stage, target, n, first), { concurrency: 4 });
    },
  );
});
