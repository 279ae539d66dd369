import type { Running } from '../targets/target.ts';

/**
 * How long lists may lag behind a deployment that has ended, in milliseconds: ListTasks and DescribeTasks are eventually
 * consistent (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html gives no bound).
 */
export const LISTS_LAG = 20_000;

/** What {@link isSettled} looks at. */
export interface Sight {
  readonly condition: Running['state']['condition'];
  readonly digests: Running['digests'];
  readonly tasks?: Running['tasks'];
}

/**
 * True where looking again would show nothing better: all is as it was asked for, or it is wrong and will stay so.
 * @param asked digests that are right; empty where they are not known
 * @param still milliseconds for which nothing has changed
 */
export function isSettled(
  { condition, digests, tasks }: Sight,
  asked: readonly string[],
  still: number,
): boolean {
  if (condition === 'busy') return false;
  if (!tasks || tasks.wanted === 0) return true;
  // The right revision with another image: no wait mends that.
  if (asked.length > 0 && digests.some((digest) => !asked.includes(digest))) return true;
  if (tasks.running >= tasks.wanted && tasks.others.length === 0) return true;
  if (still < LISTS_LAG) return false;
  return !(tasks.isComing && tasks.running < tasks.wanted);
}

/** True where every wanted task runs the revision that the service is to run, and nothing else does. */
export const isComplete = ({ tasks }: Pick<Sight, 'tasks'>): boolean =>
  !tasks || (tasks.running >= tasks.wanted && tasks.others.length === 0);

/** How far it is, for the log; '' where there is nothing to wait for. */
export function sayTasks({ tasks }: Pick<Sight, 'tasks'>): string {
  if (!tasks || isComplete({ tasks })) return '';
  const others = tasks.others.length > 0 ? `, and ${tasks.others.length} of another revision still do` : '';
  return `${tasks.running} of ${tasks.wanted} wanted tasks run${others}`;
}
