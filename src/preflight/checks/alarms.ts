import { advice, type Finding, fromError, ok, unknown, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

interface Alarm {
  AlarmName?: string;
  StateValue?: string;
  ActionsEnabled?: boolean;
  AlarmActions?: string[];
}
interface Alarms {
  MetricAlarms?: Alarm[];
  CompositeAlarms?: Alarm[];
}

/** The alarms that a deployment is watched by. */
export const alarms: Check = {
  id: 'alarms',
  title: 'Alarms',
  applies: ({ backend, alarms: names }) => backend !== undefined || names.length > 0,
  async run({ alarms: names }, { aws }) {
    if (names.length === 0) {
      return [
        advice(
          'no alarm watches deployments',
          'create alarms on the 5xx rate and on p95 latency, and name them as `alarms` with a `bake-time`',
        ),
      ];
    }
    try {
      const answer = await aws.json<Alarms>('cloudWatch', 'DescribeAlarms', {
        AlarmNames: [...names],
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        MaxRecords: 100,
      });
      return judgeAlarmList(names, [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])]);
    } catch (error) {
      return [fromError(error, 'cloudwatch:DescribeAlarms', () => unknown('CloudWatch did not know them'))];
    }
  },
};

export function judgeAlarmList(names: readonly string[], found: readonly Alarm[]): Finding[] {
  return names.flatMap((name) => {
    const alarm = found.find(({ AlarmName }) => AlarmName === name);
    if (!alarm)
      return [
        wrong(
          `there is no alarm ${name} in this region`,
          'correct `alarms`, or create it: infra/terraform has one on the 5xx rate',
        ),
      ];
    const state = alarm.StateValue ?? 'INSUFFICIENT_DATA';
    return [
      state === 'ALARM'
        ? wrong(`${name} is in ALARM: a deployment would be refused or rolled back`, 'see why first')
        : ok(`${name} is ${state}`),
      ...((alarm.AlarmActions ?? []).length === 0 || alarm.ActionsEnabled === false
        ? [advice(`${name} tells nobody when it goes into ALARM`, 'give it an SNS topic as alarm action')]
        : []),
    ];
  });
}
