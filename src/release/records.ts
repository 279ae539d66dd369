import pMap from 'p-map';
import { awsProblem } from '../aws/errors.ts';
import type { RunContext } from '../runtime/action.ts';
import { refused } from '../runtime/errors.ts';
import { asked, type LedgerPorts, type Parse, readDocument, tryWrite, updateDocument } from './documents.ts';
import { recordIdOf } from './keys.ts';
import { parseRecord } from './parse.ts';
import { type Parts, type ReleaseRecord, VERSION } from './record.ts';
import {
  compareIndex,
  encodeIndex,
  type IndexEntry,
  parseIndex,
  type ReleaseIndex,
  sortNewestFirst,
} from './release-index.ts';

/** Records read at once where the index does not know them. */
const READS_AT_ONCE = 32;

/** A document in the ledger that cannot be read. */
export interface Damaged {
  readonly key: string;
  readonly damage: string;
}

/** What a deploying action opens its release with. */
export interface ReleaseDraft {
  readonly id: string;
  readonly type: ReleaseRecord['type'];
  readonly run: RunContext;
  readonly restores?: string | undefined;
  readonly replaces?: string | undefined;
  readonly reason?: string | undefined;
  /** What is known of its parts before they are touched; written with the opening, in one request. */
  readonly parts?: Parts | undefined;
}

/** All that is known of an environment's releases. */
export interface ReleaseList {
  /** Newest first. */
  readonly records: readonly ReleaseRecord[];
  readonly damaged: readonly Damaged[];
}

/** What one ledger has read of the records so far. */
export interface RecordMemory {
  index: ReleaseIndex | undefined;
  /** ETag of the index in the release bucket when it was read; `undefined` where there was none. */
  etag: string | undefined;
  /** True where that one lacks what has been read since. */
  stale: boolean;
}

export const nothingRead = (): RecordMemory => ({ index: undefined, etag: undefined, stale: false });

const parseOf =
  (ports: LedgerPorts, id: string): Parse<ReleaseRecord> =>
  (body) =>
    parseRecord(body, ports.keys.releases.split('/')[0] ?? '', id);

export async function readRecord(ports: LedgerPorts, id: string): Promise<ReleaseRecord | undefined> {
  const key = ports.keys.record(id);
  const found = await readDocument(ports, key, parseOf(ports, id));
  if (found?.damage) {
    ports.log.warning(`s3://${ports.store.bucket}/${key} is left alone: ${found.damage}`);
  }
  return found?.value;
}

/** Creates the record or joins the one of the same release. */
export async function openRecord(ports: LedgerPorts, draft: ReleaseDraft): Promise<ReleaseRecord> {
  const environment = ports.keys.releases.split('/')[0] ?? '';
  const { run } = draft;
  const fresh: ReleaseRecord = {
    version: VERSION,
    id: draft.id,
    environment,
    type: draft.type,
    commit: run.commit,
    ref: run.ref,
    repository: run.repository,
    actor: run.actor,
    run: { url: run.url, number: run.runNumber },
    startedAt: ports.serverClock.stamp(),
    result: 'in-progress',
    ...(draft.restores ? { restores: draft.restores } : {}),
    ...(draft.replaces ? { replaces: draft.replaces } : {}),
    ...(draft.reason ? { reason: draft.reason } : {}),
    ...(draft.type === 'deployment' && run.committedAt ? { committedAt: run.committedAt } : {}),
    parts: draft.parts ?? {},
  };
  const record = await updateRecord(ports, draft.id, (now) => {
    if (!now) return fresh;
    if (now.type === draft.type && now.commit === run.commit) {
      return draft.parts && { ...now, parts: { ...now.parts, ...draft.parts }, result: 'in-progress' };
    }
    throw refused({
      input: 'release-id',
      what: `release ${draft.id} of ${environment} exists already and is another one`,
      found: `a ${now.type} of commit ${now.commit || '(unknown)'} by ${now.actor}, started ${now.startedAt}`,
      fix: 'give this release an id of its own, or none',
    });
  });
  return record ?? fresh;
}

export async function updateRecord(
  ports: LedgerPorts,
  id: string,
  change: (now: ReleaseRecord | undefined) => ReleaseRecord | undefined,
): Promise<ReleaseRecord | undefined> {
  return updateDocument(ports, ports.keys.record(id), parseOf(ports, id), change);
}

/**
 * Every record of the environment by one listing, the index, and a read of each record that the index has not. Writes
 * nothing: see {@link keepIndex}.
 */
export async function listRecords(ports: LedgerPorts, memory: RecordMemory): Promise<ReleaseList> {
  const { keys } = ports;
  const environment = keys.releases.split('/')[0] ?? '';
  const [found, listed] = await Promise.all([
    memory.index ? undefined : readDocument(ports, keys.index, parseIndex(environment)),
    listIds(ports),
  ]);
  const { known, stale } = compareIndex(memory.index ?? found?.value, listed.ids);
  const read = await pMap(stale, (id) => readEntry(ports, id), { concurrency: READS_AT_ONCE });
  const entries: Record<string, IndexEntry> = { ...known };
  for (const [id, entry] of read) if (entry) entries[id] = entry;
  const index: ReleaseIndex = { version: VERSION, environment, entries };
  // What has changed since we looked first is ours, or is read by the next run. What a newer version wrote stays.
  if (!memory.index) Object.assign(memory, { etag: found?.etag, stale: stale.length > 0 && !found?.newer });
  memory.index = index;

  const records: ReleaseRecord[] = [];
  const damaged = [...listed.foreign];
  for (const [id, entry] of Object.entries(entries)) {
    if ('record' in entry) records.push(entry.record);
    else damaged.push({ key: keys.record(id), damage: entry.damage });
  }
  return { records: sortNewestFirst(records), damaged };
}

async function readEntry(ports: LedgerPorts, id: string): Promise<[string, IndexEntry | undefined]> {
  const found = await readDocument(ports, ports.keys.record(id), parseOf(ports, id));
  if (!found) return [id, undefined];
  if (found.value) return [id, { etag: found.etag, record: found.value }];
  return [id, { etag: found.etag, damage: found.damage ?? 'it could not be read' }];
}

async function listIds(ports: LedgerPorts): Promise<{ ids: Map<string, string>; foreign: Damaged[] }> {
  const ids = new Map<string, string>();
  const foreign: Damaged[] = [];
  try {
    for await (const page of ports.store.list(ports.keys.releases)) {
      for (const object of page) {
        const id = recordIdOf(ports.keys, object.key);
        if (id !== undefined) ids.set(id, object.etag);
        else foreign.push({ key: object.key, damage: 'its name is not one of a release record' });
      }
    }
  } catch (error) {
    throw awsProblem(error, asked('s3:ListBucket', ports, ports.keys.releases));
  }
  return { ids, foreign };
}

/**
 * Brings the index in the release bucket up to date with what was read, once. For a run that writes the ledger anyway: it
 * holds the lock, or publishes the history page. Who plans, is refused or only looks writes nothing. Best effort: who
 * loses the race leaves a newer index behind.
 */
export async function keepIndex(ports: LedgerPorts, memory: RecordMemory): Promise<void> {
  const { index, etag } = memory;
  if (!index || !memory.stale) return;
  memory.stale = false;
  try {
    const headers = { contentType: 'application/json', contentEncoding: 'gzip' };
    await tryWrite(ports, ports.keys.index, encodeIndex(index), etag, headers);
  } catch (error) {
    ports.log.debug(`the index of releases was not written: ${String(error)}`);
  }
}
