import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

/** Smallest and largest number of tasks, and the average CPU in percent that it is steered to. */
export interface TaskScaling {
  readonly min: number;
  readonly max: number;
  readonly cpuTarget?: number | undefined;
  /** Names of the policies of others that steer by the CPU. */
  readonly foreign?: readonly string[] | undefined;
}

/** Target tracking on the number of tasks of an ECS service (`service/cluster/name`). */
export interface AutoScalingApi {
  read(resource: string): Promise<TaskScaling | undefined>;
  /**
   * Sets it, or takes it away. One policy of somebody else's that steers by the CPU is changed in its target alone, and
   * never removed; where there is none, ours is made, and removed when no CPU target is wanted any more.
   */
  write(resource: string, scaling: TaskScaling | undefined): Promise<void>;
}

/** Name of the policy that is ours. */
const POLICY = 'wwhd-deploy-cpu';
const CPU = 'ECSServiceAverageCPUUtilization';

interface Targets {
  ScalableTargets?: { MinCapacity?: number; MaxCapacity?: number }[];
}
interface Tracking {
  TargetValue?: number;
  PredefinedMetricSpecification?: { PredefinedMetricType?: string };
  CustomizedMetricSpecification?: { Namespace?: string; MetricName?: string };
}
interface Policies {
  ScalingPolicies?: { PolicyName?: string; TargetTrackingScalingPolicyConfiguration?: Tracking }[];
}

/** The metric by its ready-made name, or written out: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html */
const isByCpu = ({ PredefinedMetricSpecification: ready, CustomizedMetricSpecification: own }: Tracking) =>
  ready?.PredefinedMetricType === CPU ||
  (own?.Namespace === 'AWS/ECS' && own.MetricName === 'CPUUtilization');

/** The policy that steers by the CPU: ours where there is one, else somebody else's. */
export function cpuPolicy({ ScalingPolicies = [] }: Policies) {
  const all = ScalingPolicies.flatMap(
    ({ PolicyName = '', TargetTrackingScalingPolicyConfiguration: tracking }) =>
      tracking && isByCpu(tracking) ? [{ name: PolicyName, tracking }] : [],
  );
  const ours = all.find(({ name }) => name === POLICY);
  const foreign = all.filter(({ name }) => name !== POLICY).map(({ name }) => name);
  return { chosen: ours ?? all[0], ours, foreign };
}

export function autoScalingApi(settings: AwsSettings): AutoScalingApi {
  const call = jsonClient(SERVICES.autoScaling, settings);
  const of = (resource: string) => ({
    ServiceNamespace: 'ecs',
    ResourceId: resource,
    ScalableDimension: 'ecs:service:DesiredCount',
  });
  const policies = async (resource: string) =>
    cpuPolicy(await call<Policies>('DescribeScalingPolicies', of(resource)));
  return {
    async read(resource) {
      const found = await call<Targets>('DescribeScalableTargets', {
        ServiceNamespace: 'ecs',
        ResourceIds: [resource],
      });
      const target = found.ScalableTargets?.[0];
      if (!target) return undefined;
      const { chosen, foreign } = await policies(resource);
      const cpuTarget = chosen?.tracking.TargetValue;
      return { min: target.MinCapacity ?? 0, max: target.MaxCapacity ?? 0, cpuTarget, foreign };
    },
    async write(resource, scaling) {
      if (!scaling) {
        await call('DeregisterScalableTarget', of(resource));
        return;
      }
      await call('RegisterScalableTarget', {
        ...of(resource),
        MinCapacity: scaling.min,
        MaxCapacity: scaling.max,
      });
      const { chosen, ours } = await policies(resource);
      if (scaling.cpuTarget === undefined) {
        if (ours) await call('DeleteScalingPolicy', { ...of(resource), PolicyName: POLICY });
        return;
      }
      await call('PutScalingPolicy', {
        ...of(resource),
        PolicyName: chosen?.name ?? POLICY,
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          // The metric, cooldowns and the like stay as whoever made the policy has them.
          ...(chosen?.tracking ?? { PredefinedMetricSpecification: { PredefinedMetricType: CPU } }),
          TargetValue: scaling.cpuTarget,
        },
      });
    },
  };
}
