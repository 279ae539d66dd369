import type { Job } from '../../runtime/action.ts';
import { messageOf } from '../../runtime/errors.ts';
import { freeSavedLock } from '../lock.ts';
import { leftOpen, type OpenRelease, putRight } from '../put-right.ts';
import { openEdges } from './edges.ts';
import { readInputs } from './inputs.ts';
import type { action } from './interface.ts';

type RollbackJob = Job<typeof action>;

/** After a cancellation: the parts that went back come forward again, so that the release is whole, and the lock is freed. */
export async function putRightAfterStop(job: RollbackJob): Promise<void> {
  const open = leftOpen(job);
  try {
    if (open) await putRightRollback(job, open);
  } catch (error) {
    job.log.error(
      `the rollback was stopped half-way and could not be put back: ${messageOf(error)}\n  next: run it again, with the same inputs`,
    );
  } finally {
    await freeSavedLock(job);
  }
}

async function putRightRollback(job: RollbackJob, open: OpenRelease): Promise<void> {
  const config = readInputs(job.inputs);
  const edges = await openEdges(config, job);
  try {
    await putRight(job, open, { ...config, ...edges });
  } finally {
    edges.close();
  }
}
