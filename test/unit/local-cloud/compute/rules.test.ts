import { describe, expect, it } from 'vitest';
import { type Asked, Spread } from '../../../../local-cloud/images/routing.ts';
import { forwardsOf, replyOf, shown } from '../../../../local-cloud/services/elbv2/actions.ts';
import { matches } from '../../../../local-cloud/services/elbv2/conditions.ts';
import { metricsOf } from '../../../../local-cloud/services/elbv2/metrics.ts';
import { checkName } from '../../../../local-cloud/services/elbv2/names.ts';

const asked: Asked = {
  method: 'GET',
  url: '/api/v1?Stage=test&x=1',
  headers: { host: 'App.example.com:8080', 'x-test': 'Yes' },
  address: '127.0.0.1',
};

describe("a rule's condition", () => {
  it.each([
    [{ Field: 'path-pattern', Values: ['/api/*'] }, true],
    [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/api/v?'] } }, true],
    [{ Field: 'path-pattern', Values: ['/API/*'] }, false],
    [{ Field: 'path-pattern', Values: ['/api'] }, false],
    [{ Field: 'path-pattern', Values: ['/api/v1?*'] }, false],
    [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/api/v\\d$'] } }, true],
    [{ Field: 'host-header', Values: ['app.*.com'] }, true],
    [{ Field: 'host-header', HostHeaderConfig: { Values: ['other.example.com'] } }, false],
    [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Test', Values: ['y*'] } }, true],
    [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-None', Values: ['*'] } }, false],
    [{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET'] } }, true],
    [{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['get'] } }, false],
    [{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'stage', Value: 'TEST' }] } }, true],
    [{ Field: 'query-string', QueryStringConfig: { Values: [{ Value: '2' }] } }, false],
    [{ Field: 'source-ip', SourceIpConfig: { Values: ['127.0.0.0/8'] } }, true],
    [{ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8', '2001:db8::/32'] } }, false],
  ])('%j', (condition, holds) => expect(matches([condition], asked)).toBe(holds));

  it('all have to hold; none hold always', () => {
    expect(matches([], asked)).toBe(true);
    const path = { Field: 'path-pattern', Values: ['/api/*'] };
    expect(matches([path, { Field: 'host-header', Values: ['x'] }], asked)).toBe(false);
  });
});

describe('actions', () => {
  it('forward by weight, and are told in both forms for one group', () => {
    expect(forwardsOf([{ Type: 'forward', TargetGroupArn: 'a' }])).toEqual([{ arn: 'a', weight: 1 }]);
    const two = [{ TargetGroupArn: 'a', Weight: 0 }, { TargetGroupArn: 'b' }];
    expect(forwardsOf([{ Type: 'forward', ForwardConfig: { TargetGroups: two } }])).toEqual([
      { arn: 'a', weight: 0 },
      { arn: 'b', weight: 1 },
    ]);
    expect(shown([{ Type: 'forward', TargetGroupArn: 'a' }])[0]).toMatchObject({
      TargetGroupArn: 'a',
      ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'a', Weight: 1 }] },
    });
    expect(forwardsOf([{ Type: 'redirect' }])).toEqual([]);
  });

  it('answer by themselves', () => {
    const fixed = { StatusCode: '404', ContentType: 'text/plain', MessageBody: 'none' };
    expect(replyOf([{ Type: 'fixed-response', FixedResponseConfig: fixed }])?.(asked)).toEqual({
      status: 404,
      headers: { 'content-type': 'text/plain' },
      body: 'none',
    });
    const redirect = { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } as const;
    expect(replyOf([{ Type: 'redirect', RedirectConfig: redirect }])?.(asked)).toMatchObject({
      status: 301,
      headers: { location: 'https://App.example.com:443/api/v1?Stage=test&x=1' },
    });
    expect(replyOf([{ Type: 'forward', TargetGroupArn: 'a' }])).toBeUndefined();
  });
});

it('spreads by weight, evenly, and never to a weight of 0', () => {
  const spread = new Spread();
  const all = [
    { id: 'blue', weight: 95 },
    { id: 'green', weight: 5 },
    { id: 'none', weight: 0 },
  ];
  const picked = Array.from({ length: 200 }, () => spread.pick(all)?.id);
  expect(picked.filter((id) => id === 'green')).toHaveLength(10);
  expect(picked.slice(0, 20).filter((id) => id === 'green')).toHaveLength(1);
  expect(picked).not.toContain('none');
  expect(spread.pick([{ id: 'none', weight: 0 }])).toBeUndefined();
});

it('counts what targets answered apart from what the balancer said itself', () => {
  const answer = { status: 503, backend: 'x', pool: 'group', seconds: 0.5 };
  const names = (other: object) => metricsOf({ ...answer, ...other }).map(({ name }) => name);
  expect(names({})).toEqual(['RequestCount', 'HTTPCode_Target_5XX_Count', 'TargetResponseTime']);
  expect(names({ backend: '' })).toEqual(['HTTPCode_ELB_5XX_Count']);
});

it.each(['-a', 'a-', 'a_b', 'a'.repeat(33), 'internal-a'])('refuses the name %s', (name) =>
  expect(() => checkName('Load balancer', name)).toThrow(/Load balancer name/),
);
