import { describe, expect, test } from 'vitest';
import { addressOfRule, partsOfRule, type TestRule } from '../../../src/parts/service/candidate/address.ts';
import { isOurPause, type LifecycleHook, refuseGate } from '../../../src/parts/service/candidate/hooks.ts';
import { judgeLoad, reportLoad } from '../../../src/parts/service/candidate/load.ts';

const hook = (more: Partial<LifecycleHook> = {}): LifecycleHook => ({
  type: 'PAUSE',
  stages: ['POST_TEST_TRAFFIC_SHIFT'],
  timeoutAction: 'ROLLBACK',
  timeout: 30,
  ...more,
});

describe('a service with gate: pause', () => {
  const service = { arn: 'arn:service', target: 'ecs', strategy: 'BLUE_GREEN', hooks: [hook()] };
  test.each([
    ['blue/green with a hook of ours', {}, undefined],
    [
      'other hooks beside it',
      { hooks: [hook({ type: 'AWS_LAMBDA', stages: ['PRE_SCALE_UP'] }), hook()] },
      undefined,
    ],
    [
      'one hook at several stages',
      { hooks: [hook({ stages: ['POST_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT'] })] },
      undefined,
    ],
    ['no hook', { hooks: [] }, /needs a PAUSE hook.*\n.*no lifecycle hook on arn:service/],
    ['a function at that stage', { hooks: [hook({ type: 'AWS_LAMBDA' })] }, /AWS_LAMBDA at POST_TEST/],
    ['a hook that goes on by itself', { hooks: [hook({ timeoutAction: 'CONTINUE' })] }, /goes on by itself/],
    ['canary', { strategy: 'CANARY' }, undefined],
    ['a rolling service', { strategy: 'ROLLING' }, /strategy ROLLING/],
    ['App Runner', { target: 'apprunner' }, /target apprunner/],
    ['Express', { target: 'ecs-express' }, /target ecs-express/],
  ] as const)('%s', (_name, more, says) => {
    const wrong = refuseGate({ ...service, ...more } as Parameters<typeof refuseGate>[0]);
    if (says === undefined) expect(wrong).toBeUndefined();
    else expect(`${wrong?.problem.what}\n${wrong?.problem.found}`).toMatch(says);
  });

  test.each([
    ['PAUSE', 'POST_TEST_TRAFFIC_SHIFT', true],
    ['PAUSE', 'POST_SCALE_UP', false],
    ['PAUSE', 'POST_PRODUCTION_TRAFFIC_SHIFT', false],
    ['AWS_LAMBDA', 'POST_TEST_TRAFFIC_SHIFT', false],
  ])('a wait for %s at %s is ours: %s', (type, stage, ours) => {
    expect(isOurPause({ type, stage })).toBe(ours);
  });
});

describe('the address of a candidate', () => {
  const rule: TestRule = {
    conditions: [{ field: 'path-pattern', values: ['/*'] }],
    listener: { protocol: 'HTTP', port: 8080 },
    dnsName: 'lb-1.elb.amazonaws.com',
    internal: false,
    isShared: false,
  };
  const header = (...values: string[]) => ({ field: 'http-header', name: 'X-Test', values });
  const host = (...values: string[]) => ({ field: 'host-header', values });
  test.each([
    ['a port of its own', {}, { url: 'http://lb-1.elb.amazonaws.com:8080', headers: {} }],
    [
      'the usual port',
      { listener: { protocol: 'HTTP', port: 80 } },
      { url: 'http://lb-1.elb.amazonaws.com', headers: {} },
    ],
    [
      "a header on the users' listener",
      { conditions: [header('yes')], isShared: true, listener: { protocol: 'HTTP', port: 80 } },
      { url: 'http://lb-1.elb.amazonaws.com', headers: { 'x-test': 'yes' } },
    ],
    ['the first value that is a text', { conditions: [header('v*', 'v2')] }, { headers: { 'x-test': 'v2' } }],
    [
      'a host over HTTPS',
      { conditions: [host('test.example.com')], listener: { protocol: 'HTTPS', port: 443 }, isShared: true },
      { url: 'https://test.example.com', headers: {} },
    ],
    ['HTTPS by its own name', { listener: { protocol: 'HTTPS', port: 8443 } }, { why: /no certificate/ }],
    ["nothing that tells it from the users'", { isShared: true }, { why: /neither a header nor a host/ }],
    ['a pattern only', { conditions: [header('v*')] }, { why: /http-header v\*/ }],
    ['a query', { conditions: [{ field: 'query-string', values: ['test'] }] }, { why: /query-string/ }],
    ['an internal load balancer', { internal: true }, { why: /internal/ }],
    ['TCP', { listener: { protocol: 'TCP', port: 80 } }, { why: /TCP/ }],
    ['the local cloud, a listener of its own', { dnsName: '127.0.0.1:40000' }, { why: /port of its own/ }],
    [
      "the local cloud, the users' listener",
      { dnsName: '127.0.0.1:40000', isShared: true, conditions: [header('yes'), host('a.test')] },
      { url: 'http://127.0.0.1:40000', headers: { 'x-test': 'yes', host: 'a.test' } },
    ],
  ] as const)('%s', (_name, more, expected) => {
    const found = addressOfRule({ ...rule, ...more } as TestRule);
    if ('why' in expected) expect(found).toMatchObject({ why: expect.stringMatching(expected.why) });
    else expect(found).toMatchObject(expected);
  });

  test('a rule names its listener and its load balancer', () => {
    const at = 'arn:aws:elasticloadbalancing:us-west-2:123456789012';
    expect(partsOfRule(`${at}:listener-rule/app/lb/50dc/f2f7/9683`)).toEqual({
      listener: `${at}:listener/app/lb/50dc/f2f7`,
      balancer: `${at}:loadbalancer/app/lb/50dc`,
    });
  });
});

describe('a short load', () => {
  const sample = (status: number, error?: string) => ({
    at: 0,
    latency: 10,
    status,
    ...(error ? { error } : {}),
  });
  const of = (...statuses: number[]) => statuses.map((status) => sample(status));
  test.each([
    ['all is well', of(200, 200), false, 0.01, undefined],
    ['one in two failed', of(200, 500), false, 0.01, /1 of 2 requests .*HTTP 500.*more than the 1%/],
    ['within the rate', of(200, 500), false, 0.5, undefined],
    ['no answer', [sample(0, 'ECONNREFUSED')], false, 0.01, /ECONNREFUSED/],
    ['404 where users get 404 too', of(404, 404), false, 0.01, undefined],
    ['404 where users are answered', of(404, 404), true, 0.01, /HTTP 404/],
    ['nothing asked', [], false, 0.01, undefined],
  ] as const)('%s', (_name, samples, usuallyFine, rate, says) => {
    const why = judgeLoad(reportLoad('http://candidate/', [...samples], usuallyFine), rate);
    if (says === undefined) expect(why).toBeUndefined();
    else expect(why).toMatch(says);
  });
});
