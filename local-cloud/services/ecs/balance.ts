import type { Share } from '../elbv2/actions.ts';
import type { LoadBalancingService } from '../elbv2/index.ts';
import type { TaskTarget } from '../elbv2/model.ts';
import type { LoadBalancer } from '../shapes/inputs/ecs.ts';
import type { DeploymentRecord, RevisionRecord, ServiceRecord, TaskRecord } from './model.ts';
import type { EcsStore } from './store.ts';
import { shifts } from './strategy.ts';

/** The target group of a revision behind a load balancer: of the two of a service that shifts, each revision has one. */
export function groupOf(balancer: LoadBalancer, revision: RevisionRecord | undefined): string | undefined {
  const alternate = balancer.advancedConfiguration?.alternateTargetGroupArn;
  return revision?.alternate && alternate ? alternate : balancer.targetGroupArn;
}

/** Weights of a rule for a percentage: whole percents as they are, tenths of them in thousandths (ALB weights: 0 to 999). */
export function weightsOf(percent: number): readonly [fresh: number, old: number] {
  if (Number.isInteger(percent)) return [percent, 100 - percent];
  const fresh = Math.round(percent * 10);
  return [fresh, Math.min(999, 1000 - fresh)];
}

/** How a listener's rule splits its requests while a deployment has moved so many percent of them. */
export function sharesAt(balancer: LoadBalancer, target: RevisionRecord, percent: number): Share[] {
  const groups = [
    balancer.targetGroupArn,
    balancer.advancedConfiguration?.alternateTargetGroupArn,
  ] as string[];
  const mine = groupOf(balancer, target);
  const [fresh, old] = weightsOf(percent);
  return groups.map((arn) => ({ arn, weight: arn === mine ? fresh : old }));
}

/** Tells load balancers what they have to know of a service: its tasks, by target group, and the weights of its rules. */
export class Balance {
  readonly #store: EcsStore;

  constructor(store: EcsStore) {
    this.#store = store;
  }

  /** The tasks of each of the service's target groups; groups without one have an empty list. */
  tell(
    service: ServiceRecord,
    told: ReadonlyArray<{ readonly task: TaskRecord; readonly target: TaskTarget }>,
  ) {
    const lists = new Map<string, TaskTarget[]>();
    for (const balancer of service.settings.loadBalancers ?? [])
      for (const group of [balancer.targetGroupArn, balancer.advancedConfiguration?.alternateTargetGroupArn])
        if (group) lists.set(group, []);
    for (const { task, target } of told) {
      const revision = this.#store.revisions.get(task.revisionArn ?? '');
      for (const balancer of revision?.settings.loadBalancers ?? []) {
        const group = groupOf(balancer, revision);
        if (group) lists.set(group, [...(lists.get(group) ?? []), target]);
      }
    }
    for (const [group, tasks] of lists) this.#balancing.setTasks(group, service.arn, tasks);
  }

  /** Sets the rules as a deployment that shifts traffic has it; its rules are left alone at all other times. */
  weigh(deployment: DeploymentRecord): void {
    const target = this.#store.revisions.get(deployment.target);
    if (!target || !shifts(deployment.configuration)) return;
    for (const balancer of target.settings.loadBalancers ?? []) {
      const { productionListenerRule, testListenerRule } = balancer.advancedConfiguration ?? {};
      if (productionListenerRule) this.#set(productionListenerRule, balancer, target, deployment.weight);
      if (testListenerRule) this.#set(testListenerRule, balancer, target, deployment.testWeight);
    }
  }

  #set(rule: string, balancer: LoadBalancer, target: RevisionRecord, percent: number): void {
    this.#balancing.forward(rule, sharesAt(balancer, target, percent));
  }

  /** True where users can be sent to one revision and tests to another. */
  hasTestRule(deployment: DeploymentRecord): boolean {
    const balancers = this.#store.revisions.get(deployment.target)?.settings.loadBalancers ?? [];
    return balancers.some((one) => one.advancedConfiguration?.testListenerRule);
  }

  /** Resolves when no request is with that instance any more, or after `bound` milliseconds. */
  drained(instance: string, bound: number): Promise<void> {
    return this.#balancing.drained(instance, bound);
  }

  check(group: string) {
    return this.#balancing.check(group);
  }

  get #balancing(): LoadBalancingService {
    return this.#store.context.service<LoadBalancingService>('elasticloadbalancing');
  }
}
