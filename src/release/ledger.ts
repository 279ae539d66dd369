import type { RunContext } from '../runtime/action.ts';
import type { BackendHalf, FrontendHalf, Part, Pointer, ReleaseRecord } from './record.ts';

/** What a deploying action opens its release with. */
export interface ReleaseDraft {
  readonly id: string;
  readonly type: ReleaseRecord['type'];
  readonly run: RunContext;
  readonly restores?: string;
  readonly reason?: string;
}

/** Order of two commits, as the commit graph or the run numbers tell it. */
export type CommitOrder = 'same' | 'newer' | 'older' | 'diverged' | 'unknown';

/** The lock while it is held. It renews itself; `signal` is aborted when it was lost all the same. */
export interface Hold {
  readonly signal: AbortSignal;
  /** Frees our share of the lock. Never throws: a lock that cannot be freed expires. */
  release(): Promise<void>;
}

/** The release records of one environment, the pointer to what is live, and the lock. */
export interface Ledger {
  readonly environment: string;
  /**
   * Takes the lock for `part`, or joins it when the same release holds it for the other part: the two jobs of one
   * release run side by side. Waits up to `timeout` milliseconds for another release's holder.
   * @throws ActionError `refused` when the time is up, naming the holder, its run, since when, and until when.
   */
  acquire(want: {
    release: string;
    parts: readonly Part[];
    run: RunContext;
    timeout: number;
    signal: AbortSignal;
  }): Promise<Hold>;
  /** What is live, or `undefined` before the first release. */
  current(): Promise<Pointer | undefined>;
  /** One record; `undefined` where there is none or it cannot be read (which is reported, and it is left alone). */
  record(id: string): Promise<ReleaseRecord | undefined>;
  /** The newest `limit` records, newest first; unreadable ones are reported, not thrown. */
  newest(limit: number): Promise<ReleaseRecord[]>;
  /** Creates the record, or finds the one that the other half's job created. */
  open(draft: ReleaseDraft): Promise<ReleaseRecord>;
  /** Writes one half (and `checks`, when known) into the record; the other half's job may write at the same time. */
  writeBackend(id: string, half: BackendHalf, also?: Pick<ReleaseRecord, 'checks'>): Promise<ReleaseRecord>;
  writeFrontend(id: string, half: FrontendHalf, also?: Pick<ReleaseRecord, 'checks'>): Promise<ReleaseRecord>;
  /** Points `parts` of what is live at release `id`, and writes the pair into its record. */
  movePointer(id: string, parts: readonly Part[]): Promise<Pointer>;
}
