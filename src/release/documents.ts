import { awsProblem, readAwsError } from '../aws/errors.ts';
import type { ObjectStore, ReadObject } from '../aws/object-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { type ActionError, failed, refused } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { LedgerKeys } from './keys.ts';
import { LostRaces } from './lost-races.ts';
import type { ServerClock } from './server-clock.ts';

/** What the ledger's parts share. */
export interface LedgerPorts {
  readonly store: ObjectStore;
  readonly keys: LedgerKeys;
  readonly log: Log;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
}

/** What became of a stored document when it was read. */
export type Parsed<T> =
  | { readonly value: T }
  | {
      readonly damage: string /** A newer wwhd-deploy wrote it: it is whole, and not ours to replace. */;
      readonly newer?: true;
    };
export type Parse<T> = (body: Buffer) => Parsed<T>;

/** A document as it was found: its content, or what is wrong with it. */
export interface Found<T> {
  readonly etag: string;
  readonly value: T | undefined;
  readonly damage: string | undefined;
  /** A newer wwhd-deploy wrote it. */
  readonly newer: boolean;
  readonly body: Buffer;
  /** The server's time when it answered; ours where it does not say. */
  readonly date: number;
}

/** Milliseconds for which an update goes on losing races: each lost race is another's progress. */
const UPDATE_FOR = 40_000;

export async function readDocument<T>(
  ports: LedgerPorts,
  key: string,
  parse: Parse<T>,
): Promise<Found<T> | undefined> {
  const { store, clock, serverClock } = ports;
  const sentAt = clock.now();
  let read: ReadObject | undefined;
  try {
    read = await store.get(key);
  } catch (error) {
    throw awsProblem(error, asked('s3:GetObject', ports, key));
  }
  if (!read) return undefined;
  serverClock.observe(read.date, sentAt);
  const parsed = parse(read.body);
  return {
    etag: read.etag,
    body: read.body,
    date: read.date ?? clock.now(),
    value: 'value' in parsed ? parsed.value : undefined,
    damage: 'damage' in parsed ? parsed.damage : undefined,
    newer: 'newer' in parsed && parsed.newer === true,
  };
}

/**
 * One conditional write. @returns the new ETag, or `undefined` when another's write came first.
 * @param etag of what is replaced; `undefined` creates.
 */
export async function tryWrite(
  ports: LedgerPorts,
  key: string,
  body: string | Buffer,
  etag: string | undefined,
  headers: { contentType?: string; contentEncoding?: string } = { contentType: 'application/json' },
): Promise<string | undefined> {
  const { store, clock, serverClock } = ports;
  const sentAt = clock.now();
  try {
    const condition = etag === undefined ? { ifNoneMatch: '*' as const } : { ifMatch: etag };
    const answer = await store.put({ key, body, ...headers, ...condition });
    serverClock.observe(answer.date, sentAt);
    return answer.etag;
  } catch (error) {
    const { kind, status } = readAwsError(error);
    // 412: lost. 409: two conditional writes met, ask again. 404 on If-Match: it was deleted meanwhile.
    if (kind === 'precondition' || kind === 'conflict') return undefined;
    if (etag !== undefined && status === 404 && readAwsError(error).code !== 'NoSuchBucket') return undefined;
    throw awsProblem(error, { ...asked('s3:PutObject', ports, key), afterChange: true });
  }
}

/**
 * Reads, changes and writes a document until no other write came between. `change` may be called many times and must
 * not care. A document that could not be read is set aside before it is replaced; one of a newer version never is.
 * @throws ActionError `refused` where a newer wwhd-deploy wrote it; `failed` where every write is lost: see {@link LostRaces}.
 * @param change gives the new value, or `undefined` to leave all as it is.
 */
export async function updateDocument<T extends object>(
  ports: LedgerPorts,
  key: string,
  parse: Parse<T>,
  change: (now: T | undefined) => T | undefined,
): Promise<T | undefined> {
  const races = new LostRaces(ports, key);
  const until = ports.clock.now() + UPDATE_FOR;
  for (;;) {
    const found = await readDocument(ports, key, parse);
    if (found?.newer) throw ofNewerVersion(ports, key, found);
    const next = change(found?.value);
    if (next === undefined) return found?.value;
    if (found?.damage) await setAside(ports, key, found as Found<unknown>);
    if ((await tryWrite(ports, key, toJson(next), found?.etag)) !== undefined) return next;
    await races.lost(found?.etag, failed, { until });
  }
}

/** What a newer version of ours wrote is neither read nor replaced. */
export function ofNewerVersion(
  ports: Pick<LedgerPorts, 'store'>,
  key: string,
  found: Pick<Found<unknown>, 'damage'>,
): ActionError {
  return refused({
    input: 'release-bucket',
    what: `s3://${ports.store.bucket}/${key} cannot be written by this version of wwhd-deploy`,
    found: found.damage,
    fix: 'use the version that wrote it, in every workflow of this environment',
  });
}

/** Copies what could not be read to a key of its own and says so: nothing that we did not write is ever lost. */
export async function setAside(ports: LedgerPorts, key: string, found: Found<unknown>): Promise<void> {
  const copy = ports.keys.setAside(key, found.etag);
  await tryWrite(ports, copy, found.body, undefined, { contentType: 'application/octet-stream' });
  ports.log.warning(
    `s3://${ports.store.bucket}/${key} could not be read (${found.damage}); it is kept as ${copy} and replaced`,
  );
}

export const toJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

export function asked(operation: string, ports: Pick<LedgerPorts, 'store'>, key: string) {
  return {
    operation,
    resource: `s3://${ports.store.bucket}/${key}`,
    input: 'release-bucket',
    ifMissing: 'create the release bucket (infra/terraform does) or correct `release-bucket`',
  };
}
