import type { Diff } from './diff.ts';
import type { SitePlan } from './plan.ts';

/**
 * Characters of a plan in an output. GitHub takes 1 MB of outputs from a job, counted in UTF-16: 524,288 characters. Less than
 * half of it leaves room for the job's other steps.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs
 */
export const OUTPUT_LIMIT = 200_000;

/** A plan with each file that it would write or remove. */
export interface ListedPlan extends SitePlan {
  readonly changes: {
    readonly writes: ReadonlyArray<{ path: string; bytes: number; reason: string }>;
    readonly deletes: ReadonlyArray<{ path: string; reason: string }>;
  };
  /** How many of each are not in the lists, for an output holds so much and no more; both 0 in the whole plan. */
  readonly leftOut: { readonly writes: number; readonly deletes: number };
}

/** The whole plan. */
export function listPlan(plan: SitePlan, diff: Diff): ListedPlan {
  return {
    ...plan,
    changes: {
      writes: diff.writes.map(({ file, reason }) => ({ path: file.path, bytes: file.size, reason })),
      deletes: diff.deletes.map(({ path, reason }) => ({ path, reason })),
    },
    leftOut: { writes: 0, deletes: 0 },
  };
}

/**
 * The plan as JSON of at most `limit` characters: what is removed is listed before what is written, for it is what a person
 * must see. A plan whose totals alone are longer is not cut further.
 */
export function planJson(plan: ListedPlan, limit = OUTPUT_LIMIT): string {
  const whole = JSON.stringify(plan);
  if (whole.length <= limit) return whole;
  const { writes, deletes } = plan.changes;
  const shell = {
    ...plan,
    changes: { writes: [], deletes: [] },
    leftOut: { writes: writes.length, deletes: deletes.length },
  };
  const taking = taker(limit - JSON.stringify(shell).length);
  const kept = { deletes: taking(deletes), writes: taking(writes) };
  return JSON.stringify({
    ...plan,
    changes: { writes: kept.writes, deletes: kept.deletes },
    leftOut: { writes: writes.length - kept.writes.length, deletes: deletes.length - kept.deletes.length },
  });
}

/** Takes from the front of lists what has room. */
function taker(room: number) {
  let left = room;
  return <T>(list: readonly T[]): T[] => {
    const end = list.findIndex((entry) => {
      left -= JSON.stringify(entry).length + 1;
      return left < 0;
    });
    return end < 0 ? [...list] : list.slice(0, end);
  };
}
