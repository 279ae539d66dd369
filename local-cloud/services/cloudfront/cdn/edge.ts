import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { headersOf, splitUrl } from '../../../core/request.ts';
import { escapeXml } from '../../../core/xml.ts';
import type { S3Store } from '../../s3/store.ts';
import { type Behavior, type DistributionConfig, ERROR_TTL } from '../config.ts';
import { canonicalPath } from '../paths.ts';
import type { OriginAnswer } from './answer.ts';
import { Cache, type CacheEntry } from './cache.ts';
import { behaviorFor, type Encoding, encodingFor, errorLifetime, keyQuery, lifetime } from './decide.ts';
import { encoded, type Outcome, page, type Served, sendAnswer, type Viewer } from './deliver.ts';
import { atRequest, atResponse, type EdgeFunctions, FunctionProblem } from './functions.ts';
import { askOrigin } from './origin.ts';

/** One distribution's edge: a cache in front of its origins, on a port of its own. */
export class Edge {
  readonly cache = new Cache();
  readonly counts: Record<Outcome, number> = {
    Hit: 0,
    Miss: 0,
    RefreshHit: 0,
    Error: 0,
    FunctionGeneratedResponse: 0,
  };
  readonly #store: S3Store;
  readonly #config: () => DistributionConfig;
  readonly #now: () => number;
  readonly #functions: EdgeFunctions;
  readonly server: Server;

  constructor(store: S3Store, config: () => DistributionConfig, now: () => number, functions: EdgeFunctions) {
    this.#store = store;
    this.#config = config;
    this.#now = now;
    this.#functions = functions;
    this.server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query } = splitUrl(request.url ?? '/');
    const viewer: Viewer = {
      method: request.method ?? 'GET',
      path: canonicalPath(path),
      query: query.size === 0 ? '' : (request.url ?? '').slice((request.url ?? '').indexOf('?') + 1),
      headers: headersOf(request),
      ip: request.socket.remoteAddress ?? '',
    };
    const config = this.#config();
    const behavior = behaviorFor(config, viewer.path);
    if (!config.enabled) return page(response, viewer, 403, 'The distribution is disabled.');
    if (!behavior.methods.includes(viewer.method)) {
      return page(
        response,
        viewer,
        403,
        'This distribution is not configured to allow the HTTP request method that was used for this request. The distribution supports only cachable requests.',
      );
    }
    let served: Served;
    try {
      served = await this.#answer(config, behavior, viewer, request);
    } catch (error) {
      if (!(error instanceof FunctionProblem)) throw error;
      this.counts.Error++;
      const outcome = error.status === 503 ? 'FunctionExecutionError' : 'Error';
      return page(response, viewer, error.status, escapeXml(error.message), outcome);
    }
    this.counts[served.outcome]++;
    // The cache may let go of it while it is being sent.
    if (!served.passing) served.answer.retain();
    try {
      await sendAnswer(response, viewer, served);
    } finally {
      served.answer.release();
    }
  }

  /** What the viewer gets, the functions of the behavior before and after it. @throws FunctionProblem */
  async #answer(
    config: DistributionConfig,
    behavior: Behavior,
    viewer: Viewer,
    body: Readable,
  ): Promise<Served> {
    const asked = atRequest(this.#functions, behavior, viewer);
    if ('answer' in asked) return asked;
    const cacheable = viewer.method === 'GET' || viewer.method === 'HEAD';
    const served = cacheable
      ? await this.#withErrorPage(config, asked, await this.#cached(config, behavior, asked))
      : await this.#pass(config, behavior, asked, body);
    try {
      return atResponse(this.#functions, behavior, asked, served);
    } catch (error) {
      if (served.passing) served.answer.release();
      throw error;
    }
  }

  async #cached(config: DistributionConfig, behavior: Behavior, viewer: Viewer): Promise<Served> {
    const encoding: Encoding = behavior.compress
      ? encodingFor(viewer.headers['accept-encoding'])
      : 'identity';
    const query = keyQuery(behavior.policy, viewer.query);
    const key = Cache.key(viewer.path, query, encoding);
    const entry = this.cache.get(key);
    const now = this.#now();
    if (entry && now < entry.fresh) return this.#hit(entry, now);
    const asked = await this.#ask(config, behavior, viewer, entry?.answer.headers['etag']);
    if (asked.status === 304 && entry && this.cache.get(key) === entry) {
      entry.stored = now;
      entry.fresh =
        now + lifetime({ ...entry.answer.headers, ...asked.headers }, behavior.policy, now).ttl * 1000;
      return { answer: entry.answer, outcome: 'RefreshHit', age: undefined, passing: false };
    }
    if (asked.status >= 500 && entry && entry.answer.status < 400) return this.#hit(entry, now);
    const answer = await encoded(
      asked.status === 304 ? await this.#ask(config, behavior, viewer) : asked,
      encoding,
    );
    const kept = this.#lifetime(config, behavior, answer, now);
    if (!kept.store) {
      this.cache.delete(key);
      return { answer, outcome: outcomeOf(answer), age: undefined, passing: true };
    }
    this.cache.set(key, { path: viewer.path, query, answer, stored: now, fresh: now + kept.ttl * 1000 });
    return { answer, outcome: outcomeOf(answer), age: undefined, passing: false };
  }

  #hit(entry: CacheEntry, now: number): Served {
    const age = Math.floor((now - entry.stored) / 1000);
    return {
      answer: entry.answer,
      outcome: entry.answer.status >= 400 ? 'Error' : 'Hit',
      age,
      passing: false,
    };
  }

  #lifetime(config: DistributionConfig, behavior: Behavior, answer: OriginAnswer, now: number) {
    if (answer.status < 400) return lifetime(answer.headers, behavior.policy, now);
    const min = config.errors.find((e) => e.code === answer.status)?.ttl ?? ERROR_TTL;
    const ttl = errorLifetime(answer.headers, min);
    return { store: ttl > 0, ttl };
  }

  #ask(config: DistributionConfig, behavior: Behavior, viewer: Viewer, etag?: string): Promise<OriginAnswer> {
    const origin = config.origins.find((o) => o.id === behavior.origin);
    if (!origin) throw new Error(`no origin ${behavior.origin}`);
    const root =
      viewer.path === '/' && config.defaultRootObject !== ''
        ? `/${encodeURI(config.defaultRootObject)}`
        : viewer.path;
    return askOrigin(this.#store, origin, {
      method: viewer.method === 'HEAD' ? 'GET' : viewer.method,
      path: origin.path + root,
      distribution: this.#functions.distribution().arn,
      query: behavior.forwards ? viewer.query : keyQuery(behavior.policy, viewer.query),
      headers: {
        ...(behavior.forwards ? forwarded(viewer.headers) : {}),
        'user-agent': 'Amazon CloudFront',
        ...(etag === undefined ? {} : { 'if-none-match': etag.replace(/^W\//, '') }),
      },
    });
  }

  /** An error page is a request of its own to the same distribution. */
  async #withErrorPage(config: DistributionConfig, viewer: Viewer, served: Served): Promise<Served> {
    const { status } = served.answer;
    const custom = status < 400 ? undefined : config.errors.find((e) => e.code === status);
    if (custom?.page === undefined) return served;
    const {
      'if-none-match': _match,
      'if-modified-since': _since,
      range: _range,
      ...headers
    } = viewer.headers;
    const asked: Viewer = { ...viewer, path: custom.page, query: '', headers };
    const found = await this.#cached(config, behaviorFor(config, custom.page), asked);
    if (found.answer.status >= 400) {
      if (found.passing) found.answer.release();
      return served;
    }
    if (served.passing) served.answer.release();
    return { ...found, answer: { ...found.answer, status: custom.status ?? status }, outcome: 'Error' };
  }

  async #pass(
    config: DistributionConfig,
    behavior: Behavior,
    viewer: Viewer,
    body: Readable,
  ): Promise<Served> {
    const origin = config.origins.find((o) => o.id === behavior.origin);
    if (!origin) throw new Error(`no origin ${behavior.origin}`);
    const path = origin.path + viewer.path;
    const answer = await askOrigin(this.#store, origin, {
      method: viewer.method,
      path,
      distribution: this.#functions.distribution().arn,
      query: viewer.query,
      headers: forwarded(viewer.headers),
      body,
    });
    return { answer, outcome: answer.status >= 400 ? 'Error' : 'Miss', age: undefined, passing: true };
  }
}

const outcomeOf = (answer: OriginAnswer): Outcome => (answer.status >= 400 ? 'Error' : 'Miss');

/** Conditions and ranges are between viewer and CDN; the origin is asked for the whole. */
const OWN: ReadonlySet<string> = new Set([
  'connection',
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'range',
  'if-range',
  'accept-encoding',
]);

const forwarded = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.has(name)));
