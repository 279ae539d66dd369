import { randomBytes } from 'node:crypto';
import { type CloudContext, CloudFault, type CloudRequest } from '../../core/service.ts';
import { forwardsOf, type Listener, type LoadBalancer, type TargetGroup } from './model.ts';

export const refuse = (code: string, message: string): CloudFault => new CloudFault(code, message);

/** All load balancers, listeners and target groups, by ARN. */
export class ElbStore {
  readonly context: CloudContext;
  readonly balancers = new Map<string, LoadBalancer>();
  readonly listeners = new Map<string, Listener>();
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

  listenersOf(balancer: LoadBalancer): Listener[] {
    return [...this.listeners.values()].filter((one) => one.loadBalancerArn === balancer.arn);
  }

  /** ARNs of the load balancers that send requests to a group. */
  balancersOf(group: TargetGroup): string[] {
    const using = [...this.listeners.values()].filter(({ input }) =>
      forwardsOf(input).some((one) => one.arn === group.arn),
    );
    return [...new Set(using.map((one) => one.loadBalancerArn))];
  }
}
