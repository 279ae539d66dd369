import { originsOf } from '../release/composition.ts';
import type { Ledger } from '../release/ledger.ts';
import { judgeName, judgeOccupant, nameOfOccupant, type Occupant } from '../release/occupant.ts';
import { ownValue } from '../release/part-name.ts';
import { liveRelease, type Pointer, partOf, type ReleaseRecord } from '../release/record.ts';
import { refused } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';

/** How far back in the ledger it is looked for what is live, where the record of the live release cannot be read. */
const RECENT = 50;

export interface PartGuard {
  /** The input `part`. */
  readonly part: string;
  readonly wanted: Occupant;
  readonly release: string;
  /** The input `replace-part`. */
  readonly replace: boolean;
  readonly log: Log;
  /** Whether a service or site is there no more; asked only where another one is to take its place. Never throws. */
  isGone(before: Occupant): Promise<boolean>;
  /** The same ledger without a memory of what was read; left out where `ledger` has none. */
  readonly fresh?: Ledger | undefined;
}

/**
 * Refuses a second service, or a second site, under the name of the first; a thing that has another name already; and one
 * part of a release of which another part was put back. Reads, and changes nothing.
 * @param current what is live; `undefined` before the first release
 * @returns true where the part takes the place of another, as `replace-part` says or because that is gone
 * @throws ActionError `refused`, with the inputs to set
 */
export async function guardPart(
  ledger: Ledger,
  guard: PartGuard,
  current: Pointer | undefined,
): Promise<boolean> {
  const { part, wanted, release, replace, log } = guard;
  const names = [...new Set([part, ...Object.keys(current?.parts ?? {})])];
  const [own, ...found] = await Promise.all([
    ledger.record(release),
    ...names.map((name) => liveOccupant(ledger, name, current)),
  ]);
  const live = new Map(names.map((name, i) => [name, found[i]]));
  const { environment } = ledger;
  const twice = judgeName({ part, environment, wanted, live, own: own?.parts ?? {} });
  if (twice) throw refused(twice);
  const question = { part, environment, wanted, release, live: live.get(part), own: partOf(own, part) };
  let verdict = judgeOccupant({ ...question, replace });
  if (verdict.kind === 'refused' && question.live && (await guard.isGone(question.live.occupant))) {
    verdict = judgeOccupant({ ...question, replace: true });
    if (verdict.kind === 'replaces')
      log.notice(
        `${nameOfOccupant(question.live.occupant)} is gone: it is replaced without \`replace-part\``,
      );
  }
  if (verdict.kind === 'refused') throw refused(verdict.problem);
  if (own) await refuseTorn(guard.fresh ?? ledger, guard, own);
  if (verdict.kind === 'replaces') log.notice(verdict.why);
  return verdict.kind === 'replaces';
}

/**
 * "Re-run failed jobs" runs one part of a release again of which another part went live and was put back since: alone it
 * would stand beside another release's part. The record's composition is written after the pointer moved, so what the
 * pointer says after the record was read is no older than it.
 */
async function refuseTorn(
  ledger: Ledger,
  { part, release }: Pick<PartGuard, 'part' | 'release'>,
  own: ReleaseRecord,
): Promise<void> {
  const composition = own.composition ?? {};
  const others = Object.keys(composition).filter((name) => name !== part && composition[name] === release);
  if (others.length === 0) return;
  const current = await ledger.current();
  if (others.every((name) => liveRelease(current, name) === release)) return;
  const { records } = await ledger.list();
  const live = originsOf(current?.parts ?? {}, new Map(records.map((record) => [record.id, record])));
  const gone = others.find((name) => ownValue(live, name) !== release);
  if (gone === undefined) return;
  throw refused({
    input: 'release-id',
    what: `the ${gone} of release ${release} went live and is not live any more: its ${part} alone would tear the release`,
    found: `the ${gone} that is live is that of release ${ownValue(live, gone) ?? 'none'}`,
    fix: 'run all jobs again ("Re-run all jobs", not "Re-run failed jobs"), so that all parts go live; or deploy this one as a release of its own, with another `release-id`',
  });
}

async function liveOccupant(ledger: Ledger, part: string, pointer: Pointer | undefined) {
  const release = liveRelease(pointer, part);
  if (!release) return undefined;
  const recorded = partOf(await ledger.record(release), part);
  if (recorded) return { release, occupant: recorded };
  // Its record is gone or damaged: the newest one that is known to have gone live says it as well.
  const newest = (await ledger.newest(RECENT)).find((record) =>
    ['deployed', 'unchanged'].includes(partOf(record, part)?.result ?? ''),
  );
  const known = partOf(newest, part);
  return newest && known && { release: newest.id, occupant: known };
}
