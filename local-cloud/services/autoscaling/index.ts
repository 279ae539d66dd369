import { randomUUID } from 'node:crypto';
import { rpcService } from '../../core/rpc.ts';
import { type CloudContext, CloudFault, type CloudRequest, type Service } from '../../core/service.ts';
import type { EcsService } from '../ecs/index.ts';
import { model } from '../shapes/autoscaling.ts';
import { type Input, modelled } from '../shapes/modelled.ts';
import { page } from '../shapes/page.ts';

interface Target {
  readonly region: string;
  readonly namespace: string;
  readonly resourceId: string;
  readonly dimension: string;
  readonly id: string;
  readonly createdAt: number;
  min: number;
  max: number;
  roleArn?: string;
  suspended: Input;
  tags: Record<string, string>;
}

interface Policy {
  readonly region: string;
  readonly namespace: string;
  readonly resourceId: string;
  readonly dimension: string;
  readonly name: string;
  readonly id: string;
  readonly createdAt: number;
  type: string;
  /** `TargetTrackingScalingPolicyConfiguration` or `StepScalingPolicyConfiguration`. */
  configuration: Input;
}

interface Store {
  readonly context: CloudContext;
  readonly targets: Map<string, Target>;
  readonly policies: Map<string, Policy>;
}

/**
 * Application Auto Scaling for ECS services. Targets and policies are kept and shown as AWS does; a new range moves the
 * service's wanted count into it. No load is measured here, so policies never scale by themselves, and no alarms are
 * made for them (`Alarms` is empty).
 */
export function autoScalingService(context: CloudContext): Service {
  const store: Store = { context, targets: new Map(), policies: new Map() };
  const rpc = rpcService({
    name: 'application-autoscaling',
    target: 'AnyScaleFrontendService',
    jsonVersion: '1.1',
    invalidCode: 'ValidationException',
    operations: modelled(model, {
      ...targetOperations(store),
      ...policyOperations(store),
      ...tagOperations(store),
    }),
  });
  return {
    ...rpc,
    save: () => ({ targets: [...store.targets.values()], policies: [...store.policies.values()] }),
    load: (state) => {
      const { targets, policies } = state as { targets: Target[]; policies: Policy[] };
      for (const target of targets) store.targets.set(keyOf(target), target);
      for (const policy of policies) store.policies.set(policyKey(policy), policy);
    },
  };
}

const refuse = (code: string, message: string) => new CloudFault(code, message);
const invalid = (message: string) => refuse('ValidationException', message);

interface Scaled {
  readonly region: string;
  readonly namespace: string;
  readonly resourceId: string;
  readonly dimension: string;
}

const keyOf = (s: Scaled) => [s.region, s.namespace, s.resourceId, s.dimension].join('|');
const policyKey = (p: Scaled & { readonly name: string }) => `${keyOf(p)}|${p.name}`;
const resource = (input: Input) => (input.ResourceId ?? input.ResourceARN) as string;

function scaledOf(input: Input, request: CloudRequest): Scaled {
  return {
    region: request.region,
    namespace: input.ServiceNamespace,
    resourceId: input.ResourceId,
    dimension: input.ScalableDimension,
  };
}

/** @throws ValidationException where it is no ECS service's count */
function ecsNames(scaled: Scaled): { cluster: string; service: string } {
  const match = /^service\/([^/]+)\/([^/]+)$/.exec(scaled.resourceId);
  if (scaled.namespace !== 'ecs')
    throw invalid(`Service namespace ${scaled.namespace} is not offered by the local cloud; there is: ecs`);
  if (scaled.dimension !== 'ecs:service:DesiredCount' || !match)
    throw invalid(`Unsupported service namespace, resource type or scalable dimension: ${scaled.resourceId}`);
  return { cluster: match[1] ?? '', service: match[2] ?? '' };
}

function targetArn(store: Store, target: Target): string {
  return `arn:aws:application-autoscaling:${target.region}:${store.context.account}:scalable-target/${target.id}`;
}

function targetOf(store: Store, scaled: Scaled): Target {
  const target = store.targets.get(keyOf(scaled));
  if (target) return target;
  throw refuse(
    'ObjectNotFoundException',
    `No scalable target registered for service namespace: ${scaled.namespace}, resource ID: ${scaled.resourceId}, scalable dimension: ${scaled.dimension}`,
  );
}

function targetOperations(store: Store) {
  return {
    RegisterScalableTarget: {
      resource,
      iam: ['application-autoscaling:RegisterScalableTarget', 'iam:CreateServiceLinkedRole'],
      run: (input: Input, request: CloudRequest) => {
        const scaled = scaledOf(input, request);
        const { cluster, service } = ecsNames(scaled);
        const ecs = store.context.service<EcsService>('ecs');
        const desired = ecs.desiredCount(request.region, cluster, service);
        if (desired === undefined) throw invalid(`ECS service doesn't exist: ${scaled.resourceId}`);
        const known = store.targets.get(keyOf(scaled));
        const min = input.MinCapacity ?? known?.min;
        const max = input.MaxCapacity ?? known?.max;
        if (min === undefined || max === undefined)
          throw invalid('MinCapacity and MaxCapacity are required to register a new scalable target.');
        if (min > max || min < 0)
          throw invalid(`Minimum capacity cannot be greater than maximum capacity: ${min} > ${max}`);
        const target: Target = known ?? {
          ...scaled,
          id: randomUUID().replaceAll('-', ''),
          createdAt: store.context.now(),
          min,
          max,
          suspended: {},
          tags: { ...input.Tags },
        };
        target.min = min;
        target.max = max;
        if (input.RoleARN) target.roleArn = input.RoleARN;
        target.suspended = { ...target.suspended, ...input.SuspendedState };
        store.targets.set(keyOf(scaled), target);
        ecs.setDesiredCount(request.region, cluster, service, Math.min(Math.max(desired, min), max));
        return { ScalableTargetARN: targetArn(store, target) };
      },
    },
    DeregisterScalableTarget: {
      resource,
      run: (input: Input, request: CloudRequest) => {
        const target = targetOf(store, scaledOf(input, request));
        store.targets.delete(keyOf(target));
        for (const [key, policy] of store.policies)
          if (keyOf(policy) === keyOf(target)) store.policies.delete(key);
      },
    },
    DescribeScalableTargets: {
      run: (input: Input, request: CloudRequest) => {
        const all = [...store.targets.values()]
          .filter((t) => t.region === request.region && t.namespace === input.ServiceNamespace)
          .filter((t) => !input.ResourceIds || input.ResourceIds.includes(t.resourceId))
          .filter((t) => !input.ScalableDimension || t.dimension === input.ScalableDimension);
        const { items, next } = page(
          all,
          input.NextToken,
          input.MaxResults ?? 50,
          'InvalidNextTokenException',
        );
        const off = {
          DynamicScalingInSuspended: false,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: false,
        };
        const linked = `arn:aws:iam::${store.context.account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`;
        const targets = items.map((t) => ({
          ServiceNamespace: t.namespace,
          ResourceId: t.resourceId,
          ScalableDimension: t.dimension,
          MinCapacity: t.min,
          MaxCapacity: t.max,
          RoleARN: t.roleArn ?? linked,
          CreationTime: new Date(t.createdAt),
          SuspendedState: { ...off, ...t.suspended },
          ScalableTargetARN: targetArn(store, t),
        }));
        return { ScalableTargets: targets, NextToken: next };
      },
    },
    DescribeScalingActivities: { run: () => ({ ScalingActivities: [] }) },
  };
}

function policyArn(store: Store, policy: Policy): string {
  return `arn:aws:autoscaling:${policy.region}:${store.context.account}:scalingPolicy:${policy.id}:resource/${policy.namespace}/${policy.resourceId}:policyName/${policy.name}`;
}

function policyOperations(store: Store) {
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

function tagOperations(store: Store) {
  const find = (arn: string): Target => {
    const target = [...store.targets.values()].find((t) => targetArn(store, t) === arn);
    if (target) return target;
    throw refuse('ResourceNotFoundException', `The specified resource doesn't exist: ${arn}`);
  };
  return {
    TagResource: {
      resource,
      run: (input: Input) => {
        Object.assign(find(input.ResourceARN).tags, input.Tags);
      },
    },
    UntagResource: {
      resource,
      run: (input: Input) => {
        const { tags } = find(input.ResourceARN);
        for (const key of input.TagKeys) delete tags[key];
      },
    },
    ListTagsForResource: { resource, run: (input: Input) => ({ Tags: find(input.ResourceARN).tags }) },
  };
}
