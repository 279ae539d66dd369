import type { CloudRequest } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/cloudwatch.ts';
import { page } from '../shapes/page.ts';
import { type Alarm, arnOf, refuse, type Store, setState } from './store.ts';

export function alarmOperations(store: Store) {
  const { alarms, context } = store;
  const named = (names: readonly string[], region: string) =>
    names.map((name) => alarms.get(`${region}/${name}`)).filter((a) => a !== undefined);
  const names = (input: Inputs['DeleteAlarms']) => input.AlarmNames.join(',');
  return {
    PutMetricAlarm: {
      refuses: ['EvaluationCriteria', 'EvaluationInterval'] as const,
      resource: (input: Inputs['PutMetricAlarm']) => input.AlarmName,
      run: (input: Inputs['PutMetricAlarm'], request: CloudRequest) => {
        checkAlarm(input);
        const key = `${request.region}/${input.AlarmName}`;
        const now = context.now();
        const known = alarms.get(key);
        const { Tags: _tags, ...config } = input;
        if (known) {
          known.config = config;
          known.configuredAt = now;
          known.history.push({
            at: now,
            type: 'ConfigurationUpdate',
            summary: `Alarm "${known.name}" updated`,
          });
          return;
        }
        alarms.set(key, {
          name: input.AlarmName,
          region: request.region,
          config,
          configuredAt: now,
          state: 'INSUFFICIENT_DATA',
          reason: 'Unchecked: Initial alarm creation',
          stateAt: now,
          transitionedAt: now,
          history: [{ at: now, type: 'ConfigurationUpdate', summary: `Alarm "${input.AlarmName}" created` }],
        });
      },
    },
    SetAlarmState: {
      resource: (input: Inputs['SetAlarmState']) => input.AlarmName,
      run: (input: Inputs['SetAlarmState'], request: CloudRequest) => {
        const alarm = alarms.get(`${request.region}/${input.AlarmName}`);
        if (!alarm) throw refuse('ResourceNotFound', '', 404);
        if (input.StateReasonData !== undefined && !isJson(input.StateReasonData))
          throw refuse('InvalidFormat', 'StateReasonData is not valid JSON');
        setState(store, alarm, input.StateValue, input.StateReason, input.StateReasonData);
      },
    },
    DeleteAlarms: {
      resource: names,
      run: (input: Inputs['DeleteAlarms'], request: CloudRequest) => {
        for (const alarm of named(input.AlarmNames, request.region))
          alarms.delete(`${alarm.region}/${alarm.name}`);
      },
    },
    EnableAlarmActions: {
      resource: names,
      run: (input: Inputs['EnableAlarmActions'], request: CloudRequest) => {
        for (const alarm of named(input.AlarmNames, request.region)) alarm.config.ActionsEnabled = true;
      },
    },
    DisableAlarmActions: {
      resource: names,
      run: (input: Inputs['DisableAlarmActions'], request: CloudRequest) => {
        for (const alarm of named(input.AlarmNames, request.region)) alarm.config.ActionsEnabled = false;
      },
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function checkAlarm(input: Inputs['PutMetricAlarm']): void {
  if (input.EvaluationCriteria)
    throw refuse(
      'ValidationError',
      'EvaluationCriteria is not offered by the local cloud; give a MetricName',
    );
  if ((input.MetricName === undefined) === (input.Metrics === undefined))
    throw refuse('ValidationError', 'Either MetricName or Metrics must be given');
  const { EvaluationPeriods: periods, DatapointsToAlarm: datapoints } = input;
  if (periods === undefined || input.ComparisonOperator === undefined)
    throw refuse('ValidationError', 'EvaluationPeriods and ComparisonOperator are required');
  if (datapoints !== undefined && datapoints > periods)
    throw refuse('ValidationError', 'DatapointsToAlarm must be less than or equal to EvaluationPeriods');
  if (input.MetricName !== undefined) checkOwnMetric(input);
}

/** What an alarm on one metric must have. */
function checkOwnMetric(input: Inputs['PutMetricAlarm']): void {
  const { Namespace, Period, Threshold } = input;
  for (const [member, value] of Object.entries({ Namespace, Period, Threshold }))
    if (value === undefined) throw refuse('ValidationError', `${member} is required with MetricName`);
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined))
    throw refuse('ValidationError', 'Exactly one of Statistic and ExtendedStatistic must be given');
  if (Period !== undefined && ![10, 20, 30].includes(Period) && Period % 60 !== 0)
    throw refuse('ValidationError', 'Period must be 10, 20, 30 or a multiple of 60');
}

function describe(store: Store, alarm: Alarm) {
  const { config } = alarm;
  return {
    ...config,
    AlarmArn: arnOf(store, alarm),
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    ActionsEnabled: config.ActionsEnabled ?? true,
    OKActions: config.OKActions ?? [],
    AlarmActions: config.AlarmActions ?? [],
    InsufficientDataActions: config.InsufficientDataActions ?? [],
    Dimensions: config.Dimensions ?? [],
    StateValue: store.context.fault('monitoring', 'alarm', alarm.name)?.['state'] ?? alarm.state,
    StateReason: alarm.reason,
    ...(alarm.reasonData !== undefined ? { StateReasonData: alarm.reasonData } : {}),
    StateUpdatedTimestamp: new Date(alarm.stateAt),
    StateTransitionedTimestamp: new Date(alarm.transitionedAt),
  };
}

const actsOn = ({ config }: Alarm, prefix: string): boolean =>
  [config.OKActions, config.AlarmActions, config.InsufficientDataActions]
    .flatMap((actions) => actions ?? [])
    .some((action) => action.startsWith(prefix));

export function describeOperations(store: Store) {
  const inRegion = (request: CloudRequest) =>
    [...store.alarms.values()]
      .filter((a) => a.region === request.region)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    DescribeAlarms: {
      refuses: ['ChildrenOfAlarmName', 'ParentsOfAlarmName'] as const,
      resource: (input: Inputs['DescribeAlarms']) => input.AlarmNames?.join(',') ?? input.AlarmNamePrefix,
      run: (input: Inputs['DescribeAlarms'], request: CloudRequest) => {
        if (input.AlarmNames && input.AlarmNamePrefix)
          throw refuse('ValidationError', 'AlarmNamePrefix and AlarmNames cannot be specified together');
        const metric = input.AlarmTypes ? input.AlarmTypes.includes('MetricAlarm') : true;
        const all = inRegion(request)
          .filter(() => metric)
          .filter((a) => !input.AlarmNames || input.AlarmNames.includes(a.name))
          .filter((a) => a.name.startsWith(input.AlarmNamePrefix ?? ''))
          .filter((a) => !input.ActionPrefix || actsOn(a, input.ActionPrefix))
          .map((a) => describe(store, a))
          .filter((a) => !input.StateValue || a.StateValue === input.StateValue);
        const { items, next } = page(all, input.NextToken, input.MaxRecords ?? 50, 'InvalidNextToken');
        return { CompositeAlarms: [], MetricAlarms: items, NextToken: next };
      },
    },
    DescribeAlarmsForMetric: (input: Inputs['DescribeAlarmsForMetric'], request: CloudRequest) => ({
      MetricAlarms: inRegion(request)
        .filter((a) => a.config.Namespace === input.Namespace && a.config.MetricName === input.MetricName)
        .map((a) => describe(store, a)),
    }),
    DescribeAlarmHistory: {
      refuses: ['AlarmContributorId'] as const,
      resource: (input: Inputs['DescribeAlarmHistory']) => input.AlarmName,
      run: (input: Inputs['DescribeAlarmHistory'], request: CloudRequest) => {
        const all = inRegion(request)
          .filter((a) => !input.AlarmName || a.name === input.AlarmName)
          .flatMap((a) => a.history.map((item) => ({ ...item, name: a.name })))
          .filter((item) => !input.HistoryItemType || item.type === input.HistoryItemType)
          .filter((item) => input.StartDate === undefined || item.at >= input.StartDate * 1000)
          .filter((item) => input.EndDate === undefined || item.at <= input.EndDate * 1000)
          .sort((a, b) => (input.ScanBy === 'TimestampAscending' ? a.at - b.at : b.at - a.at));
        const { items, next } = page(all, input.NextToken, input.MaxRecords ?? 50, 'InvalidNextToken');
        const history = items.map((item) => ({
          AlarmName: item.name,
          AlarmType: 'MetricAlarm',
          Timestamp: new Date(item.at),
          HistoryItemType: item.type,
          HistorySummary: item.summary,
        }));
        return { AlarmHistoryItems: history, NextToken: next };
      },
    },
  };
}
