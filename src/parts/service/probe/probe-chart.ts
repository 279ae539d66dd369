import { isFailure, type ProbeReport, type Sample, type Stretch } from './probe-statistics.ts';

const BARS = '▁▂▃▄▅▆▇█';
const WIDTH = 60;

/**
 * The probe as text that every renderer of Markdown shows alike: a bar per slice of time (its height is the slowest
 * answer), `×` where a request failed, and a ruler with the update (`U`) and the verdict (`V`).
 */
export function probeChart(
  samples: readonly Sample[],
  updatedAt: number | undefined,
  verdictAt: number | undefined,
): string {
  const first = samples[0]?.at;
  const last = samples.at(-1)?.at;
  if (first === undefined || last === undefined) return '';
  const span = Math.max(1, last - first);
  const width = Math.min(WIDTH, samples.length);
  const slot = (at: number) => Math.min(width - 1, Math.max(0, Math.floor(((at - first) / span) * width)));
  const slices: Sample[][] = Array.from({ length: width }, () => []);
  for (const sample of samples) slices[slot(sample.at)]?.push(sample);
  const highest = Math.max(1, ...samples.map((sample) => sample.latency));
  const bars = slices.map((slice) => {
    if (slice.length === 0) return ' ';
    if (slice.some((sample) => isFailure(sample, false))) return '×';
    const slowest = Math.max(...slice.map((sample) => sample.latency));
    return BARS[Math.min(BARS.length - 1, Math.floor((slowest / highest) * (BARS.length - 1)))] ?? '▁';
  });
  const ruler = Array.from({ length: width }, () => '─');
  if (updatedAt !== undefined && updatedAt <= last) ruler[slot(updatedAt)] = 'U';
  if (verdictAt !== undefined && verdictAt <= last) ruler[slot(verdictAt)] = 'V';
  return [
    `${bars.join('')}  slowest ${Math.round(highest)} ms`,
    `${ruler.join('')}  ${(span / 1000).toFixed(1)} s`,
  ].join('\n');
}

/** Before, during and after as a Markdown table. */
export function probeTable(report: ProbeReport): string {
  const ms = (value: number | undefined) => (value === undefined ? '–' : `${Math.round(value)} ms`);
  const row = (name: string, s: Stretch) =>
    `| ${name} | ${s.requests} | ${s.failed} | ${ms(s.p50)} | ${ms(s.p95)} | ${ms(s.p99)} |`;
  return [
    '| | requests | failed | p50 | p95 | p99 |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    row('before', report.before),
    row('during', report.during),
    row('after', report.after),
  ].join('\n');
}

/** The failed requests with their times, at most ten. */
export function probeFailures(report: ProbeReport): string[] {
  const lines = report.failures
    .slice(0, 10)
    .map(
      (f) =>
        `${new Date(f.at).toISOString()}  ${f.error ?? `HTTP ${f.status}`}  after ${Math.round(f.latency)} ms`,
    );
  const more = report.failures.length - lines.length;
  return more > 0 ? [...lines, `… and ${more} more`] : lines;
}
