import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { formatDuration } from '../../runtime/duration.ts';
import { openAgents } from '../../runtime/network.ts';
import type { Answer, Redirect, Timings, TlsFacts } from './answer.ts';
import { readBody } from './body.ts';
import { type Phase, timeoutProblem, WireProblem, wireProblem } from './problem.ts';
import { isRedirect, nextRequest, type WireRequest } from './redirect.ts';
import { shownAddress } from './shown-address.ts';

export interface Want {
  readonly request: WireRequest;
  /** How many redirects are followed; the one after that is a problem, but with 0 the redirect is the answer. */
  readonly redirects: number;
  /** Milliseconds for all of it. */
  readonly timeout: number;
  /** Keep the body for judging; else only its size and hash. */
  readonly keepBody: boolean;
}

/** Sends requests, over connections that are kept alive between them. */
export class Wire {
  // No session is resumed: a resumed handshake shows no certificate to judge.
  readonly #agents = openAgents({ keepAlive: true, maxCachedSessions: 0, maxSockets: 100 });

  /**
   * Makes a request, and those that it is redirected to.
   * @throws WireProblem where there is no answer to judge; the signal's reason when it is aborted.
   */
  async exchange(want: Want, signal: AbortSignal): Promise<Answer> {
    const via: Redirect[] = [];
    const began = performance.now();
    for (let request = want.request; ; ) {
      const left = Math.max(1, want.timeout - (performance.now() - began));
      const hop = new Hop(request, left, want.timeout, signal);
      const follows = (status: number, location: string | undefined) =>
        want.redirects > 0 && isRedirect(status) && location !== undefined;
      const result = await hop.run(this.#agent(request.url), { follows, keep: want.keepBody, began });
      if (!('location' in result)) return { ...result, via };
      const [url, location] = [request.url.href, result.location].map(shownAddress) as [string, string];
      via.push({ url, status: result.status, location });
      if (via.length > want.redirects) {
        const trail = via.map(({ url }) => url).join(' → ');
        throw new WireProblem('redirect', `redirected more than ${want.redirects} times: ${trail}`);
      }
      request = nextRequest(request, result.status, result.location);
    }
  }

  close(): void {
    this.#agents.destroy();
  }

  #agent = (url: URL) => (url.protocol === 'https:' ? this.#agents.https : this.#agents.http);
}

type Seen = Omit<Answer, 'via'>;

interface HopOptions {
  readonly follows: (status: number, location: string | undefined) => boolean;
  readonly keep: boolean;
  /** When the whole exchange began, by `performance.now()`. */
  readonly began: number;
}

/** One request and its answer: where it stands, how long each phase took, and what stops it. */
class Hop {
  readonly #request: WireRequest;
  readonly #limit: string;
  readonly #signal: AbortSignal;
  #phase: Phase = 'connecting';
  readonly #left: number;
  #timer: NodeJS.Timeout | undefined;
  #stop: (error: unknown) => void = () => {};
  #stopped = false;
  readonly #marks: { lookup?: number; connect?: number; tls?: number } = {};

  constructor(request: WireRequest, left: number, timeout: number, signal: AbortSignal) {
    this.#request = request;
    this.#left = left;
    this.#limit = formatDuration(timeout);
    this.#signal = signal;
  }

  async run(
    agent: http.Agent | https.Agent,
    options: HopOptions,
  ): Promise<Seen | { status: number; location: string }> {
    this.#signal.throwIfAborted();
    const stopped = new Promise<never>((_resolve, reject) => {
      this.#stop = (error) => {
        this.#stopped = true;
        reject(error);
      };
    });
    stopped.catch(() => {});
    const onAbort = () => this.#stop(this.#signal.reason);
    this.#signal.addEventListener('abort', onAbort, { once: true });
    this.#arm();
    let request: http.ClientRequest | undefined;
    try {
      const message = await Promise.race([
        this.#send(agent, options.began, (sent) => {
          request = sent;
        }),
        stopped,
      ]);
      return await Promise.race([this.#receive(message, options), stopped]);
    } catch (error) {
      request?.destroy();
      if (this.#signal.aborted) throw this.#signal.reason;
      throw wireProblem((error as { wire?: unknown }).wire ?? error, this.#request.url, this.#phase);
    } finally {
      clearTimeout(this.#timer);
      this.#signal.removeEventListener('abort', onAbort);
    }
  }

  #arm(): void {
    this.#timer = setTimeout(
      () => this.#stop(timeoutProblem(this.#request.url, this.#phase, this.#limit)),
      this.#left,
    );
  }

  async #send(
    agent: http.Agent | https.Agent,
    began: number,
    onSent: (request: http.ClientRequest) => void,
  ): Promise<http.IncomingMessage> {
    for (let again = false; ; again = true) {
      const { url, method, headers, body } = this.#request;
      const module = url.protocol === 'https:' ? https : http;
      const request = module.request(url, { agent, method, headers: { ...headers } });
      onSent(request);
      request.on('socket', (socket) => this.#watch(socket, request.reusedSocket, began));
      const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
        request.on('response', resolve);
        request.on('error', reject);
      });
      request.end(body);
      try {
        return await answered;
      } catch (error) {
        // The server may close a kept connection at the moment we use it: that says nothing about its health.
        const stale = request.reusedSocket && (error as { code?: string }).code === 'ECONNRESET';
        if (this.#stopped || !stale || again || /^(post|patch)$/i.test(method)) throw error;
      }
    }
  }

  #watch(socket: Socket, reused: boolean, began: number): void {
    if (reused || !socket.connecting) {
      this.#phase = 'waiting';
      return;
    }
    const mark = () => performance.now() - began;
    const secure = this.#request.url.protocol === 'https:';
    socket.once('lookup', () => {
      this.#marks.lookup = mark();
    });
    socket.once('connect', () => {
      this.#marks.connect = mark();
      this.#phase = secure ? 'handshaking' : 'waiting';
    });
    socket.once('secureConnect', () => {
      this.#marks.tls = mark();
      this.#phase = 'waiting';
    });
  }

  async #receive(
    message: http.IncomingMessage,
    options: HopOptions,
  ): Promise<Seen | { status: number; location: string }> {
    const firstByte = performance.now() - options.began;
    this.#phase = 'reading';
    const status = message.statusCode ?? 0;
    const { location } = message.headers;
    if (options.follows(status, location)) {
      message.destroy();
      return { status, location: location ?? '' };
    }
    const tls = tlsFacts(message.socket);
    const body = await readBody(message, options.keep);
    const timings: Timings = { ...this.#marks, firstByte, total: performance.now() - options.began };
    return {
      url: this.#request.url.href,
      status,
      statusText: message.statusMessage ?? '',
      headers: pairs(message.rawHeaders),
      tls,
      timings,
      ...body,
    };
  }
}

function pairs(raw: readonly string[]): [string, string][] {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) headers.push([(raw[i] ?? '').toLowerCase(), raw[i + 1] ?? '']);
  return headers;
}

function tlsFacts(socket: Socket): TlsFacts | undefined {
  if (!('getPeerCertificate' in socket)) return undefined;
  const secure = socket as TLSSocket;
  const certificate = secure.getPeerCertificate();
  const name = (names: unknown) => String((names as { CN?: unknown } | undefined)?.CN ?? '');
  return {
    protocol: secure.getProtocol() ?? '',
    validTo: Date.parse(certificate.valid_to),
    subject: name(certificate.subject),
    issuer: name(certificate.issuer),
  };
}
