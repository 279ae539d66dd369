import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

export interface AlarmState {
  readonly name: string;
  /** `OK`, `ALARM`, `INSUFFICIENT_DATA`. */
  readonly state: string;
  readonly reason: string;
  /** Milliseconds since the epoch; 0 where it is not known. */
  readonly since: number;
}

export interface AlarmsApi {
  /** The alarms, metric and composite, that exist under these names (100 a request). */
  states(names: readonly string[]): Promise<AlarmState[]>;
}

interface Alarm {
  AlarmName?: string;
  StateValue?: string;
  StateReason?: string;
  /** Seconds since the epoch. */
  StateUpdatedTimestamp?: number;
}
interface Alarms {
  MetricAlarms?: Alarm[];
  CompositeAlarms?: Alarm[];
}

export function alarmsApi(settings: AwsSettings): AlarmsApi {
  const call = jsonClient(SERVICES.cloudWatch, settings);
  return {
    async states(names) {
      const answer = await call<Alarms>('DescribeAlarms', {
        AlarmNames: [...names],
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        MaxRecords: 100,
      });
      return [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])].map((alarm) => ({
        name: alarm.AlarmName ?? '',
        state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
        reason: alarm.StateReason ?? '',
        since: (alarm.StateUpdatedTimestamp ?? 0) * 1000,
      }));
    },
  };
}
