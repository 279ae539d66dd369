import { OperationStatus, ServiceStatus } from '@aws-sdk/client-apprunner';
import { ServiceDeploymentStatus } from '@aws-sdk/client-ecs';
import { describe, expect, test } from 'vitest';
import {
  conditionOf,
  type Evidence,
  judgeRollout,
  type Phase,
  phaseOf,
} from '../../../src/parts/service/verdict/verdict.ts';

const APP_RUNNER: Record<string, Phase> = {
  PENDING: 'under-way',
  IN_PROGRESS: 'under-way',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  ROLLBACK_IN_PROGRESS: 'rolling-back',
  ROLLBACK_SUCCEEDED: 'rolled-back',
  ROLLBACK_FAILED: 'rollback-failed',
  SOMETHING_NEW: 'unknown',
  succeeded: 'unknown',
  '': 'unknown',
};
const ECS: Record<string, Phase> = {
  PENDING: 'under-way',
  IN_PROGRESS: 'under-way',
  SUCCESSFUL: 'succeeded',
  STOP_REQUESTED: 'rolling-back',
  STOPPED: 'stopped',
  ROLLBACK_REQUESTED: 'rolling-back',
  ROLLBACK_IN_PROGRESS: 'rolling-back',
  ROLLBACK_SUCCESSFUL: 'rolled-back',
  ROLLBACK_FAILED: 'rollback-failed',
  SUCCEEDED: 'unknown',
};

describe('a status', () => {
  test.each(Object.entries(APP_RUNNER))('App Runner %j is %s', (status, phase) => {
    expect(phaseOf('apprunner', status)).toBe(phase);
  });
  test.each(Object.entries(ECS))('ECS %j is %s', (status, phase) => {
    expect(phaseOf('ecs', status)).toBe(phase);
    expect(phaseOf('ecs-express', status)).toBe(phase);
  });
  test("no status of the SDK's is without a row", () => {
    for (const status of Object.values(OperationStatus))
      expect(phaseOf('apprunner', status)).not.toBe('unknown');
    for (const status of Object.values(ServiceDeploymentStatus))
      expect(phaseOf('ecs', status)).not.toBe('unknown');
    for (const status of Object.values(ServiceStatus))
      expect(conditionOf('apprunner', status)).not.toBe('unknown');
  });
  test.each([
    ['apprunner', 'RUNNING', 'ready'],
    ['apprunner', 'OPERATION_IN_PROGRESS', 'busy'],
    ['apprunner', 'PAUSED', 'paused'],
    ['apprunner', 'CREATE_FAILED', 'broken'],
    ['apprunner', 'DELETE_FAILED', 'broken'],
    ['apprunner', 'DELETED', 'gone'],
    ['apprunner', 'ODD', 'unknown'],
    ['ecs', 'ACTIVE', 'ready'],
    ['ecs', 'DRAINING', 'gone'],
    ['ecs-express', 'INACTIVE', 'gone'],
    ['ecs', 'RUNNING', 'unknown'],
  ] as const)('%s service %s is %s', (target, status, condition) => {
    expect(conditionOf(target, status)).toBe(condition);
  });
});

const good: Evidence = {
  ending: 'final',
  phase: 'succeeded',
  status: 'SUCCEEDED',
  condition: 'ready',
  asked: ['sha256:new', 'sha256:child'],
  running: ['sha256:new'],
};

describe('the verdict', () => {
  const rows: ReadonlyArray<readonly [string, Partial<Evidence>, string, RegExp]> = [
    ['success, and it is what runs', {}, 'live', /digest that was asked for/],
    ['success, with all tasks', { tasks: { wanted: 2, running: 2, others: [] } }, 'live', /./],
    ['success, the manifest of the index is reported', { running: ['sha256:child'] }, 'live', /./],
    [
      'success, but another digest runs',
      { running: ['sha256:old'] },
      'failed',
      /sha256:old and not what was asked/,
    ],
    ['success, but old tasks are left', { running: ['sha256:new', 'sha256:old'] }, 'failed', /sha256:old/],
    ['success, but nothing runs', { running: [] }, 'failed', /nothing is seen to run/],
    ['success, scaled to zero', { tasks: { wanted: 0, running: 0, others: [] } }, 'failed', /scaled to zero/],
    ['success, tasks missing', { tasks: { wanted: 3, running: 2, others: [] } }, 'failed', /only 2 of 3/],
    [
      'success, all new, and a task of another revision besides',
      { tasks: { wanted: 2, running: 2, others: ['sha256:old'] } },
      'failed',
      /another revision still run \(sha256:old\)/,
    ],
    [
      'success, none new, and the old ones run',
      { running: [], tasks: { wanted: 1, running: 0, others: ['sha256:old'] } },
      'failed',
      /what runs is sha256:old and not what was asked for/,
    ],
    ['success, but the service is paused', { condition: 'paused' }, 'failed', /not ready \(paused\)/],
    ['success, but the service cannot be read', { condition: 'unknown' }, 'failed', /not ready/],
    [
      'success, but another deployment came after',
      { replacedBy: 'UPDATE_SERVICE 7' },
      'replaced',
      /UPDATE_SERVICE 7/,
    ],
    ['failed', { phase: 'failed', status: 'FAILED' }, 'failed', /ended as FAILED/],
    [
      'failed, whatever runs',
      { phase: 'failed', status: 'FAILED', running: ['sha256:new'] },
      'failed',
      /FAILED/,
    ],
    ['stopped', { phase: 'stopped', status: 'STOPPED' }, 'failed', /stopped \(STOPPED\)/],
    [
      'rolled back by the target',
      { phase: 'rolled-back', status: 'ROLLBACK_SUCCEEDED' },
      'target-rolled-back',
      /went back/,
    ],
    [
      'rollback failed',
      { phase: 'rollback-failed', status: 'ROLLBACK_FAILED' },
      'failed',
      /own way back failed/,
    ],
    ['a status nobody has heard of', { phase: 'unknown', status: 'ODD' }, 'failed', /no known success/],
    [
      'time out under way',
      { ending: 'timed-out', phase: 'under-way', status: 'IN_PROGRESS' },
      'timed-out',
      /still IN_PROGRESS/,
    ],
    [
      'time out in an unknown status',
      { ending: 'timed-out', phase: 'unknown', status: 'ODD' },
      'timed-out',
      /not a status that is known/,
    ],
    [
      'time out while rolling back',
      { ending: 'timed-out', phase: 'rolling-back', status: 'ROLLBACK_IN_PROGRESS' },
      'timed-out',
      /./,
    ],
    [
      'vanished',
      { ending: 'vanished', phase: 'under-way', status: 'IN_PROGRESS' },
      'failed',
      /no longer in the list/,
    ],
    [
      'vanished, though ours runs',
      { ending: 'vanished', phase: 'under-way' },
      'failed',
      /no longer in the list/,
    ],
    ['access denied', { ending: 'denied', phase: 'under-way' }, 'failed', /permission/],
    [
      'a phase that is not final',
      { phase: 'under-way', status: 'IN_PROGRESS' },
      'failed',
      /no known success/,
    ],
  ];
  test.each(rows)('%s', (_name, change, kind, why) => {
    const verdict = judgeRollout({ ...good, ...change });
    expect(verdict.kind).toBe(kind);
    expect(verdict.why).toMatch(why);
  });
});
