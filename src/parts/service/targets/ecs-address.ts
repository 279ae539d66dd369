import type { EcsService } from '../../../aws/ecs.ts';
import { readAwsError } from '../../../aws/errors.ts';
import type { Listener, LoadBalancersApi } from '../../../aws/load-balancers.ts';
import { addressOfRule, type CandidateAddress, partsOfRule } from '../candidate/address.ts';
import type { PublicAddress } from './target.ts';

/** Where a service behind load balancers is asked, or in a sentence why nobody can tell. */
export type Found = PublicAddress | { readonly why: string };

/**
 * The public address of a service by its target groups: the first one with a listener that sends requests there by its
 * default action, on a load balancer that faces the internet. What a listener's other rules do is not looked at.
 */
export async function addressOf(groups: readonly string[], elb: LoadBalancersApi): Promise<Found> {
  if (groups.length === 0) return { why: 'the service has no load balancer' };
  const reasons: string[] = [];
  try {
    for (const group of groups) {
      const found = await addressOfGroup(group, elb);
      if ('url' in found) return found;
      reasons.push(found.why);
    }
  } catch (error) {
    const { kind, code } = readAwsError(error);
    if (kind === 'denied') {
      return {
        why: 'the role may not call elasticloadbalancing:DescribeTargetGroups, DescribeListeners and DescribeLoadBalancers, which would tell the address',
      };
    }
    return { why: `the address could not be read from the load balancer (${code})` };
  } finally {
    elb.close();
  }
  return { why: reasons.join('; ') };
}

async function addressOfGroup(arn: string, elb: LoadBalancersApi): Promise<Found> {
  const name = arn.split('/').at(-2) ?? arn;
  const group = await elb.targetGroup(arn);
  if (!group) return { why: `its target group ${name} is not there` };
  for (const balancer of group.balancers) {
    const listener = chooseListener(await elb.listeners(balancer), arn);
    const found = listener && (await elb.balancer(balancer));
    if (!found) continue;
    if (found.internal)
      return { why: `its load balancer ${found.dnsName} is internal, and not reached from here` };
    return {
      url: urlOf(found.dnsName, listener),
      path: group.healthPath,
      anyCertificate: listener.protocol === 'HTTPS',
    };
  }
  return { why: `no listener forwards to its target group ${name} by its default action over HTTP or HTTPS` };
}

/** HTTP before HTTPS: its name needs no certificate. */
export function chooseListener(listeners: readonly Listener[], group: string): Listener | undefined {
  const ours = listeners.filter((one) => one.forwards.includes(group));
  return ['HTTP', 'HTTPS'].map((p) => ours.find(({ protocol }) => protocol === p)).find(Boolean);
}

/** A name that has its port already (the local cloud's) is taken as it is, over HTTP. */
export function urlOf(dnsName: string, { protocol, port }: Pick<Listener, 'protocol' | 'port'>): string {
  if (dnsName.includes(':')) return `http://${dnsName}`;
  const scheme = protocol.toLowerCase();
  return `${scheme}://${dnsName}${port === (scheme === 'https' ? 443 : 80) ? '' : `:${port}`}`;
}

/** Where test traffic of a service that shifts traffic comes in, by the rule of its test listener. Never throws. */
export async function candidateOf(
  { loadBalancers = [] }: Pick<EcsService, 'loadBalancers'>,
  elb: LoadBalancersApi,
): Promise<CandidateAddress | { readonly why: string }> {
  const rules = loadBalancers.flatMap(({ advancedConfiguration: own }) =>
    own?.testListenerRule
      ? [{ test: own.testListenerRule, production: own.productionListenerRule ?? '' }]
      : [],
  );
  const [rule] = rules;
  if (!rule) return { why: 'the service has no test listener (testListenerRule)' };
  const { listener: arn, balancer } = partsOfRule(rule.test);
  try {
    const [conditions, listeners, found] = await Promise.all([
      elb.conditions(rule.test),
      elb.listeners(balancer),
      elb.balancer(balancer),
    ]);
    const listener = listeners.find((one) => one.arn === arn);
    if (!conditions || !listener || !found)
      return { why: `the rule of its test listener ${rule.test} is not there` };
    return addressOfRule({
      conditions,
      listener,
      ...found,
      isShared: partsOfRule(rule.production).listener === arn,
    });
  } catch (error) {
    const { kind, code } = readAwsError(error);
    const lacks =
      'the role may not call elasticloadbalancing:DescribeRules, DescribeListeners and DescribeLoadBalancers';
    return { why: kind === 'denied' ? lacks : `its test listener could not be read (${code})` };
  } finally {
    elb.close();
  }
}
