import type { PutMetricAlarmInput } from '../shapes/inputs/cloudwatch.ts';
import { type Point, statistics } from './metrics.ts';

/** The members of PutMetricAlarm that decide. */
export type AlarmRule = Pick<
  PutMetricAlarmInput,
  | 'Statistic'
  | 'Period'
  | 'EvaluationPeriods'
  | 'DatapointsToAlarm'
  | 'Threshold'
  | 'ComparisonOperator'
  | 'TreatMissingData'
>;

export interface Judgement {
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  readonly reason: string;
}

const OPERATORS: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (v, t) => v > t,
  GreaterThanOrEqualToThreshold: (v, t) => v >= t,
  LessThanThreshold: (v, t) => v < t,
  LessThanOrEqualToThreshold: (v, t) => v <= t,
};

/**
 * "M out of N" as CloudWatch counts: of the last N periods, the current one included, M datapoints must breach.
 * @returns nothing for a rule that is not of this kind (metric math, anomaly bands, percentiles)
 */
export function judge(rule: AlarmRule, points: readonly Point[], now: number): Judgement | undefined {
  const breaches = OPERATORS[rule.ComparisonOperator ?? ''];
  const statistic = rule.Statistic;
  if (!breaches || !statistic || rule.Period === undefined || rule.Threshold === undefined) return undefined;
  const period = rule.Period * 1000;
  const periods = rule.EvaluationPeriods ?? 1;
  const first = Math.floor(now / period) * period - (periods - 1) * period;
  const values = statistics(points, first, now + period, period).map((s) => s[statistic]);
  const missing = periods - values.length;
  const bad = values.filter((v) => breaches(v, rule.Threshold ?? 0)).length;
  const breaching = bad + (rule.TreatMissingData === 'breaching' ? missing : 0);
  const needed = rule.DatapointsToAlarm ?? periods;
  const shown = `${breaching} datapoints [${values.join(', ')}] of the last ${periods} for threshold (${rule.Threshold})`;
  if (breaching >= needed) return { state: 'ALARM', reason: `Threshold Crossed: ${shown}` };
  if (values.length === 0) {
    if (rule.TreatMissingData === 'ignore') return undefined;
    if (rule.TreatMissingData !== 'notBreaching')
      return { state: 'INSUFFICIENT_DATA', reason: 'Insufficient Data: no datapoints were received' };
  }
  return { state: 'OK', reason: `Threshold not crossed: ${shown}` };
}
