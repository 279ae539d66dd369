import { afterAll, beforeAll, describe, test } from 'vitest';
import { type FaultStage, faultStage, playRow } from '../support/backend-faults.ts';
import { rowsOf, TARGETS } from '../support/backend-table.ts';

// The rows of the table of faults that `npm test` leaves out: every line is played on every target at a landing.
const wanted = process.env['WWHD_CONFORMANCE'] === '1';
if (!wanted) console.log('skipped: all faults on all targets need WWHD_CONFORMANCE=1');

let stage: FaultStage;
beforeAll(async () => {
  if (wanted) stage = await faultStage(100);
});
afterAll(() => stage?.cloud.stop());

(wanted ? describe.concurrent : describe.skip)('the table of faults', () => {
  const rest = TARGETS.flatMap((target) => rowsOf(target).filter((row) => !row.isQuick));
  test.each(rest)('$target: $name: $outcome', { timeout: 180_000 }, (row) => playRow(stage, row, row.index));
});
