import { randomUUID } from 'node:crypto';
import type { CloudRequest } from '../../core/service.ts';
import type { Input } from '../shapes/modelled.ts';
import { page } from '../shapes/page.ts';
import {
  invalid,
  type Policy,
  policyKey,
  refuse,
  resource,
  type Store,
  scaledOf,
  targetOf,
} from './store.ts';

function policyArn(store: Store, policy: Policy): string {
  return `arn:aws:autoscaling:${policy.region}:${store.context.account}:scalingPolicy:${policy.id}:resource/${policy.namespace}/${policy.resourceId}:policyName/${policy.name}`;
}

export function policyOperations(store: Store) {
  const find = (input: Input, request: CloudRequest): Policy => {
    const policy = store.policies.get(policyKey({ ...scaledOf(input, request), name: input.PolicyName }));
    if (policy) return policy;
    throw refuse('ObjectNotFoundException', `No scaling policy found for policy name: ${input.PolicyName}`);
  };
  return {
    PutScalingPolicy: {
      resource,
      iam: ['application-autoscaling:PutScalingPolicy', 'cloudwatch:PutMetricAlarm'],
      run: (input: Input, request: CloudRequest) => {
        const scaled = scaledOf(input, request);
        targetOf(store, scaled);
        const type = input.PolicyType ?? 'StepScaling';
        const member = `${type}PolicyConfiguration`;
        const configuration = input[member];
        if (!configuration) throw invalid(`${member} is required for the policy type ${type}.`);
        const tracked =
          configuration.PredefinedMetricSpecification ?? configuration.CustomizedMetricSpecification;
        if (type === 'TargetTrackingScaling' && !tracked)
          throw invalid('Either a predefined or a customized metric specification is required.');
        const key = policyKey({ ...scaled, name: input.PolicyName });
        const known = store.policies.get(key);
        const policy: Policy = known ?? {
          ...scaled,
          name: input.PolicyName,
          id: randomUUID(),
          createdAt: store.context.now(),
          type,
          configuration,
        };
        policy.type = type;
        policy.configuration = configuration;
        store.policies.set(key, policy);
        return { PolicyARN: policyArn(store, policy), Alarms: [] };
      },
    },
    DescribeScalingPolicies: {
      resource,
      run: (input: Input, request: CloudRequest) => {
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
          PolicyType: p.type,
          [`${p.type}PolicyConfiguration`]: p.configuration,
          Alarms: [],
          CreationTime: new Date(p.createdAt),
        }));
        return { ScalingPolicies: policies, NextToken: next };
      },
    },
    DeleteScalingPolicy: {
      resource,
      run: (input: Input, request: CloudRequest) => {
        store.policies.delete(policyKey(find(input, request)));
      },
    },
  };
}
