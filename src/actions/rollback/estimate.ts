import { median } from '../../release/dora.ts';
import type { BackendHalf, FrontendHalf, Part, ReleaseRecord } from '../../release/record.ts';

/** What a switch takes where the ledger knows none, in milliseconds: App Runner and ECS are minutes, Express bakes. */
const USUAL: Readonly<Record<BackendHalf['target'], number>> = {
  apprunner: 4 * 60_000,
  ecs: 3 * 60_000,
  'ecs-express': 8 * 60_000,
};
/** How many of the newest switches the median is taken of. */
const SAMPLES = 9;

/** How long this service's switches have taken lately: the median, in milliseconds. */
export function estimateBackend(half: BackendHalf, records: readonly ReleaseRecord[]): number {
  const known = durations(records, 'backend', (other) => (other as BackendHalf).service === half.service);
  return median(known) ?? USUAL[half.target];
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
