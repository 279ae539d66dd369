import type { Clock } from '../runtime/clock.ts';
import { ActionError, messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';

/** Where GitHub is, who we are there, and what the client works with. */
export interface GitHubAccess {
  /** `https://api.github.com`, or an Enterprise Server's `https://host/api/v3`. */
  readonly apiUrl: string;
  /** `owner/name`. */
  readonly repository: string;
  /** The job's token; '' asks anonymously, which a public repository answers. */
  readonly token: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Longest total wait for the rate limits of one request, in milliseconds (default 2 minutes): a courtesy must not hold up a deployment. */
  readonly patience?: number;
  /** Longest wait for one answer, in milliseconds (default 15 seconds): a server that says nothing is no server. */
  readonly answerWithin?: number;
}

export type GitHubFailure =
  | 'expired-token'
  | 'denied'
  | 'missing'
  | 'rate-limit'
  | 'network'
  | 'server'
  | 'other';

/** What GitHub did not do for us. Never ends a deployment: callers turn it into a warning. */
export class GitHubError extends Error {
  readonly kind: GitHubFailure;
  readonly status: number;
  /** True where it was to create something and no answer says whether it is there: it was asked for once only. */
  readonly perhapsDone: boolean;

  constructor(kind: GitHubFailure, status: number, message: string, perhapsDone = false, cause?: unknown) {
    super(message, { cause });
    this.name = 'GitHubError';
    this.kind = kind;
    this.status = status;
    this.perhapsDone = perhapsDone;
  }
}

/**
 * Runs something that is only a courtesy on GitHub's side (a comment, a status): whatever goes wrong becomes a warning
 * that says what to do, and the answer is `undefined`.
 * @throws ActionError of the signal, where the job was cancelled meanwhile: that is no failure of GitHub's.
 */
export async function courtesy<T>(log: Log, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ActionError) throw error;
    log.warning(`${what} did not work, and nothing else depends on it: ${messageOf(error)}`);
    return undefined;
  }
}

/** Looks and writes, and once more where GitHub did not say whether it had written: the second look sees it. */
export async function lookAndWrite<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GitHubError && error.perhapsDone) return work();
    throw error;
  }
}
