import { randomUUID } from 'node:crypto';
import type { RunContext } from '../runtime/action.ts';
import { formatDuration } from '../runtime/duration.ts';
import { failed, messageOf, type Problem, refused } from '../runtime/errors.ts';
import { areHonoured, type ConditionsFound, judgeConditions, probeConditions } from './conditions.ts';
import {
  type Found,
  type LedgerPorts,
  ofNewerVersion,
  readDocument,
  setAside,
  toJson,
  tryWrite,
} from './documents.ts';
import type { Hold } from './ledger.ts';
import {
  decideLock,
  describeHolder,
  expiresAt,
  GIVE_UP_AFTER,
  type Holder,
  LOCK_TTL,
  type LockDocument,
  type LockVerdict,
  RENEW_EVERY,
  type Wanted,
} from './lock-state.ts';
import { LostRaces } from './lost-races.ts';
import { parseLock } from './parse.ts';

export interface LockRequest {
  readonly release: string;
  readonly parts: readonly string[];
  readonly run: RunContext;
  /** Milliseconds to wait for another release's holder. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** Ours by default; given by an action that saved it for its post step before it asked. */
  readonly token?: string | undefined;
}

/** How long between two looks at a lock that another holds. */
const LOOK_EVERY = 2000;
/** How long after a renewal that failed the next one is tried. */
const RETRY_RENEWAL = 3000;

type FoundLock = Found<LockDocument>;

/** Takes or joins the lock; see {@link Ledger.acquire}. */
export async function acquireLock(
  ports: LedgerPorts,
  request: LockRequest,
  rule: 'refuse' | 'warn',
): Promise<Hold> {
  const { clock, keys, log } = ports;
  const wanted: Wanted = { ...request, token: request.token ?? randomUUID() };
  const start = clock.now();
  let announced = '';
  const ask = conditionsOnce(ports, rule);
  let races: LostRaces | undefined;
  for (;;) {
    request.signal.throwIfAborted();
    const found = await readDocument(ports, keys.lock, parseLock);
    if (found?.newer) throw ofNewerVersion(ports, keys.lock, found);
    const conditions = await ask(found?.value);
    const verdict = decideLock(found?.value, wanted, found?.date ?? ports.serverClock.now());
    if (verdict.kind === 'take') {
      const hold = await take(ports, found, verdict, wanted, conditions);
      if (hold) {
        // Whoever held the lock before us may have moved the pointer since it was read.
        ports.store.forget?.(keys.current);
        return hold;
      }
      races ??= new LostRaces(ports, keys.lock);
      await races.lost(found?.etag, notTaken, { until: start + request.timeout, signal: request.signal });
      continue;
    }
    races = undefined;
    const blocker = describeBlockers(verdict.blockers);
    const waited = clock.now() - start;
    if (waited >= request.timeout) throw heldByOther(ports, verdict, waited);
    if (announced !== blocker) log.info(`waiting for the lock of ${keys.lock.split('/')[0]}: ${blocker}`);
    announced = blocker;
    log.progress(`waited ${formatDuration(waited)} of ${formatDuration(request.timeout)} for the lock`);
    await clock.sleep(Math.min(LOOK_EVERY, Math.max(1, request.timeout - waited)), request.signal);
  }
}

/** Asks the server, once, whether it honours conditions, where the lock does not say so. */
function conditionsOnce(ports: LedgerPorts, rule: 'refuse' | 'warn') {
  let answer: ConditionsFound | undefined;
  return async (lock: LockDocument | undefined): Promise<'honoured' | undefined> => {
    if (lock?.conditions) return lock.conditions;
    if (!answer) {
      answer = await probeConditions(ports);
      judgeConditions(ports, answer, rule);
    }
    return areHonoured(answer) ? 'honoured' : undefined;
  };
}

const notTaken = (problem: Problem) => refused({ input: 'lock-timeout', ...problem });

function heldByOther(ports: LedgerPorts, verdict: LockVerdict & { kind: 'wait' }, waited: number) {
  return refused({
    input: 'lock-timeout',
    what: `timed out after ${formatDuration(waited)} waiting for the lock of ${ports.keys.lock.split('/')[0]}`,
    found: describeBlockers(verdict.blockers),
    details: verdict.blockers.map((h) => `last renewed ${h.renewed}`),
    fix: `wait for that run or cancel it; if it is dead, its lock is free at ${new Date(verdict.freeAt).toISOString()}`,
  });
}

const describeBlockers = (blockers: readonly Holder[]) => blockers.map(describeHolder).join('; ');

async function take(
  ports: LedgerPorts,
  found: FoundLock | undefined,
  verdict: LockVerdict & { kind: 'take' },
  wanted: Wanted,
  conditions: 'honoured' | undefined,
): Promise<Hold | undefined> {
  const before = found?.value?.holders.find((h) => h.token === wanted.token);
  const stamp = new Date(ports.serverClock.now()).toISOString();
  const me: Holder = {
    token: wanted.token,
    release: wanted.release,
    parts: wanted.parts,
    holder: wanted.run.holder,
    run: wanted.run.url,
    actor: wanted.run.actor,
    since: before?.since ?? stamp,
    renewed: stamp,
    ttl: LOCK_TTL,
  };
  if (found?.damage) await setAside(ports, ports.keys.lock, found);
  const sentAt = ports.clock.now();
  const document = lockDocument(ports, found?.value, [...verdict.joined, me], conditions);
  const etag = await tryWrite(ports, ports.keys.lock, toJson(document), found?.etag);
  if (etag === undefined) return undefined;
  // Retries of a troubled network took so long that our stamp is stale already: once more, with a fresh one.
  if (ports.clock.now() - sentAt > GIVE_UP_AFTER / 2) return undefined;
  for (const gone of verdict.dropped) {
    ports.log.warning(`took over the lock of a run that is gone: ${describeHolder(gone)}`);
  }
  return keepHold(ports, me, { etag, document, sentAt });
}

function lockDocument(
  ports: LedgerPorts,
  before: LockDocument | undefined,
  holders: readonly Holder[],
  conditions = before?.conditions,
): LockDocument {
  return {
    ...before,
    version: 1,
    environment: ports.keys.lock.split('/')[0] ?? '',
    nonce: randomUUID(),
    ...(conditions ? { conditions } : {}),
    holders,
  };
}

interface Written {
  readonly etag: string;
  readonly document: LockDocument;
  /** Local time just before the write was sent: what our own giving up is counted from. */
  readonly sentAt: number;
}

/** Renews in the background until released or lost. */
function keepHold(ports: LedgerPorts, me: Holder, first: Written): Hold {
  const { clock, log, keys } = ports;
  const lost = new AbortController();
  const stop = new AbortController();
  let last = first;
  let trouble: unknown;

  const lose = (why: string) => {
    if (stop.signal.aborted || lost.signal.aborted) return;
    lost.abort(
      failed({
        what: `the lock of ${keys.lock.split('/')[0]} was lost while we held it: ${why}`,
        found: trouble === undefined ? undefined : messageOf(trouble),
        fix: 'see which run took it; then run this one again',
        cause: trouble,
      }),
    );
  };
  const renewal = (async () => {
    while (!stop.signal.aborted && !lost.signal.aborted) {
      try {
        const age = clock.now() - last.sentAt;
        await clock.sleep(Math.max(RETRY_RENEWAL, RENEW_EVERY - age), stop.signal);
        const over = () => stop.signal.aborted || lost.signal.aborted;
        const renewed = await renew(ports, me, last, over);
        trouble = undefined;
        if (renewed) last = renewed;
        else lose('another run has taken it over');
      } catch (error) {
        if (stop.signal.aborted) continue;
        trouble = error;
        log.debug(`the lock could not be renewed: ${messageOf(error)}`);
      }
    }
  })();
  const watchdog = (async () => {
    try {
      for (;;) {
        const left = last.sentAt + GIVE_UP_AFTER - clock.now();
        if (left <= 0) return lose('it could not be renewed in time');
        await clock.sleep(left, stop.signal);
      }
    } catch {
      // Released.
    }
  })();

  return {
    signal: lost.signal,
    token: me.token,
    async release() {
      if (stop.signal.aborted) return;
      stop.abort();
      await Promise.all([renewal, watchdog]);
      await freeLock(ports, me.token, last).catch((error) => {
        const mine = last.document.holders.find((holder) => holder.token === me.token) ?? me;
        log.warning(
          `the lock could not be freed; nobody renews it any more, so it is free by itself at ${new Date(expiresAt(mine)).toISOString()}: ${messageOf(error)}`,
        );
      });
    },
    async leave() {
      stop.abort();
      await Promise.all([renewal, watchdog]);
    },
  };
}

/**
 * @returns what was written, or `undefined` when our entry is gone.
 * @throws ActionError where every write is lost; the caller tries again until its watchdog says that it is too late.
 */
async function renew(
  ports: LedgerPorts,
  me: Holder,
  last: Written,
  over: () => boolean,
): Promise<Written | undefined> {
  let { etag, document }: { etag: string; document: LockDocument } = last;
  const races = new LostRaces(ports, ports.keys.lock);
  for (;;) {
    const sentAt = ports.clock.now();
    const renewed = new Date(ports.serverClock.now()).toISOString();
    const holders = document.holders.map((h) => (h.token === me.token ? { ...h, renewed } : h));
    const next = lockDocument(ports, document, holders);
    const written = await tryWrite(ports, ports.keys.lock, toJson(next), etag);
    if (written !== undefined) return { etag: written, document: next, sentAt };
    await races.lost(etag, failed);
    if (over()) return last;
    // The other part joined, left or renewed; or our own write went through and its answer was lost.
    const found = await readDocument(ports, ports.keys.lock, parseLock);
    if (!found?.value?.holders.some((h) => h.token === me.token)) return undefined;
    etag = found.etag;
    document = found.value;
  }
}

/**
 * Takes `token`'s entry out of the lock.
 * @returns false where it was not there.
 * @throws ActionError `failed` where every write is lost: the entry then expires by itself.
 */
export async function freeLock(
  ports: LedgerPorts,
  token: string,
  known?: { readonly etag: string; readonly document: LockDocument },
): Promise<boolean> {
  let now: { etag: string; document: LockDocument } | undefined = known;
  const races = new LostRaces(ports, ports.keys.lock);
  for (;;) {
    if (!now) {
      const found = await readDocument(ports, ports.keys.lock, parseLock);
      if (!found?.value) return false;
      now = { etag: found.etag, document: found.value };
    }
    const holders = now.document.holders.filter((h) => h.token !== token);
    if (holders.length === now.document.holders.length) return false;
    const next = lockDocument(ports, now.document, holders);
    if ((await tryWrite(ports, ports.keys.lock, toJson(next), now.etag)) !== undefined) return true;
    await races.lost(now.etag, failed);
    now = undefined;
  }
}
