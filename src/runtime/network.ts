import { Agent as HttpAgent, globalAgent as plainAgent } from 'node:http';
import { Agent as HttpsAgent, globalAgent as secureAgent } from 'node:https';
import { type Proxies, proxyFor, readProxies } from './proxy.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface AgentOptions {
  readonly keepAlive?: boolean;
  /** Connections to one host. */
  readonly maxSockets?: number;
  readonly maxFreeSockets?: number;
  readonly maxCachedSessions?: number;
  readonly noDelay?: boolean;
  /** Certificates (PEM) that are trusted, in the place of Node's. */
  readonly ca?: string[];
}

export interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  destroy(): void;
}

/** A connection that is not there after this long (milliseconds) is given up. */
const CONNECT_WITHIN = 10_000;
/** An answer of which nothing comes for this long (milliseconds) is given up. */
const ANSWER_WITHIN = 30_000;
/** A shorter wait is no wait for a server far away. */
const LEAST = 1000;

interface Settings {
  readonly proxies: Proxies | undefined;
  readonly makeProxied: typeof import('./proxy-agent.ts').proxyAgents | undefined;
  readonly answerWithin: number;
  readonly cancelled: AbortSignal | undefined;
}

/** How this process reaches others: said once, at its start, by whoever knows the environment. */
let settings: Settings = {
  proxies: undefined,
  makeProxied: undefined,
  answerWithin: ANSWER_WITHIN,
  cancelled: undefined,
};

export interface NetworkWish {
  readonly env: Env;
  /** How long the whole work may wait, in milliseconds, where the user has said so. */
  readonly waitTimeout?: number | undefined;
  /** Aborted when the work is cancelled. */
  readonly cancelled?: AbortSignal | undefined;
}

/** @throws ActionError `refused` for a proxy that cannot be used */
export async function setUpNetwork({ env, waitTimeout, cancelled }: NetworkWish): Promise<void> {
  settings = { ...settings, answerWithin: answerBound(waitTimeout), cancelled };
  const proxies = readProxies(env);
  const makeProxied = proxies
    ? (await import(/* webpackChunkName: "proxy" */ './proxy-agent.ts')).proxyAgents
    : undefined;
  settings = { ...settings, proxies, makeProxied };
  shared = undefined;
}

/**
 * Milliseconds that one answer may take: two of them, and what lies between, are no longer than the work may wait.
 */
export const answerBound = (waitTimeout: number | undefined): number =>
  waitTimeout === undefined ? ANSWER_WITHIN : Math.max(LEAST, Math.min(ANSWER_WITHIN, waitTimeout / 3));

/** Milliseconds that nothing may come for. */
export const answerWithin = (): number => settings.answerWithin;
/** Milliseconds in which a connection has to stand. */
export const connectWithin = (): number => Math.min(CONNECT_WITHIN, settings.answerWithin);
/** Aborted when the work of this process is cancelled. */
export const whenCancelled = (): AbortSignal | undefined => settings.cancelled;

/** True where requests to `url` go through a proxy. */
export const isProxied = (url: URL): boolean => proxyFor(settings.proxies, url) !== undefined;
/** The proxies of this process; undefined where requests go directly. */
export const proxiesInUse = (): Proxies | undefined => settings.proxies;

/** Agents of the caller's own, which go where the environment's proxies say. */
export function openAgents({ ca, ...rest }: AgentOptions = {}): Agents {
  const { proxies, makeProxied } = settings;
  const options = ca === undefined ? rest : { ...rest, ca };
  if (proxies && makeProxied) return makeProxied(proxies, options, connectWithin());
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  return {
    http,
    https,
    destroy: () => {
      http.destroy();
      https.destroy();
    },
  };
}

let shared: Agents | undefined;

/** Agents for requests here and there, with connections that are kept: Node's own where there is no proxy. */
export function sharedAgents(): Agents {
  if (!settings.proxies) return { http: plainAgent, https: secureAgent, destroy: () => {} };
  shared ??= openAgents({ keepAlive: true });
  return shared;
}
