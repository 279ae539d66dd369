import { describe, expect, it } from 'vitest';
import type { Violation } from '../../../../local-cloud/core/shape.ts';
import { type AlarmRule, judge } from '../../../../local-cloud/services/cloudwatch/alarm.ts';
import { filterOf } from '../../../../local-cloud/services/logs/filter.ts';
import { model as apprunner } from '../../../../local-cloud/services/shapes/apprunner.ts';
import { model as autoscaling } from '../../../../local-cloud/services/shapes/autoscaling.ts';
import { page } from '../../../../local-cloud/services/shapes/page.ts';
import { inputShape, readModel } from '../../../../local-cloud/services/shapes/validate.ts';

function violations(table: string, operation: string, input: unknown, texts = false): string[] {
  const found: Violation[] = [];
  inputShape(readModel(table), operation).read(input, '', { texts, violations: found });
  return found.map((v) => `${v.path}: ${v.constraint}`);
}

describe("the models' own rules", () => {
  const arn = `arn:aws:apprunner:us-west-2:000000000000:service/app/${'a'.repeat(32)}`;
  it.each([
    ['what is right', { ServiceArn: arn, MaxResults: 20 }, []],
    ['what is missing', {}, ['serviceArn: Member must not be null']],
    [
      'a number too large',
      { ServiceArn: arn, MaxResults: 21 },
      [expect.stringContaining('maxResults: Member must have value less')],
    ],
    [
      'a text too long',
      { ServiceArn: arn.padEnd(1100, 'x') },
      [expect.stringContaining('length less'), expect.anything()],
    ],
    ['what nobody knows is dropped', { ServiceArn: arn, Other: 1 }, []],
  ])('%s', (_, input, wanted) => {
    const found = violations(apprunner, 'ListOperations', input);
    expect(found.slice(0, wanted.length)).toEqual(wanted.slice(0, found.length));
    expect(found.length > 0).toBe(wanted.length > 0);
  });

  it('refuses another type at once', () =>
    expect(() => violations(apprunner, 'ListOperations', { ServiceArn: 1 })).toThrow("at 'serviceArn'"));

  it('reads numbers of the Query protocol, which has texts only', () =>
    expect(violations(apprunner, 'ListOperations', { ServiceArn: arn, MaxResults: '5' }, true)).toEqual([]));

  it("knows Java's classes inside and outside of brackets", () => {
    const policy = {
      ServiceNamespace: 'ecs',
      ResourceId: 'service/a/b',
      ScalableDimension: 'ecs:service:DesiredCount',
    };
    expect(violations(autoscaling, 'PutScalingPolicy', { ...policy, PolicyName: 'a b' })).toEqual([]);
    expect(violations(autoscaling, 'PutScalingPolicy', { ...policy, PolicyName: 'a\nb' })).toHaveLength(1);
  });
});

describe('filterOf', () => {
  it.each([
    ['', 'anything', true],
    ['ERROR', 'an ERROR here', true],
    ['ERROR', 'an error here', false],
    ['a b', 'b then a', true],
    ['"a b"', 'b then a', false],
    ['a -b', 'a b', false],
    ['?a ?b', 'only b', true],
    ['{ $.level = "error" }', '{"level":"error"}', true],
    ['{ $.level = "err*" }', '{"level":"error"}', true],
    ['{ $.n > 3 }', '{"n":4}', true],
    ['{ $.n > 3 }', 'no json', false],
  ])('%s on %s', (pattern, message, matches) => expect(filterOf(pattern)?.(message)).toBe(matches));

  it('cannot read this', () => expect(filterOf('{ nonsense }')).toBeUndefined());
});

describe('judge', () => {
  const rule: AlarmRule = {
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 2,
    DatapointsToAlarm: 2,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
  };
  const now = 600_000;
  const points = (...minutesAgo: number[]) =>
    minutesAgo.map((m) => ({ at: now - m * 60_000, value: 5, count: 1 }));

  it.each<[string, AlarmRule, ReturnType<typeof points>, string]>([
    ['two of two', rule, points(0, 1), 'ALARM'],
    ['one of two', rule, points(0), 'OK'],
    ['one is enough where one is asked for', { ...rule, DatapointsToAlarm: 1 }, points(1), 'ALARM'],
    ['what is missing can breach', { ...rule, TreatMissingData: 'breaching' }, points(0), 'ALARM'],
    ['nothing', rule, [], 'INSUFFICIENT_DATA'],
    ['nothing, which is good', { ...rule, TreatMissingData: 'notBreaching' }, [], 'OK'],
    ['long ago', rule, points(5, 6), 'INSUFFICIENT_DATA'],
  ])('%s', (_, given, data, state) => expect(judge(given, data, now)?.state).toBe(state));

  it('has no word on what it does not model', () =>
    expect(
      judge({ ...rule, ComparisonOperator: 'GreaterThanUpperThreshold' }, points(0, 1), now),
    ).toBeUndefined());
});

it('pages by a token, and refuses one that is not its own', () => {
  const first = page([1, 2, 3], undefined, 2);
  expect(first.items).toEqual([1, 2]);
  expect(page([1, 2, 3], first.next, 2)).toEqual({ items: [3], next: undefined });
  expect(() => page([1], 'nonsense', 2)).toThrow('nextToken');
});
