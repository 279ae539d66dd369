import type { Undo } from '../../parts/service/index.ts';
import { type Parts, siteOf } from '../../release/record.ts';
import type { Job } from '../../runtime/action.ts';
import { messageOf } from '../../runtime/errors.ts';
import { freeSavedLock, holdLock } from '../lock.ts';
import { type Edges, loadServicePart, openEdges } from './edges.ts';
import { readInputs } from './inputs.ts';
import type { action } from './interface.ts';
import { recoverSitePart } from './site-part.ts';

type RollbackJob = Job<typeof action>;

/** What the post step needs to put a stopped rollback back: saved before anything is changed, emptied at the end. */
export interface OpenRollback {
  readonly id: string;
  /** The release that is gone back to. */
  readonly target: string;
  /** Names of the parts that go back, in their order. */
  readonly parts: readonly string[];
  /** The way back of each service that was touched, by name of the part. */
  readonly undos: ReadonlyArray<readonly [name: string, undo: Undo]>;
}

const STATE = 'rollback';

/** Keeps the state of the rollback under way where the post step of a cancelled job finds it. */
export function keepOpen(job: Pick<RollbackJob, 'saveState'>) {
  let now: OpenRollback | undefined;
  const save = () => job.saveState(STATE, now ? JSON.stringify(now) : '');
  return {
    /** Called when the record is there, and before anything is changed. */
    opened(id: string, target: string, parts: readonly string[]) {
      now = { id, target, parts, undos: [] };
      save();
    },
    undo(name: string, undo: Undo) {
      if (now) now = { ...now, undos: [...now.undos.filter(([other]) => other !== name), [name, undo]] };
      save();
    },
    closed() {
      now = undefined;
      save();
    },
  };
}

/**
 * After a cancellation: the parts that went back come forward again, so that the release is whole, and the lock is freed.
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
    const { id: release, parts } = open;
    const hold = await holdLock(job, edges.ledger, { release, parts, timeout: config.lockTimeout });
    try {
      const current = await edges.ledger.current();
      if (current?.release === open.id) {
        job.log.warning(
          `the rollback ${open.id} was stopped at its very end: release ${open.target} is live`,
        );
        return;
      }
      await putBackParts(job, open, config, edges);
      await markInterrupted(edges, open.id, job);
      job.log.warning(`the rollback was stopped half-way: release ${current?.release} is live again, whole`);
    } finally {
      await hold.release();
    }
  } finally {
    edges.close();
  }
}

/** In the reverse of the order in which they went. What one of them fails by is told when all were tried. */
async function putBackParts(
  job: RollbackJob,
  open: OpenRollback,
  config: ReturnType<typeof readInputs>,
  edges: Edges,
): Promise<void> {
  const { log, clock, signal } = job;
  const record = await edges.ledger.record(open.id);
  const undos = new Map(open.undos);
  const failures: string[] = [];
  for (const name of open.parts.toReversed()) {
    const [site, undo] = [siteOf(record, name), undos.get(name)];
    try {
      if (site) await recoverSitePart(await edges.siteOptions(name, site, open.id, signal));
      if (!undo) continue;
      const { recoverService } = await loadServicePart();
      await recoverService(undo, config.waitTimeout, { log, clock, signal });
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

async function markInterrupted({ ledger }: Edges, id: string, { clock }: RollbackJob): Promise<void> {
  const finishedAt = new Date(clock.now()).toISOString();
  const parts = Object.entries((await ledger.record(id))?.parts ?? {});
  if (parts.length === 0) return;
  const interrupted = parts.map(([name, part]) => [name, { ...part, result: 'interrupted', finishedAt }]);
  await ledger.writeParts(id, Object.fromEntries(interrupted) as Parts);
}
