import { expect, it } from 'vitest';
import { agentProxy } from '../../../src/aws/proxy.ts';

it.each([
  [{ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://p:3128' }, true],
  [{ NODE_USE_ENV_PROXY: '0', HTTPS_PROXY: 'http://p:3128' }, false],
  [{ HTTPS_PROXY: 'http://p:3128' }, false],
])('our agents use the proxy of %j: %s', (env, used) => {
  expect(agentProxy(env)).toEqual(used ? { proxyEnv: env } : {});
});
