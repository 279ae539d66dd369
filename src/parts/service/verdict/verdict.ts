import type { TargetKind } from '../plan/spec.ts';

/** What a rollout's status means, whatever the target calls it. */
export type Phase =
  | 'under-way'
  | 'rolling-back'
  | 'succeeded'
  | 'failed'
  | 'stopped'
  | 'rolled-back'
  | 'rollback-failed'
  | 'unknown';

/**
 * App Runner's operation statuses
 * (https://docs.aws.amazon.com/apprunner/latest/api/API_OperationSummary.html).
 */
const APP_RUNNER: Readonly<Record<string, Phase>> = {
  PENDING: 'under-way',
  IN_PROGRESS: 'under-way',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  ROLLBACK_IN_PROGRESS: 'rolling-back',
  ROLLBACK_SUCCEEDED: 'rolled-back',
  ROLLBACK_FAILED: 'rollback-failed',
};

/**
 * Statuses of an ECS service deployment, of Express services too
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html). STOPPED is a deployment that
 * another replaced or that someone stopped without going back.
 */
const ECS: Readonly<Record<string, Phase>> = {
  PENDING: 'under-way',
  IN_PROGRESS: 'under-way',
  SUCCESSFUL: 'succeeded',
  STOP_REQUESTED: 'rolling-back',
  STOPPED: 'stopped',
  ROLLBACK_REQUESTED: 'rolling-back',
  ROLLBACK_IN_PROGRESS: 'rolling-back',
  ROLLBACK_SUCCESSFUL: 'rolled-back',
  ROLLBACK_FAILED: 'rollback-failed',
};

const PHASES: Readonly<Record<TargetKind, Readonly<Record<string, Phase>>>> = {
  apprunner: APP_RUNNER,
  ecs: ECS,
  'ecs-express': ECS,
};

export function phaseOf(target: TargetKind, status: string): Phase {
  return PHASES[target][status] ?? 'unknown';
}

/** What the service as a whole is fit for. */
export type Condition = 'ready' | 'busy' | 'paused' | 'broken' | 'gone' | 'unknown';

/** https://docs.aws.amazon.com/apprunner/latest/api/API_Service.html */
const APP_RUNNER_SERVICE: Readonly<Record<string, Condition>> = {
  RUNNING: 'ready',
  OPERATION_IN_PROGRESS: 'busy',
  PAUSED: 'paused',
  CREATE_FAILED: 'broken',
  DELETE_FAILED: 'broken',
  DELETED: 'gone',
};

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html (Express: statusCode, the same words) */
const ECS_SERVICE: Readonly<Record<string, Condition>> = {
  ACTIVE: 'ready',
  DRAINING: 'gone',
  INACTIVE: 'gone',
};

export function conditionOf(target: TargetKind, status: string): Condition {
  return (target === 'apprunner' ? APP_RUNNER_SERVICE : ECS_SERVICE)[status] ?? 'unknown';
}

/** How the watching of a rollout ended. */
export type Ending =
  /** The target said a final word: see the phase. */
  | 'final'
  /** `wait-timeout` ran out. */
  | 'timed-out'
  /** The rollout is not in the target's list any more, and the service is busy with nothing. */
  | 'vanished'
  /** We may no longer look. */
  | 'denied';

/** What is known when the watching has ended. */
export interface Evidence {
  readonly ending: Ending;
  readonly phase: Phase;
  /** The target's own word for it. */
  readonly status: string;
  readonly condition: Condition;
  /** Digests that count as ours. */
  readonly asked: readonly string[];
  /** Digests of what runs now; empty where nothing does or it cannot be known. */
  readonly running: readonly string[];
  /** ECS targets: how many tasks the service wants, how many run the new version, and what else runs. */
  readonly tasks?:
    | { readonly wanted: number; readonly running: number; readonly others: readonly string[] }
    | undefined;
  /** A later rollout that someone else started. */
  readonly replacedBy?: string | undefined;
}

export interface Verdict {
  readonly kind: /** Green: ours succeeded, and it is what runs. */
    | 'live'
    /** The target put the old one back by itself: to be verified, not repeated. */
    | 'target-rolled-back'
    /** Someone else's rollout took the place of ours: not green, and not ours to undo. */
    | 'replaced'
    | 'timed-out'
    | 'failed';
  readonly why: string;
}

/** The verdict on a rollout. Green in one case only; everything that is not known to be good is not good. */
export function judgeRollout(evidence: Evidence): Verdict {
  const { ending, phase, status, replacedBy } = evidence;
  if (replacedBy) {
    return { kind: 'replaced', why: `another deployment (${replacedBy}) took the place of this one` };
  }
  if (ending === 'denied') {
    return {
      kind: 'failed',
      why: 'the permission to watch the rollout was taken away while it ran, or the credentials ended',
    };
  }
  if (ending === 'vanished') {
    return {
      kind: 'failed',
      why: 'the rollout is no longer in the list of the target, so nobody can say how it ended',
    };
  }
  if (ending === 'timed-out') {
    const heard = phase === 'unknown' ? `, which is not a status that is known` : '';
    return { kind: 'timed-out', why: `the rollout was still ${status}${heard} when wait-timeout ran out` };
  }
  switch (phase) {
    case 'succeeded':
      return judgeRunning(evidence);
    case 'rolled-back':
      return {
        kind: 'target-rolled-back',
        why: `the target gave the new version up and went back (${status})`,
      };
    case 'failed':
      return { kind: 'failed', why: `the rollout ended as ${status}` };
    case 'stopped':
      return { kind: 'failed', why: `the rollout was stopped (${status}) before it was complete` };
    case 'rollback-failed':
      return {
        kind: 'failed',
        why: `the target gave the new version up and its own way back failed (${status})`,
      };
    default:
      return { kind: 'failed', why: `the rollout ended as ${status}, which is no known success` };
  }
}

/** The target's "success" is believed only as far as what runs bears it out. */
function judgeRunning({ condition, asked, running, tasks, status }: Evidence): Verdict {
  if (condition !== 'ready') {
    return {
      kind: 'failed',
      why: `the rollout ended as ${status}, but the service is not ready (${condition})`,
    };
  }
  if (tasks && tasks.wanted === 0) {
    return { kind: 'failed', why: 'the service is scaled to zero tasks, so its success proves nothing' };
  }
  const strangers = running.filter((digest) => !asked.includes(digest));
  const others = [...new Set([...strangers, ...(tasks?.others ?? [])])];
  if (strangers.length > 0 || (running.length === 0 && others.length > 0)) {
    return {
      kind: 'failed',
      why: `the rollout ended as ${status}, but what runs is ${others.join(', ')} and not what was asked for`,
    };
  }
  if (running.length === 0) {
    return { kind: 'failed', why: `the rollout ended as ${status}, but nothing is seen to run` };
  }
  if (tasks && tasks.running < tasks.wanted) {
    return {
      kind: 'failed',
      why: `only ${tasks.running} of ${tasks.wanted} wanted tasks run the new version`,
    };
  }
  if (others.length > 0) {
    return {
      kind: 'failed',
      why: `the rollout ended as ${status}, but tasks of another revision still run (${others.join(', ')})`,
    };
  }
  return { kind: 'live', why: `${status}, and what runs is the digest that was asked for` };
}
