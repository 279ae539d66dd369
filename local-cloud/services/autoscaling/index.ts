import { rpcService } from '../../core/rpc.ts';
import type { CloudContext, Service } from '../../core/service.ts';
import { model } from '../shapes/autoscaling.ts';
import type { Inputs } from '../shapes/inputs/autoscaling.ts';
import { modelled } from '../shapes/modelled.ts';
import { policyOperations } from './policies.ts';
import { keyOf, type Policy, policyKey, type Store, type Target } from './store.ts';
import { tagOperations, targetOperations } from './targets.ts';
import { Tracking } from './tracking.ts';

/**
 * Application Auto Scaling for ECS services. Targets and policies are kept and shown as AWS does; a new range moves the
 * service's wanted count into it, and target tracking follows its metric. No load is measured here: the metric says what
 * PutMetricData put into it. No alarms are made for policies (`Alarms` is empty).
 */
export function autoScalingService(context: CloudContext): Service {
  const store: Store = { context, targets: new Map(), policies: new Map(), activities: [] };
  const rpc = rpcService({
    name: 'application-autoscaling',
    target: 'AnyScaleFrontendService',
    jsonVersion: '1.1',
    invalidCode: 'ValidationException',
    operations: modelled<Inputs>(
      model,
      { invalid: 'ValidationException', tooMany: 'TooManyTagsException' },
      {
        ...targetOperations(store),
        ...policyOperations(store),
        ...tagOperations(store),
      },
    ),
  });
  const tracking = new Tracking(store);
  return {
    ...rpc,
    start: () => tracking.start(),
    close: async () => tracking.stop(),
    save: () => ({ targets: [...store.targets.values()], policies: [...store.policies.values()] }),
    load: (state) => {
      const { targets, policies } = state as { targets: Target[]; policies: Policy[] };
      for (const target of targets) store.targets.set(keyOf(target), target);
      for (const policy of policies) store.policies.set(policyKey(policy), policy);
    },
  };
}
