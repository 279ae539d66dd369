import { awsProblem } from '../aws/errors.ts';
import type { ObjectStore } from '../aws/object-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { refused } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { eachPart } from './composition.ts';
import { asked, type LedgerPorts, ofNewerVersion, readDocument, updateDocument } from './documents.ts';
import { ledgerKeys } from './keys.ts';
import type { Hold, Ledger, Moved } from './ledger.ts';
import { acquireLock, freeLock } from './lock.ts';
import { parseLock, parsePointer } from './parse.ts';
import { type Composition, type Parts, type Pointer, partOf, type ReleaseRecord, VERSION } from './record.ts';
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
  /** What to do where the ledger was carried over to another name: only who looks at it reads its pointer all the same. */
  readonly movedOn?: 'refuse' | 'read';
}

/** The ledger of one environment, over the release bucket. Makes no request by itself. */
export function openLedger(options: LedgerOptions): Ledger {
  const { store, environment, log, clock, unsafeStore = 'refuse', movedOn = 'refuse' } = options;
  const keys = ledgerKeys(environment);
  const ports: LedgerPorts = { store, keys, log, clock, serverClock: new ServerClock(clock) };
  const reported = new Set<string>();
  const memory = nothingRead();
  const holding = whileHolding(() => keepIndex(ports, memory));

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
    if (movedOn === 'refuse' && found?.value?.movedTo) throw renamed(ports, found.value);
    if (!found?.damage) return found?.value;
    report(keys.current, found.damage);
    return pointerFrom(environment, (await list()).records);
  };

  const change = async (id: string, patch: (now: ReleaseRecord) => ReleaseRecord): Promise<ReleaseRecord> => {
    const changed = await updateRecord(ports, id, (now) => patch(now ?? lostRecord(environment, id, ports)));
    return changed as ReleaseRecord;
  };

  const writeParts = (id: string, parts: Parts, also: Pick<ReleaseRecord, 'checks'> = {}) =>
    change(id, (now) => settled(merge(now, parts, also), ports));

  const point = async (id: string, parts: readonly string[]): Promise<Moved> => {
    const [record, before] = await Promise.all([readRecord(ports, id), current()]);
    let replaced: string | undefined;
    const pointer = (await updateDocument(ports, keys.current, parsePointer(environment), (now) => {
      const last = now ?? before;
      if (last?.release !== id) replaced = last?.release;
      return nextPointer(environment, id, parts, last, record, ports);
    })) as Pointer;
    return {
      pointer,
      record: (written) =>
        change(id, (now) => {
          const whole = {
            ...now,
            composition: { ...pointer.parts, ...ownParts(now, id) },
            ...(replaced && !now.replaces ? { replaces: replaced } : {}),
          };
          return written ? settled(merge(whole, written, {}), ports) : whole;
        }),
    };
  };

  return {
    environment,
    bucket: store.bucket,
    acquire: async (want) => holding.during(await acquireLock(ports, want, unsafeStore)),
    free: (token) => freeLock(ports, token),
    async holders() {
      return (await readDocument(ports, keys.lock, parseLock))?.value?.holders ?? [];
    },
    current,
    record: (id) => readRecord(ports, id),
    newest: async (limit) => (await list()).records.slice(0, limit),
    list,
    open: (draft) => openRecord(ports, draft),
    writePart: (id, name, part, also) => writeParts(id, { [name]: part }, also),
    writeParts,
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

function renamed({ store }: LedgerPorts, { environment, movedTo, release }: Pointer) {
  return refused({
    input: 'environment',
    what: `the environment ${environment} is called ${movedTo} now: its ledger was carried over`,
    found: `environment: ${environment}, whose last release is ${release}`,
    fix: `give \`environment: ${movedTo}\`; for a new environment of the old name, move s3://${store.bucket}/${environment}/ to another place first`,
  });
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

/** Fields that another version of ours wrote into a part stay in it. */
function merge(now: ReleaseRecord, written: Parts, also: Pick<ReleaseRecord, 'checks'>): ReleaseRecord {
  const checks = worseChecks(now.checks, also.checks);
  const merged = eachPart(Object.keys(written), (name) => ({ ...partOf(now, name), ...written[name] }));
  return { ...now, parts: { ...now.parts, ...(merged as Parts) }, ...(checks ? { checks } : {}) };
}

/** The record with its result, and its end where no part is under way. */
function settled(record: ReleaseRecord, ports: LedgerPorts): ReleaseRecord {
  const result = resultOf(record);
  if (result === 'in-progress') return { ...record, result };
  return { ...record, result, finishedAt: ports.serverClock.stamp() };
}

/** Parts that other jobs of this release have made live meanwhile: our pointer may be older than theirs. */
function ownParts(now: ReleaseRecord, id: string): Composition {
  return Object.fromEntries(Object.entries(now.composition ?? {}).filter(([, release]) => release === id));
}

function nextPointer(
  environment: string,
  id: string,
  parts: readonly string[],
  last: Pointer | undefined,
  record: ReleaseRecord | undefined,
  ports: LedgerPorts,
): Pointer {
  return {
    ...last,
    version: VERSION,
    environment,
    release: id,
    parts: { ...last?.parts, ...eachPart(parts, () => id) },
    commit: record?.commit ?? '',
    runNumber: record?.run.number ?? 0,
    runUrl: record?.run.url ?? '',
    updatedAt: ports.serverClock.stamp(),
  };
}

/** A pointer that cannot be read is found again from the newest record that knows what was live with it. */
function pointerFrom(environment: string, records: readonly ReleaseRecord[]): Pointer | undefined {
  const newest = records.find((record) => record.composition);
  if (!newest) return undefined;
  return {
    version: VERSION,
    environment,
    release: newest.id,
    parts: newest.composition ?? {},
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
    version: VERSION,
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
    parts: {},
  };
}
