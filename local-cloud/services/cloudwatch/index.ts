import { rpcService } from '../../core/rpc.ts';
import type { CloudContext, Service } from '../../core/service.ts';
import { model } from '../shapes/cloudwatch.ts';
import type { Inputs } from '../shapes/inputs/cloudwatch.ts';
import { modelled } from '../shapes/modelled.ts';
import { alarmOperations, describeOperations } from './alarms.ts';
import { metricOperations } from './metric-operations.ts';
import { type Dimension, type Metric, MetricStore } from './metrics.ts';
import { type Alarm, type AlarmState, evaluate, type Store } from './store.ts';

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
  /** The average of each period since then that has points, oldest first; times in milliseconds. */
  averages(metric: Metric, since: number, period: number): number[];
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
    operations: modelled<Inputs>(
      model,
      { invalid: 'InvalidParameterValue', tooMany: 'InvalidParameterValue' },
      {
        ...alarmOperations(store),
        ...describeOperations(store),
        ...metricOperations(store),
      },
    ),
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
    averages: (metric, since, period) =>
      store.metrics
        .statistics(store.metrics.find(metric), since, context.now(), period)
        .map((one) => one.Average),
    save: () => ({ alarms: [...store.alarms.values()] }),
    load: (state) => {
      for (const alarm of (state as { alarms: Alarm[] }).alarms)
        store.alarms.set(`${alarm.region}/${alarm.name}`, alarm);
    },
  };
}
