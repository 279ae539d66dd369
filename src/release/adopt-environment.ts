import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import type { ObjectStore } from '../aws/object-store.ts';
import type { RunContext } from '../runtime/action.ts';
import type { Clock } from '../runtime/clock.ts';
import { refused } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { type LedgerPorts, ofNewerVersion, readDocument, updateDocument } from './documents.ts';
import {
  type AdoptionVerdict,
  isSameRelease,
  judgeAdoption,
  type LedgerFound,
} from './environment-adoption.ts';
import { defaultReleaseId } from './id.ts';
import { ledgerKeys, recordIdOf } from './keys.ts';
import type { Hold, Ledger } from './ledger.ts';
import { openLedger } from './open.ts';
import { parsePointer, parseRecord } from './parse.ts';
import type { Pointer, ReleaseRecord, SitePart } from './record.ts';
import { keepIndex, listRecords, nothingRead, updateRecord } from './records.ts';
import { ServerClock } from './server-clock.ts';

/** Records written at once. */
const WRITES_AT_ONCE = 16;

export interface AdoptEnvironment {
  readonly from: string;
  readonly to: string;
  /** Milliseconds to wait for a run that holds one of the two locks. */
  readonly lockTimeout: number;
}

export interface AdoptEnvironmentPorts {
  readonly store: ObjectStore;
  readonly log: Log;
  readonly clock: Clock;
  readonly run: RunContext;
  readonly signal: AbortSignal;
  /**
   * Reads whose these sites are, and changes nothing.
   * @returns what gives those of `from` to `to`
   * @throws ActionError where one cannot be read
   */
  sites(places: readonly SitePlaceOf[], from: string, to: string): Promise<() => Promise<void>>;
}

export type SitePlaceOf = Pick<SitePart, 'bucket' | 'prefix'>;

/**
 * Carries the ledger of an environment that was renamed over to its new name: records, the pointer, the sites, the index,
 * and last of all the old pointer, which says from then on where it went. Until then the old name is whole, and the command
 * can be run again. Nothing is removed.
 * @returns how many records were carried over; 0 where all was there already
 * @throws ActionError `refused` before anything is written, see {@link judgeAdoption}; where a run holds one of the locks
 */
export async function adoptEnvironment(
  request: AdoptEnvironment,
  ports: AdoptEnvironmentPorts,
): Promise<number> {
  const [old, own] = [sideOf(request.from, ports), sideOf(request.to, ports)];
  if ((await look(request, ports, old, own)).kind === 'done') return 0;
  const release = defaultReleaseId(ports.clock.now(), ports.run.commit);
  const holds: Hold[] = [];
  try {
    // In one order for all, so that two runs that go opposite ways do not wait for each other.
    for (const { ledger } of [old, own].sort((a, b) =>
      a.ledger.environment < b.ledger.environment ? -1 : 1,
    )) {
      const { run, signal } = ports;
      const want = { release, parts: ['ledger'], run, signal, timeout: request.lockTimeout };
      holds.push(await ledger.acquire(want));
    }
    const found = await look(request, ports, old, own);
    if (found.kind === 'done') return 0;
    const signal = AbortSignal.any([ports.signal, ...holds.map((hold) => hold.signal)]);
    await carry(found, { old, own, signal });
    return found.records.length;
  } finally {
    await Promise.all(holds.map((hold) => hold.release()));
  }
}

/** The ledger of one name, and its documents. */
interface Side {
  readonly ledger: Ledger;
  readonly ports: LedgerPorts;
}

function sideOf(environment: string, { store, log, clock }: AdoptEnvironmentPorts): Side {
  const keys = ledgerKeys(environment);
  const ports = { store, keys, log, clock, serverClock: new ServerClock(clock) };
  return { ledger: openLedger({ store, environment, log, clock, movedOn: 'read' }), ports };
}

type Found =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'carry';
      readonly records: readonly ReleaseRecord[];
      readonly verdict: AdoptionVerdict & { readonly kind: 'carry' };
      /** Of the old name, as it is read: found again where it is damaged. */
      readonly oldPointer: Pointer | undefined;
      giveSites(): Promise<void>;
    };

/** Reads, decides, and changes nothing. */
async function look(
  { from, to }: AdoptEnvironment,
  ports: AdoptEnvironmentPorts,
  old: Side,
  own: Side,
): Promise<Found> {
  const [before, now] = await Promise.all([foundOf(old), foundOf(own)]);
  const releaseBucket = ports.store.bucket;
  const verdict = judgeAdoption({ from, to, old: before, own: now, releaseBucket });
  if (verdict.kind === 'refused') throw refused(verdict.problem);
  if (verdict.kind === 'done') return verdict;
  const giveSites = await ports.sites(placesOf(before.records), from, to);
  return { kind: 'carry', records: before.records, verdict, oldPointer: before.pointer, giveSites };
}

/** @throws ActionError `refused` where a newer version of ours wrote one of the records: it is neither read nor copied. */
async function foundOf({ ledger, ports }: Side): Promise<LedgerFound> {
  ports.store.forget?.(ports.keys.current);
  const [pointer, { records, damaged }] = await Promise.all([ledger.current(), ledger.list()]);
  for (const { key } of damaged) {
    const id = recordIdOf(ports.keys, key);
    if (id === undefined) continue;
    const found = await readDocument(ports, key, (body) => parseRecord(body, ledger.environment, id));
    if (found?.newer) throw ofNewerVersion(ports, key, found);
  }
  return { pointer, records };
}

/** Every site that a release of the environment went to, once. */
function placesOf(records: readonly ReleaseRecord[]): SitePlaceOf[] {
  const places = new Map<string, SitePlaceOf>();
  for (const part of records.flatMap((record) => Object.values(record.parts))) {
    if (part.kind !== 'site') continue;
    const prefix = (part.prefix ?? '').replaceAll(/^\/+|\/+$/g, '');
    places.set(`${part.bucket}/${prefix}`, { bucket: part.bucket, prefix });
  }
  return [...places.values()];
}

/** The order is what makes it safe to be stopped: the old pointer is changed when all else is in its place. */
async function carry(
  found: Found & { readonly kind: 'carry' },
  { old, own, signal }: { readonly old: Side; readonly own: Side; readonly signal: AbortSignal },
): Promise<void> {
  const { pointer } = found.verdict;
  const [from, to] = [old.ledger.environment, own.ledger.environment];
  await pMap(found.records, (record) => copyRecord(own.ports, record, to), {
    concurrency: WRITES_AT_ONCE,
    signal,
  });
  if (pointer) await updateDocument(own.ports, own.ports.keys.current, parsePointer(to), () => pointer);
  signal.throwIfAborted();
  await found.giveSites();
  const memory = nothingRead();
  await listRecords(own.ports, memory);
  await keepIndex(own.ports, memory);
  signal.throwIfAborted();
  const { oldPointer } = found;
  if (!oldPointer) return;
  await updateDocument(old.ports, old.ports.keys.current, parsePointer(from), (now) => ({
    ...(now ?? oldPointer),
    movedTo: to,
  }));
}

/** What has come to a record under the new name since stays; what has come to it under the old one is taken over. */
async function copyRecord(ports: LedgerPorts, record: ReleaseRecord, to: string): Promise<void> {
  await updateRecord(ports, record.id, (now) => {
    const next = { ...record, environment: to };
    const isNewer = now && isSameRelease(now, record) && (now.finishedAt ?? '') > (record.finishedAt ?? '');
    return isNewer || isDeepStrictEqual(now, next) ? undefined : next;
  });
}
