import { median } from '../../release/dora.ts';
import type { BackendHalf, FrontendHalf, Part, ReleaseRecord } from '../../release/record.ts';

/** How many of the newest switches the median is taken of. */
const SAMPLES = 9;

/** How long this service's switches have taken lately: the median, in milliseconds; `undefined` before the first. */
export function estimateBackend(
  half: Pick<BackendHalf, 'service'>,
  records: readonly ReleaseRecord[],
): number | undefined {
  const known = durations(records, 'backend', (other) => (other as BackendHalf).service === half.service);
  return median(known);
}

function durations(
  records: readonly ReleaseRecord[],
  part: Part,
  matches: (half: BackendHalf | FrontendHalf) => boolean,
): number[] {
  return records
    .map((record) => record[part])
    .filter((half) => half?.result === 'deployed' && half.finishedAt !== undefined && matches(half))
    .slice(0, SAMPLES)
    .map((half) => Date.parse(half?.finishedAt ?? '') - Date.parse(half?.startedAt ?? ''))
    .filter((milliseconds) => milliseconds >= 0);
}
