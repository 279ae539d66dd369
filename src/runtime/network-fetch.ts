import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { proxiesInUse, sharedAgents } from './network.ts';

/** Redirects that are followed, as by `fetch` in spirit: GitHub sends a repository that was renamed on with one. */
const REDIRECTS = 5;
/** https://fetch.spec.whatwg.org/#null-body-status */
const WITHOUT_BODY = [101, 103, 204, 205, 304];

export interface FetchInit {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  readonly redirect?: 'follow' | 'manual' | 'error' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * `fetch` that goes through the environment's proxies. Node's own does so from version 24 on only, and only where one more
 * variable is set; it is the one that asks where there is no proxy.
 */
export async function networkFetch(url: string, init: FetchInit = {}): Promise<Response> {
  if (!proxiesInUse()) return globalThis.fetch(url, init as RequestInit);
  let [at, wanted] = [new URL(url), init];
  for (let hops = 0; ; hops++) {
    const answer = await send(at, wanted);
    const status = answer.statusCode ?? 0;
    const { location } = answer.headers;
    const moved = [301, 302, 303, 307, 308].includes(status) && location !== undefined;
    if (!moved || init.redirect === 'manual') return response(answer, at);
    answer.resume();
    if (hops >= REDIRECTS || init.redirect === 'error')
      throw new TypeError(`${at.origin} sends the request on too often`);
    const next = new URL(location, at);
    wanted = redirected(wanted, status, next.origin === at.origin);
    at = next;
  }
}

/** https://fetch.spec.whatwg.org/#http-redirect-fetch */
function redirected(init: FetchInit, status: number, sameOrigin: boolean): FetchInit {
  const method = init.method ?? 'GET';
  const asGet = status === 303 ? method !== 'HEAD' : [301, 302].includes(status) && method === 'POST';
  const dropped = [
    ...(asGet ? ['content-type', 'content-length'] : []),
    ...(sameOrigin ? [] : ['authorization']),
  ];
  const headers = Object.fromEntries(
    Object.entries(init.headers ?? {}).filter(([name]) => !dropped.includes(name.toLowerCase())),
  );
  return { ...init, headers, ...(asGet ? { method: 'GET', body: undefined } : {}) };
}

function send(url: URL, { method = 'GET', headers = {}, body, signal }: FetchInit): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const agents = sharedAgents();
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = (secure ? httpsRequest : httpRequest)(
      url,
      {
        method,
        agent: secure ? agents.https : agents.http,
        headers: { accept: '*/*', ...headers, ...length },
        ...(signal ? { signal } : {}),
      },
      resolve,
    );
    sent.on('error', (error) => reject(signal?.aborted ? signal.reason : error));
    sent.end(body);
  });
}

function response(answer: IncomingMessage, url: URL): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  const status = answer.statusCode ?? 0;
  const empty = WITHOUT_BODY.includes(status);
  if (empty) answer.resume();
  const body = empty ? null : (Readable.toWeb(answer) as unknown as ReadableStream);
  const result = new Response(body, { status, statusText: answer.statusMessage ?? '', headers });
  Object.defineProperty(result, 'url', { value: url.href });
  return result;
}
