import type { Undo } from '../../backend/index.ts';
import type { Job } from '../../runtime/action.ts';
import { messageOf } from '../../runtime/errors.ts';
import { freeSavedLock, holdLock } from '../lock.ts';
import { type Edges, loadBackendHalf, openEdges } from './edges.ts';
import { recoverFrontend } from './frontend-half.ts';
import { readInputs } from './inputs.ts';
import type { action } from './interface.ts';

type RollbackJob = Job<typeof action>;

/** What the post step needs to put a stopped rollback back: saved before anything is changed, emptied at the end. */
export interface OpenRollback {
  readonly id: string;
  /** The release that is gone back to. */
  readonly target: string;
  readonly backend?: Undo | undefined;
}

const STATE = 'rollback';

/** Keeps the state of the rollback under way where the post step of a cancelled job finds it. */
export function keepOpen(job: Pick<RollbackJob, 'saveState'>) {
  let now: OpenRollback | undefined;
  const save = () => job.saveState(STATE, now ? JSON.stringify(now) : '');
  return {
    /** Called when the record is there, and before anything is changed. */
    opened(id: string, target: string) {
      now = { id, target };
      save();
    },
    undo(backend: Undo) {
      if (now) now = { ...now, backend };
      save();
    },
    closed() {
      now = undefined;
      save();
    },
  };
}

/**
 * After a cancellation: the halves that went back come forward again, so that the pair is whole, and the lock is freed.
 * A job has minutes for this, and seconds only before it. A rollback whose pointer had moved is left as it is: it is live.
 */
export async function putRightAfterStop(job: RollbackJob): Promise<void> {
  const saved = job.state(STATE);
  try {
    if (saved !== '') await putRight(job, JSON.parse(saved) as OpenRollback);
  } catch (error) {
    job.log.error(
      `the rollback was stopped half-way and could not be put back: ${messageOf(error)}\n  next: run it again, with the same inputs`,
    );
  } finally {
    await freeSavedLock(job);
  }
}

async function putRight(job: RollbackJob, open: OpenRollback): Promise<void> {
  const config = readInputs(job.inputs);
  const edges = await openEdges(config, job);
  try {
    const parts = ['backend', 'frontend'] as const;
    const hold = await holdLock(job, edges.ledger, { release: open.id, parts, timeout: config.lockTimeout });
    try {
      const current = await edges.ledger.current();
      if (current?.release === open.id) {
        job.log.warning(
          `the rollback ${open.id} was stopped at its very end: release ${open.target} is live`,
        );
        return;
      }
      await putBackHalves(job, open, config, edges);
      await markInterrupted(edges, open.id, job);
      job.log.warning(`the rollback was stopped half-way: release ${current?.release} is live again, whole`);
    } finally {
      await hold.release();
    }
  } finally {
    edges.close();
  }
}

async function putBackHalves(
  job: RollbackJob,
  open: OpenRollback,
  config: ReturnType<typeof readInputs>,
  edges: Edges,
): Promise<void> {
  const { log, clock, signal } = job;
  const half = (await edges.ledger.record(open.id))?.frontend;
  if (half) await recoverFrontend(await edges.frontendOptions(half, open.id, signal));
  if (open.backend) {
    const { recoverBackend } = await loadBackendHalf();
    await recoverBackend(open.backend, config.waitTimeout, { log, clock, signal });
  }
}

async function markInterrupted({ ledger }: Edges, id: string, { clock }: RollbackJob): Promise<void> {
  const finishedAt = new Date(clock.now()).toISOString();
  const record = await ledger.record(id);
  if (record?.backend)
    await ledger.writeBackend(id, { ...record.backend, result: 'interrupted', finishedAt });
  if (record?.frontend)
    await ledger.writeFrontend(id, { ...record.frontend, result: 'interrupted', finishedAt });
}
