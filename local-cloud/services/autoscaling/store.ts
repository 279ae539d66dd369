import { type CloudContext, CloudFault, type CloudRequest } from '../../core/service.ts';
import type {
  Inputs,
  StepScalingPolicyConfiguration,
  SuspendedState,
  TargetTrackingScalingPolicyConfiguration,
} from '../shapes/inputs/autoscaling.ts';

export interface Target {
  readonly region: string;
  readonly namespace: string;
  readonly resourceId: string;
  readonly dimension: string;
  readonly id: string;
  readonly createdAt: number;
  min: number;
  max: number;
  roleArn?: string;
  suspended: SuspendedState;
  tags: Record<string, string>;
}

export type Rule =
  | { readonly type: 'StepScaling'; readonly configuration: StepScalingPolicyConfiguration }
  | {
      readonly type: 'TargetTrackingScaling';
      readonly configuration: TargetTrackingScalingPolicyConfiguration;
    };

export interface Policy {
  readonly region: string;
  readonly namespace: string;
  readonly resourceId: string;
  readonly dimension: string;
  readonly name: string;
  readonly id: string;
  readonly createdAt: number;
  /** How it scales: the member of PutScalingPolicy that its type asks for. */
  rule: Rule;
}

/** What a policy did. */
export interface Activity {
  readonly id: string;
  readonly region: string;
  readonly resourceId: string;
  readonly at: number;
  readonly description: string;
  readonly cause: string;
}

export interface Store {
  readonly context: CloudContext;
  readonly targets: Map<string, Target>;
  readonly policies: Map<string, Policy>;
  /** Newest first; not saved. */
  readonly activities: Activity[];
}

export const refuse = (code: string, message: string) => new CloudFault(code, message);
export const invalid = (message: string) => refuse('ValidationException', message);

export interface Scaled {
  readonly region: string;
  readonly namespace: string;
  readonly resourceId: string;
  readonly dimension: string;
}

export const keyOf = (s: Scaled) => [s.region, s.namespace, s.resourceId, s.dimension].join('|');
export const policyKey = (p: Scaled & { readonly name: string }) => `${keyOf(p)}|${p.name}`;
export const resource = (input: {
  readonly ResourceId?: string | undefined;
  readonly ResourceARN?: string;
}) => input.ResourceId ?? input.ResourceARN;

export function scaledOf(input: Inputs['DeregisterScalableTarget'], request: CloudRequest): Scaled {
  return {
    region: request.region,
    namespace: input.ServiceNamespace,
    resourceId: input.ResourceId,
    dimension: input.ScalableDimension,
  };
}

/** @throws ValidationException where it is no ECS service's count */
export function ecsNames(scaled: Scaled): { cluster: string; service: string } {
  const match = /^service\/([^/]+)\/([^/]+)$/.exec(scaled.resourceId);
  if (scaled.namespace !== 'ecs')
    throw invalid(`Service namespace ${scaled.namespace} is not offered by the local cloud; there is: ecs`);
  if (scaled.dimension !== 'ecs:service:DesiredCount' || !match)
    throw invalid(`Unsupported service namespace, resource type or scalable dimension: ${scaled.resourceId}`);
  return { cluster: match[1] ?? '', service: match[2] ?? '' };
}

export function targetArn(store: Store, target: Target): string {
  return `arn:aws:application-autoscaling:${target.region}:${store.context.account}:scalable-target/${target.id}`;
}

export function targetOf(store: Store, scaled: Scaled): Target {
  const target = store.targets.get(keyOf(scaled));
  if (target) return target;
  throw refuse(
    'ObjectNotFoundException',
    `No scalable target registered for service namespace: ${scaled.namespace}, resource ID: ${scaled.resourceId}, scalable dimension: ${scaled.dimension}`,
  );
}
