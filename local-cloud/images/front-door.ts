import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';

/** Where requests can go, and how many of 100 go there. */
export interface Backend {
  readonly id: string;
  readonly port: number;
  readonly weight: number;
}

interface Route extends Backend {
  /** Requests on their way, and connections that were upgraded. */
  active: number;
  readonly idle: Array<() => void>;
  readonly agent: Agent;
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
  #routes: Route[] = [];
  readonly #leaving = new Set<Route>();
  #credit = new Map<string, number>();
  #onAnswer: ((status: number, backend: string) => void) | undefined;

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

  /** Called with the status of every answer and the backend that gave it; 502 and 503 of the door's own included. */
  observe(onAnswer: (status: number, backend: string) => void): void {
    this.#onAnswer = onAnswer;
  }

  /** New requests go to these from now on; none: 503. */
  route(backends: readonly Backend[]): void {
    const before = this.#routes;
    this.#routes = backends.map((backend) => {
      const known = before.find((r) => r.id === backend.id);
      return known ? Object.assign(known, { weight: backend.weight }) : open(backend);
    });
    for (const route of before) if (!this.#routes.includes(route)) this.#leaving.add(route);
    this.#credit = new Map();
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
    for (const route of [...this.#routes, ...this.#leaving]) route.agent.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Weighted round robin: over 100 requests each backend gets its share, evenly spread. */
  #choose(not: ReadonlySet<string>): Route | undefined {
    const usable = this.#routes.filter((r) => r.weight > 0 && !not.has(r.id));
    const total = usable.reduce((sum, r) => sum + r.weight, 0);
    let best: Route | undefined;
    for (const route of usable) {
      const credit = (this.#credit.get(route.id) ?? 0) + route.weight;
      this.#credit.set(route.id, credit);
      if (!best || credit > (this.#credit.get(best.id) ?? 0)) best = route;
    }
    if (best) this.#credit.set(best.id, (this.#credit.get(best.id) ?? 0) - total);
    return best;
  }

  #serve(req: IncomingMessage, res: ServerResponse): void {
    this.#forward(req, res, new Set());
  }

  #forward(req: IncomingMessage, res: ServerResponse, tried: Set<string>): void {
    const route = this.#choose(tried);
    if (!route) {
      this.#refuse(res, tried.size > 0 ? 502 : 503);
      return;
    }
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
      this.#onAnswer?.(answer.statusCode ?? 0, route.id);
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
        this.#forward(req, res, tried.add(route.id));
        return;
      }
      this.#refuse(res, 502);
    });
    res.on('close', () => {
      if (!res.writableFinished) outgoing.destroy();
    });
    outgoing.on('close', end);
    req.pipe(outgoing);
  }

  #refuse(res: ServerResponse, status: 502 | 503): void {
    this.#onAnswer?.(status, '');
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
    const route = this.#choose(new Set());
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
