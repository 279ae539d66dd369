import type { Field } from '../../runtime/document/field.ts';
import { formatDuration } from '../../runtime/duration.ts';
import type { Expectation } from './expectation.ts';

const LIMITS = ['p50', 'p75', 'p90', 'p95', 'p99', 'max', 'mean'] as const;
type Limit = (typeof LIMITS)[number];
const KEYS = [...LIMITS, 'samples', 'of'] as const;

/** Samples taken where a percentile is asked for and no number of samples is given. */
const DEFAULT_SAMPLES = 10;
const HOUR = 3_600_000;

/** The smallest value that at least `share` (0 to 1) of the values do not exceed: the nearest-rank percentile. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function measure(limit: Limit, values: readonly number[]): number {
  if (limit === 'mean') return values.reduce((sum, value) => sum + value, 0) / values.length;
  return percentile(values, limit === 'max' ? 1 : Number(limit.slice(1)) / 100);
}

/** `latency: 800ms` bounds one answer; a mapping bounds percentiles over samples. */
export function readLatency(field: Field): Expectation[] {
  if (!field.isMap) {
    const ms = readLimit(field);
    return ms === undefined
      ? []
      : [latencyExpectation([{ limit: 'max', ms, place: field.place }], 1, 'total')];
  }
  const fields = field.fields(KEYS);
  if (!fields) return [];
  const limits = LIMITS.flatMap((limit) => {
    const member = fields[limit];
    const ms = member && readLimit(member);
    return member && ms !== undefined ? [{ limit, ms, place: member.place }] : [];
  });
  if (limits.length === 0 && !LIMITS.some((limit) => fields[limit])) {
    field.mistake('has no limit such as p95: 800ms or max: 2s');
  }
  const samples = fields.samples
    ? fields.samples.integer({ min: 1, max: 1000 })
    : limits.every(({ limit }) => limit === 'max')
      ? 1
      : DEFAULT_SAMPLES;
  const of = fields.of ? fields.of.choice(['total', 'first-byte']) : 'total';
  return limits.length > 0 && samples && of ? [latencyExpectation(limits, samples, of)] : [];
}

const readLimit = (field: Field) => field.duration({ min: 1, max: HOUR, says: 'from 1ms to 1h' });

function latencyExpectation(
  limits: readonly { limit: Limit; ms: number; place: { line: number; column: number } }[],
  samples: number,
  of: 'total' | 'first-byte',
): Expectation {
  return {
    key: 'latency',
    captures: [],
    needsBody: false,
    samples,
    judge: (evidence) => {
      const values = evidence.samples.map((timings) => (of === 'total' ? timings.total : timings.firstByte));
      return limits.map(({ limit, ms, place }) => {
        const measured = measure(limit, values);
        return {
          ...place,
          what: values.length === 1 ? 'latency' : `latency ${limit}`,
          ok: measured <= ms,
          expected: `≤ ${formatDuration(ms)}`,
          got: `${formatDuration(measured)}${values.length === 1 ? '' : ` over ${values.length} samples`}`,
        };
      });
    },
  };
}
