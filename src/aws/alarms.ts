import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { type AwsSettings, clientConfig } from './config.ts';

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

export function alarmsApi(settings: AwsSettings): AlarmsApi {
  const client = new CloudWatchClient(clientConfig(settings));
  return {
    async states(names) {
      const answer = await client.send(
        new DescribeAlarmsCommand({
          AlarmNames: [...names],
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          MaxRecords: 100,
        }),
      );
      return [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])].map((alarm) => ({
        name: alarm.AlarmName ?? '',
        state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
        reason: alarm.StateReason ?? '',
        since: alarm.StateUpdatedTimestamp?.getTime() ?? 0,
      }));
    },
  };
}
