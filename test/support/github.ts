import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeComment {
  readonly id: number;
  body: string;
  readonly user: { readonly login: string; readonly type: string };
}
export interface FakeIssue {
  readonly number: number;
  title: string;
  body: string;
  labels: { name: string }[];
  state: 'open' | 'closed';
  readonly comments: FakeComment[];
  readonly user?: FakeComment['user'];
}
export interface FakeDeployment {
  readonly id: number;
  readonly ref: string;
  readonly environment: string;
  readonly statuses: { state: string; environment_url?: string; description?: string }[];
}
/** Answers `status` with `headers` and `message` to requests whose `METHOD path` matches, `count` times. */
export interface GitHubFault {
  readonly match?: RegExp;
  /** With 'cut' the connection dies, with 'silence' nothing is answered, ever. */
  readonly status: number | 'cut' | 'silence';
  readonly headers?: Readonly<Record<string, string>>;
  readonly message: string;
  count: number;
  /** Carries the request out, and loses the answer. */
  readonly done?: true;
}

export interface FakeGitHub {
  readonly url: string;
  readonly token: string;
  readonly requests: string[];
  /** `base...head` to the comparison's status. */
  readonly comparisons: Map<string, string>;
  /** `tags/v1`, or the SHA of an annotated tag, to what it names. */
  readonly refs: Map<string, { type: 'commit' | 'tag'; sha: string }>;
  readonly issues: Map<number, FakeIssue>;
  readonly deployments: FakeDeployment[];
  readonly faults: GitHubFault[];
  stop(): Promise<void>;
}

type Body = Record<string, unknown>;
interface Call {
  readonly params: string[];
  readonly query: URLSearchParams;
  readonly body: Body;
}
type Reply = { status?: number; data?: unknown; more?: boolean };
type Route = readonly [method: string, path: RegExp, answer: (call: Call) => Reply];

const missing: Reply = { status: 404, data: { message: 'Not Found' } };

/** As much of GitHub's REST API as we use, in memory, as strict about tokens as GitHub. */
export async function startGitHub(options: { token?: string } = {}): Promise<FakeGitHub> {
  const token = options.token ?? 'ghs_good';
  const state = {
    comparisons: new Map<string, string>(),
    refs: new Map<string, { type: 'commit' | 'tag'; sha: string }>(),
    issues: new Map<number, FakeIssue>(),
    deployments: [] as FakeDeployment[],
    faults: [] as GitHubFault[],
    requests: [] as string[],
  };
  const routes = routesOf(state);
  const server = createServer((request, response) => {
    void answer(request, response, routes, state, token);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    ...state,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
  state: { faults: GitHubFault[]; requests: string[] },
  token: string,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const called = `${request.method} ${decodeURIComponent(url.pathname)}`;
  state.requests.push(called);
  const fault = state.faults.find((f) => f.count > 0 && (f.match ?? /./).test(called));
  if (fault) fault.count -= 1;
  const given = request.headers.authorization?.replace(/^(token|bearer) /i, '');
  const refused = given !== undefined && given !== token;
  const reply =
    fault && !fault.done
      ? undefined
      : refused
        ? {
            status: 401,
            data: { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest' },
          }
        : replyOf(routes, request.method ?? '', url, Buffer.concat(chunks).toString());
  if (fault?.status === 'silence') return;
  if (fault?.status === 'cut') {
    request.socket.destroy();
    return;
  }
  const send = (status: number, data: unknown, headers: Readonly<Record<string, string>> = {}) =>
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
      .end(status === 204 ? undefined : JSON.stringify(data));
  if (fault) send(fault.status, { message: fault.message }, fault.headers);
  else if (reply)
    send(reply.status ?? 200, reply.data, reply.more ? { link: nextPage(url, request.headers.host) } : {});
}

function replyOf(routes: readonly Route[], method: string, url: URL, body: string): Reply {
  const path = decodeURIComponent(url.pathname);
  for (const [wanted, pattern, reply] of routes) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (!match) continue;
    const call = {
      params: match.slice(1),
      query: url.searchParams,
      body: body ? (JSON.parse(body) as Body) : {},
    };
    return reply(call);
  }
  return missing;
}

/** A list says where it goes on: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
function nextPage(asked: URL, host = ''): string {
  const next = new URL(`${asked.pathname}${asked.search}`, `http://${host}`);
  next.searchParams.set('page', String(Number(asked.searchParams.get('page') ?? 1) + 1));
  return `<${next.href}>; rel="next"`;
}

function routesOf(state: Omit<FakeGitHub, 'url' | 'token' | 'stop'>): Route[] {
  let lastId = 100;
  const bot = { login: 'github-actions[bot]', type: 'Bot' };
  const issue = (number: string | undefined) => state.issues.get(Number(number));
  const page = <T>(items: T[], query: URLSearchParams) => {
    const size = Number(query.get('per_page') ?? 30);
    const from = (Number(query.get('page') ?? 1) - 1) * size;
    return { data: items.slice(from, from + size), more: from + size < items.length };
  };
  const comments = () => [...state.issues.values()].flatMap((i) => i.comments);
  const repo = '/repos/[^/]+/[^/]+';
  const at = (path: string) => new RegExp(`^${repo}${path}$`);
  return [
    ['POST', /^\/graphql$/, () => ({ data: { data: { viewer: { login: bot.login } } } })],
    [
      'GET',
      at('/compare/(.+)'),
      ({ params }) => {
        const status = state.comparisons.get(params[0] ?? '');
        return status ? { data: { status, commits: [] } } : missing;
      },
    ],
    [
      'GET',
      at('/git/(?:ref|tags)/(.+)'),
      ({ params }) => {
        const object = state.refs.get(params[0] ?? '');
        return object ? { data: { object } } : missing;
      },
    ],
    [
      'GET',
      at('/issues/(\\d+)/comments'),
      ({ params, query }) => {
        const found = issue(params[0]);
        return found ? page(found.comments, query) : missing;
      },
    ],
    [
      'POST',
      at('/issues/(\\d+)/comments'),
      ({ params, body }) => {
        const found = issue(params[0]);
        if (!found) return missing;
        const comment = { id: ++lastId, body: String(body['body']), user: bot };
        found.comments.push(comment);
        return { status: 201, data: comment };
      },
    ],
    [
      'PATCH',
      at('/issues/comments/(\\d+)'),
      ({ params, body }) => {
        const comment = comments().find((c) => c.id === Number(params[0]));
        if (!comment) return missing;
        comment.body = String(body['body']);
        return { data: comment };
      },
    ],
    [
      'GET',
      at('/issues'),
      ({ query }) => {
        const wanted = (query.get('labels') ?? '').split(',').filter(Boolean);
        const found = [...state.issues.values()]
          .filter(
            (i) => (query.get('state') ?? 'open') === 'all' || i.state === (query.get('state') ?? 'open'),
          )
          .filter((i) => wanted.every((name) => i.labels.some((l) => l.name === name)));
        return page(found, query);
      },
    ],
    [
      'POST',
      at('/issues'),
      ({ body }) => {
        const number = Math.max(0, ...state.issues.keys()) + 1;
        const created: FakeIssue = {
          number,
          title: String(body['title']),
          body: String(body['body'] ?? ''),
          labels: ((body['labels'] as string[] | undefined) ?? []).map((name) => ({ name })),
          state: 'open',
          user: bot,
          comments: [],
        };
        state.issues.set(number, created);
        return { status: 201, data: created };
      },
    ],
    [
      'PATCH',
      at('/issues/(\\d+)'),
      ({ params, body }) => {
        const found = issue(params[0]);
        if (!found) return missing;
        Object.assign(found, body);
        return { data: found };
      },
    ],
    [
      'GET',
      at('/deployments'),
      ({ query }) =>
        page(
          state.deployments
            .filter((d) => d.environment === (query.get('environment') ?? d.environment))
            .reverse(),
          query,
        ),
    ],
    [
      'POST',
      at('/deployments'),
      ({ body }) => {
        const created = {
          id: ++lastId,
          ref: String(body['ref']),
          environment: String(body['environment']),
          statuses: [],
        };
        state.deployments.push(created);
        return { status: 201, data: created };
      },
    ],
    [
      'GET',
      at('/deployments/(\\d+)/statuses'),
      ({ params, query }) => {
        const found = state.deployments.find((d) => d.id === Number(params[0]));
        return found ? page([...found.statuses].reverse(), query) : missing;
      },
    ],
    [
      'POST',
      at('/deployments/(\\d+)/statuses'),
      ({ params, body }) => {
        const found = state.deployments.find((d) => d.id === Number(params[0]));
        if (!found) return missing;
        found.statuses.push(body as { state: string });
        return { status: 201, data: body };
      },
    ],
    [
      'DELETE',
      at('/deployments/(\\d+)'),
      ({ params }) => {
        const index = state.deployments.findIndex((d) => d.id === Number(params[0]));
        if (index < 0) return missing;
        const state_ = state.deployments[index]?.statuses.at(-1)?.state;
        // Only an inactive deployment can be deleted.
        if (state_ !== undefined && state_ !== 'inactive')
          return { status: 422, data: { message: 'We cannot delete an active deployment' } };
        state.deployments.splice(index, 1);
        return { status: 204 };
      },
    ],
    [
      'GET',
      at('/pulls/(\\d+)'),
      ({ params }) => {
        const found = issue(params[0]);
        return found ? { data: { number: found.number, state: found.state } } : missing;
      },
    ],
  ];
}
