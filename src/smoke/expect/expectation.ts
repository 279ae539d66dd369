import type { Place } from '../../runtime/document/source.ts';
import type { Captured } from '../document/scope.ts';
import type { Answer, Timings } from '../http/answer.ts';
import type { SearchTime } from './pattern.ts';

/** One expectation held against what came. */
export interface Assertion extends Place {
  /** What was looked at: `status`, `header content-type`, `json $.commit`. */
  readonly what: string;
  readonly ok: boolean;
  readonly expected: string;
  readonly got: string;
}

/** What an expectation is judged on. */
export interface Evidence {
  readonly answer: Answer;
  /** Timings of all samples of a latency expectation; of the one answer where none were asked for. */
  readonly samples: readonly Timings[];
  readonly captured: Captured;
  /** What searches of patterns may still take. */
  readonly time: SearchTime;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Hides secrets; used before a text is cut, so that no half of one is left. */
  hide(text: string): string;
}

/** One entry under `expect:`, read and ready to judge. */
export interface Expectation {
  /** The key under `expect:`. */
  readonly key: string;
  readonly captures: readonly string[];
  /** The header that it looks at, in lower case. */
  readonly header?: string;
  /** True where the body must be kept to judge. */
  readonly needsBody: boolean;
  /** How many answers must be timed; 1 for all but latency. */
  readonly samples: number;
  judge(evidence: Evidence): Assertion[];
}

/** How much of a text is looked at for an excerpt: far more than is shown, so that no secret is cut in half. */
const WINDOW = 64 * 1024;

/** A text of at most `limit` letters for a report, secrets hidden before it is cut. */
export function excerpt(text: string, hide: (text: string) => string, limit = 160): string {
  const hidden = hide(text.slice(0, WINDOW));
  // Hiding can shrink a window so far that its end, where a secret may have been cut, comes into view.
  const shown =
    text.length > WINDOW && hidden.length <= limit ? hidden.slice(0, hidden.lastIndexOf('***') + 3) : hidden;
  const cut =
    shown.length > limit || text.length > WINDOW
      ? `${shown.slice(0, limit)}… (${text.length} characters)`
      : shown;
  // A slice of a string keeps the whole string in memory; a report must not keep bodies.
  return Buffer.from(cut).toString();
}

/**
 * A text as JSON writes it: line breaks show, and no line of a service's answer can be taken for a command of the log.
 * The end of a long one is of no use in a report.
 */
export const quoted = (text: string): string => JSON.stringify(text.slice(0, 2 * WINDOW));
