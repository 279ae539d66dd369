import type { BackendHalf, FrontendHalf, Part } from '../../release/record.ts';

/** What going back means for one half. Made before anything is changed; making it proves that it can be finished. */
export interface HalfPlan {
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

/** A half that has been made live, and can still be undone. */
export interface Restoration {
  /** What the release record says of it. */
  readonly fields: Partial<BackendHalf> | Partial<FrontendHalf>;
  /** Where the half answers, for the smoke checks. */
  readonly url: string | undefined;
  /** After the pointer has moved: what can wait until then. */
  finish(): Promise<void>;
  /** Makes what was live before live again, and proves it. Throws where that did not work. */
  undo(): Promise<void>;
}

/** What a half goes back under. */
export interface Start {
  /** Settles when it is written down that the half is touched: awaited before anything live is changed. */
  readonly started: Promise<void>;
  readonly signal: AbortSignal;
}

/** One half of the pair, ready to go back. */
export interface HalfPort {
  readonly part: Part;
  readonly plan: HalfPlan;
  /** The record's half as it will be when it is live. */
  readonly half: BackendHalf | FrontendHalf;
  /** Where the half answers already, when nothing has to be changed. */
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
