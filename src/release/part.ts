import { ActionError } from '../runtime/errors.ts';
import type { SmokeOutcome } from '../runtime/outcome.ts';
import type { Occupant } from './occupant.ts';
import type { PartKind, PartRecord, ServicePart, SitePart } from './record.ts';

/** A part failed and was left as it is, for the user asked for that: `rollback-on-failure: false`. */
export class LeftAsItIs extends ActionError {}

/** What a release means for one part. Made before anything is changed; making it proves that it can be finished. */
export interface PartPlan {
  /** False where what is wanted is what is live: nothing is changed then. */
  readonly changes: boolean;
  /** For people, a line each. */
  readonly lines: readonly string[];
  /** Milliseconds that it will take, as far as one can know. */
  readonly estimate: number;
  /** Variables that have changed since and will not go back, by name. */
  readonly keptVariables: readonly string[];
  /** For scripts. */
  readonly json: unknown;
}

/** A part that has been made live, and can still be undone. */
export interface LivePart {
  /** What the release record says of it. */
  readonly fields: Partial<ServicePart> | Partial<SitePart>;
  /** Where the part answers, for the smoke checks. */
  readonly url: string | undefined;
  /** How the part's own smoke checks ended, where it has any. */
  readonly checks?: SmokeOutcome | undefined;
  /** What is worth telling of it, for the summary. */
  readonly report?: PartReport | undefined;
  /** After the pointer has moved: what can wait until then. */
  finish(): Promise<void>;
  /** Makes what was live before live again, and proves it. Throws where that did not work. */
  undo(): Promise<void>;
}

export interface PartReport {
  /** A few words each: `3 of 400 files written`. */
  readonly facts: readonly string[];
  /** Markdown, such as the chart of its availability; '' where there is none. */
  readonly details: string;
}

/** What was live before the first release of ours to a part: it is recorded as a release of its own. */
export interface Adopted {
  readonly record: PartRecord;
  /** Called when it is recorded and the pointer leads to it. */
  settle(): Promise<void>;
}

/**
 * One part of a release, planned under the lock and ready to go live: what every kind of part implements. The verbs are
 * called in this order; each may reject with an ActionError, and what was live before is live then, unless its outcome is
 * `rollback-failed` (neither is) or `timed-out` (one cannot know).
 */
export interface Part {
  readonly name: string;
  readonly kind: PartKind;
  readonly plan: PartPlan;
  /** The record's part as it will be when it is live. */
  readonly wanted: PartRecord;
  /** Where the part answers already, when nothing has to be changed. */
  readonly url: string | undefined;
  /** Keeps what was live before our first release; left out where there is no such thing. Changes nothing that is live. */
  adopt?(): Promise<Adopted>;
  /** Puts in place what the part goes live with; no user sees it. Called when the record says that the part is touched. */
  stage?(signal: AbortSignal): Promise<void>;
  /** Asks the candidate, where it can be asked: nobody has seen it yet. */
  check?(signal: AbortSignal): Promise<void>;
  /** Lets users reach it, and proves it. Called only where the plan changes something. */
  activate(signal: AbortSignal): Promise<LivePart>;
  /** Proves what is live and wanted already, where nothing is to be changed; left out where that is proved elsewhere. */
  prove?(signal: AbortSignal): Promise<LivePart>;
  /**
   * Where a run that died has left the part half-way: makes what the ledger calls live live. Called where the release
   * fails before this part was activated; left out where nobody has left anything.
   */
  putBack?(signal: AbortSignal): Promise<void>;
  /** Lets go of connections. */
  close?(): void;
}

/** What is known of a part when it is planned again under the lock. */
export interface Turn {
  /** Aborted when the job is cancelled or the lock is lost. */
  readonly signal: AbortSignal;
  /** True where the ledger knows no release of this service or site: what is live is adopted. */
  readonly isFirst: boolean;
}

/** A part of which everything has been checked that can be, before the lock is asked for. Nothing is changed. */
export interface PreparedPart {
  readonly name: string;
  readonly kind: PartKind;
  /** The one service or site that the name stands for. */
  readonly occupant: Occupant;
  readonly plan: PartPlan;
  /** Under the lock: takes the snapshot that an undo returns to, and plans on it. Changes nothing. */
  take(turn: Turn): Promise<Part>;
  /** Lets go of connections. */
  close?(): void;
}
