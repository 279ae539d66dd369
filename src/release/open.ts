import { awsProblem } from '../aws/errors.ts';
import type { ObjectStore } from '../aws/object-store.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { asked, type LedgerPorts, ofNewerVersion, readDocument, updateDocument } from './documents.ts';
import { ledgerKeys } from './keys.ts';
import type { Hold, Ledger, Moved } from './ledger.ts';
import { acquireLock, freeLock, type Glance, glanceAtLock } from './lock.ts';
import { pairFrom } from './pair.ts';
import { parseLock, parsePointer } from './parse.ts';
import type { Pair, Part, Pointer, ReleaseRecord } from './record.ts';
import { keepIndex, listRecords, nothingRead, openRecord, readRecord, updateRecord } from './records.ts';
import { resultOf, worseChecks } from './result.ts';
import { ServerClock } from './server-clock.ts';

export interface LedgerOptions {
  /** The release bucket. */
  readonly store: ObjectStore;
  readonly environment: string;
  readonly log: Log;
  readonly clock: Clock;
  /** What to do about a server that ignores conditional writes: see conditions.ts. */
  readonly unsafeStore?: 'refuse' | 'warn';
}

/** The ledger of one environment, over the release bucket. Makes no request by itself. */
export function openLedger(options: LedgerOptions): Ledger {
  const { store, environment, log, clock, unsafeStore = 'refuse' } = options;
  const keys = ledgerKeys(environment);
  const ports: LedgerPorts = { store, keys, log, clock, serverClock: new ServerClock(clock) };
  const reported = new Set<string>();
  const memory = nothingRead();
  const holding = whileHolding(() => keepIndex(ports, memory));
  let glance: Promise<Glance> | undefined;

  /** Each damaged document is named once. */
  const report = (key: string, damage: string) => {
    if (reported.has(key)) return;
    reported.add(key);
    log.warning(`s3://${store.bucket}/${key} is left alone: ${damage}`);
  };

  const list = async () => {
    const all = await listRecords(ports, memory);
    holding.beside();
    for (const { key, damage } of all.damaged) report(key, damage);
    return all;
  };

  const current = async (): Promise<Pointer | undefined> => {
    const found = await readDocument(ports, keys.current, parsePointer(environment));
    if (found?.newer) throw ofNewerVersion(ports, keys.current, found);
    if (!found?.damage) return found?.value;
    report(keys.current, found.damage);
    return pointerFrom(environment, (await list()).records);
  };

  const change = async (id: string, patch: (now: ReleaseRecord) => ReleaseRecord): Promise<ReleaseRecord> => {
    const changed = await updateRecord(ports, id, (now) => patch(now ?? lostRecord(environment, id, ports)));
    return changed as ReleaseRecord;
  };

  const writeHalf = (id: string, halves: Partial<ReleaseRecord>, also: Pick<ReleaseRecord, 'checks'> = {}) =>
    change(id, (now) => settled(mergeHalves(now, halves, also), ports));

  const point = async (id: string, parts: readonly Part[]): Promise<Moved> => {
    const [record, before] = await Promise.all([readRecord(ports, id), current()]);
    let replaced: string | undefined;
    const pointer = (await updateDocument(ports, keys.current, parsePointer(environment), (now) => {
      const last = now ?? before;
      if (last?.release !== id) replaced = last?.release;
      return nextPointer(environment, id, parts, last, record, ports);
    })) as Pointer;
    return {
      pointer,
      record: (halves) =>
        change(id, (now) => {
          const whole = {
            ...now,
            pair: { ...pairFrom(pointer), ...ownHalves(now, id) },
            ...(replaced && !now.replaces ? { replaces: replaced } : {}),
          };
          return halves ? settled(mergeHalves(whole, halves, {}), ports) : whole;
        }),
    };
  };

  return {
    environment,
    bucket: store.bucket,
    async glance() {
      glance = glanceAtLock(ports);
      await glance.catch(() => {});
    },
    async acquire(want) {
      const early = glance;
      glance = undefined;
      return holding.during(await acquireLock(ports, want, unsafeStore, early));
    },
    free: (token) => freeLock(ports, token),
    async holders() {
      return (await readDocument(ports, keys.lock, parseLock))?.value?.holders ?? [];
    },
    current,
    record: (id) => readRecord(ports, id),
    newest: async (limit) => (await list()).records.slice(0, limit),
    list,
    open: (draft) => openRecord(ports, draft),
    writeBackend: (id, backend, also) => writeHalf(id, { backend }, also),
    writeFrontend: (id, frontend, also) => writeHalf(id, { frontend }, also),
    writeHalves: (id, { checks, ...halves }) => writeHalf(id, halves, checks ? { checks } : {}),
    update: (id, fields) => change(id, (now) => ({ ...now, ...fields })),
    async publishPage(html) {
      await keepIndex(ports, memory);
      try {
        await store.put({
          key: keys.historyPage,
          body: html,
          contentType: 'text/html; charset=utf-8',
          cacheControl: 'no-cache',
        });
      } catch (error) {
        throw awsProblem(error, { ...asked('s3:PutObject', ports, keys.historyPage), afterChange: true });
      }
      return keys.historyPage;
    },
    point,
    async movePointer(id, parts) {
      const moved = await point(id, parts);
      await moved.record();
      return moved.pointer;
    },
  };
}

/** Work that is done beside other work while the lock is held, and is over before the lock is free. */
function whileHolding(work: () => Promise<void>) {
  let holds = 0;
  let done: Promise<unknown> = Promise.resolve();
  return {
    beside() {
      if (holds > 0) done = Promise.all([done, work()]);
    },
    during(hold: Hold): Hold {
      let open = true;
      holds++;
      const end = async (how: () => Promise<void>) => {
        if (open) holds--;
        open = false;
        await done;
        await how();
      };
      return { ...hold, release: () => end(hold.release), leave: () => end(hold.leave) };
    },
  };
}

function mergeHalves(
  now: ReleaseRecord,
  halves: Partial<ReleaseRecord>,
  also: Pick<ReleaseRecord, 'checks'>,
): ReleaseRecord {
  const checks = worseChecks(now.checks, also.checks);
  return {
    ...now,
    ...(halves.backend ? { backend: { ...now.backend, ...halves.backend } } : {}),
    ...(halves.frontend ? { frontend: { ...now.frontend, ...halves.frontend } } : {}),
    ...(checks ? { checks } : {}),
  };
}

/** The record with its result, and its end where no half is under way. */
function settled(record: ReleaseRecord, ports: LedgerPorts): ReleaseRecord {
  const result = resultOf(record);
  if (result === 'in-progress') return { ...record, result };
  return { ...record, result, finishedAt: ports.serverClock.stamp() };
}

/** Halves that the other job of this release has made live meanwhile: our pointer may be older than its. */
function ownHalves(now: ReleaseRecord, id: string): Pair {
  return Object.fromEntries(Object.entries(now.pair ?? {}).filter(([, release]) => release === id));
}

function nextPointer(
  environment: string,
  id: string,
  parts: readonly Part[],
  last: Pointer | undefined,
  record: ReleaseRecord | undefined,
  ports: LedgerPorts,
): Pointer {
  return {
    ...last,
    version: 1,
    environment,
    release: id,
    ...Object.fromEntries(parts.map((part) => [part, id])),
    commit: record?.commit ?? '',
    runNumber: record?.run.number ?? 0,
    runUrl: record?.run.url ?? '',
    updatedAt: ports.serverClock.stamp(),
  };
}

/** A pointer that cannot be read is found again from the newest record that knows its pair. */
function pointerFrom(environment: string, records: readonly ReleaseRecord[]): Pointer | undefined {
  const newest = records.find((record) => record.pair);
  if (!newest) return undefined;
  return {
    version: 1,
    environment,
    release: newest.id,
    ...newest.pair,
    commit: newest.commit,
    runNumber: newest.run.number,
    runUrl: newest.run.url,
    updatedAt: newest.finishedAt ?? newest.startedAt,
  };
}

/** Somebody removed the record of a release under way: what we still learn of it is written down all the same. */
function lostRecord(environment: string, id: string, ports: LedgerPorts): ReleaseRecord {
  ports.log.warning(`the record of release ${id} is gone; writing down what is still known`);
  return {
    version: 1,
    id,
    environment,
    type: 'deployment',
    commit: '',
    ref: '',
    repository: '',
    actor: 'unknown',
    run: { url: '', number: 0 },
    startedAt: ports.serverClock.stamp(),
    result: 'in-progress',
  };
}
