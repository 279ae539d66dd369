import { originOf } from './composition.ts';
import type { ReleaseRecord, Result } from './record.ts';
import { wentLive } from './result.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Ends that say nothing of a change: it never began, or was stopped by hand. */
const NO_ATTEMPT: ReadonlySet<Result> = new Set([
  'refused',
  'planned',
  'in-progress',
  'interrupted',
  'unchanged',
]);

/** The five measures of software delivery (https://dora.dev/guides/dora-metrics/), as far as the ledger knows them. */
export interface Dora {
  /** The days that were counted, up to now. */
  readonly days: number;
  /** Deployments that went live. */
  readonly deployments: number;
  readonly perWeek: number;
  /** Median milliseconds from the commit to its being live; `undefined` where no commit's time is recorded. */
  readonly leadTime: number | undefined;
  /** Share of the attempts that failed, or went live and were gone back from; `undefined` without attempts. */
  readonly changeFailureRate: number | undefined;
  readonly failures: number;
  readonly attempts: number;
  /** Median milliseconds from a failure's going live to users' being on a good release again. */
  readonly timeToRestore: number | undefined;
  /** Share of the deployments that came in the 24 hours after a failure; `undefined` without deployments. */
  readonly reworkRate: number | undefined;
}

/** @param records newest first. @param now milliseconds since the epoch. */
export function doraOf(records: readonly ReleaseRecord[], now: number, days = 90): Dora {
  const since = now - days * DAY;
  const recent = records.filter((record) => Date.parse(record.startedAt) >= since);
  const attempts = recent.filter((record) => record.type === 'deployment' && !NO_ATTEMPT.has(record.result));
  const live = attempts.filter(wentLive);
  const undone = rollbacksBy(records);
  const failures = attempts.filter((record) => !wentLive(record) || undone.has(record.id));
  const first = recent.at(-1);
  const weeks = Math.max(1, (now - Math.max(since, first ? Date.parse(first.startedAt) : now)) / (7 * DAY));
  const rework = live.filter((record) => followsFailure(record, failures, undone));
  return {
    days,
    deployments: live.length,
    perWeek: live.length / weeks,
    leadTime: median(live.flatMap(leadTimeOf)),
    changeFailureRate: attempts.length > 0 ? failures.length / attempts.length : undefined,
    failures: failures.length,
    attempts: attempts.length,
    timeToRestore: median(failures.flatMap((record) => restoredIn(record, undone))),
    reworkRate: live.length > 0 ? rework.length / live.length : undefined,
  };
}

/** Each release that was gone back from, with the rollback that did it. */
export function rollbacksBy(records: readonly ReleaseRecord[]): ReadonlyMap<string, ReleaseRecord> {
  const byId = new Map(records.map((record) => [record.id, record]));
  const found = new Map<string, ReleaseRecord>();
  for (const record of records) {
    if (record.type !== 'rollback' || record.result !== 'rolled-back' || !record.replaces) continue;
    found.set(originOf(record.replaces, byId), record);
  }
  return found;
}

const endOf = (record: ReleaseRecord) => Date.parse(record.finishedAt ?? record.startedAt);

const leadTimeOf = (record: ReleaseRecord) =>
  record.committedAt ? [Math.max(0, endOf(record) - Date.parse(record.committedAt))] : [];

/** One that put itself back was on until its end; one that a rollback replaced, until the rollback's. */
function restoredIn(record: ReleaseRecord, undone: ReadonlyMap<string, ReleaseRecord>): number[] {
  const rollback = undone.get(record.id);
  if (rollback) return [Math.max(0, endOf(rollback) - endOf(record))];
  return record.result === 'rolled-back' ? [endOf(record) - Date.parse(record.startedAt)] : [];
}

function followsFailure(
  record: ReleaseRecord,
  failures: readonly ReleaseRecord[],
  undone: ReadonlyMap<string, ReleaseRecord>,
): boolean {
  const started = Date.parse(record.startedAt);
  return failures.some((failure) => {
    const known = undone.get(failure.id);
    const after = started - (known ? endOf(known) : endOf(failure));
    return failure.id !== record.id && after >= 0 && after <= DAY;
  });
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle];
  return sorted.length === 0 ? undefined : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
