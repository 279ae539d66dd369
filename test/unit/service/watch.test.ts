import { describe, expect, it } from 'vitest';
import { watchRollout } from '../../../src/parts/service/deploy/watch.ts';
import { observationOf } from '../../../src/parts/service/targets/ecs-observation.ts';
import type { Target } from '../../../src/parts/service/targets/target.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { simulatedClock } from '../../support/simulated-clock.ts';

/** A target that is done at `doneAt`, and whose answers take `answer`; milliseconds. */
async function watched(doneAt: number, answer: number, timeout = 600_000) {
  const clock = simulatedClock();
  const start = clock.now();
  const asked: number[] = [];
  const observe = async () => {
    asked.push(clock.now() - start);
    await clock.sleep(answer);
    const done = clock.now() - start >= doneAt;
    return done
      ? ({ status: 'SUCCEEDED', phase: 'succeeded' } as const)
      : ({ status: 'IN_PROGRESS', phase: 'under-way' } as const);
  };
  const target = { kind: 'apprunner', observe } as unknown as Target;
  const ports = { clock, log: silentLog, signal: new AbortController().signal };
  const end = await clock.run(watchRollout(target, { id: '1', startedAt: start }, timeout, ports));
  return { end, asked, took: clock.now() - start };
}

const MOMENTS = [0, 1, 249, 251, 999, 1000, 1001, 1250, 1251, 59_999, 60_251, 300_000];
const ANSWERS = [0, 30, 400];
const ROWS = MOMENTS.flatMap((doneAt) => ANSWERS.map((answer) => ({ doneAt, answer })));

describe('a rollout is watched at a pace', () => {
  it.each(ROWS)('done at $doneAt ms, answers after $answer ms', async ({ doneAt, answer }) => {
    const { end, asked, took } = await watched(doneAt, answer);
    expect(end).toMatchObject({ ending: 'final', status: 'SUCCEEDED' });
    expect(took - doneAt).toBeLessThan(2000);
    const gaps = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
    expect(Math.min(1000, ...gaps)).toBe(1000);
    expect(asked.length).toBeLessThanOrEqual(Math.floor(took / 1000) + 1);
  });

  it('is over at its bound, and not later', async () => {
    const { end, took } = await watched(600_000, 0, 3500);
    expect(end).toMatchObject({ ending: 'timed-out', status: 'IN_PROGRESS' });
    expect(took).toBe(3500);
  });
});

it('a hook that waits for somebody else is told once, and its wait does not count', async () => {
  const clock = simulatedClock();
  const start = clock.now();
  const told: string[] = [];
  const observe = async () => {
    const elapsed = clock.now() - start;
    const held = elapsed < 60_000;
    return observationOf('ecs', {
      serviceDeploymentArn: 'arn:d',
      status: elapsed < 62_000 ? 'IN_PROGRESS' : 'SUCCESSFUL',
      lifecycleStage: 'POST_SCALE_UP',
      targetServiceRevision: {
        runningTaskCount: 1,
        requestedTaskCount: 2,
        requestedProductionTrafficWeight: 20,
      },
      lifecycleHookDetails: held
        ? [{ hookId: 'h1', targetType: 'PAUSE', status: 'AWAITING_ACTION', timeoutAction: 'ROLLBACK' }]
        : [],
    });
  };
  const target = { kind: 'ecs', observe } as unknown as Target;
  const log = {
    ...silentLog,
    notice: (line: string) => void told.push(line),
    info: (line: string) => void told.push(line),
  };
  const ports = { clock, log, signal: new AbortController().signal };
  const end = await clock.run(watchRollout(target, { id: '1', startedAt: start }, 10_000, ports));
  expect(end).toMatchObject({ ending: 'final', status: 'SUCCESSFUL' });
  expect(told.filter((line) => line.includes('waits at POST_SCALE_UP'))).toHaveLength(1);
  expect(told.join('\n')).toMatch(/then ECS goes back by itself[\s\S]*--hook-id h1 --action CONTINUE/);
  expect(told.join('\n')).toMatch(/1 of 2 tasks, POST_SCALE_UP, 20 % of the traffic/);
});
