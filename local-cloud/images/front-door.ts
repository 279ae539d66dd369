import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Asked, type Backend, type Pool, type Reply, type Rule, Spread, toAll } from './routing.ts';

interface Route extends Backend {
  /** Requests on their way, and connections that were upgraded. */
  active: number;
  readonly idle: Array<() => void>;
  readonly agent: Agent;
}

/** What a request got, and from whom. */
export interface Answer {
  readonly status: number;
  /** Empty where the door itself answered: 502 and 503. */
  readonly backend: string;
  readonly pool: string;
  readonly seconds: number;
}

interface Chosen {
  readonly route: Route | undefined;
  readonly pool: Pool;
}

/** Load balancers keep idle client connections at least as long (an ALB's default is 60 s). */
const IDLE_CLIENT = 120_000;

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The public address of a service: one listener whose port stays, in front of instances that come and go. Which
 * backends get *new* requests changes at once; requests on their way end where they began, and `drained` tells when
 * the last one has. Clients' connections stay open over a change.
 */
export class FrontDoor {
  readonly #server: Server;
  #rules: readonly Rule[] = [];
  #routes = new Map<string, Route>();
  readonly #leaving = new Set<Route>();
  /** Who is next, by rule and pool. */
  #turns = new Map<string, { readonly shares: string; readonly spread: Spread }>();
  #onAnswer: ((answer: Answer) => void) | undefined;

  constructor() {
    this.#server = createServer((req, res) => this.#serve(req, res));
    this.#server.on('upgrade', (req, socket, head) => this.#upgrade(req, socket as Socket, head));
    this.#server.on('clientError', (_error, socket) => socket.destroy());
    this.#server.keepAliveTimeout = IDLE_CLIENT;
    this.#server.headersTimeout = IDLE_CLIENT + 1_000;
    this.#server.requestTimeout = 0;
  }

  /** @returns the port: the wanted one, or another where that is taken or 0 */
  async listen(wanted: number): Promise<number> {
    const on = (port: number) =>
      new Promise<number>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(port, '127.0.0.1', () => {
          this.#server.off('error', reject);
          const address = this.#server.address();
          resolve(typeof address === 'object' && address ? address.port : port);
        });
      });
    return wanted === 0 ? on(0) : on(wanted).catch(() => on(0));
  }

  /** Called with every answer; the door's own 502 and 503 included. */
  observe(onAnswer: (answer: Answer) => void): void {
    this.#onAnswer = onAnswer;
  }

  /** New requests go to these from now on; none: 503. */
  route(backends: readonly Backend[]): void {
    this.routeBy(toAll(backends));
  }

  /** New requests go where the first rule that matches says; no rule, or none of its backends: 503. */
  routeBy(rules: readonly Rule[]): void {
    const before = this.#routes;
    this.#rules = rules;
    this.#routes = new Map();
    for (const { to } of rules) {
      if (typeof to === 'function') continue;
      for (const backend of to.flatMap((pool) => pool.backends))
        if (!this.#routes.has(backend.id))
          this.#routes.set(backend.id, before.get(backend.id) ?? open(backend));
    }
    for (const [id, route] of before) if (!this.#routes.has(id)) this.#leaving.add(route);
  }

  /** Resolves when no request is with that backend any more, or after `bound` milliseconds. */
  async drained(id: string, bound: number): Promise<void> {
    const route = [...this.#leaving].find((r) => r.id === id);
    if (!route) return;
    if (route.active > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, bound);
        route.idle.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    this.#leaving.delete(route);
    route.agent.destroy();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    for (const route of [...this.#routes.values(), ...this.#leaving]) route.agent.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** The turns at one place go on over a change that leaves its shares as they were. */
  #spread<T extends { readonly id: string; readonly weight: number }>(place: string, all: readonly T[]) {
    const shares = JSON.stringify(all.map(({ id, weight }) => [id, weight]));
    let turn = this.#turns.get(place);
    if (turn?.shares !== shares) {
      turn = { shares, spread: new Spread() };
      this.#turns.set(place, turn);
    }
    return turn.spread;
  }

  /** Pool first, then one of its backends: a pool without any has its share of the requests, and refuses them. */
  #choose(req: IncomingMessage): Chosen | Reply | undefined {
    const asked = askedOf(req);
    const rule = this.#rules.find((one) => one.matches(asked));
    if (!rule) return undefined;
    if (typeof rule.to === 'function') return rule.to(asked);
    const pool = this.#spread(rule.id, rule.to).pick(rule.to);
    return pool && { pool, route: this.#among(`${rule.id} ${pool.id}`, pool.backends) };
  }

  #among(place: string, backends: readonly Backend[]): Route | undefined {
    const backend = this.#spread(place, backends).pick(backends);
    return backend && this.#routes.get(backend.id);
  }

  #serve(req: IncomingMessage, res: ServerResponse): void {
    const chosen = this.#choose(req);
    if (chosen && 'status' in chosen) {
      res.writeHead(chosen.status, chosen.headers);
      res.end(chosen.body);
    } else if (chosen?.route) this.#forward(req, res, { ...chosen, route: chosen.route }, new Set());
    else this.#refuse(res, 503, chosen?.pool.id ?? '');
  }

  #forward(
    req: IncomingMessage,
    res: ServerResponse,
    { route, pool }: Chosen & { readonly route: Route },
    tried: Set<string>,
  ): void {
    const began = Date.now();
    this.#begin(route);
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      this.#end(route);
    };
    const outgoing = request({
      host: '127.0.0.1',
      port: route.port,
      method: req.method,
      path: req.url,
      headers: forwarded(req),
      agent: route.agent,
    });
    outgoing.on('response', (answer) => {
      const seconds = (Date.now() - began) / 1000;
      this.#onAnswer?.({ status: answer.statusCode ?? 0, backend: route.id, pool: pool.id, seconds });
      res.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
      answer.pipe(res);
      answer.on('error', () => res.destroy());
      answer.on('close', end);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      end();
      if (res.headersSent) {
        res.destroy();
        return;
      }
      // Nothing of it was sent to anyone who listened: another instance can take it.
      if (error.code === 'ECONNREFUSED' && !hasBody(req)) {
        tried.add(route.id);
        const left = pool.backends.filter((one) => !tried.has(one.id));
        const other = this.#among(`again ${pool.id}`, left);
        if (other) {
          this.#forward(req, res, { pool, route: other }, tried);
          return;
        }
      }
      this.#refuse(res, 502, pool.id);
    });
    res.on('close', () => {
      if (!res.writableFinished) outgoing.destroy();
    });
    outgoing.on('close', end);
    req.pipe(outgoing);
  }

  #refuse(res: ServerResponse, status: 502 | 503, pool: string): void {
    this.#onAnswer?.({ status, backend: '', pool, seconds: 0 });
    if (res.headersSent) {
      res.destroy();
      return;
    }
    res.writeHead(status, { 'content-type': 'text/plain' });
    res.end(status === 502 ? 'Bad Gateway\n' : 'Service Unavailable\n');
  }

  #begin(route: Route): void {
    route.active++;
  }

  #end(route: Route): void {
    route.active--;
    if (route.active === 0) for (const done of route.idle.splice(0)) done();
  }

  #upgrade(req: IncomingMessage, socket: Socket, head: Buffer): void {
    const chosen = this.#choose(req);
    const route = chosen && 'route' in chosen ? chosen.route : undefined;
    if (!route) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#begin(route);
    const upstream = connect(route.port, '127.0.0.1', () => {
      const lines = [`${req.method} ${req.url} HTTP/1.1`];
      for (let i = 0; i < req.rawHeaders.length; i += 2)
        lines.push(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}`);
      upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      socket.destroy();
      this.#end(route);
    });
  }
}

/**
 * A connection for each request: one that is kept could be closed by the instance in the moment that a request is put
 * on it, and that request would be lost.
 */
function open(backend: Backend): Route {
  return { ...backend, active: 0, idle: [], agent: new Agent({ keepAlive: false }) };
}

const askedOf = (req: IncomingMessage): Asked => ({
  method: req.method ?? 'GET',
  url: req.url ?? '/',
  headers: req.headers,
  address: req.socket.remoteAddress ?? '127.0.0.1',
});

const hasBody = (req: IncomingMessage) =>
  req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;

/** The headers for the instance: hop-by-hop ones gone, who asked added. */
function forwarded(req: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(req.headers))
    if (value !== undefined && !HOP_BY_HOP.has(name)) headers[name] = value;
  const client = req.socket.remoteAddress ?? '127.0.0.1';
  const before = req.headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before ? `${before}, ${client}` : client;
  headers['x-forwarded-proto'] = 'https';
  if (req.headers['transfer-encoding']) headers['transfer-encoding'] = 'chunked';
  headers['connection'] = 'close';
  return headers;
}

/** Raw headers without the hop-by-hop ones, in pairs, so that repeated ones (Set-Cookie) stay as they are. */
function endToEnd(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]];
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
