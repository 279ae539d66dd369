import { describe, expect, test } from 'vitest';
import { judgeAlarms, missingAlarms } from '../../../src/parts/service/verdict/alarms.ts';

const alarm = (state: string, name = 'a') => ({ name, state, reason: 'r', since: 0 });

describe('an alarm', () => {
  const rows: ReadonlyArray<
    readonly [string, string[], string[], string, 'rang' | 'already' | 'blind' | 'none']
  > = [
    ['is quiet', [], [], 'OK', 'none'],
    ['goes into ALARM', [], [], 'ALARM', 'rang'],
    ['rang before and still rings', ['a'], [], 'ALARM', 'already'],
    ['rang before, went quiet, rings again', ['a'], ['a'], 'ALARM', 'rang'],
    ['rang before and is quiet now', ['a'], ['a'], 'OK', 'none'],
    ['has no data', [], [], 'INSUFFICIENT_DATA', 'blind'],
    ['is in a state nobody has heard of', [], [], 'ODD', 'blind'],
  ];
  test.each(rows)('that %s', (_name, before, quiet, state, where) => {
    const judged = judgeAlarms(new Set(before), new Set(quiet), [alarm(state)]);
    for (const kind of ['rang', 'already', 'blind'] as const)
      expect(judged[kind]).toHaveLength(kind === where ? 1 : 0);
  });
  test('that does not exist is named', () => {
    expect(missingAlarms(['a', 'b'], [alarm('OK')])).toEqual(['b']);
  });
});
