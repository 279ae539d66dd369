import type { ClientRequest } from 'node:http';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { AgentOptions, Agents } from './network.ts';
import { type Proxies, ProxyProblem, proxyFor } from './proxy.ts';

/**
 * Agents that send each request where the environment says: through the tunnel of a proxy, to a proxy, or directly.
 * This file is loaded where a proxy is named, and only there.
 */
export function proxyAgents(proxies: Proxies, options: AgentOptions, connectWithin: number): Agents {
  const agent = new EnvironmentAgent(proxies, options, connectWithin);
  return { http: agent, https: agent as unknown as HttpsAgent, destroy: () => agent.destroy() };
}

class EnvironmentAgent extends Agent {
  readonly #proxies: Proxies;
  readonly #options: AgentOptions;
  readonly #within: number;
  readonly #known = new Map<string, HttpAgent>();

  constructor(proxies: Proxies, options: AgentOptions, connectWithin: number) {
    // The connections are those of the agents below: each has its own bound on them.
    super({ keepAlive: options.keepAlive ?? false });
    this.#proxies = proxies;
    this.#options = options;
    this.#within = connectWithin;
  }

  override async connect(_request: ClientRequest, options: AgentConnectOpts): Promise<HttpAgent> {
    const secure = options.secureEndpoint;
    const host = options.host ?? 'localhost';
    const authority = host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host;
    const url = new URL(`${secure ? 'https' : 'http'}://${authority}:${options.port}`);
    return this.#agentFor(proxyFor(this.#proxies, url), secure);
  }

  #agentFor(proxy: URL | undefined, secure: boolean): HttpAgent {
    const key = `${secure} ${proxy?.href ?? ''}`;
    const known = this.#known.get(key) ?? this.#make(proxy, secure);
    this.#known.set(key, known);
    return known;
  }

  #make(proxy: URL | undefined, secure: boolean): HttpAgent {
    if (!proxy) return secure ? new HttpsAgent(this.#options) : new HttpAgent(this.#options);
    if (secure) return new Tunnels(proxy, this.#options, this.#within);
    return new Forwarded(proxy, this.#options, this.#within);
  }

  override destroy(): void {
    for (const agent of this.#known.values()) agent.destroy();
    super.destroy();
  }
}

/** Tunnels through one proxy. What the proxy says instead of opening one is an error and no answer of the server. */
class Tunnels extends HttpsProxyAgent<string> {
  readonly #options: AgentOptions;
  readonly #within: number;

  constructor(proxy: URL, options: AgentOptions, connectWithin: number) {
    super(proxy.href, { ...options });
    this.#options = options;
    this.#within = connectWithin;
  }

  override async connect(request: ClientRequest, options: Parameters<HttpsProxyAgent<string>['connect']>[1]) {
    let status: number | undefined;
    request.once('proxyConnect', (answer: { statusCode: number }) => {
      status = answer.statusCode;
    });
    const tls = this.#options.ca === undefined ? {} : { ca: this.#options.ca };
    const socket = await reached(this.proxy, this.#within, super.connect(request, { ...options, ...tls }));
    if (status === 200) return socket;
    socket.destroy();
    const said = `answered HTTP ${status} to CONNECT ${options.host}:${options.port}`;
    throw new ProxyProblem(this.proxy, said, 'ERR_PROXY_TUNNEL');
  }
}

/**
 * Hands requests by `http://` to one proxy, each on a connection of its own: the library writes the whole address and the
 * password into a request where it opens a connection for it, and not where it takes one that was kept.
 */
class Forwarded extends HttpProxyAgent<string> {
  readonly #within: number;

  constructor(proxy: URL, options: AgentOptions, connectWithin: number) {
    super(proxy.href, { ...options, keepAlive: false });
    this.#within = connectWithin;
  }

  override connect(...[request, options]: Parameters<HttpProxyAgent<string>['connect']>) {
    return reached(this.proxy, this.#within, super.connect(request, options));
  }
}

async function reached<S extends Duplex>(proxy: URL, within: number, opening: Promise<S>): Promise<S> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<never>((_resolve, reject) => {
    const late = () =>
      reject(new ProxyProblem(proxy, `did not answer within ${within / 1000}s`, 'ETIMEDOUT'));
    timer = setTimeout(late, within);
  });
  // A tunnel that opens after all is wanted by nobody.
  bound.catch(() =>
    opening.then(
      (socket) => socket.destroy(),
      () => {},
    ),
  );
  try {
    return await Promise.race([opening, bound]);
  } catch (error) {
    if (error instanceof ProxyProblem) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ProxyProblem(proxy, `was not reached: ${message}`, code ?? 'ERR_PROXY_TUNNEL');
  } finally {
    clearTimeout(timer);
  }
}
