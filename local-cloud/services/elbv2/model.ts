import type { Action, Inputs, RuleCondition, Tag } from '../shapes/inputs/elbv2.ts';

/** Times are epoch milliseconds; members of AWS's own documents are kept as they came. */
export interface LoadBalancer {
  readonly arn: string;
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly input: Inputs['CreateLoadBalancer'];
  readonly createdAt: number;
  /** Its first listener's real port on 127.0.0.1, which its DNS name tells. */
  port: number;
}

export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly region: string;
  /** `Port`, `Protocol`, `DefaultActions`, `Certificates`, …, as they came. */
  input: Omit<Inputs['CreateListener'], 'LoadBalancerArn'>;
  /** Real port on 127.0.0.1: no process may listen on 443 of a laptop. */
  port: number;
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused';

/** A target that was registered by hand. Tasks of ECS services are told by ECS instead. */
export interface Target {
  readonly id: string;
  readonly port: number;
  state: TargetState;
  why: string;
  /** Checks in a row that passed, and that failed. */
  good: number;
  bad: number;
  checkAt: number;
}

/** CreateTargetGroup's input with what an application load balancer's group must have. */
export type GroupSettings = Inputs['CreateTargetGroup'] & {
  readonly Protocol: NonNullable<Inputs['CreateTargetGroup']['Protocol']>;
  readonly Port: number;
  readonly HealthCheckIntervalSeconds: number;
  readonly HealthCheckTimeoutSeconds: number;
  readonly HealthyThresholdCount: number;
  readonly UnhealthyThresholdCount: number;
};

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  /** CreateTargetGroup's input with AWS's defaults filled in. */
  readonly input: GroupSettings;
  readonly attributes: Record<string, string>;
  readonly targets: Target[];
}

/** A task of an ECS service, as its target group knows it. */
export interface TaskTarget {
  readonly id: string;
  readonly port: number;
  readonly state: TargetState;
}

/** A rule of a listener. The default one, which has no priority, stands for the listener's default actions. */
export interface ListenerRule {
  readonly arn: string;
  readonly listenerArn: string;
  readonly region: string;
  readonly priority: number | undefined;
  conditions: readonly RuleCondition[];
  actions: readonly Action[];
  readonly tags: readonly Tag[];
}
