import { rpcService } from '../../core/rpc.ts';
import { type CloudContext, CloudFault, type CloudRequest, type Service } from '../../core/service.ts';
import { model } from '../shapes/cloudwatch.ts';
import { type Input, modelled } from '../shapes/modelled.ts';
import { page } from '../shapes/page.ts';
import { judge } from './alarm.ts';
import { type Dimension, type Metric, MetricStore } from './metrics.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

interface HistoryItem {
  readonly at: number;
  readonly type: 'ConfigurationUpdate' | 'StateUpdate';
  readonly summary: string;
}

interface Alarm {
  readonly name: string;
  readonly region: string;
  /** PutMetricAlarm's input, as it came. */
  config: Input;
  configuredAt: number;
  state: AlarmState;
  reason: string;
  reasonData?: string;
  stateAt: number;
  transitionedAt: number;
  readonly history: HistoryItem[];
}

/** CloudWatch: alarms and metrics. Its signing name is `monitoring`. */
export interface CloudWatchService extends Service {
  /** State of an alarm; `undefined` where there is none of that name. */
  alarmState(region: string, name: string): AlarmState | undefined;
  /** Datapoints of AWS services themselves. */
  record(
    region: string,
    namespace: string,
    name: string,
    dimensions: readonly Dimension[],
    value: number,
  ): void;
}

interface Store {
  readonly context: CloudContext;
  readonly alarms: Map<string, Alarm>;
  readonly metrics: MetricStore;
}

export function cloudWatchService(context: CloudContext): CloudWatchService {
  const store: Store = { context, alarms: new Map(), metrics: new MetricStore() };
  const rpc = rpcService({
    name: 'monitoring',
    target: 'GraniteServiceVersion20100801',
    jsonVersion: '1.0',
    cbor: true,
    queryNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
    iamPrefix: 'cloudwatch',
    invalidCode: 'ValidationError',
    operations: modelled(model, {
      ...alarmOperations(store),
      ...describeOperations(store),
      ...metricOperations(store),
    }),
  });
  return {
    ...rpc,
    alarmState: (region, name) => {
      const forced = context.fault('monitoring', 'alarm', name)?.['state'];
      return (forced as AlarmState | undefined) ?? store.alarms.get(`${region}/${name}`)?.state;
    },
    record: (region, namespace, name, dimensions, value) => {
      store.metrics.add({ region, namespace, name, dimensions }, { at: context.now(), value, count: 1 });
      evaluate(store, region, namespace, name);
    },
    save: () => ({ alarms: [...store.alarms.values()] }),
    load: (state) => {
      for (const alarm of (state as { alarms: Alarm[] }).alarms)
        store.alarms.set(`${alarm.region}/${alarm.name}`, alarm);
    },
  };
}

const refuse = (code: string, message: string, status = 400) => new CloudFault(code, message, status);
const arnOf = ({ context }: Store, alarm: Alarm) =>
  `arn:aws:cloudwatch:${alarm.region}:${context.account}:alarm:${alarm.name}`;

function setState(store: Store, alarm: Alarm, state: AlarmState, reason: string, data?: string): void {
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
function evaluate(store: Store, region: string, namespace: string, name: string): void {
  for (const alarm of store.alarms.values()) {
    const c = alarm.config;
    if (alarm.region !== region || c.Namespace !== namespace || c.MetricName !== name) continue;
    const series = store.metrics.find({ region, namespace, name, dimensions: c.Dimensions ?? [] });
    const verdict = judge(c, series, store.context.now());
    if (verdict && verdict.state !== alarm.state) setState(store, alarm, verdict.state, verdict.reason);
  }
}

function alarmOperations(store: Store) {
  const { alarms, context } = store;
  const named = (names: readonly string[], region: string) =>
    names.map((name) => alarms.get(`${region}/${name}`)).filter((a) => a !== undefined);
  const names = (input: Input) => (input.AlarmNames as string[]).join(',');
  return {
    PutMetricAlarm: {
      resource: (input: Input) => input.AlarmName,
      run: (input: Input, request: CloudRequest) => {
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
      resource: (input: Input) => input.AlarmName,
      run: (input: Input, request: CloudRequest) => {
        const alarm = alarms.get(`${request.region}/${input.AlarmName}`);
        if (!alarm) throw refuse('ResourceNotFound', '', 404);
        if (input.StateReasonData !== undefined && !isJson(input.StateReasonData))
          throw refuse('InvalidFormat', 'StateReasonData is not valid JSON');
        setState(store, alarm, input.StateValue, input.StateReason, input.StateReasonData);
      },
    },
    DeleteAlarms: {
      resource: names,
      run: (input: Input, request: CloudRequest) => {
        for (const alarm of named(input.AlarmNames, request.region))
          alarms.delete(`${alarm.region}/${alarm.name}`);
      },
    },
    EnableAlarmActions: {
      resource: names,
      run: (input: Input, request: CloudRequest) => {
        for (const alarm of named(input.AlarmNames, request.region)) alarm.config.ActionsEnabled = true;
      },
    },
    DisableAlarmActions: {
      resource: names,
      run: (input: Input, request: CloudRequest) => {
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

function checkAlarm(input: Input): void {
  if (input.MetricName === undefined && input.Metrics === undefined)
    throw refuse('ValidationError', 'Either MetricName or Metrics must be given');
  if (input.MetricName === undefined) return;
  for (const member of ['Namespace', 'Period', 'Threshold'])
    if (input[member] === undefined) throw refuse('ValidationError', `${member} is required with MetricName`);
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined))
    throw refuse('ValidationError', 'Exactly one of Statistic and ExtendedStatistic must be given');
  if (![10, 20, 30].includes(input.Period) && input.Period % 60 !== 0)
    throw refuse('ValidationError', 'Period must be 10, 20, 30 or a multiple of 60');
  if (input.DatapointsToAlarm > input.EvaluationPeriods)
    throw refuse('ValidationError', 'DatapointsToAlarm must be less than or equal to EvaluationPeriods');
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

function describeOperations(store: Store) {
  const inRegion = (request: CloudRequest) =>
    [...store.alarms.values()]
      .filter((a) => a.region === request.region)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    DescribeAlarms: {
      resource: (input: Input) => input.AlarmNames?.join(',') ?? input.AlarmNamePrefix,
      run: (input: Input, request: CloudRequest) => {
        if (input.AlarmNames && input.AlarmNamePrefix)
          throw refuse('ValidationError', 'AlarmNamePrefix and AlarmNames cannot be specified together');
        const metric = input.AlarmTypes ? input.AlarmTypes.includes('MetricAlarm') : true;
        const all = inRegion(request)
          .filter(() => metric)
          .filter((a) => !input.AlarmNames || input.AlarmNames.includes(a.name))
          .filter((a) => a.name.startsWith(input.AlarmNamePrefix ?? ''))
          .map((a) => describe(store, a))
          .filter((a) => !input.StateValue || a.StateValue === input.StateValue);
        const { items, next } = page(all, input.NextToken, input.MaxRecords ?? 50, 'InvalidNextToken');
        return { CompositeAlarms: [], MetricAlarms: items, NextToken: next };
      },
    },
    DescribeAlarmsForMetric: (input: Input, request: CloudRequest) => ({
      MetricAlarms: inRegion(request)
        .filter((a) => a.config.Namespace === input.Namespace && a.config.MetricName === input.MetricName)
        .map((a) => describe(store, a)),
    }),
    DescribeAlarmHistory: {
      resource: (input: Input) => input.AlarmName,
      run: (input: Input, request: CloudRequest) => {
        const all = inRegion(request)
          .filter((a) => !input.AlarmName || a.name === input.AlarmName)
          .flatMap((a) => a.history.map((item) => ({ ...item, name: a.name })))
          .filter((item) => !input.HistoryItemType || item.type === input.HistoryItemType)
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

function metricOperations(store: Store) {
  const { metrics, context } = store;
  return {
    PutMetricData: {
      resource: (input: Input) => input.Namespace,
      run: (input: Input, request: CloudRequest) => {
        const data = [
          ...(input.MetricData ?? []),
          ...(input.EntityMetricData ?? []).flatMap((e: Input) => e.MetricData ?? []),
        ];
        for (const datum of data) checkDatum(datum);
        for (const datum of data) {
          const metric: Metric = {
            region: request.region,
            namespace: input.Namespace,
            name: datum.MetricName,
            dimensions: datum.Dimensions ?? [],
          };
          for (const point of pointsOf(datum, context.now())) metrics.add(metric, point);
        }
        for (const name of new Set<string>(data.map((d) => d.MetricName)))
          evaluate(store, request.region, input.Namespace, name);
      },
    },
    GetMetricStatistics: {
      resource: (input: Input) => `${input.Namespace}/${input.MetricName}`,
      run: (input: Input, request: CloudRequest) => {
        if (!input.Statistics && !input.ExtendedStatistics)
          throw refuse('MissingParameter', 'Must specify either Statistics or ExtendedStatistics');
        if (input.EndTime <= input.StartTime)
          throw refuse(
            'InvalidParameterValue',
            'The parameter StartTime must be less than the parameter EndTime.',
          );
        if (input.Period % 60 !== 0 && ![1, 5, 10, 20, 30].includes(input.Period))
          throw refuse(
            'InvalidParameterValue',
            'The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.',
          );
        const series = metrics.find({
          region: request.region,
          namespace: input.Namespace,
          name: input.MetricName,
          dimensions: input.Dimensions ?? [],
        });
        const points = metrics.statistics(
          series,
          input.StartTime * 1000,
          input.EndTime * 1000,
          input.Period * 1000,
        );
        const wanted = new Set<string>(input.Statistics ?? []);
        const datapoints = points.map(({ at, ...statistics }) => ({
          Timestamp: new Date(at),
          ...Object.fromEntries(Object.entries(statistics).filter(([name]) => wanted.has(name))),
          Unit: input.Unit ?? 'None',
        }));
        return { Label: input.MetricName, Datapoints: datapoints };
      },
    },
    ListMetrics: {
      resource: (input: Input) => input.Namespace,
      run: (input: Input, request: CloudRequest) => {
        const all = metrics
          .list(request.region)
          .filter((m) => !input.Namespace || m.namespace === input.Namespace)
          .filter((m) => !input.MetricName || m.name === input.MetricName);
        const { items, next } = page(all, input.NextToken, 500, 'InvalidParameterValue');
        const list = items.map((m) => ({
          Namespace: m.namespace,
          MetricName: m.name,
          Dimensions: m.dimensions,
        }));
        return { Metrics: list, NextToken: next };
      },
    },
  };
}

function checkDatum(datum: Input): void {
  const given = [datum.Value, datum.StatisticValues, datum.Values].filter((v) => v !== undefined).length;
  if (given !== 1)
    throw refuse(
      'InvalidParameterCombination',
      `The parameters for ${datum.MetricName}: exactly one of Value, Values and StatisticValues must be given.`,
    );
  if (datum.Counts && datum.Counts.length !== datum.Values?.length)
    throw refuse('InvalidParameterValue', 'Values and Counts must have the same length.');
}

function pointsOf(datum: Input, now: number) {
  const at = datum.Timestamp === undefined ? now : datum.Timestamp * 1000;
  if (datum.Value !== undefined) return [{ at, value: datum.Value, count: 1 }];
  if (datum.Values)
    return datum.Values.map((value: number, i: number) => ({ at, value, count: datum.Counts?.[i] ?? 1 }));
  const s = datum.StatisticValues;
  return [{ at, value: s.Sum / s.SampleCount, count: s.SampleCount, min: s.Minimum, max: s.Maximum }];
}
