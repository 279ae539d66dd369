import { describe, expect, it } from 'vitest';
import type { Listener, LoadBalancersApi } from '../../../src/aws/load-balancers.ts';
import { addressOf, chooseListener, urlOf } from '../../../src/parts/service/targets/ecs-address.ts';

const GROUP = 'arn:aws:elasticloadbalancing:us-west-2:000000000000:targetgroup/api/0123456789abcdef';
const listener = (protocol: string, port: number, ...forwards: string[]): Listener => ({
  arn: `arn:${protocol}:${port}`,
  protocol,
  port,
  forwards,
});

describe('the listener that is asked', () => {
  it.each([
    ['HTTP before HTTPS', [listener('HTTPS', 443, GROUP), listener('HTTP', 80, GROUP)], 80],
    ['HTTPS where HTTP redirects', [listener('HTTP', 80), listener('HTTPS', 443, GROUP)], 443],
    ['none of another group', [listener('HTTP', 80, 'arn:other')], undefined],
    ['none that speaks no HTTP', [listener('TCP', 80, GROUP)], undefined],
  ] as const)('%s', (_, listeners, port) => {
    expect(chooseListener(listeners, GROUP)?.port).toBe(port);
  });
});

describe('its address', () => {
  it.each([
    ['lb-1.us-west-2.elb.amazonaws.com', 'HTTP', 80, 'http://lb-1.us-west-2.elb.amazonaws.com'],
    ['lb-1.us-west-2.elb.amazonaws.com', 'HTTP', 8080, 'http://lb-1.us-west-2.elb.amazonaws.com:8080'],
    ['lb-1.us-west-2.elb.amazonaws.com', 'HTTPS', 443, 'https://lb-1.us-west-2.elb.amazonaws.com'],
    ['lb-1.us-west-2.elb.amazonaws.com', 'HTTPS', 8443, 'https://lb-1.us-west-2.elb.amazonaws.com:8443'],
    ['127.0.0.1:40123', 'HTTP', 80, 'http://127.0.0.1:40123'],
    ['127.0.0.1:40123', 'HTTPS', 443, 'http://127.0.0.1:40123'],
  ])('%s over %s at %i: %s', (name, protocol, port, url) => {
    expect(urlOf(name, { protocol, port })).toBe(url);
  });
});

function api(parts: Partial<LoadBalancersApi>): LoadBalancersApi {
  return {
    conditions: async () => undefined,
    targetGroup: async () => ({ healthPath: '/health', balancers: ['lb'] }),
    listeners: async () => [listener('HTTPS', 443, GROUP)],
    balancer: async () => ({ dnsName: 'lb.amazonaws.com', internal: false }),
    close: () => {},
    ...parts,
  };
}
const failing = (name: string) => async () => {
  throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 403 } });
};

describe('what is found of a service', () => {
  it.each<[string, readonly string[], Partial<LoadBalancersApi>, object]>([
    [
      'its load balancer',
      [GROUP],
      {},
      { url: 'https://lb.amazonaws.com', path: '/health', anyCertificate: true },
    ],
    ['no load balancer', [], {}, { why: /has no load balancer/ }],
    ['no target group', [GROUP], { targetGroup: async () => undefined }, { why: /group api is not there/ }],
    ['no listener', [GROUP], { listeners: async () => [] }, { why: /no listener forwards/ }],
    [
      'an internal one',
      [GROUP],
      { balancer: async () => ({ dnsName: 'lb', internal: true }) },
      { why: /is internal/ },
    ],
    ['no permission', [GROUP], { targetGroup: failing('AccessDenied') }, { why: /role may not call/ }],
    [
      'an error',
      [GROUP],
      { listeners: failing('ServiceUnavailable') },
      { why: /could not be read .*ServiceUnavailable|role may not/ },
    ],
  ])('%s', async (_, groups, parts, wanted) => {
    const found = await addressOf(groups, api(parts));
    const expected = Object.fromEntries(
      Object.entries(wanted).map(([k, v]) => [k, v instanceof RegExp ? expect.stringMatching(v) : v]),
    );
    expect(found).toEqual(expected);
  });
});
