import type { DeploymentLifecycleHook } from '../shapes/inputs/ecs.ts';
import type { Stage } from './strategy.ts';

/** One run of a lifecycle hook, as DescribeServiceDeployments tells it; times are epoch milliseconds. */
export interface HookRun {
  readonly id: string;
  readonly targetType: 'AWS_LAMBDA' | 'PAUSE';
  readonly targetArn?: string;
  readonly expiresAt: number;
  readonly timeoutAction: 'CONTINUE' | 'ROLLBACK';
  status: 'AWAITING_ACTION' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  /** When a function is asked (again). */
  askAt: number;
}

/** Minutes before a hook's time-out action is taken, and the action, where none are configured (ECS API). */
const TIMEOUT = { minutes: 1440, action: 'ROLLBACK' } as const;

/**
 * The runs that begin at a stage.
 * @param minute milliseconds of a minute of AWS's clock
 * @param newId an id, by the kind of hook: 43 characters, as those of AWS
 */
export function hooksAt(
  configured: readonly DeploymentLifecycleHook[] | undefined,
  stage: Stage,
  clock: { readonly now: number; readonly minute: number },
  newId: (kind: string) => string,
): HookRun[] {
  return (configured ?? [])
    .filter((hook) => (hook.lifecycleStages ?? []).some((one) => one === stage))
    .map((hook) => {
      const pause = hook.targetType === 'PAUSE';
      const { timeoutInMinutes = TIMEOUT.minutes, action = TIMEOUT.action } = hook.timeoutConfiguration ?? {};
      return {
        id: newId(pause ? 'pause' : 'lambda'),
        targetType: pause ? 'PAUSE' : 'AWS_LAMBDA',
        ...(pause || !hook.hookTargetArn ? {} : { targetArn: hook.hookTargetArn }),
        expiresAt: clock.now + timeoutInMinutes * clock.minute,
        timeoutAction: action,
        status: pause ? 'AWAITING_ACTION' : 'IN_PROGRESS',
        askAt: clock.now,
      };
    });
}

export const isOpen = ({ status }: HookRun): boolean =>
  status === 'AWAITING_ACTION' || status === 'IN_PROGRESS';

/** What a hook's function answered (ECS developer guide, "Lambda hooks"): seconds before it is asked again, 30 unless it says. */
export interface HookAnswer {
  readonly hookStatus?: unknown;
  readonly callBackDelay?: unknown;
}

/** An answer without a status that is known counts as a failure. */
export function answered(
  run: HookRun,
  answer: HookAnswer,
  clock: { readonly now: number; readonly minute: number },
): void {
  if (answer.hookStatus === 'IN_PROGRESS') {
    const seconds = typeof answer.callBackDelay === 'number' ? answer.callBackDelay : 30;
    run.askAt = clock.now + (seconds * clock.minute) / 60;
  } else run.status = answer.hookStatus === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED';
}

/** Hooks whose time is over are `TIMED_OUT`. */
export function expire(runs: readonly HookRun[], now: number): void {
  for (const run of runs) if (isOpen(run) && now >= run.expiresAt) run.status = 'TIMED_OUT';
}

/** All hooks of a stage have to pass; one that timed out passes where its time-out action says so. */
export function outcomeOf(runs: readonly HookRun[]): 'running' | 'passed' | 'failed' {
  const failed = (run: HookRun) =>
    run.status === 'FAILED' || (run.status === 'TIMED_OUT' && run.timeoutAction === 'ROLLBACK');
  if (runs.some(failed)) return 'failed';
  return runs.some(isOpen) ? 'running' : 'passed';
}

/** Why a stage's hooks failed, in words. */
export function whyFailed(runs: readonly HookRun[], stage: string): string {
  const run = runs.find((one) => one.status === 'FAILED' || one.status === 'TIMED_OUT');
  const how = run?.status === 'TIMED_OUT' ? 'timed out' : 'failed';
  return `Service deployment rolled back because the lifecycle hook ${run?.targetArn ?? run?.id ?? ''} ${how} at ${stage}.`;
}
