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

/** What an action says while it works. Capabilities are given one; they never print by themselves. */
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
};
