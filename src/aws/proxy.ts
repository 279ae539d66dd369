/**
 * Options of an `http.Agent` of our own, so that it goes where Node's global agent goes: through the proxy of
 * HTTP_PROXY, HTTPS_PROXY and NO_PROXY where NODE_USE_ENV_PROXY is 1. Node applies that variable to its global agent
 * and to `fetch` only; an agent that somebody makes is given the environment as `proxyEnv` (Node 24.5 and later;
 * https://nodejs.org/api/http.html#new-agentoptions). Older ones take no notice of it.
 */
export function agentProxy(env: Readonly<Record<string, string | undefined>> = process.env): {
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
} {
  return env['NODE_USE_ENV_PROXY'] === '1' ? { proxyEnv: env } : {};
}
