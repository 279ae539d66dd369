export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

export interface Metric {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

/** One value, or `count` of them with `value` as their mean. */
export interface Point {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly value: number;
  readonly count: number;
  readonly min?: number;
  readonly max?: number;
}

export interface Statistics {
  readonly at: number;
  readonly SampleCount: number;
  readonly Average: number;
  readonly Sum: number;
  readonly Minimum: number;
  readonly Maximum: number;
}

const KEPT = 50_000;

/** Metrics with their points; a metric is its name and all of its dimensions. Not saved: they are of the moment. */
export class MetricStore {
  readonly #series = new Map<string, { readonly metric: Metric; readonly points: Point[] }>();

  add(metric: Metric, point: Point): void {
    const key = keyOf(metric);
    let series = this.#series.get(key);
    if (!series) {
      series = { metric, points: [] };
      this.#series.set(key, series);
    }
    series.points.push(point);
    if (series.points.length > KEPT) series.points.splice(0, KEPT / 10);
  }

  find(metric: Metric): readonly Point[] {
    return this.#series.get(keyOf(metric))?.points ?? [];
  }

  list(region: string): Metric[] {
    return [...this.#series.values()].map((s) => s.metric).filter((m) => m.region === region);
  }

  /** One entry for every period, aligned to it, that has points; oldest first. */
  statistics(points: readonly Point[], start: number, end: number, period: number): Statistics[] {
    return statistics(points, start, end, period);
  }
}

export function statistics(
  points: readonly Point[],
  start: number,
  end: number,
  period: number,
): Statistics[] {
  const buckets = new Map<number, Point[]>();
  for (const point of points) {
    if (point.at < start || point.at >= end) continue;
    const at = Math.floor(point.at / period) * period;
    buckets.set(at, [...(buckets.get(at) ?? []), point]);
  }
  return [...buckets].sort(([a], [b]) => a - b).map(([at, inside]) => summary(at, inside));
}

function summary(at: number, points: readonly Point[]): Statistics {
  const count = points.reduce((n, p) => n + p.count, 0);
  const sum = points.reduce((n, p) => n + p.value * p.count, 0);
  return {
    at,
    SampleCount: count,
    Sum: sum,
    Average: count > 0 ? sum / count : 0,
    Minimum: Math.min(...points.map((p) => p.min ?? p.value)),
    Maximum: Math.max(...points.map((p) => p.max ?? p.value)),
  };
}

function keyOf(metric: Metric): string {
  const dimensions = metric.dimensions.map((d) => `${d.Name}=${d.Value}`).sort();
  return JSON.stringify([metric.region, metric.namespace, metric.name, ...dimensions]);
}
