import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

export interface Datum {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricsApi {
  /** Adds one point to a metric, now. */
  put(datum: Datum): Promise<void>;
}

/** Milliseconds for the one attempt: whoever writes a metric has better things to do than to wait for it. */
const TIMEOUT = 3000;

export function metricsApi(): MetricsApi {
  const call = jsonClient(SERVICES.cloudWatch, { attempts: 1, timeout: TIMEOUT });
  return {
    async put({ namespace, name, dimensions, value }) {
      const given = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
      await call('PutMetricData', {
        Namespace: namespace,
        MetricData: [{ MetricName: name, Dimensions: given, Value: value, Unit: 'Count' }],
      });
    },
  };
}
