import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { headersOf, splitUrl } from '../../../core/request.ts';
import { escapeXml } from '../../../core/xml.ts';
import type { S3Store } from '../../s3/store.ts';
import type { Behavior, DistributionConfig } from '../config.ts';
import { canonicalPath } from '../paths.ts';
import type { OriginAnswer } from './answer.ts';
import { Cache, type CacheEntry } from './cache.ts';
import { behaviorFor, errorLifetime, lifetime, staleness } from './decide.ts';
import { encoded, type Outcome, page, type Served, sendAnswer, type Viewer, withPolicy } from './deliver.ts';
import { forwardingOf, normalized, originHeaders, pick, variantOf } from './forward.ts';
import { atRequest, atResponse, type EdgeFunctions, FunctionProblem } from './functions.ts';
import { askOrigin } from './origin.ts';

/** One request's place in the cache. */
interface Lookup {
  readonly config: DistributionConfig;
  readonly behavior: Behavior;
  readonly viewer: Viewer;
  readonly key: string;
  /** The part of the query that is in the key. */
  readonly query: string;
}

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
  /** Keys that are being asked for again while the stale entry is sent. */
  readonly #revalidating = new Set<string>();
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
    const found = cacheable
      ? await this.#withErrorPage(config, asked, await this.#cached(config, behavior, asked))
      : await this.#pass(config, behavior, asked, body);
    const served = withPolicy(found, behavior.response, asked.headers['origin']);
    try {
      return atResponse(this.#functions, behavior, asked, served);
    } catch (error) {
      if (served.passing) served.answer.release();
      throw error;
    }
  }

  async #cached(config: DistributionConfig, behavior: Behavior, viewer: Viewer): Promise<Served> {
    const query = pick(viewer.query, behavior.policy.query, '&');
    const key = Cache.key(viewer.path, query, variantOf(viewer.headers, behavior.policy));
    const lookup: Lookup = { config, behavior, viewer, key, query };
    const entry = this.cache.get(key);
    const now = this.#now();
    if (!entry) return this.#fetch(lookup, undefined);
    if (now < entry.fresh || now < (entry.quiet ?? 0)) return this.#hit(entry, now);
    const { revalidating } = staleness(entry.answer.headers, behavior.policy);
    if (now >= entry.fresh + revalidating * 1000) return this.#fetch(lookup, entry);
    this.#revalidate(lookup, entry);
    return this.#hit(entry, now);
  }

  /** Behind the viewer's back, once at a time. */
  #revalidate(lookup: Lookup, entry: CacheEntry): void {
    if (this.#revalidating.has(lookup.key)) return;
    this.#revalidating.add(lookup.key);
    this.#fetch(lookup, entry)
      .then((served) => {
        if (served.passing) served.answer.release();
      })
      // The entry stays, and the next request tries again.
      .catch(() => undefined)
      .finally(() => this.#revalidating.delete(lookup.key));
  }

  async #fetch(lookup: Lookup, entry: CacheEntry | undefined): Promise<Served> {
    const { config, behavior, viewer, key, query } = lookup;
    const asked = await this.#ask(config, behavior, viewer, entry?.answer.headers['etag']);
    const now = this.#now();
    const still = entry && this.cache.get(key) === entry ? entry : undefined;
    if (asked.status === 304 && still) {
      still.stored = now;
      still.fresh =
        now + lifetime({ ...still.answer.headers, ...asked.headers }, behavior.policy, now).ttl * 1000;
      return { answer: still.answer, outcome: 'RefreshHit', age: undefined, passing: false };
    }
    if (asked.status >= 500 && still && this.#maySendStale(behavior, still, now)) {
      still.quiet = now + this.#lifetime(config, behavior, asked, now).ttl * 1000;
      asked.release();
      return this.#hit(still, now);
    }
    const whole = asked.status === 304 ? await this.#ask(config, behavior, viewer) : asked;
    const accept = behavior.compress ? normalized(viewer.headers['accept-encoding'], behavior.policy) : '';
    const answer = await encoded(whole, accept);
    const kept = this.#lifetime(config, behavior, answer, now);
    const outcome = outcomeOf(answer);
    // What was invalidated while it was being asked for is not kept.
    if (entry !== undefined && !still) return { answer, outcome, age: undefined, passing: true };
    if (!kept.store) {
      this.cache.delete(key);
      return { answer, outcome, age: undefined, passing: true };
    }
    this.cache.set(key, { path: viewer.path, query, answer, stored: now, fresh: now + kept.ttl * 1000 });
    return { answer, outcome, age: undefined, passing: false };
  }

  #maySendStale(behavior: Behavior, { answer, fresh }: CacheEntry, now: number): boolean {
    const { failing } = staleness(answer.headers, behavior.policy);
    return answer.status < 400 && now < fresh + failing * 1000;
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
    const min = config.errors.find((e) => e.code === answer.status)?.ttl;
    const ttl = errorLifetime(answer.status, answer.headers, min);
    return { store: ttl > 0, ttl };
  }

  async #ask(
    config: DistributionConfig,
    behavior: Behavior,
    viewer: Viewer,
    etag?: string,
  ): Promise<OriginAnswer> {
    const path =
      viewer.path === '/' && config.defaultRootObject !== ''
        ? `/${encodeURI(config.defaultRootObject)}`
        : viewer.path;
    return this.#askOrigin(config, behavior, {
      viewer: { ...viewer, method: viewer.method === 'HEAD' ? 'GET' : viewer.method },
      path,
      headers: etag === undefined ? {} : { 'if-none-match': etag.replace(/^W\//, '') },
    });
  }

  /** What the origin gets of the request, and what of its answer goes on, by the policies of the behavior. */
  async #askOrigin(
    config: DistributionConfig,
    behavior: Behavior,
    asked: { viewer: Viewer; path: string; headers: Record<string, string>; body?: Readable },
  ): Promise<OriginAnswer> {
    const origin = config.origins.find((o) => o.id === behavior.origin);
    if (!origin) throw new Error(`no origin ${behavior.origin}`);
    const { viewer, body } = asked;
    const forwarding = forwardingOf(behavior);
    const accept = normalized(viewer.headers['accept-encoding'], behavior.policy);
    const answer = await askOrigin(this.#store, origin, {
      method: viewer.method,
      path: origin.path + asked.path,
      distribution: this.#functions.distribution().arn,
      query: pick(viewer.query, forwarding.query, '&'),
      headers: { ...originHeaders(viewer, forwarding, accept), ...asked.headers },
      ...(body === undefined ? {} : { body }),
    });
    return forwarding.cookies === 'none' ? { ...answer, cookies: [] } : answer;
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
    const answer = await this.#askOrigin(config, behavior, { viewer, path: viewer.path, headers: {}, body });
    return { answer, outcome: outcomeOf(answer), age: undefined, passing: true };
  }
}

const outcomeOf = (answer: OriginAnswer): Outcome => (answer.status >= 400 ? 'Error' : 'Miss');
