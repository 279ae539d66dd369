import type { Asked, Reply } from '../../images/routing.ts';
import type { Action, RedirectActionConfig, TargetGroupStickinessConfig } from '../shapes/inputs/elbv2.ts';
import { refuse } from './refuse.ts';

/** A target group and its share of an action's requests, 0 to 999. */
export interface Share {
  readonly arn: string;
  readonly weight: number;
}

/** The target groups that actions forward to, with their weights; none for a redirect. */
export function forwardsOf(actions: readonly Action[] | undefined): Share[] {
  for (const action of actions ?? []) {
    if (action.Type !== 'forward') continue;
    const groups = action.ForwardConfig?.TargetGroups;
    if (groups?.length) return groups.map((g) => ({ arn: g.TargetGroupArn ?? '', weight: g.Weight ?? 1 }));
    if (action.TargetGroupArn) return [{ arn: action.TargetGroupArn, weight: 1 }];
  }
  return [];
}

/** An action that forwards by weight. */
export const forwardTo = (
  shares: readonly Share[],
  stickiness: TargetGroupStickinessConfig = { Enabled: false },
): Action => ({
  Type: 'forward',
  ForwardConfig: {
    TargetGroups: shares.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
    TargetGroupStickinessConfig: stickiness,
  },
});

/** As AWS shows actions: one group is told in both forms. */
export function shown(actions: readonly Action[]): Action[] {
  return actions.map((action) => {
    if (action.Type !== 'forward') return action;
    const shares = forwardsOf([action]);
    const [only] = shares;
    const full = forwardTo(shares, action.ForwardConfig?.TargetGroupStickinessConfig);
    return { ...action, ...(shares.length === 1 && only ? { TargetGroupArn: only.arn } : {}), ...full };
  });
}

/** @throws ValidationError, InvalidConfigurationRequest, InvalidLoadBalancerAction, TargetGroupNotFound by `find` */
export function checkActions(actions: readonly Action[], find: (arn: string) => unknown): void {
  const final = actions.filter((a) => ['forward', 'redirect', 'fixed-response'].includes(a.Type));
  if (actions.length === 0) throw refuse('ValidationError', 'At least one action must be specified');
  if (final.length !== 1 || final.length !== actions.length)
    throw refuse(
      'InvalidLoadBalancerAction',
      'The local cloud takes one action: forward, redirect or fixed-response',
    );
  const [action] = final;
  if (action?.Type === 'redirect' && !action.RedirectConfig)
    throw refuse('InvalidLoadBalancerAction', 'A redirect action must have a RedirectConfig');
  if (action?.Type === 'fixed-response' && !action.FixedResponseConfig)
    throw refuse('InvalidLoadBalancerAction', 'A fixed-response action must have a FixedResponseConfig');
  if (action?.Type !== 'forward') return;
  const shares = forwardsOf(actions);
  if (shares.length === 0) throw refuse('ValidationError', 'A target group ARN must be specified');
  if (shares.length > 5)
    throw refuse('TooManyTargetGroups', 'A forward action may have five target groups at most');
  if (new Set(shares.map(({ arn }) => arn)).size < shares.length)
    throw refuse('ValidationError', 'A target group can be in a forward action once only');
  for (const { arn, weight } of shares) {
    find(arn);
    if (weight < 0 || weight > 999)
      throw refuse('ValidationError', `The weight of a target group must be from 0 to 999, not ${weight}`);
  }
}

/** What an action that does not forward answers; `undefined` for one that does. */
export function replyOf(actions: readonly Action[]): ((asked: Asked) => Reply) | undefined {
  const fixed = actions.find((a) => a.Type === 'fixed-response')?.FixedResponseConfig;
  if (fixed)
    return () => ({
      status: Number(fixed.StatusCode),
      headers: { 'content-type': fixed.ContentType ?? 'text/plain' },
      body: fixed.MessageBody ?? '',
    });
  const redirect = actions.find((a) => a.Type === 'redirect')?.RedirectConfig;
  return redirect && ((asked) => redirected(redirect, asked));
}

/** `#{host}` and its like stand for those of the request. */
function redirected(config: RedirectActionConfig, asked: Asked): Reply {
  const [host = '', ownPort = ''] = (asked.headers.host ?? '').split(':');
  const [path = '/', query = ''] = asked.url.split(/\?(.*)/s);
  const own: Record<string, string> = { protocol: 'http', host, port: ownPort, path: path.slice(1), query };
  const fill = (text: string) => text.replace(/#\{(\w+)\}/g, (_, name: string) => own[name] ?? '');
  const protocol = fill(config.Protocol ?? '#{protocol}').toLowerCase();
  const port = fill(config.Port ?? '#{port}');
  const search = fill(config.Query ?? '#{query}');
  const location = `${protocol}://${fill(config.Host ?? '#{host}')}${port ? `:${port}` : ''}${fill(config.Path ?? '/#{path}')}${search ? `?${search}` : ''}`;
  return { status: config.StatusCode === 'HTTP_301' ? 301 : 302, headers: { location }, body: '' };
}
