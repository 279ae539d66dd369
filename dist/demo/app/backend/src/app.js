import { issueToken, readToken } from './tokens.js';

/**
 * The routes. A handler takes the request's parts and returns `{ status, body }`; it knows nothing of sockets, so a
 * test calls it as a function.
 */
export function createApp({ config, answers, index }) {
  const json = (status, body) => ({ status, body });
  const routes = {
    'GET /health': () => json(200, { status: 'ok', commit: config.commit, index: index.kind }),
    'GET /version': () => json(200, { commit: config.commit, environment: config.environment }),
    'GET /api/answers': () => json(200, { count: answers.length, answers }),
    'GET /api/search': async ({ query }) => {
      const question = query.get('q')?.trim();
      if (!question) return json(400, { error: 'give a question: /api/search?q=…' });
      const results = await index.search(question, 5);
      return json(200, { question, results });
    },
    'POST /api/session': ({ body }) => {
      if (typeof body?.name !== 'string' || body.name === '') return json(400, { error: 'give a name' });
      return json(201, { token: issueToken(config.jwtSecret, { sub: body.name, iss: config.jwtIssuer }) });
    },
    'GET /api/me': ({ headers }) => {
      const claims = readToken(config.jwtSecret, (headers.authorization ?? '').replace(/^Bearer /, ''));
      return claims ? json(200, { name: claims.sub }) : json(401, { error: 'no valid token' });
    },
  };

  /** @param {{ method: string, path: string, query: URLSearchParams, headers: object, body?: unknown }} request */
  return async function handle(request) {
    const route = routes[`${request.method === 'HEAD' ? 'GET' : request.method} ${request.path}`];
    return route ? route(request) : json(404, { error: `no ${request.method} ${request.path}` });
  };
}
