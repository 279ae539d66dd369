import { describe, expect, it } from 'vitest';
import { judgePeers, type PeerEnd, peerEnds } from '../support/peer-suite.ts';

const reasons = [{ why: 'AWS refuses it too', of: 'AWS' as const, tests: ['refused'] }];

describe('the results of another suite', () => {
  it.each<[string, Record<string, PeerEnd>, object]>([
    ['all pass or have a reason', { a: 'passed', refused: 'failed' }, { passed: 1, excused: 1 }],
    ['a failure without a reason', { a: 'failed', refused: 'failed' }, { unexplained: ['a'] }],
    ['a reason that is not needed any more', { refused: 'passed' }, { obsolete: ['refused'] }],
    ['a reason for a test that is not there', { a: 'passed' }, { obsolete: ['refused'] }],
    ['a reason for a test that did not run', { refused: 'skipped' }, { passed: 0, obsolete: ['refused'] }],
  ])('%s', (_name, ends, verdict) => {
    const none = { passed: 0, excused: 0, unexplained: [], obsolete: [] };
    const found = judgePeers(new Map(Object.entries(ends)), reasons);
    expect(found).toMatchObject(verdict);
    for (const key of ['unexplained', 'obsolete'] as const)
      if (!(key in verdict)) expect(found[key]).toEqual(none[key]);
  });

  it('are read from a JUnit report; a name that failed once has failed', () => {
    const report = `<testsuite>
      <testcase classname="x" name="good" time="1"/>
      <testcase classname="x" name="bad"><failure message="no">…</failure></testcase>
      <testcase classname="x" name="broken"><error/></testcase>
      <testcase classname="x" name="left out"><skipped/></testcase>
      <testcase name="twice" status="failure"><failure/></testcase>
      <testcase name="twice" status="passed"><system-out>text</system-out></testcase>
      <testcase name="go" status="failure"><system-err>text</system-err></testcase>
    </testsuite>`;
    expect(Object.fromEntries(peerEnds(report))).toEqual({
      good: 'passed',
      bad: 'failed',
      broken: 'failed',
      'left out': 'skipped',
      twice: 'failed',
      go: 'failed',
    });
  });
});
