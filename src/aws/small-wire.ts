import { isIP, connect as openTcp, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import { answerWithin } from '../runtime/network.ts';
import { awsCertificates } from './certificates.ts';
import { AnswerReader, type HttpAnswer } from './http-answer.ts';
import type { WireTarget } from './http-wire.ts';
import { silence } from './silence.ts';

/** A request that fits in memory, and so does its answer. */
export interface SmallRequest {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  /** `host` among them, and `content-length` where there is a body. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bodies up to this size go out in one piece with their headers: copying them costs less than a second buffer. */
const IN_ONE_PIECE = 65_536;

interface Exchange {
  readonly signal: AbortSignal | undefined;
  readonly reader: AnswerReader;
  resolve(answer: HttpAnswer): void;
  reject(error: Error): void;
}

interface Connection {
  readonly socket: Socket;
  exchange: Exchange | undefined;
}

interface Waiting {
  readonly bytes: readonly Uint8Array[];
  readonly exchange: Exchange;
}

/**
 * A pool of kept connections to one host for requests by the ten thousand, on bare sockets: one buffer out, one
 * answer in. `node:http` makes some forty objects and a dozen listeners for each request; beside a server on the same
 * machine that was most of what a deployment cost (docs/frontend.md has the figures).
 */
export class SmallWire {
  readonly #target: WireTarget;
  readonly #most: number;
  readonly #connections = new Set<Connection>();
  readonly #free: Connection[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #watched = new Map<AbortSignal, () => void>();
  readonly #within = answerWithin();
  readonly #ca = awsCertificates(process.env);
  #session: Buffer | undefined;

  constructor(target: WireTarget, connections: number) {
    this.#target = target;
    this.#most = connections;
  }

  /** Sends once. Rejects with the socket's error, or with the signal's reason. */
  send(request: SmallRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      const bytes = encodeRequest(request);
      if (signal) this.#watch(signal);
      const reader = new AnswerReader(request.method);
      this.#start({ bytes, exchange: { signal, reader, resolve, reject } });
    });
  }

  /** Closes all connections, so that the process can end. */
  close(): void {
    for (const [signal, listener] of this.#watched) signal.removeEventListener('abort', listener);
    this.#watched.clear();
    for (const { socket } of [...this.#connections]) socket.destroy();
  }

  #start(waiting: Waiting): void {
    let connection = this.#free.pop();
    while (connection?.socket.destroyed) connection = this.#free.pop();
    if (!connection) {
      if (this.#connections.size >= this.#most) {
        this.#waiting.push(waiting);
        return;
      }
      connection = this.#open();
    }
    const { socket } = connection;
    connection.exchange = waiting.exchange;
    socket.ref();
    const [head, body] = waiting.bytes as [Uint8Array, Uint8Array | undefined];
    if (body) socket.cork();
    socket.write(head);
    if (!body) return;
    socket.write(body);
    socket.uncork();
  }

  #open(): Connection {
    const { protocol, hostname, port } = this.#target;
    const secure = protocol === 'https:';
    // A URL has an IPv6 address in brackets; a socket does not.
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const to = { host, port: port ?? (secure ? 443 : 80), noDelay: true, keepAlive: true };
    const socket = secure
      ? openTls({
          ...to,
          ALPNProtocols: ['http/1.1'],
          ...(isIP(host) ? {} : { servername: host }),
          ...(this.#ca ? { ca: this.#ca } : {}),
          ...(this.#session ? { session: this.#session } : {}),
        })
      : openTcp(to);
    const connection: Connection = { socket, exchange: undefined };
    this.#connections.add(connection);
    socket.on('session', (session: Buffer) => {
      this.#session = session;
    });
    socket.setTimeout(this.#within, () =>
      socket.destroy(wireError('ETIMEDOUT', silence(this.#target, this.#within))),
    );
    socket.on('data', (chunk: Buffer) => this.#read(connection, chunk));
    socket.on('end', () => this.#ended(connection));
    // Told by `close`, which always follows and brings the error along.
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => this.#closed(connection, failure));
    return connection;
  }

  #read(connection: Connection, chunk: Buffer): void {
    const { exchange, socket } = connection;
    // A server that says something unasked is about to close the connection.
    if (!exchange) {
      socket.destroy();
      return;
    }
    try {
      const answer = exchange.reader.push(chunk);
      if (answer) this.#answered(connection, answer);
    } catch (error) {
      socket.destroy(error as Error);
    }
  }

  #ended(connection: Connection): void {
    const answer = connection.exchange?.reader.end();
    if (answer) this.#answered(connection, answer);
  }

  #answered(connection: Connection, answer: HttpAnswer): void {
    const { socket, exchange } = connection;
    connection.exchange = undefined;
    // An answer to half a request (a refusal) leaves the other half on its way.
    if (answer.reusable && socket.writableLength === 0) {
      socket.unref();
      this.#free.push(connection);
    } else {
      this.#connections.delete(connection);
      socket.destroy();
    }
    exchange?.resolve(answer);
    this.#next();
  }

  #closed(connection: Connection, failure: Error | undefined): void {
    this.#connections.delete(connection);
    const { exchange } = connection;
    connection.exchange = undefined;
    if (failure) this.#session = undefined;
    exchange?.reject(failure ?? wireError('ECONNRESET', 'socket hang up'));
    this.#next();
  }

  #next(): void {
    const waiting = this.#waiting.shift();
    if (waiting) this.#start(waiting);
  }

  /** One listener a signal and not one a request: a signal of ten thousand requests would be searched for each. */
  #watch(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#watched.has(signal)) return;
    const listener = () => {
      const reason = signal.reason instanceof Error ? signal.reason : wireError('ABORT_ERR', 'aborted');
      for (const waiting of this.#waiting.splice(0)) {
        if (waiting.exchange.signal === signal) waiting.exchange.reject(reason);
        else this.#waiting.push(waiting);
      }
      for (const { socket, exchange } of [...this.#connections]) {
        if (exchange?.signal === signal) socket.destroy(reason);
      }
    };
    signal.addEventListener('abort', listener, { once: true });
    this.#watched.set(signal, listener);
  }
}

/** The request as it goes on the wire. @throws Error for what would end its line */
export function encodeRequest({ method, path, headers, body }: SmallRequest): Uint8Array[] {
  if (/[^\x21-\x7e]/.test(path)) throw invalid(path);
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw invalid(value);
    head += `${name}: ${value}\r\n`;
  }
  head += '\r\n';
  if (!body || body.length === 0) return [Buffer.from(head, 'latin1')];
  if (body.length > IN_ONE_PIECE) return [Buffer.from(head, 'latin1'), body];
  const whole = Buffer.allocUnsafe(head.length + body.length);
  whole.write(head, 'latin1');
  whole.set(body, head.length);
  return [whole];
}

const invalid = (value: string) =>
  wireError('ERR_INVALID_CHAR', `${JSON.stringify(value)} has a character that no header can have`);

const wireError = (code: string, message: string) => Object.assign(new Error(message), { code });
