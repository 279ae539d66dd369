import { request as octokitRequest } from '@octokit/request';
import type { Clock } from '../runtime/clock.ts';
import { formatDuration } from '../runtime/duration.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { type Answer, pauseBefore } from './rate-limit.ts';

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
  /** Longest total wait for rate limits, in milliseconds (default 2 minutes): a courtesy must not hold up a deployment. */
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

  constructor(kind: GitHubFailure, status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'GitHubError';
    this.kind = kind;
    this.status = status;
  }
}

const DEFAULT_PATIENCE = 120_000;
const ANSWER_WITHIN = 15_000;

/**
 * Calls a route such as `GET /repos/{owner}/{repo}/compare/{basehead}`. `owner` and `repo` are filled in.
 *
 * This is the request layer that `@actions/github` is made of; its client would add 120 KB of method names to every
 * bundle that needs one call of the API. A proxy is Node's own business (NODE_USE_ENV_PROXY, Node 24).
 * @throws GitHubError after the retries that GitHub's headers ask for, as far as `patience` goes.
 */
export async function callGitHub<T>(
  access: GitHubAccess,
  route: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<T> {
  const [owner = '', repo = ''] = access.repository.split('/');
  const send = octokitRequest.defaults({
    baseUrl: access.apiUrl.replace(/\/+$/, ''),
    headers: {
      'user-agent': 'wwhd-deploy',
      'x-github-api-version': '2022-11-28',
      ...(access.token ? { authorization: `token ${access.token}` } : {}),
    },
    owner,
    repo,
  });
  let patience = access.patience ?? DEFAULT_PATIENCE;
  for (let attempt = 0; ; attempt++) {
    try {
      return asJson<T>(await send(route, { ...parameters, request: { signal: boundOf(access) } }), route);
    } catch (error) {
      access.signal?.throwIfAborted();
      if (error instanceof GitHubError) throw error;
      const answer = answerOf(error);
      const pause = mayRepeat(route, answer) ? pauseBefore(answer, attempt, access.clock.now()) : undefined;
      if (pause === undefined || pause > patience) throw problemOf(answer, pause, route, error);
      patience -= pause;
      access.log.info(
        `${route}: ${answer.status === 0 ? 'no answer' : `HTTP ${answer.status}`}; asking again in ${formatDuration(pause)} (attempt ${attempt + 2})`,
      );
      await access.clock.sleep(pause, access.signal);
    }
  }
}

/** All pages of a list, 100 items each, up to `limit` items. */
export async function listGitHub<T>(
  access: GitHubAccess,
  route: string,
  parameters: Readonly<Record<string, unknown>> = {},
  limit = 1000,
): Promise<T[]> {
  const items: T[] = [];
  for (let page = 1; items.length < limit; page++) {
    const batch = await callGitHub<T[]>(access, route, { ...parameters, per_page: 100, page });
    items.push(...batch);
    if (batch.length < 100) break;
  }
  return items.slice(0, limit);
}

/**
 * Runs something that is only a courtesy on GitHub's side (a comment, a status): whatever goes wrong becomes a warning
 * that says what to do, and the answer is `undefined`.
 */
export async function courtesy<T>(log: Log, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    log.warning(`${what} did not work, and nothing else depends on it: ${messageOf(error)}`);
    return undefined;
  }
}

/** Of one request: the caller's own signal, and the time that an answer may take. */
function boundOf({ signal, answerWithin = ANSWER_WITHIN }: GitHubAccess): AbortSignal {
  const limit = AbortSignal.timeout(answerWithin);
  return signal ? AbortSignal.any([signal, limit]) : limit;
}

/** GitHub's own answers are JSON; a page with a status of 200 is that of a proxy or a login in between. */
function asJson<T>({ data, status }: { data: unknown; status: number }, route: string): T {
  if (typeof data !== 'string' || data === '') return data as T;
  throw new GitHubError(
    'other',
    status,
    `${route}: the answer is no JSON; something stands before GitHub's API`,
  );
}

/**
 * What creates something is not sent again where the answer was lost: it may have been done. A status of a deployment may
 * be said twice.
 */
function mayRepeat(route: string, { status }: Answer): boolean {
  const creates = route.startsWith('POST') && !route.endsWith('/statuses');
  return !creates || (status !== 0 && status < 500);
}

/** Looks and writes, and once more where GitHub did not say whether it had written: the second look sees it. */
export async function lookAndWrite<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GitHubError && (error.kind === 'server' || error.kind === 'network')) return work();
    throw error;
  }
}

function answerOf(error: unknown): Answer {
  const e = error as { status?: number; response?: { headers?: Answer['headers'] } };
  return {
    status: e.response === undefined ? 0 : (e.status ?? 0),
    headers: e.response?.headers ?? {},
    message: messageOf(error),
  };
}

function problemOf(answer: Answer, pause: number | undefined, route: string, cause: unknown): GitHubError {
  const make = (kind: GitHubFailure, advice: string) =>
    new GitHubError(
      kind,
      answer.status,
      `${route}: ${answer.message} (HTTP ${answer.status}); ${advice}`,
      cause,
    );
  if (answer.status === 0)
    return new GitHubError('network', 0, `${route}: ${answer.message}; GitHub could not be reached`, cause);
  if (pause !== undefined && answer.status < 500)
    return make('rate-limit', `the rate limit lasts ${formatDuration(pause)} more, longer than we wait`);
  if (answer.status === 401)
    return make('expired-token', 'the token is wrong or has expired; the job token lasts as long as the job');
  if (answer.status === 403)
    return make('denied', 'grant it under `permissions:` of the job, and of the workflow that calls it');
  if (answer.status === 404) return make('missing', 'it does not exist, or the token may not see it');
  return make(answer.status >= 500 ? 'server' : 'other', 'GitHub refused it');
}
