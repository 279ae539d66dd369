import type { Ledger } from '../release/ledger.ts';
import { judgeOccupant, type Occupant } from '../release/occupant.ts';
import { originsOf } from '../release/pair.ts';
import type { Part, Pointer, ReleaseRecord } from '../release/record.ts';
import { refused } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';

/** How far back in the ledger it is looked for what is live, where the record of the live release cannot be read. */
const RECENT = 50;

export interface PartGuard {
  readonly part: Part;
  readonly wanted: Occupant;
  readonly release: string;
  /** The input `replace-part`. */
  readonly replace: boolean;
  readonly log: Log;
  /** The same ledger without a memory of what was read; left out where `ledger` has none. */
  readonly fresh?: Ledger | undefined;
}

/**
 * Refuses a second service, or a second site, under the name of the first, and one half of a release whose other half
 * was put back. Reads, and changes nothing.
 * @param current what is live; `undefined` before the first release
 * @returns true where the part takes the place of another, as `replace-part` says
 * @throws ActionError `refused`, with the inputs to set
 */
export async function guardPart(
  ledger: Ledger,
  guard: PartGuard,
  current: Pointer | undefined,
): Promise<boolean> {
  const { part, wanted, release, replace, log } = guard;
  const [live, own] = await Promise.all([liveOccupant(ledger, part, current), ledger.record(release)]);
  const verdict = judgeOccupant({
    part,
    environment: ledger.environment,
    wanted,
    release,
    live,
    own: own?.[part],
    replace,
  });
  if (verdict.kind === 'refused') throw refused(verdict.problem);
  if (own) await refuseTorn(guard.fresh ?? ledger, guard, own);
  if (verdict.kind === 'replaces') log.notice(verdict.why);
  return verdict.kind === 'replaces';
}

/**
 * "Re-run failed jobs" runs one half of a release again whose other half went live and was put back since: alone it
 * would stand beside another release's half. The record's pair is written after the pointer moved, so what the pointer
 * says after the record was read is no older than it.
 */
async function refuseTorn(
  ledger: Ledger,
  { part, release }: Pick<PartGuard, 'part' | 'release'>,
  own: ReleaseRecord,
): Promise<void> {
  const other = part === 'backend' ? 'frontend' : 'backend';
  if (own.pair?.[other] !== release) return;
  const current = await ledger.current();
  if (current?.[other] === release) return;
  const { records } = await ledger.list();
  const live = originsOf(current ?? {}, new Map(records.map((record) => [record.id, record])));
  if (live[other] === release) return;
  throw refused({
    input: 'release-id',
    what: `the ${other} of release ${release} went live and is not live any more: its ${part} alone would tear the release`,
    found: `the ${other} that is live is that of release ${live[other] ?? 'none'}`,
    fix: 'run all jobs again ("Re-run all jobs", not "Re-run failed jobs"), so that both halves go live; or deploy this one as a release of its own, with another `release-id`',
  });
}

async function liveOccupant(ledger: Ledger, part: Part, pointer: Pointer | undefined) {
  const release = pointer?.[part];
  if (!release) return undefined;
  const half = (await ledger.record(release))?.[part];
  if (half) return { release, occupant: half };
  // Its record is gone or damaged: the newest one that is known to have gone live says it as well.
  const newest = (await ledger.newest(RECENT)).find((record) =>
    ['deployed', 'unchanged'].includes(record[part]?.result ?? ''),
  );
  const known = newest?.[part];
  return newest && known && { release: newest.id, occupant: known };
}
