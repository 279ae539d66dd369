import { rpcService } from '../../core/rpc.ts';
import type { CloudContext, Service } from '../../core/service.ts';
import type { HealthCheck } from '../../images/health.ts';
import { model } from '../shapes/elbv2.ts';
import type { Inputs } from '../shapes/inputs/elbv2.ts';
import { modelled } from '../shapes/modelled.ts';
import { forwardsOf, forwardTo, type Share } from './actions.ts';
import { balancerOperations, listenerOperations } from './balancers.ts';
import type { Listener, ListenerRule, LoadBalancer, TargetGroup, TaskTarget } from './model.ts';
import { ruleOperations } from './rules.ts';
import { ElbStore } from './store.ts';
import { tagOperations } from './tags.ts';
import { targetGroupOperations } from './target-groups.ts';
import { checkOf, Traffic } from './traffic.ts';

/** What ECS needs of target groups. */
export interface LoadBalancingService extends Service {
  /** The health check of a group; `undefined` where there is no such group. */
  check(group: string): HealthCheck | undefined;
  /** `ip`, `instance`, …; `undefined` where there is no such group. */
  targetType(group: string): string | undefined;
  /** True where a listener sends requests to the group. */
  isUsed(group: string): boolean;
  /** Where a listener's rule sends its requests; `undefined` where there is no such rule. */
  sharesOf(rule: string): readonly Share[] | undefined;
  /** From now on a rule forwards to these groups. */
  forward(rule: string, shares: readonly Share[]): void;
  setTasks(group: string, service: string, tasks: readonly TaskTarget[]): void;
  /** Resolves when no request is with that target any more, or after `bound` milliseconds. */
  drained(id: string, bound: number): Promise<void>;
}

interface State {
  readonly balancers: LoadBalancer[];
  readonly listeners: Listener[];
  readonly groups: TargetGroup[];
  readonly rules?: ListenerRule[];
}

/** Elastic Load Balancing v2, API version 2015-12-01: application load balancers that listen on 127.0.0.1. */
export function loadBalancingService(context: CloudContext): LoadBalancingService {
  const store = new ElbStore(context);
  const traffic = new Traffic(store);
  const rpc = rpcService({
    name: 'elasticloadbalancing',
    target: '',
    queryNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    invalidCode: 'ValidationError',
    operations: modelled<Inputs>(
      model,
      { invalid: 'ValidationError', tooMany: 'TooManyTags', twice: 'DuplicateTagKeys' },
      {
        ...balancerOperations(store, traffic),
        ...listenerOperations(store, traffic),
        ...targetGroupOperations(store, traffic),
        ...ruleOperations(store, traffic),
        ...tagOperations(store),
      },
    ),
  });
  const state = (): State => ({
    balancers: [...store.balancers.values()],
    listeners: [...store.listeners.values()],
    groups: [...store.groups.values()],
    rules: [...store.rules.values()],
  });
  return {
    ...rpc,
    save: state,
    load: (saved) => {
      const { balancers, listeners, groups, rules = [] } = saved as State;
      for (const one of balancers) store.balancers.set(one.arn, one);
      for (const one of listeners) store.listeners.set(one.arn, one);
      for (const one of groups) store.groups.set(one.arn, one);
      for (const one of rules) store.rules.set(one.arn, one);
      for (const { targets } of groups) for (const target of targets) target.checkAt = 0;
    },
    inspect: () => ({
      ...state(),
      listeners: [...store.listeners.values()].map((one) => ({
        ...one,
        url: `http://127.0.0.1:${one.port}`,
      })),
    }),
    start: async () => {
      for (const balancer of store.balancers.values()) {
        const [port, listeners] = [balancer.port, store.listenersOf(balancer)];
        await traffic.open(balancer);
        const first = listeners.find((one) => one.port === port);
        if (first) first.port = balancer.port;
        for (const one of listeners) if (one !== first) await traffic.openListener(one, balancer);
      }
      traffic.route();
      traffic.start();
    },
    close: () => traffic.close(),
    check: (group) => {
      const found = store.groups.get(group);
      return found && checkOf(found);
    },
    targetType: (group) => store.groups.get(group)?.input.TargetType,
    isUsed: (group) => {
      const found = store.groups.get(group);
      return found !== undefined && store.balancersOf(found).length > 0;
    },
    sharesOf: (rule) => {
      const found = store.findRule(rule);
      return found && forwardsOf(found.actions);
    },
    forward: (arn, shares) => {
      const rule = store.findRule(arn);
      if (!rule) return;
      store.setActions(rule, [forwardTo(shares)]);
      traffic.route();
    },
    setTasks: (group, service, tasks) => traffic.setTasks(group, service, tasks),
    drained: (id, bound) => traffic.drained(id, bound),
  };
}
