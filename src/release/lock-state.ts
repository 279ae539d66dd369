import type { RunContext } from '../runtime/action.ts';
import { onOneLine } from '../runtime/foreign.ts';

/**
 * A hold ends this long after its last renewal, by the storage server's clock. Renewed every `RENEW_EVERY`; a holder
 * that could not renew gives up `GIVE_UP_AFTER` its last success, which is earlier than anyone may take over. Between
 * the two lies time for requests that are under way and for a server that tells its time in whole seconds; before them,
 * time for a renewal that loses races for 15 s and more, so that the holder learns why. Milliseconds.
 */
export const LOCK_TTL = 30_000;
export const RENEW_EVERY = 6_000;
export const GIVE_UP_AFTER = 24_000;
/** Of holds that do not say it: those of a version before 1.0, which gave up after 50 s. Also the most that is believed. */
const LONGEST_TTL = 60_000;

/** One holder of the lock: a job. Two jobs of one release may hold it together, each for its own part. */
export interface Holder {
  /** Random, made by the holder: how it knows its own entry, also after an answer was lost. */
  readonly token: string;
  readonly release: string;
  readonly parts: readonly string[];
  /** Identity of the attempt: `owner/name#runId.attempt/job`. */
  readonly holder: string;
  /** Web address of the run, or who it is on a laptop. */
  readonly run: string;
  readonly actor: string;
  /** Server time, ISO 8601. */
  readonly since: string;
  readonly renewed: string;
  /** Milliseconds from `renewed` until another may take over: the holder's own rule, whatever the version that waits. */
  readonly ttl?: number;
}

/** `<environment>/lock.json`. It stays when it is free, with no holders: so every change of it is an If-Match. */
export interface LockDocument {
  readonly version: 1;
  readonly environment: string;
  /** Differs in every write: S3's ETag is a hash of the content, and equal content would have an equal ETag. */
  readonly nonce: string;
  /** Set once the server was seen to honour conditions. */
  readonly conditions?: 'honoured';
  readonly holders: readonly Holder[];
}

export interface Wanted {
  readonly token: string;
  readonly release: string;
  readonly parts: readonly string[];
  readonly run: Pick<RunContext, 'holder' | 'url' | 'actor'>;
}

export type LockVerdict =
  /** Ours to write: nobody else holds it (`joined` empty), or the other part of our release does. */
  | { readonly kind: 'take'; readonly joined: readonly Holder[]; readonly dropped: readonly Holder[] }
  | { readonly kind: 'wait'; readonly blockers: readonly Holder[]; readonly freeAt: number };

/** Whether `wanted` may hold the lock beside what the document says. `now` is the server's time in milliseconds. */
export function decideLock(document: LockDocument | undefined, wanted: Wanted, now: number): LockVerdict {
  const others = (document?.holders ?? []).filter((h) => h.token !== wanted.token);
  const dropped = others.filter((h) => isExpired(h, now) || isSuperseded(h.holder, wanted.run.holder));
  const live = others.filter((h) => !dropped.includes(h));
  const blockers = live.filter((h) => !mayShare(h, wanted));
  if (blockers.length === 0) return { kind: 'take', joined: live, dropped };
  return { kind: 'wait', blockers, freeAt: Math.max(...blockers.map(expiresAt)) };
}

export const expiresAt = ({ renewed, ttl }: Holder): number =>
  Date.parse(renewed) + (ttl !== undefined && ttl > 0 && ttl < LONGEST_TTL ? ttl : LONGEST_TTL);

/**
 * A stamp that is not a date counts as expired, and so does one that no clock can have written by now: such an entry
 * would otherwise block for ever, or until the year 9999.
 */
export const isExpired = (holder: Holder, now: number): boolean =>
  !(expiresAt(holder) >= now && Date.parse(holder.renewed) <= now + LONGEST_TTL);

/** The other part of the same release. */
const mayShare = (holder: Holder, wanted: Wanted): boolean =>
  holder.release === wanted.release && !holder.parts.some((part) => wanted.parts.includes(part));

/**
 * A later attempt of the same run takes the place of an earlier one at once: GitHub starts an attempt only when the
 * one before has ended, so that holder is dead for certain.
 */
export function isSuperseded(holder: string, by: string): boolean {
  const [old, next] = [parseHolder(holder), parseHolder(by)];
  return old !== undefined && next !== undefined && old.run === next.run && old.attempt < next.attempt;
}

function parseHolder(text: string): { run: string; attempt: number } | undefined {
  const match = /^(.*#\d+)\.(\d+)\//.exec(text);
  return match?.[1] ? { run: match[1], attempt: Number(match[2]) } : undefined;
}

/** The holder as a person is told of it. */
export function describeHolder(holder: Holder): string {
  const who = [holder.actor, holder.run || holder.holder].filter(Boolean).join(', ');
  return onOneLine(
    `release ${holder.release} (${holder.parts.join(' and ')}), held by ${who} since ${holder.since}`,
  );
}
