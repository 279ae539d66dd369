import type { Ledger } from '../release/ledger.ts';
import { judgeOccupant, type Occupant } from '../release/occupant.ts';
import type { Part, Pointer } from '../release/record.ts';
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
}

/**
 * Refuses a second service, or a second site, under the name of the first. Reads, and changes nothing.
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
  if (verdict.kind === 'replaces') log.notice(verdict.why);
  return verdict.kind === 'replaces';
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
