import type { TestCloud } from './cloud.ts';

/** Sends one call to the local cloud's Elastic Load Balancing. @returns the answer's XML */
export async function elb(
  cloud: TestCloud,
  action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const scope = 'AKIATEST/20261123/us-west-2/elasticloadbalancing/aws4_request';
  const answer = await fetch(cloud.endpoint, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ Action: action, Version: '2015-12-01', ...parameters }),
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

/** A load balancer with one listener and one target group that asks for /health. */
export async function createBalancer(cloud: TestCloud, name: string): Promise<TestBalancer> {
  const made = await elb(cloud, 'CreateLoadBalancer', {
    Name: name,
    'Subnets.member.1': 'subnet-a',
    'Subnets.member.2': 'subnet-b',
  });
  const [group = ''] = texts(
    await elb(cloud, 'CreateTargetGroup', {
      Name: name,
      Protocol: 'HTTP',
      Port: '8080',
      TargetType: 'ip',
      VpcId: 'vpc-1',
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: '10',
      HealthyThresholdCount: '2',
      UnhealthyThresholdCount: '3',
    }),
    'TargetGroupArn',
  );
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
