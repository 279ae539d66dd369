import { systemClock } from '../runtime/clock.ts';
import type { AwsSettings } from './config.ts';
import { type Xml, xmlAt, xmlList } from './xml.ts';
import { XmlSender, type XmlService } from './xml-sender.ts';

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html */
const ELB: XmlService = {
  id: 'Elastic Load Balancing v2',
  signingName: 'elasticloadbalancing',
  host: 'elasticloadbalancing',
  govIsFips: 'ipv4',
};
const VERSION = '2015-12-01';

/** A target group, as far as it tells where its service is reached. */
export interface TargetGroup {
  readonly healthPath: string;
  /** ARNs of the load balancers that send requests to it. */
  readonly balancers: readonly string[];
}

export interface Listener {
  readonly arn: string;
  /** HTTP, HTTPS, TCP, … */
  readonly protocol: string;
  readonly port: number;
  /** ARNs of the target groups that its default action forwards to. */
  readonly forwards: readonly string[];
}

/** What a request must have so that a rule of a listener takes it; an empty list takes all. */
export interface RuleCondition {
  /** `http-header`, `host-header`, `path-pattern`, … */
  readonly field: string;
  /** Name of the header. */
  readonly name?: string | undefined;
  readonly values: readonly string[];
}

export interface LoadBalancer {
  readonly dnsName: string;
  readonly internal: boolean;
}

/** What is read of Elastic Load Balancing v2. All methods reject with an error that has the service's code as its name. */
export interface LoadBalancersApi {
  targetGroup(arn: string): Promise<TargetGroup | undefined>;
  listeners(balancer: string): Promise<Listener[]>;
  /** `undefined` where there is no such rule. */
  conditions(rule: string): Promise<RuleCondition[] | undefined>;
  balancer(arn: string): Promise<LoadBalancer | undefined>;
  close(): void;
}

export function loadBalancersApi(settings: AwsSettings): LoadBalancersApi {
  let opened: Promise<XmlSender> | undefined;
  const ask = async (action: string, parameters: Readonly<Record<string, string>>): Promise<Xml> => {
    opened ??= XmlSender.open(ELB, settings, systemClock);
    const answer = await (await opened).send({
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: new URLSearchParams({ Action: action, Version: VERSION, ...parameters }).toString(),
    });
    return answer.xml[`${action}Result`] as Xml;
  };
  return {
    async targetGroup(arn) {
      const answer = await ask('DescribeTargetGroups', { 'TargetGroupArns.member.1': arn });
      const [group] = xmlList(answer, 'TargetGroups', 'member');
      if (!group) return undefined;
      return {
        healthPath: xmlAt(group, 'HealthCheckPath') || '/',
        balancers: xmlList(group, 'LoadBalancerArns', 'member').map(String),
      };
    },
    async listeners(balancer) {
      const answer = await ask('DescribeListeners', { LoadBalancerArn: balancer });
      return xmlList(answer, 'Listeners', 'member').map((listener) => ({
        arn: xmlAt(listener, 'ListenerArn'),
        protocol: xmlAt(listener, 'Protocol'),
        port: Number(xmlAt(listener, 'Port')),
        forwards: xmlList(listener as Xml['x'], 'DefaultActions', 'member').flatMap(forwardsOf),
      }));
    },
    async conditions(rule) {
      const answer = await ask('DescribeRules', { 'RuleArns.member.1': rule });
      const [found] = xmlList(answer, 'Rules', 'member');
      return found && xmlList(found as Xml['x'], 'Conditions', 'member').map(conditionOf);
    },
    async balancer(arn) {
      const answer = await ask('DescribeLoadBalancers', { 'LoadBalancerArns.member.1': arn });
      const [found] = xmlList(answer, 'LoadBalancers', 'member');
      if (!found) return undefined;
      return { dnsName: xmlAt(found, 'DNSName'), internal: xmlAt(found, 'Scheme') === 'internal' };
    },
    close: () => void opened?.then((sender) => sender.close()).catch(() => {}),
  };
}

/** Values are in the condition itself, or in the configuration of its kind. */
function conditionOf(condition: Xml['x']): RuleCondition {
  const field = xmlAt(condition, 'Field');
  const kind = { 'http-header': 'HttpHeaderConfig', 'host-header': 'HostHeaderConfig' }[field];
  const own = kind ? xmlList(condition, kind, 'Values', 'member') : [];
  const values = (own.length > 0 ? own : xmlList(condition, 'Values', 'member')).map(String);
  const name = kind === 'HttpHeaderConfig' ? xmlAt(condition, kind, 'HttpHeaderName') : undefined;
  return { field, name, values };
}

/** One target group, or several with weights. */
function forwardsOf(action: Xml['x']): string[] {
  if (xmlAt(action, 'Type') !== 'forward') return [];
  const several = xmlList(action, 'ForwardConfig', 'TargetGroups', 'member');
  const arns = [xmlAt(action, 'TargetGroupArn'), ...several.map((one) => xmlAt(one, 'TargetGroupArn'))];
  return [...new Set(arns.filter(Boolean))];
}
