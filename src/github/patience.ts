import { formatDuration } from '../runtime/duration.ts';
import { messageOf } from '../runtime/errors.ts';
import { answerWithin as networkBound } from '../runtime/network.ts';
import { type GitHubAccess, GitHubError, type GitHubFailure } from './api.ts';
import { type Answer, pauseBefore } from './rate-limit.ts';

/** A request of the client before it is sent; its `url` may still be a template such as `/repos/{owner}/{repo}/issues`. */
interface Request {
  readonly method: string;
  readonly url: string;
  /** How it is sent: its `fetch` and `signal`. */
  request: object;
}
interface Response {
  readonly status: number;
  readonly data: unknown;
}

const DEFAULT_PATIENCE = 120_000;
const ANSWER_WITHIN = 15_000;

/**
 * A hook of the client around each request: bounds the time to an answer, and sends it again as GitHub's headers ask for,
 * as far as `patience` goes.
 * @param urlOf where a request goes, with its template filled in
 * @throws GitHubError in place of the client's own errors.
 */
export function patiently<Q extends Request>(access: GitHubAccess, urlOf: (request: Q) => string) {
  return <R extends Response>(send: (request: Q) => R | Promise<R>, request: Q): Promise<R> => {
    const path = urlOf(request).replace(/^https?:\/\/[^/]+|\?.*$/g, '');
    const route = `${request.method} ${path}`;
    const { request: settings } = request;
    return askAgain(access, route, async () => {
      const bound = boundOf(access);
      try {
        // In place: the hooks below this one are told of the request that it was, and not of what it is called with.
        request.request = { ...settings, signal: bound.signal };
        return asJson(await send(request), route);
      } finally {
        bound.end();
      }
    });
  };
}

async function askAgain<R>(access: GitHubAccess, route: string, once: () => Promise<R>): Promise<R> {
  let patience = access.patience ?? DEFAULT_PATIENCE;
  for (let attempt = 0; ; attempt++) {
    try {
      return await once();
    } catch (error) {
      access.signal?.throwIfAborted();
      if (error instanceof GitHubError) throw error;
      const answer = answerOf(error);
      const perhapsDone = mayBeDone(route, answer);
      const pause = perhapsDone ? undefined : pauseBefore(answer, attempt, access.clock.now());
      if (pause === undefined || pause > patience) {
        const { kind, text } = problemOf(answer, pause, access);
        throw new GitHubError(kind, answer.status, `${route}: ${text}`, perhapsDone, error);
      }
      patience -= pause;
      access.log.info(
        `${route}: ${answer.status === 0 ? 'no answer' : `HTTP ${answer.status}`}; asking again in ${formatDuration(pause)} (attempt ${attempt + 2})`,
      );
      await access.clock.sleep(pause, access.signal);
    }
  }
}

/** Milliseconds for one answer. */
const waitFor = ({ answerWithin = ANSWER_WITHIN }: GitHubAccess) => Math.min(answerWithin, networkBound());

/** Of one request: the caller's own signal, and the time that an answer may take. */
/**
 * Not `AbortSignal.any` with `AbortSignal.timeout`, of which nobody holds the second: a request was seen to be waited for
 * without end on Node 20.
 */
function boundOf(access: GitHubAccess): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const late = () => controller.abort(new DOMException('the answer took too long', 'TimeoutError'));
  const timer = setTimeout(late, waitFor(access));
  const onAbort = () => controller.abort(access.signal?.reason);
  if (access.signal?.aborted) onAbort();
  access.signal?.addEventListener('abort', onAbort, { once: true });
  const end = () => {
    clearTimeout(timer);
    access.signal?.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, end };
}

/** GitHub's own answers are JSON; a page with a status of 200 is that of a proxy or a login in between. */
function asJson<R extends Response>(response: R, route: string): R {
  const { data, status } = response;
  // The client takes a body that broke off in the middle for an empty one.
  if (data === '' && (status === 200 || status === 201) && !route.startsWith('HEAD'))
    throw new Error('the answer broke off');
  if (typeof data !== 'string' || data === '') return response;
  throw new GitHubError(
    'other',
    status,
    `${route}: the answer is no JSON; something stands before GitHub's API`,
  );
}

/**
 * What creates something is not sent again where the answer was lost: it may be there. A status of a deployment may be
 * said twice.
 */
function mayBeDone(route: string, { status }: Answer): boolean {
  const creates = route.startsWith('POST') && !route.endsWith('/statuses');
  return creates && (status === 0 || status >= 500);
}

function answerOf(error: unknown): Answer {
  const e = error as { status?: number; response?: { headers?: Answer['headers'] } };
  return {
    status: e.response === undefined ? 0 : (e.status ?? 0),
    headers: e.response?.headers ?? {},
    message: messageOf(error),
    ...((error as { cause?: { name?: string } }).cause?.name === 'TimeoutError' ? { late: true } : {}),
  };
}

function problemOf(
  answer: Answer,
  pause: number | undefined,
  access: GitHubAccess,
): { kind: GitHubFailure; text: string } {
  const { status, message } = answer;
  const make = (kind: GitHubFailure, advice: string) => ({
    kind,
    text: `${message} (HTTP ${status}); ${advice}`,
  });
  const origin = URL.canParse(access.apiUrl) ? new URL(access.apiUrl).origin : access.apiUrl;
  const why = answer.late ? `no answer within ${formatDuration(waitFor(access))}` : message;
  if (status === 0) {
    const text = `${why}; ${origin} could not be reached: check the network, HTTPS_PROXY and NO_PROXY`;
    return { kind: 'network', text };
  }
  if (pause !== undefined && status < 500)
    return make('rate-limit', `the rate limit lasts ${formatDuration(pause)} more, longer than we wait`);
  if (status === 401)
    return make('expired-token', 'the token is wrong or has expired; the job token lasts as long as the job');
  if (status === 403)
    return make('denied', 'grant it under `permissions:` of the job, and of the workflow that calls it');
  if (status === 404) return make('missing', 'it does not exist, or the token may not see it');
  return make(status >= 500 ? 'server' : 'other', 'GitHub refused it');
}
