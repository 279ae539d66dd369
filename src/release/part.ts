import type { PartKind, PartRecord, ServicePart, SitePart } from './record.ts';

/** What going back means for one part. Made before anything is changed; making it proves that it can be finished. */
export interface PartPlan {
  /** False where what is wanted is what is live: nothing is done then. */
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
export interface Restoration {
  /** What the release record says of it. */
  readonly fields: Partial<ServicePart> | Partial<SitePart>;
  /** Where the part answers, for the smoke checks. */
  readonly url: string | undefined;
  /** After the pointer has moved: what can wait until then. */
  finish(): Promise<void>;
  /** Makes what was live before live again, and proves it. Throws where that did not work. */
  undo(): Promise<void>;
}

/** What a part goes back under. */
export interface Start {
  /** Settles when it is written down that the part is touched: awaited before anything live is changed. */
  readonly started: Promise<void>;
  readonly signal: AbortSignal;
}

/** One part of a release, planned and ready to go back: what every kind of part implements. */
export interface PartPort {
  readonly name: string;
  readonly kind: PartKind;
  readonly plan: PartPlan;
  /** The record's part as it will be when it is live. */
  readonly wanted: PartRecord;
  /** Where the part answers already, when nothing has to be changed. */
  readonly url: string | undefined;
  /**
   * Makes it live and verifies it.
   * @throws ActionError `rollback-failed` where neither this nor what was before is live, `timed-out` where one cannot
   * know; any other error: what was before is live.
   */
  restore(start: Start): Promise<Restoration>;
  /** Lets go of connections. */
  close?(): void;
}
