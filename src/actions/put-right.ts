import type { Undo } from '../parts/service/index.ts';
import type { Hold, Ledger } from '../release/ledger.ts';
import { type Parts, type Pointer, type SitePart, siteOf } from '../release/record.ts';
import type { Job } from '../runtime/action.ts';
import { messageOf } from '../runtime/errors.ts';
import type { ActionInterface } from '../runtime/inputs.ts';
import { holdLock } from './lock.ts';
import { recoverSitePart, type SitePartOptions } from './rollback/site-part.ts';

/**
 * What the post step needs to put a stopped release back, whatever its parts are: saved before anything is changed,
 * emptied at the end.
 */
export interface OpenRelease {
  readonly id: string;
  readonly environment: string;
  /** The release bucket. */
  readonly bucket: string;
  /** `rollback` or `deployment`: what the log calls it. */
  readonly what: string;
  /** The release whose artifacts go live. */
  readonly target: string;
  /** Names of the parts that are touched, in their order. */
  readonly parts: readonly string[];
  /** The pointer as it stood before: see {@link stampOf}. */
  readonly before: string;
  /** The way back of each service that was touched, by name of the part. */
  readonly undos: ReadonlyArray<readonly [name: string, undo: Undo]>;
}

const STATE = 'open-release';

/** One value of the pointer, to be told from any other. */
export const stampOf = (pointer: Pick<Pointer, 'release' | 'updatedAt'> | undefined): string =>
  pointer ? `${pointer.release} ${pointer.updatedAt}` : '';

export type Safety = ReturnType<typeof keepOpen>;

/** Keeps the state of the release under way where the post step of a cancelled job finds it. */
export function keepOpen<A extends ActionInterface>(job: Pick<Job<A>, 'saveState'>) {
  let now: OpenRelease | undefined;
  const save = () => job.saveState(STATE, now ? JSON.stringify(now) : '');
  return {
    /** Called when the record is there, and before anything is changed. */
    opened(release: Omit<OpenRelease, 'undos'>) {
      now = { ...release, undos: [] };
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
    isOpen: () => now !== undefined,
  };
}

/** What the main step left open; `undefined` where it put all right itself. */
export function leftOpen<A extends ActionInterface>(job: Pick<Job<A>, 'state'>): OpenRelease | undefined {
  const saved = job.state(STATE);
  return saved === '' ? undefined : (JSON.parse(saved) as OpenRelease);
}

export interface PutRightPorts {
  readonly ledger: Ledger;
  /** Milliseconds. */
  readonly lockTimeout: number;
  readonly waitTimeout: number;
  /** What a site is put back with. @param site as the stopped release recorded it */
  siteOptions(name: string, site: SitePart, id: string, signal: AbortSignal): Promise<SitePartOptions>;
}

/**
 * After a cancellation: what was changed goes back, so that what is live is one release, and the record says so. A job has
 * minutes for this, and seconds only before it. A release whose pointer had moved is left as it is: it is live. One that
 * another release came after is that one's business.
 * @throws where it could not be put back
 */
export async function putRight<A extends ActionInterface>(
  job: Job<A>,
  open: OpenRelease,
  ports: PutRightPorts,
): Promise<void> {
  const { id: release, parts, what } = open;
  const hold = await holdLock(job, ports.ledger, { release, parts, timeout: ports.lockTimeout });
  try {
    const current = await ports.ledger.current();
    if (current?.release === release) {
      job.log.warning(`the ${what} ${release} was stopped at its very end: release ${open.target} is live`);
      return;
    }
    if (stampOf(current) !== open.before) {
      job.log.warning(
        `the ${what} ${release} was stopped half-way, and release ${current?.release} came after it: nothing is put back`,
      );
      return;
    }
    await putBackParts(job, open, ports, hold);
    await markInterrupted(ports.ledger, release, job);
    job.log.warning(`the ${what} was stopped half-way: ${nameOf(current)} is live again, whole`);
  } finally {
    await hold.release();
  }
}

const nameOf = (current: Pointer | undefined) =>
  current ? `release ${current.release}` : 'what was there before';

/** In the reverse of the order in which they went. What one of them fails by is told when all were tried. */
async function putBackParts<A extends ActionInterface>(
  job: Job<A>,
  open: OpenRelease,
  ports: PutRightPorts,
  hold: Hold,
): Promise<void> {
  const { log, clock } = job;
  const signal = AbortSignal.any([job.signal, hold.signal]);
  const record = await ports.ledger.record(open.id);
  const undos = new Map(open.undos);
  const failures: string[] = [];
  for (const name of open.parts.toReversed()) {
    const [site, undo] = [siteOf(record, name), undos.get(name)];
    try {
      if (site) await recoverSitePart(await ports.siteOptions(name, site, open.id, signal));
      if (!undo) continue;
      const { recoverService } = await import(/* webpackChunkName: "backend" */ './rollback/service-part.ts');
      await recoverService(undo, ports.waitTimeout, { log, clock, signal });
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

async function markInterrupted<A extends ActionInterface>(
  ledger: Ledger,
  id: string,
  { clock }: Pick<Job<A>, 'clock'>,
): Promise<void> {
  const finishedAt = new Date(clock.now()).toISOString();
  const parts = Object.entries((await ledger.record(id))?.parts ?? {});
  if (parts.length === 0) return;
  const interrupted = parts.map(([name, part]) => [name, { ...part, result: 'interrupted', finishedAt }]);
  await ledger.writeParts(id, Object.fromEntries(interrupted) as Parts);
}
