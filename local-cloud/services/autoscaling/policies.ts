import { randomUUID } from 'node:crypto';
import type { CloudRequest } from '../../core/service.ts';
import type {
  CustomizedMetricSpecification,
  Inputs,
  PredefinedMetricSpecification,
} from '../shapes/inputs/autoscaling.ts';
import { page } from '../shapes/page.ts';
import {
  invalid,
  type Policy,
  policyKey,
  type Rule,
  refuse,
  resource,
  type Store,
  scaledOf,
  targetOf,
} from './store.ts';

function policyArn(store: Store, policy: Policy): string {
  return `arn:aws:autoscaling:${policy.region}:${store.context.account}:scalingPolicy:${policy.id}:resource/${policy.namespace}/${policy.resourceId}:policyName/${policy.name}`;
}

/** @throws ValidationException */
function ruleOf(input: Inputs['PutScalingPolicy']): Rule {
  const { PolicyType: type = 'StepScaling' } = input;
  const missing = () => invalid(`${type}PolicyConfiguration is required for the policy type ${type}.`);
  if (type === 'PredictiveScaling')
    throw invalid(
      'PredictiveScaling is not offered by the local cloud; there are TargetTrackingScaling and StepScaling.',
    );
  if (type === 'StepScaling') {
    const configuration = input.StepScalingPolicyConfiguration;
    if (!configuration) throw missing();
    if (!configuration.AdjustmentType || !configuration.StepAdjustments?.length)
      throw invalid('AdjustmentType and StepAdjustments are required for step scaling policies.');
    return { type, configuration };
  }
  const configuration = input.TargetTrackingScalingPolicyConfiguration;
  if (!configuration) throw missing();
  const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: own } = configuration;
  if (!predefined === !own)
    throw invalid('Exactly one of a predefined and a customized metric specification is required.');
  if (configuration.TargetValue <= 0) throw invalid('TargetValue must be greater than 0.');
  for (const member of ['ScaleInCooldown', 'ScaleOutCooldown'] as const)
    if ((configuration[member] ?? 0) < 0) throw invalid(`${member} must not be negative.`);
  checkMetric(predefined, own);
  return { type, configuration };
}

/** Metrics of an ECS service that a policy may follow here (Application Auto Scaling API, PredefinedMetricSpecification). */
const PREDEFINED = [
  'ECSServiceAverageCPUUtilization',
  'ECSServiceAverageMemoryUtilization',
  'ALBRequestCountPerTarget',
];

function checkMetric(
  predefined: PredefinedMetricSpecification | undefined,
  own: CustomizedMetricSpecification | undefined,
): void {
  if (predefined && !PREDEFINED.includes(predefined.PredefinedMetricType))
    throw invalid(
      `${predefined.PredefinedMetricType} is not offered for ECS services; there are: ${PREDEFINED.join(', ')}`,
    );
  if (predefined?.PredefinedMetricType === 'ALBRequestCountPerTarget' && !predefined.ResourceLabel)
    throw invalid('ResourceLabel is required for ALBRequestCountPerTarget.');
  if (!own) return;
  if (own.Metrics)
    throw invalid('Metrics of a customized metric specification is not offered by the local cloud.');
  if (!own.MetricName || !own.Namespace || !own.Statistic)
    throw invalid('MetricName, Namespace and Statistic of a customized metric specification are required.');
  if (own.Statistic !== 'Average')
    throw invalid(`The local cloud follows the statistic Average, and not ${own.Statistic}.`);
}

export function policyOperations(store: Store) {
  const find = (input: Inputs['DeleteScalingPolicy'], request: CloudRequest): Policy => {
    const policy = store.policies.get(policyKey({ ...scaledOf(input, request), name: input.PolicyName }));
    if (policy) return policy;
    throw refuse('ObjectNotFoundException', `No scaling policy found for policy name: ${input.PolicyName}`);
  };
  return {
    PutScalingPolicy: {
      resource,
      refuses: ['PredictiveScalingPolicyConfiguration'] as const,
      iam: ['application-autoscaling:PutScalingPolicy', 'cloudwatch:PutMetricAlarm'],
      run: (input: Inputs['PutScalingPolicy'], request: CloudRequest) => {
        const scaled = scaledOf(input, request);
        targetOf(store, scaled);
        const rule = ruleOf(input);
        const key = policyKey({ ...scaled, name: input.PolicyName });
        const known = store.policies.get(key);
        const policy: Policy = known ?? {
          ...scaled,
          name: input.PolicyName,
          id: randomUUID(),
          createdAt: store.context.now(),
          rule,
        };
        policy.rule = rule;
        store.policies.set(key, policy);
        return { PolicyARN: policyArn(store, policy), Alarms: [] };
      },
    },
    DescribeScalingPolicies: {
      resource,
      run: (input: Inputs['DescribeScalingPolicies'], request: CloudRequest) => {
        const all = [...store.policies.values()]
          .filter((p) => p.region === request.region && p.namespace === input.ServiceNamespace)
          .filter((p) => !input.PolicyNames || input.PolicyNames.includes(p.name))
          .filter((p) => !input.ResourceId || p.resourceId === input.ResourceId)
          .filter((p) => !input.ScalableDimension || p.dimension === input.ScalableDimension);
        const { items, next } = page(
          all,
          input.NextToken,
          input.MaxResults ?? 10,
          'InvalidNextTokenException',
        );
        const policies = items.map((p) => ({
          PolicyARN: policyArn(store, p),
          PolicyName: p.name,
          ServiceNamespace: p.namespace,
          ResourceId: p.resourceId,
          ScalableDimension: p.dimension,
          PolicyType: p.rule.type,
          [`${p.rule.type}PolicyConfiguration`]: p.rule.configuration,
          Alarms: [],
          CreationTime: new Date(p.createdAt),
        }));
        return { ScalingPolicies: policies, NextToken: next };
      },
    },
    DeleteScalingPolicy: {
      resource,
      run: (input: Inputs['DeleteScalingPolicy'], request: CloudRequest) => {
        store.policies.delete(policyKey(find(input, request)));
      },
    },
  };
}
