/** The line of a file in the repository that a message is about: GitHub shows the message there. */
export interface Annotation {
  readonly title?: string;
  /** Path from the repository's root. */
  readonly file?: string;
  /** From 1. */
  readonly startLine?: number;
  /** From 1. */
  readonly startColumn?: number;
}

/**
 * What an action says while it works. Capabilities are given one; they never print by themselves. Whatever is handed to
 * it is text and never a command: names, statuses, logs and messages of others may be part of it as they are.
 */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  notice(message: string, at?: Annotation): void;
  warning(message: string, at?: Annotation): void;
  error(message: string, at?: Annotation): void;
  /** A phase of the work: folded in the GitHub log, a heading in a terminal. Groups do not nest. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** A line about work under way. A terminal shows the newest only; the GitHub log one every few seconds. */
  progress(message: string): void;
  /** Never let this value appear in anything that is printed. */
  mask(value: string): void;
  /**
   * Values of plain variables, hidden in all that this step prints and writes. The runner is not told: it would hide
   * them in every later step too.
   * @param except names and addresses that are printed on purpose: a value that is a part of one is left
   */
  conceal(values: readonly string[], except?: readonly (string | undefined)[]): void;
}

/** A log that says nothing: for tests and for work whose words nobody waits for. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  notice: () => {},
  warning: () => {},
  error: () => {},
  group: (_title, work) => work(),
  progress: () => {},
  mask: () => {},
  conceal: () => {},
};
