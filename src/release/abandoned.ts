import type { Clock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Ledger } from './ledger.ts';
import { isSameOccupant } from './occupant.ts';
import type { Part } from './part.ts';
import { liveRelease, type Parts, partOf, type ReleaseRecord, serviceOf } from './record.ts';

/** How far back in the ledger a run that died is looked for. */
const RECENT = 20;

/**
 * Where a service's image was brought by a run that died before it had proved it: the image that the ledger calls live, by
 * digest. A way back leads there, and not to what nobody has proved.
 * @param image what the service runs
 */
export async function provedInstead(
  ledger: Ledger,
  part: string,
  { service, image }: { readonly service: string; readonly image: string },
): Promise<string | undefined> {
  const [records, current] = await Promise.all([ledger.newest(RECENT), ledger.current()]);
  const left = records
    .map((record) => serviceOf(record, part))
    .find((known) => known?.service === service && known.image === image);
  if (!['in-progress', 'unknown'].includes(left?.result ?? '')) return undefined;
  const id = liveRelease(current, part);
  const live = id ? serviceOf(await ledger.record(id), part) : undefined;
  return live?.service === service && live.image !== image ? live.image : undefined;
}

/** Images that runs which died were about to bring to a service, newest first. Only for whoever holds the lock. */
export async function unfinished(ledger: Ledger, part: string, service: string): Promise<string[]> {
  return (await ledger.newest(RECENT))
    .map((record) => serviceOf(record, part))
    .flatMap((known) => (known?.service === service && known.result === 'in-progress' ? [known.image] : []));
}

/**
 * Runs that died left records that say `in-progress` for ever: they are told how they ended, for whoever holds the lock
 * has put right what they left. Never throws: a record is no reason to fail a release.
 */
export async function closeAbandonedRecords(
  ledger: Ledger,
  release: string,
  parts: ReadonlyArray<Pick<Part, 'name' | 'wanted'>>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<void> {
  try {
    for (const record of await ledger.newest(RECENT)) {
      const abandoned = record.id === release ? {} : abandonedParts(record, release, parts, clock.now());
      if (Object.keys(abandoned).length > 0) await ledger.writeParts(record.id, abandoned);
    }
  } catch (error) {
    log.warning(`the records of runs that died could not be completed: ${messageOf(error)}`);
  }
}

/** Parts of a record that are under way, and are ours now: as they are to be recorded. Pure. */
export function abandonedParts(
  record: Pick<ReleaseRecord, 'parts'>,
  release: string,
  parts: ReadonlyArray<Pick<Part, 'name' | 'wanted'>>,
  now: number,
): Parts {
  const cause = `its run died; release ${release} went on from there`;
  const finishedAt = new Date(now).toISOString();
  return Object.fromEntries(
    parts.flatMap(({ name, wanted }) => {
      const left = partOf(record, name);
      if (left?.result !== 'in-progress' || !isSameOccupant(left, wanted)) return [];
      return [[name, { ...left, result: 'interrupted', cause, finishedAt }] as const];
    }),
  );
}
