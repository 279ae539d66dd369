import { expect, test } from 'vitest';
import { cpuPolicy } from '../../../src/aws/autoscaling.ts';
import { keepForeignPolicy, sameScaling } from '../../../src/parts/service/plan/spec.ts';

const policy = (PolicyName: string, metric = 'ECSServiceAverageCPUUtilization', TargetValue = 60) => ({
  PolicyName,
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue,
    ScaleInCooldown: 300,
    PredefinedMetricSpecification: { PredefinedMetricType: metric },
  },
});

test.each([
  ['none', [], undefined, false, []],
  ['ours', [policy('wwhd-deploy-cpu')], 'wwhd-deploy-cpu', true, []],
  ["Terraform's is adopted", [policy('tf-cpu')], 'tf-cpu', false, ['tf-cpu']],
  ['another metric is none', [policy('mem', 'ECSServiceAverageMemoryUtilization')], undefined, false, []],
  ['ours before others', [policy('tf-cpu'), policy('wwhd-deploy-cpu')], 'wwhd-deploy-cpu', true, ['tf-cpu']],
  [
    'a metric that is written out',
    [
      {
        PolicyName: 'own',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 50,
          CustomizedMetricSpecification: { Namespace: 'AWS/ECS', MetricName: 'CPUUtilization' },
        },
      },
    ],
    'own',
    false,
    ['own'],
  ],
  ['a step policy is none', [{ PolicyName: 'step' }], undefined, false, []],
])('the policy that steers by the CPU: %s', (_name, ScalingPolicies, chosen, ours, foreign) => {
  const found = cpuPolicy({ ScalingPolicies });
  expect(found.chosen?.name).toBe(chosen);
  expect(found.ours !== undefined).toBe(ours);
  expect(found.foreign).toEqual(foreign);
});

test('numbers without a CPU target leave the policy of somebody else alone, and take ours away', () => {
  const now = { min: 1, max: 4, cpuTarget: 60 };
  const wanted = { min: 2, max: 4 };
  expect(keepForeignPolicy(wanted, { ...now, foreign: ['tf-cpu'] })).toEqual({ ...wanted, cpuTarget: 60 });
  expect(keepForeignPolicy(wanted, now)).toEqual(wanted);
  expect(sameScaling(keepForeignPolicy({ min: 1, max: 4 }, { ...now, foreign: ['tf-cpu'] }), now)).toBe(true);
  expect(sameScaling({ min: 1, max: 4 }, now)).toBe(false);
});
