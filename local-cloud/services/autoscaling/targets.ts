import { randomUUID } from 'node:crypto';
import type { CloudRequest } from '../../core/service.ts';
import type { EcsService } from '../ecs/index.ts';
import type { Inputs } from '../shapes/inputs/autoscaling.ts';
import { page } from '../shapes/page.ts';
import {
  ecsNames,
  invalid,
  keyOf,
  refuse,
  resource,
  type Store,
  scaledOf,
  type Target,
  targetArn,
  targetOf,
} from './store.ts';

export function targetOperations(store: Store) {
  return {
    RegisterScalableTarget: {
      resource,
      iam: ['application-autoscaling:RegisterScalableTarget', 'iam:CreateServiceLinkedRole'],
      run: (input: Inputs['RegisterScalableTarget'], request: CloudRequest) => {
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
      run: (input: Inputs['DeregisterScalableTarget'], request: CloudRequest) => {
        const target = targetOf(store, scaledOf(input, request));
        store.targets.delete(keyOf(target));
        for (const [key, policy] of store.policies)
          if (keyOf(policy) === keyOf(target)) store.policies.delete(key);
      },
    },
    DescribeScalableTargets: {
      run: (input: Inputs['DescribeScalableTargets'], request: CloudRequest) => {
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
    DescribeScalingActivities: {
      run: (input: Inputs['DescribeScalingActivities'], request: CloudRequest) => {
        const all = store.activities
          .filter((a) => a.region === request.region)
          .filter((a) => !input.ResourceId || a.resourceId === input.ResourceId);
        const { items, next } = page(
          all,
          input.NextToken,
          input.MaxResults ?? 50,
          'InvalidNextTokenException',
        );
        const activities = items.map((a) => ({
          ActivityId: a.id,
          ServiceNamespace: 'ecs',
          ResourceId: a.resourceId,
          ScalableDimension: 'ecs:service:DesiredCount',
          Description: a.description,
          Cause: a.cause,
          StartTime: new Date(a.at),
          EndTime: new Date(a.at),
          StatusCode: 'Successful',
          StatusMessage: 'Successfully set desired count.',
        }));
        return { ScalingActivities: activities, NextToken: next };
      },
    },
  };
}

export function tagOperations(store: Store) {
  const find = (arn: string): Target => {
    const target = [...store.targets.values()].find((t) => targetArn(store, t) === arn);
    if (target) return target;
    throw refuse('ResourceNotFoundException', `The specified resource doesn't exist: ${arn}`);
  };
  return {
    TagResource: {
      resource,
      run: (input: Inputs['TagResource']) => {
        Object.assign(find(input.ResourceARN).tags, input.Tags);
      },
    },
    UntagResource: {
      resource,
      run: (input: Inputs['UntagResource']) => {
        const { tags } = find(input.ResourceARN);
        for (const key of input.TagKeys) delete tags[key];
      },
    },
    ListTagsForResource: {
      resource,
      run: (input: Inputs['ListTagsForResource']) => ({ Tags: find(input.ResourceARN).tags }),
    },
  };
}
