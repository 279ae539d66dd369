import { createHash } from 'node:crypto';
import type { TestCloud } from './cloud.ts';
import { signedFetch } from './signed.ts';

/** Sends one call to the local cloud's Elastic Load Balancing. @returns the answer's XML */
export async function elb(
  cloud: TestCloud,
  action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const form = new URLSearchParams({ Action: action, Version: '2015-12-01', ...parameters });
  const answer = await signedFetch(cloud, {
    service: 'elasticloadbalancing',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${action}: ${text}`);
  return text;
}

/** The texts of an element, wherever it is. */
export const texts = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((match) => match[1] ?? '');

export interface TestBalancer {
  readonly url: string;
  readonly group: string;
  /** States of the targets, in order. */
  health(): Promise<string[]>;
}

async function createGroup(cloud: TestCloud, name: string): Promise<string> {
  const xml = await elb(cloud, 'CreateTargetGroup', {
    Name: name,
    Protocol: 'HTTP',
    Port: '8080',
    TargetType: 'ip',
    VpcId: 'vpc-1',
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: '10',
    HealthyThresholdCount: '2',
    UnhealthyThresholdCount: '3',
  });
  return texts(xml, 'TargetGroupArn')[0] ?? '';
}

/** A load balancer with one listener and one target group that asks for /health. */
export async function createBalancer(cloud: TestCloud, name: string): Promise<TestBalancer> {
  const made = await elb(cloud, 'CreateLoadBalancer', {
    Name: name,
    'Subnets.member.1': 'subnet-a',
    'Subnets.member.2': 'subnet-b',
  });
  const group = await createGroup(cloud, name);
  await elb(cloud, 'CreateListener', {
    LoadBalancerArn: texts(made, 'LoadBalancerArn')[0] ?? '',
    Protocol: 'HTTP',
    Port: '80',
    'DefaultActions.member.1.Type': 'forward',
    'DefaultActions.member.1.TargetGroupArn': group,
  });
  return {
    url: `http://${texts(made, 'DNSName')[0]}`,
    group,
    health: async () =>
      texts(await elb(cloud, 'DescribeTargetHealth', { TargetGroupArn: group }), 'State').sort(),
  };
}

export interface TestPair {
  /** Of users, and of tests. */
  readonly url: string;
  readonly testUrl: string;
  readonly arn: string;
  readonly groups: readonly [first: string, second: string];
  readonly rules: { readonly production: string; readonly test: string };
  /** A `loadBalancers` entry of a service whose strategy shifts traffic. */
  readonly balancer: object;
  /** Weights of a rule by its target groups, in the order of `groups`. */
  weights(rule: string): Promise<number[]>;
}

/** A load balancer for a service that shifts traffic: two target groups, a production rule and a listener for tests. */
export async function createPair(
  cloud: TestCloud,
  service: string,
  /** Tests come in at the listener of the users, with this header; left out: at a listener of their own. */
  header?: { readonly name: string; readonly value: string },
): Promise<TestPair> {
  // Names of load balancers and target groups have 32 characters at most.
  const id = createHash('sha256').update(service).digest('hex').slice(0, 6);
  const name = service.length > 28 ? `${service.slice(0, 20)}-${id}` : service;
  const made = await createBalancer(cloud, name);
  const [arn = ''] = texts(
    await elb(cloud, 'DescribeLoadBalancers', { 'Names.member.1': name }),
    'LoadBalancerArn',
  );
  const second = await createGroup(cloud, `${name}-2`);
  const test = await elb(cloud, 'CreateListener', {
    LoadBalancerArn: arn,
    Protocol: 'HTTP',
    Port: '8080',
    'DefaultActions.member.1.Type': 'fixed-response',
    'DefaultActions.member.1.FixedResponseConfig.StatusCode': '404',
  });
  const [listener = ''] = texts(
    await elb(cloud, 'DescribeListeners', { LoadBalancerArn: arn }),
    'ListenerArn',
  );
  const [testListener = ''] = texts(test, 'ListenerArn');
  const rules = {
    production: await forwardAll(cloud, listener, made.group, 2),
    test: header
      ? await forwardAll(cloud, listener, made.group, 1, header)
      : await forwardAll(cloud, testListener, made.group, 1),
  };
  const groups = [made.group, second] as const;
  return {
    url: made.url,
    testUrl: await listenerUrl(cloud, testListener),
    arn,
    groups,
    rules,
    balancer: {
      targetGroupArn: groups[0],
      containerName: 'app',
      containerPort: 8080,
      advancedConfiguration: {
        alternateTargetGroupArn: groups[1],
        productionListenerRule: rules.production,
        testListenerRule: rules.test,
        roleArn: 'arn:aws:iam::000000000000:role/ecs-infrastructure',
      },
    },
    weights: async (rule) => {
      const xml = await elb(cloud, 'DescribeRules', { 'RuleArns.member.1': rule });
      const config = xml.slice(xml.indexOf('<ForwardConfig>'), xml.indexOf('</ForwardConfig>'));
      const arns = texts(config, 'TargetGroupArn');
      const all = texts(config, 'Weight').map(Number);
      return groups.map((group) => all[arns.indexOf(group)] ?? 0);
    },
  };
}

async function forwardAll(
  cloud: TestCloud,
  listener: string,
  group: string,
  priority: number,
  header?: { readonly name: string; readonly value: string },
): Promise<string> {
  const rule = await elb(cloud, 'CreateRule', {
    ListenerArn: listener,
    Priority: String(priority),
    ...(header
      ? {
          'Conditions.member.1.Field': 'http-header',
          'Conditions.member.1.HttpHeaderConfig.HttpHeaderName': header.name,
          'Conditions.member.1.HttpHeaderConfig.Values.member.1': header.value,
        }
      : {
          'Conditions.member.1.Field': 'path-pattern',
          'Conditions.member.1.Values.member.1': '/*',
        }),
    'Actions.member.1.Type': 'forward',
    'Actions.member.1.TargetGroupArn': group,
  });
  return texts(rule, 'RuleArn')[0] ?? '';
}

async function listenerUrl(cloud: TestCloud, arn: string): Promise<string> {
  const state = (await (await fetch(`${cloud.endpoint}/_cloud/state/elasticloadbalancing`)).json()) as {
    listeners: Array<{ arn: string; url: string }>;
  };
  return state.listeners.find((one) => one.arn === arn)?.url ?? '';
}
