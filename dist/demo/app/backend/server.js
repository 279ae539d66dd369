import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createApp } from './src/app.js';
import { readConfig } from './src/config.js';
import { createLog } from './src/log.js';
import { qdrantIndex } from './src/qdrant.js';
import { memoryIndex } from './src/search.js';

/** The largest body that is read, in bytes. */
const MAX_BODY = 64 * 1024;
/** How long requests under way may take to end after SIGTERM, in milliseconds. */
const GRACE = 10_000;

const log = createLog((process.env.LOG_LEVEL ?? 'INFO').toUpperCase());
const config = start(() => readConfig(process.env));
const answers = JSON.parse(readFileSync(new URL('data/answers.json', import.meta.url), 'utf8'));
const index = config.qdrantUrl
  ? await qdrantIndex({ url: config.qdrantUrl, apiKey: config.qdrantApiKey }, answers)
  : memoryIndex(answers);
const handle = createApp({ config, answers, index });

const server = createServer(async (request, response) => {
  const began = performance.now();
  const { status, body } = await answer(request);
  const text = JSON.stringify(body);
  const origin = request.headers.origin;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-commit': config.commit,
    vary: 'origin',
    ...(origin && config.allowOrigins.some((allowed) => allowed === '*' || allowed === origin)
      ? { 'access-control-allow-origin': origin }
      : {}),
    // A keep-alive connection must not outlive the instance that it leads to.
    ...(stopping ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
  const level = status >= 500 ? 'error' : request.url === '/health' ? 'debug' : 'info';
  log[level]('request', {
    method: request.method,
    path: request.url,
    status,
    ms: Math.round(performance.now() - began),
  });
});

async function answer(request) {
  try {
    const url = new URL(request.url, 'http://app');
    return await handle({
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: request.method === 'POST' ? await readJson(request) : undefined,
    });
  } catch (error) {
    if (error instanceof SyntaxError) return { status: 400, body: { error: 'the body is not JSON' } };
    if (error instanceof RangeError) return { status: 413, body: { error: 'the body is too large' } };
    log.error('a request failed', { path: request.url, error: error.stack });
    return { status: 500, body: { error: 'internal error' } };
  }
}

async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new RangeError('body');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString() || 'null');
}

function start(read) {
  try {
    return read();
  } catch (error) {
    log.error('not started', { error: error.message });
    process.exit(1);
  }
}

/** The rollout sends SIGTERM to the old instance: finish what was begun, take nothing new, then go. */
let stopping = false;
function stop(signal) {
  if (stopping) return;
  stopping = true;
  log.info('stopping', { signal });
  server.close(() => {
    log.info('stopped');
    process.exit(0);
  });
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), GRACE).unref();
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

server.listen(config.port, () =>
  log.info('listening', { port: server.address().port, commit: config.commit, index: index.kind }),
);
