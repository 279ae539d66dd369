import { randomUUID } from 'node:crypto';
import type { CloudWatchService } from '../cloudwatch/index.ts';
import type { Metric } from '../cloudwatch/metrics.ts';
import type { EcsService } from '../ecs/index.ts';
import type { TargetTrackingScalingPolicyConfiguration } from '../shapes/inputs/autoscaling.ts';
import { ecsNames, keyOf, type Policy, type Store } from './store.ts';

/** Real milliseconds between two looks at every policy. */
const TICK = 100;
/** AWS's: so many one-minute points above the target scale out; fifteen below 90 % of it scale in. */
const [OUT_POINTS, IN_POINTS] = [3, 15];
/** Seconds between two scalings of a policy that names none (Application Auto Scaling user guide, "Cooldown periods"). */
const COOLDOWN = 300;

/** How a service stands while its metric is followed. */
export interface TrackingState {
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly target: number;
  /** One-minute averages, oldest first; only those of the last fifteen minutes. */
  readonly points: readonly number[];
  readonly scaleIn: boolean;
}

/**
 * The wanted count by target tracking: in proportion to the metric, at once upwards and carefully down
 * (https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html).
 */
export function trackedCount({ desired, min, max, target, points, scaleIn }: TrackingState): number {
  const bounded = (count: number) => Math.min(Math.max(count, min), max);
  const last = points.slice(-OUT_POINTS);
  if (last.length === OUT_POINTS && last.every((value) => value > target)) {
    return bounded(Math.max(desired, Math.ceil((desired * (last.at(-1) ?? 0)) / target)));
  }
  const low = points.slice(-IN_POINTS);
  if (scaleIn && low.length === IN_POINTS && low.every((value) => value < target * 0.9)) {
    return bounded(Math.min(desired, Math.ceil((desired * Math.max(...low)) / target)));
  }
  return desired;
}

/** Follows the metric of each target tracking policy, and sets the wanted count of its ECS service. */
export class Tracking {
  readonly #store: Store;
  readonly #notBefore = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const policy of this.#store.policies.values())
        if (policy.rule.type === 'TargetTrackingScaling') this.#follow(policy, policy.rule.configuration);
    }, TICK);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #follow(policy: Policy, configuration: TargetTrackingScalingPolicyConfiguration): void {
    const { context, targets } = this.#store;
    const scalable = targets.get(keyOf(policy));
    const now = context.now();
    if (!scalable || (this.#notBefore.get(policy.id) ?? 0) > now) return;
    const { cluster, service } = ecsNames(policy);
    const ecs = context.service<EcsService>('ecs');
    const desired = ecs.desiredCount(policy.region, cluster, service);
    if (desired === undefined || desired === 0) return;
    const period = 60_000 / context.speed;
    const points = context
      .service<CloudWatchService>('monitoring')
      .averages(
        { region: policy.region, ...metricOf(configuration, cluster, service) },
        now - IN_POINTS * period,
        period,
      );
    const { TargetValue: target, DisableScaleIn: fixed = false } = configuration;
    const { suspended, min, max } = scalable;
    const wanted = trackedCount({ desired, min, max, target, points, scaleIn: !fixed });
    const isSuspended =
      wanted > desired ? suspended.DynamicScalingOutSuspended : suspended.DynamicScalingInSuspended;
    if (wanted === desired || isSuspended) return;
    ecs.setDesiredCount(policy.region, cluster, service, wanted);
    const { ScaleOutCooldown: out = COOLDOWN, ScaleInCooldown: back = COOLDOWN } = configuration;
    this.#notBefore.set(policy.id, now + ((wanted > desired ? out : back) * 1000) / context.speed);
    this.#store.activities.unshift({
      id: randomUUID(),
      region: policy.region,
      resourceId: policy.resourceId,
      at: now,
      description: `Setting desired count to ${wanted}.`,
      cause: `target tracking policy ${policy.name}: ${points.at(-1)} where ${target} is wanted`,
    });
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html */
function metricOf(
  configuration: TargetTrackingScalingPolicyConfiguration,
  cluster: string,
  service: string,
): Omit<Metric, 'region'> {
  const own = configuration.CustomizedMetricSpecification;
  if (own)
    return { namespace: own.Namespace ?? '', name: own.MetricName ?? '', dimensions: own.Dimensions ?? [] };
  const { PredefinedMetricType: type, ResourceLabel: label = '' } =
    configuration.PredefinedMetricSpecification ?? {};
  // `app/<load balancer>/<id>/targetgroup/<name>/<id>`
  if (type === 'ALBRequestCountPerTarget')
    return {
      namespace: 'AWS/ApplicationELB',
      name: 'RequestCountPerTarget',
      dimensions: [{ Name: 'TargetGroup', Value: /targetgroup\/.*$/.exec(label)?.[0] ?? '' }],
    };
  return {
    namespace: 'AWS/ECS',
    name: type === 'ECSServiceAverageMemoryUtilization' ? 'MemoryUtilization' : 'CPUUtilization',
    dimensions: [
      { Name: 'ClusterName', Value: cluster },
      { Name: 'ServiceName', Value: service },
    ],
  };
}
