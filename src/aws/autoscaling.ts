import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

/** Smallest and largest number of tasks, and the average CPU in percent that it is steered to. */
export interface TaskScaling {
  readonly min: number;
  readonly max: number;
  readonly cpuTarget?: number | undefined;
}

/** Target tracking on the number of tasks of an ECS service (`service/cluster/name`). */
export interface AutoScalingApi {
  read(resource: string): Promise<TaskScaling | undefined>;
  /** Sets it, or takes it away. */
  write(resource: string, scaling: TaskScaling | undefined): Promise<void>;
}

/** Name of the policy that is ours: one of another name is somebody else's and is left alone. */
const POLICY = 'wwhd-deploy-cpu';

interface Targets {
  ScalableTargets?: { MinCapacity?: number; MaxCapacity?: number }[];
}
interface Policies {
  ScalingPolicies?: {
    PolicyName?: string;
    TargetTrackingScalingPolicyConfiguration?: { TargetValue?: number };
  }[];
}

export function autoScalingApi(settings: AwsSettings): AutoScalingApi {
  const call = jsonClient(SERVICES.autoScaling, settings);
  const of = (resource: string) => ({
    ServiceNamespace: 'ecs',
    ResourceId: resource,
    ScalableDimension: 'ecs:service:DesiredCount',
  });
  return {
    async read(resource) {
      const found = await call<Targets>('DescribeScalableTargets', {
        ServiceNamespace: 'ecs',
        ResourceIds: [resource],
      });
      const target = found.ScalableTargets?.[0];
      if (!target) return undefined;
      const { ScalingPolicies = [] } = await call<Policies>('DescribeScalingPolicies', of(resource));
      const policy = ScalingPolicies.find((one) => one.PolicyName === POLICY);
      const cpuTarget = policy?.TargetTrackingScalingPolicyConfiguration?.TargetValue;
      return { min: target.MinCapacity ?? 0, max: target.MaxCapacity ?? 0, cpuTarget };
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
      if (scaling.cpuTarget === undefined) return;
      await call('PutScalingPolicy', {
        ...of(resource),
        PolicyName: POLICY,
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: scaling.cpuTarget,
          PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
        },
      });
    },
  };
}
