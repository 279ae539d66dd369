import type { RunContext } from '../runtime/action.ts';
import type { Holder } from './lock-state.ts';
import type { PartRecord, Parts, Pointer, ReleaseRecord } from './record.ts';
import type { ReleaseDraft, ReleaseList } from './records.ts';

/** The pointer, moved. */
export interface Moved {
  readonly pointer: Pointer;
  /** Writes into the record which parts are live together now, and these parts with it. */
  record(parts?: Parts): Promise<ReleaseRecord>;
}

/** The lock while it is held. It renews itself; `signal` is aborted when it was lost all the same. */
export interface Hold {
  readonly signal: AbortSignal;
  /** What `Ledger.free` takes in a post step, when the job was killed before it could release. */
  readonly token: string;
  /** Frees our share of the lock. Never throws: a lock that cannot be freed expires. */
  release(): Promise<void>;
  /** Stops to renew it and lets it stand, for a post step that takes it over by its token; else it expires. */
  leave(): Promise<void>;
}

/** The release records of one environment, the pointer to what is live, and the lock. */
export interface Ledger {
  readonly environment: string;
  /** Name of the release bucket. */
  readonly bucket: string;
  /**
   * Takes the lock for `parts`, or joins it when the same release holds it for others: the jobs of one release run side
   * by side. Waits up to `timeout` milliseconds for another release's holder.
   * @throws ActionError `refused` when the time is up, naming the holder, its run, since when, and until when.
   */
  acquire(want: {
    release: string;
    parts: readonly string[];
    run: RunContext;
    timeout: number;
    signal: AbortSignal;
    /** Made by the caller where it saves it for its post step before it asks; else ours. */
    token?: string | undefined;
  }): Promise<Hold>;
  /** Takes the entry of `token` out of the lock; false where there is none. For post steps. */
  free(token: string): Promise<boolean>;
  /** Who holds the lock, as it is written there (some may have expired). */
  holders(): Promise<readonly Holder[]>;
  /** What is live, or `undefined` before the first release. */
  current(): Promise<Pointer | undefined>;
  /** One record; `undefined` where there is none or it cannot be read (which is reported, and it is left alone). */
  record(id: string): Promise<ReleaseRecord | undefined>;
  /** The newest `limit` records, newest first; unreadable ones are reported, not thrown. */
  newest(limit: number): Promise<ReleaseRecord[]>;
  /**
   * All records, newest first, and what could not be read: a listing, the index, and the records that it has not. Asked
   * again it costs the listing alone, and a read of each record that has changed.
   */
  list(): Promise<ReleaseList>;
  /** Creates the record, or finds the one that another part's job created. */
  open(draft: ReleaseDraft): Promise<ReleaseRecord>;
  /** Writes one part (and `checks`, when known) into the record; another part's job may write at the same time. */
  writePart(
    id: string,
    name: string,
    part: PartRecord,
    also?: Pick<ReleaseRecord, 'checks'>,
  ): Promise<ReleaseRecord>;
  /** Writes several parts at once: for a job that has them all in its hands. */
  writeParts(id: string, parts: Parts, also?: Pick<ReleaseRecord, 'checks'>): Promise<ReleaseRecord>;
  /** Sets fields of the record that belong to no part. */
  update(
    id: string,
    fields: Partial<
      Pick<ReleaseRecord, 'checks' | 'result' | 'finishedAt' | 'reason' | 'restores' | 'replaces'>
    >,
  ): Promise<ReleaseRecord>;
  /** Writes the history page into the release bucket. @returns its key. */
  publishPage(html: string): Promise<string>;
  /** Points `parts` of what is live at release `id`, and writes into its record what is live together now. */
  movePointer(id: string, parts: readonly string[]): Promise<Pointer>;
  /** The first step of it, where the second can be written beside other things. */
  point(id: string, parts: readonly string[]): Promise<Moved>;
}
