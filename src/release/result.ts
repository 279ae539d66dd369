import type { AnyOutcome } from '../runtime/outcome.ts';
import type { ReleaseRecord, Result } from './record.ts';

/** From the worst to the best: a release is as good as the worst of its parts. */
const WORST_FIRST: readonly Result[] = [
  'in-progress',
  'rollback-failed',
  'unknown',
  'failed',
  'timed-out',
  'interrupted',
  'rolled-back',
  'refused',
  'planned',
  'deployed',
  'unchanged',
];

const CHECKS_WORST_FIRST: readonly AnyOutcome[] = ['failed', 'warned', 'passed'];

const worst = <T>(order: readonly T[], values: readonly T[]): T | undefined =>
  order.find((value) => values.includes(value)) ?? values[0];

/**
 * The release as a whole. While a part is under way, so is the release. Of a rollback, success is `rolled-back`; its
 * parts are `deployed`, for each was made live.
 */
export function resultOf(record: Pick<ReleaseRecord, 'type' | 'parts'>): Result {
  const results = Object.values(record.parts).map((part) => part.result);
  const result = worst(WORST_FIRST, results) ?? 'in-progress';
  return record.type === 'rollback' && result === 'deployed' ? 'rolled-back' : result;
}

/** How the checks of two jobs of a release ended. */
export const worseChecks = (a: AnyOutcome | undefined, b: AnyOutcome | undefined): AnyOutcome | undefined =>
  worst(
    CHECKS_WORST_FIRST,
    [a, b].filter((c) => c !== undefined),
  );

/** True where the release went live whole and stayed. */
export function wentLive(record: Pick<ReleaseRecord, 'type' | 'result'>): boolean {
  if (record.type === 'rollback') return record.result === 'rolled-back' || record.result === 'unchanged';
  return record.result === 'deployed' || record.result === 'unchanged';
}

/** True where a release may be gone back to without being asked for by name. A release without checks counts. */
export function isGood(record: Pick<ReleaseRecord, 'type' | 'result' | 'checks'>): boolean {
  return wentLive(record) && record.checks !== 'failed';
}
