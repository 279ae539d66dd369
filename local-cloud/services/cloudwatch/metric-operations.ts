import type { CloudRequest } from '../../core/service.ts';
import type { Inputs, MetricDataQuery, MetricDatum } from '../shapes/inputs/cloudwatch.ts';
import { page } from '../shapes/page.ts';
import type { Metric } from './metrics.ts';
import { evaluate, refuse, type Store } from './store.ts';

export function metricOperations(store: Store) {
  const { metrics, context } = store;
  return {
    PutMetricData: {
      resource: (input: Inputs['PutMetricData']) => input.Namespace,
      run: (input: Inputs['PutMetricData'], request: CloudRequest) => {
        const data = [
          ...(input.MetricData ?? []),
          ...(input.EntityMetricData ?? []).flatMap((e) => e.MetricData ?? []),
        ];
        for (const datum of data) checkDatum(datum, context.now());
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
      resource: (input: Inputs['GetMetricStatistics']) => `${input.Namespace}/${input.MetricName}`,
      run: (input: Inputs['GetMetricStatistics'], request: CloudRequest) => {
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
    GetMetricData: {
      resource: (input: Inputs['GetMetricData']) =>
        input.MetricDataQueries.flatMap(({ MetricStat: asked }) =>
          asked ? [`${asked.Metric.Namespace}/${asked.Metric.MetricName}`] : [],
        ).join(),
      run: (input: Inputs['GetMetricData'], request: CloudRequest) => ({
        MetricDataResults: input.MetricDataQueries.filter(({ ReturnData: wanted }) => wanted !== false).map(
          (query) => resultOf(query, input, { store, region: request.region }),
        ),
      }),
    },
    ListMetrics: {
      refuses: ['OwningAccount'] as const,
      resource: (input: Inputs['ListMetrics']) => input.Namespace,
      run: (input: Inputs['ListMetrics'], request: CloudRequest) => {
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

const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;

/** One query of GetMetricData: the newest period first, as AWS has it where it is not told otherwise. */
function resultOf(
  query: MetricDataQuery,
  { StartTime: start, EndTime: end, ScanBy: order }: Inputs['GetMetricData'],
  { store, region }: { readonly store: Store; readonly region: string },
) {
  const asked = query.MetricStat;
  if (!asked) throw refuse('ValidationError', 'The local cloud answers MetricStat, and no Expression.');
  const { Namespace: namespace = '', MetricName: name = '', Dimensions: dimensions = [] } = asked.Metric;
  const statistic = STATISTICS.find((one) => one === asked.Stat);
  if (!statistic)
    throw refuse('ValidationError', `The local cloud has the statistics ${STATISTICS.join(', ')}.`);
  const series = store.metrics.find({ region, namespace, name, dimensions });
  const points = store.metrics.statistics(series, start * 1000, end * 1000, asked.Period * 1000);
  if (order !== 'TimestampAscending') points.reverse();
  return {
    Id: query.Id,
    Label: query.Label ?? name,
    Timestamps: points.map(({ at }) => new Date(at)),
    Values: points.map((point) => point[statistic]),
    StatusCode: 'Complete',
  };
}

const HOUR = 3_600_000;

/** A datum is two weeks old at most, and two hours ahead (CloudWatch API, MetricDatum.Timestamp). */
function checkDatum(datum: MetricDatum, now: number): void {
  const ahead = (datum.Timestamp ?? now / 1000) * 1000 - now;
  if (ahead < -14 * 24 * HOUR || ahead > 2 * HOUR)
    throw refuse(
      'InvalidParameterValue',
      `The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks, and no more than two hours in the future.`,
    );
  const given = [datum.Value, datum.StatisticValues, datum.Values].filter((v) => v !== undefined).length;
  if (given !== 1)
    throw refuse(
      'InvalidParameterCombination',
      `The parameters for ${datum.MetricName}: exactly one of Value, Values and StatisticValues must be given.`,
    );
  if (datum.Counts && datum.Counts.length !== datum.Values?.length)
    throw refuse('InvalidParameterValue', 'Values and Counts must have the same length.');
}

function pointsOf(datum: MetricDatum, now: number) {
  const at = datum.Timestamp === undefined ? now : datum.Timestamp * 1000;
  if (datum.Value !== undefined) return [{ at, value: datum.Value, count: 1 }];
  if (datum.Values) return datum.Values.map((value, i) => ({ at, value, count: datum.Counts?.[i] ?? 1 }));
  const s = datum.StatisticValues;
  if (!s) return [];
  return [{ at, value: s.Sum / s.SampleCount, count: s.SampleCount, min: s.Minimum, max: s.Maximum }];
}
