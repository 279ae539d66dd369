import { createHash, randomBytes } from 'node:crypto';
import type { CloudContext, CloudRequest } from '../../core/service.ts';
import type { Action } from '../shapes/inputs/elbv2.ts';
import { forwardsOf } from './actions.ts';
import type { Listener, ListenerRule, LoadBalancer, TargetGroup } from './model.ts';
import { refuse } from './refuse.ts';

export { refuse } from './refuse.ts';

/** All load balancers, listeners and target groups, by ARN. */
export class ElbStore {
  readonly context: CloudContext;
  readonly balancers = new Map<string, LoadBalancer>();
  readonly listeners = new Map<string, Listener>();
  /** All but the default ones. */
  readonly rules = new Map<string, ListenerRule>();
  readonly groups = new Map<string, TargetGroup>();

  constructor(context: CloudContext) {
    this.context = context;
  }

  newId(): string {
    return randomBytes(8).toString('hex');
  }

  arn(region: string, resource: string): string {
    return `arn:aws:elasticloadbalancing:${region}:${this.context.account}:${resource}`;
  }

  changed(): void {
    this.context.changed('elasticloadbalancing');
  }

  /** @throws LoadBalancerNotFound */
  balancer(arn: string, request: CloudRequest): LoadBalancer {
    const found = this.balancers.get(arn);
    if (found?.region === request.region) return found;
    throw refuse('LoadBalancerNotFound', `Load balancers '[${arn}]' not found`);
  }

  /** @throws ListenerNotFound */
  listener(arn: string, request: CloudRequest): Listener {
    const found = this.listeners.get(arn);
    if (found?.region === request.region) return found;
    throw refuse('ListenerNotFound', 'One or more listeners not found');
  }

  /** @throws TargetGroupNotFound */
  group(arn: string, request: Pick<CloudRequest, 'region'>): TargetGroup {
    const found = this.groups.get(arn);
    if (found?.region === request.region) return found;
    throw refuse('TargetGroupNotFound', `Target groups '${arn}' not found`);
  }

  listenersOf({ arn }: Pick<LoadBalancer, 'arn'>): Listener[] {
    return [...this.listeners.values()].filter((one) => one.loadBalancerArn === arn);
  }

  /** With its rules. */
  removeListener({ arn }: Listener): void {
    this.listeners.delete(arn);
    for (const rule of this.rules.values()) if (rule.listenerArn === arn) this.rules.delete(rule.arn);
  }

  /** By priority, the default rule last. */
  rulesOf(listener: Listener): ListenerRule[] {
    const own = [...this.rules.values()].filter((one) => one.listenerArn === listener.arn);
    return [...own.sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0)), defaultRule(listener)];
  }

  /** @throws RuleNotFound */
  rule(arn: string, request: Pick<CloudRequest, 'region'>): ListenerRule {
    const found = this.findRule(arn);
    if (found?.region === request.region) return found;
    throw refuse('RuleNotFound', 'One or more rules not found');
  }

  findRule(arn: string): ListenerRule | undefined {
    return (
      this.rules.get(arn) ?? [...this.listeners.values()].map(defaultRule).find((rule) => rule.arn === arn)
    );
  }

  /** Gives a rule other actions: for the default one, its listener. */
  setActions(rule: ListenerRule, actions: Action[]): void {
    const listener = this.listeners.get(rule.listenerArn);
    if (rule.priority === undefined && listener)
      listener.input = { ...listener.input, DefaultActions: actions };
    else rule.actions = actions;
    this.changed();
  }

  /** ARNs of the load balancers that send requests to a group. */
  balancersOf(group: TargetGroup): string[] {
    const using = [...this.listeners.values()].filter((listener) =>
      this.rulesOf(listener).some(({ actions }) => forwardsOf(actions).some((one) => one.arn === group.arn)),
    );
    return [...new Set(using.map((one) => one.loadBalancerArn))];
  }
}

function defaultRule(listener: Listener): ListenerRule {
  const id = createHash('sha256').update(listener.arn).digest('hex').slice(0, 16);
  return {
    arn: `${listener.arn.replace(':listener/', ':listener-rule/')}/${id}`,
    listenerArn: listener.arn,
    region: listener.region,
    priority: undefined,
    conditions: [],
    actions: listener.input.DefaultActions ?? [],
    tags: [],
  };
}
