import { type CloudContext, CloudFault } from '../../core/service.ts';
import type { PutMetricAlarmInput } from '../shapes/inputs/cloudwatch.ts';
import { judge } from './alarm.ts';
import type { MetricStore } from './metrics.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface HistoryItem {
  readonly at: number;
  readonly type: 'ConfigurationUpdate' | 'StateUpdate';
  readonly summary: string;
}

export interface Alarm {
  readonly name: string;
  readonly region: string;
  /** PutMetricAlarm's input, as it came. */
  config: Omit<PutMetricAlarmInput, 'Tags' | 'ActionsEnabled'> & { ActionsEnabled?: boolean | undefined };
  configuredAt: number;
  state: AlarmState;
  reason: string;
  reasonData?: string;
  stateAt: number;
  transitionedAt: number;
  readonly history: HistoryItem[];
}

export interface Store {
  readonly context: CloudContext;
  readonly alarms: Map<string, Alarm>;
  readonly metrics: MetricStore;
}

export const refuse = (code: string, message: string, status = 400) => new CloudFault(code, message, status);
export const arnOf = ({ context }: Store, alarm: Alarm) =>
  `arn:aws:cloudwatch:${alarm.region}:${context.account}:alarm:${alarm.name}`;

export function setState(store: Store, alarm: Alarm, state: AlarmState, reason: string, data?: string): void {
  const now = store.context.now();
  if (alarm.state !== state) {
    alarm.history.push({
      at: now,
      type: 'StateUpdate',
      summary: `Alarm updated from ${alarm.state} to ${state}`,
    });
    alarm.transitionedAt = now;
  }
  alarm.state = state;
  alarm.reason = reason;
  if (data !== undefined) alarm.reasonData = data;
  else delete alarm.reasonData;
  alarm.stateAt = now;
  store.context.changed('monitoring');
}

/** Judges the alarms on a metric that got data; between, a state that was set stays, unlike at AWS. */
export function evaluate(store: Store, region: string, namespace: string, name: string): void {
  for (const alarm of store.alarms.values()) {
    const c = alarm.config;
    if (alarm.region !== region || c.Namespace !== namespace || c.MetricName !== name) continue;
    const series = store.metrics.find({ region, namespace, name, dimensions: c.Dimensions ?? [] });
    const verdict = judge(c, series, store.context.now());
    if (verdict && verdict.state !== alarm.state) setState(store, alarm, verdict.state, verdict.reason);
  }
}
