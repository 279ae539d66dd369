import type { Clock } from '../../../runtime/clock.ts';
import { askOnce, type ProbeTarget } from '../probe/probe.ts';
import { formatPercent, isFailure, percentile, type Sample } from '../probe/probe-statistics.ts';

/** Requests under way at once: a short load, no test of strength. */
const AT_ONCE = 5;

/** What a short load on the candidate found. Times in milliseconds. */
export interface LoadReport {
  readonly url: string;
  readonly requests: number;
  readonly failures: readonly Sample[];
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

/** Asks so often, five at a time, each on a connection of its own. */
export async function loadCandidate(
  target: ProbeTarget,
  requests: number,
  usuallyFine: boolean,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<LoadReport> {
  const samples: Sample[] = [];
  let left = requests;
  const worker = async () => {
    while (left-- > 0) {
      signal.throwIfAborted();
      samples.push(await askOnce(target, clock));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, requests) }, worker));
  return reportLoad(target.url, samples, usuallyFine);
}

/** @param usuallyFine the same path answers users without a client error: then one of the candidate's is a failure */
export function reportLoad(url: string, samples: readonly Sample[], usuallyFine: boolean): LoadReport {
  const latencies = samples.filter(({ status }) => status > 0).map(({ latency }) => latency);
  return {
    url,
    requests: samples.length,
    failures: samples.filter((sample) => isFailure(sample, usuallyFine)),
    p50: percentile(latencies, 50),
    p95: percentile(latencies, 95),
  };
}

/** Why the load does not let the candidate pass; `undefined` where it does. `rate` is the largest share that may fail. */
export function judgeLoad({ url, requests, failures }: LoadReport, rate: number): string | undefined {
  if (failures.length <= requests * rate) return undefined;
  const kinds = [...new Set(failures.map(({ status, error }) => error ?? `HTTP ${status}`))].join(', ');
  return `${failures.length} of ${requests} requests to the candidate (${url}) failed (${kinds}), more than the ${formatPercent(rate)} of max-error-rate`;
}

export const sayLoad = ({ requests, failures, p50, p95 }: LoadReport): string => {
  const ms = (value: number | undefined) => (value === undefined ? '–' : `${Math.round(value)} ms`);
  return `${requests} requests, ${failures.length} failed, p50 ${ms(p50)}, p95 ${ms(p95)}`;
};
