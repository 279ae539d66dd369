/** One request of the probe. Times in milliseconds since the epoch and milliseconds. */
export interface Sample {
  readonly at: number;
  readonly latency: number;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** Why there was no answer: `ECONNREFUSED`, `timeout`, … */
  readonly error?: string | undefined;
}

/** The three stretches of a deployment, as the update and the verdict divide them. */
export interface Stretch {
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds over the answered requests; `undefined` where there were none. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

export interface ProbeReport {
  readonly url: string;
  readonly before: Stretch;
  readonly during: Stretch;
  readonly after: Stretch;
  /** Share of answered requests from the update on, 0 to 1; 1 where there was none. */
  readonly availability: number;
  /** `false` where the service did not answer before the update either: the rate then decides nothing. */
  readonly counts: boolean;
  readonly failures: readonly Sample[];
}

/**
 * True for an answer that a user would call broken: none, a server error, or a client error where the same address
 * answered well before the update.
 */
export function isFailure(sample: Sample, usuallyFine: boolean): boolean {
  if (sample.status === 0 || sample.status >= 500) return true;
  return usuallyFine && sample.status >= 400;
}

/** The `p`-th percentile (0 to 100) by nearest rank; `undefined` of nothing. */
export function percentile(values: readonly number[], p: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)];
}

/**
 * @param updatedAt when the update was sent; `undefined` if it never was
 * @param verdictAt when the target said its last word; `undefined` if it has not yet
 */
export function reportProbe(
  url: string,
  samples: readonly Sample[],
  updatedAt: number | undefined,
  verdictAt: number | undefined,
): ProbeReport {
  const start = updatedAt ?? Number.POSITIVE_INFINITY;
  const end = verdictAt ?? Number.POSITIVE_INFINITY;
  const before = samples.filter((sample) => sample.at < start);
  const during = samples.filter((sample) => sample.at >= start && sample.at <= end);
  const after = samples.filter((sample) => sample.at >= start && sample.at > end);
  const usuallyFine = before.length > 0 && before.every((sample) => sample.status > 0 && sample.status < 400);
  const alive = before.length === 0 || before.some((sample) => !isFailure(sample, false));
  const since = [...during, ...after];
  const failures = since.filter((sample) => isFailure(sample, usuallyFine));
  return {
    url,
    before: stretch(before, usuallyFine),
    during: stretch(during, usuallyFine),
    after: stretch(after, usuallyFine),
    availability: since.length === 0 ? 1 : 1 - failures.length / since.length,
    counts: alive,
    failures,
  };
}

function stretch(samples: readonly Sample[], usuallyFine: boolean): Stretch {
  const failed = samples.filter((sample) => isFailure(sample, usuallyFine)).length;
  const latencies = samples.filter((sample) => sample.status > 0).map((sample) => sample.latency);
  return {
    requests: samples.length,
    failed,
    p50: percentile(latencies, 50),
    p95: percentile(latencies, 95),
    p99: percentile(latencies, 99),
  };
}

/** Whether the probe lets the deployment pass. `rate` is the largest share of failed requests that does. */
export function judgeProbe(report: ProbeReport, rate: number): { passes: boolean; why: string } {
  const total = report.during.requests + report.after.requests;
  const failed = report.failures.length;
  const share = `${failed} of ${total} requests to ${report.url} failed`;
  if (!report.counts) {
    return { passes: true, why: `${report.url} did not answer before the update either: not counted` };
  }
  if (total === 0 || failed / total <= rate) return { passes: true, why: share };
  const kinds = new Map<string, number>();
  for (const f of report.failures) {
    const kind = f.error ?? `HTTP ${f.status}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const said = [...kinds].map(([kind, n]) => `${n} × ${kind}`).join(', ');
  return {
    passes: false,
    why: `${share} (${said}), more than the ${formatPercent(rate)} of max-error-rate`,
  };
}

/** `100%`, `99.2%`: never rounded up to a hundred. */
export function formatPercent(share: number): string {
  const percent = Math.floor(share * 10_000) / 100;
  return `${Number.isInteger(percent) ? percent : percent.toFixed(percent >= 99 ? 2 : 1)}%`;
}
