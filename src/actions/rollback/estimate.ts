import { median } from '../../release/dora.ts';
import type { ReleaseRecord, ServicePart } from '../../release/record.ts';

/** How many of the newest switches the median is taken of. */
const SAMPLES = 9;

/** How long this service's switches have taken lately: the median, in milliseconds; `undefined` before the first. */
export function estimateService(
  { service }: Pick<ServicePart, 'service'>,
  records: readonly ReleaseRecord[],
): number | undefined {
  const known = records
    .flatMap(({ parts }) => Object.values(parts))
    .filter((part) => part.kind === 'service' && part.service === service)
    .filter((part) => part.result === 'deployed' && part.finishedAt !== undefined)
    .slice(0, SAMPLES)
    .map((part) => Date.parse(part.finishedAt ?? '') - Date.parse(part.startedAt))
    .filter((milliseconds) => milliseconds >= 0);
  return median(known);
}
