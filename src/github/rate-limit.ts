/** What GitHub answered, as far as it says when to ask again. */
export interface Answer {
  /** 0 where no answer came at all. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly message: string;
  /** True where none came in time. */
  readonly late?: boolean;
}

/** Without a header that says more, GitHub asks for at least a minute, growing exponentially. */
const SECONDARY_PAUSE = 60_000;
/** A server error is asked again after this long, doubled each time; a network error once. */
const SERVER_PAUSE = 500;

/**
 * Milliseconds to wait before the same request may be sent again, or `undefined` where asking again is of no use.
 * Follows GitHub's order: `retry-after`, then `x-ratelimit-reset` once nothing is left of the primary limit, then a
 * minute for a secondary limit, doubled each time.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 *
 * @param attempt how often it was asked before this answer, from 0
 * @param now milliseconds since the epoch
 */
export function pauseBefore(answer: Answer, attempt: number, now: number): number | undefined {
  const { status, headers, message } = answer;
  if (status === 403 || status === 429) {
    const after = seconds(headers['retry-after']);
    if (after !== undefined) return after * 1000;
    const reset = seconds(headers['x-ratelimit-reset']);
    // The clock of the runner and GitHub's may differ: a second more than the header says.
    if (String(headers['x-ratelimit-remaining']) === '0' && reset !== undefined)
      return Math.max(0, reset * 1000 - now) + 1000;
    return status === 429 || /secondary rate limit|abuse detection/i.test(message)
      ? SECONDARY_PAUSE * 2 ** attempt
      : undefined;
  }
  if (status === 0) return attempt < 1 ? SERVER_PAUSE : undefined;
  return status >= 500 && attempt < 3 ? SERVER_PAUSE * 2 ** attempt : undefined;
}

function seconds(header: string | number | undefined): number | undefined {
  const value = header === undefined || header === '' ? Number.NaN : Number(header);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
