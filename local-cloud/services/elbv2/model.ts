import type { Input } from '../shapes/modelled.ts';

/** Times are epoch milliseconds; members of AWS's own documents are kept as they came (`Input`). */
export interface LoadBalancer {
  readonly arn: string;
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly input: Input;
  readonly createdAt: number;
  /** Its first listener's real port on 127.0.0.1, which its DNS name tells. */
  port: number;
}

export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly region: string;
  /** `Port`, `Protocol`, `DefaultActions`, `Certificates`, …, as they came. */
  input: Input;
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

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  /** CreateTargetGroup's input with AWS's defaults filled in. */
  readonly input: Input;
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
  conditions: readonly Input[];
  actions: readonly Input[];
  readonly tags: readonly Input[];
}
