import { FrontDoor } from '../../images/front-door.ts';
import { type HealthCheck, probeOnce, SHORTEST_TIMEOUT } from '../../images/health.ts';
import type { Backend, Rule } from '../../images/routing.ts';
import { forwardsOf, replyOf } from './actions.ts';
import { matches } from './conditions.ts';
import { countAnswer } from './metrics.ts';
import type { Listener, ListenerRule, LoadBalancer, Target, TargetGroup, TaskTarget } from './model.ts';
import type { ElbStore } from './store.ts';

/** Real milliseconds between two looks at what is due. */
const TICK = 50;

/** Times in milliseconds of AWS's clock. */
export function checkOf({ input }: TargetGroup): HealthCheck {
  const codes = matcher(input.Matcher?.HttpCode ?? '200');
  return {
    protocol: input.HealthCheckProtocol === 'TCP' ? 'TCP' : 'HTTP',
    path: input.HealthCheckPath ?? '/',
    interval: input.HealthCheckIntervalSeconds * 1000,
    timeout: input.HealthCheckTimeoutSeconds * 1000,
    healthyThreshold: input.HealthyThresholdCount,
    unhealthyThreshold: input.UnhealthyThresholdCount,
    success: codes,
  };
}

/** `200`, `200,202` or `200-299`. */
function matcher(text: string): (status: number) => boolean {
  const ranges = text.split(',').map((part) => part.split('-').map(Number));
  return (status) => ranges.some(([from = 0, to = from]) => status >= from && status <= to);
}

/** What listens and what is asked: a door for each listener, the health of targets, and who gets the next request. */
export class Traffic {
  readonly #store: ElbStore;
  readonly #doors = new Map<string, FrontDoor>();
  /** Tasks of ECS services, by target group and service. */
  readonly #tasks = new Map<string, Map<string, readonly TaskTarget[]>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: ElbStore) {
    this.#store = store;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#doors.values()].map((door) => door.close()));
  }

  /** Opens the address that a load balancer's DNS name tells. */
  async open(balancer: LoadBalancer): Promise<void> {
    balancer.port = await this.#listen(balancer.arn, balancer, balancer.port);
  }

  /** The first listener that does not redirect has the address of its load balancer; each other one its own. */
  async openListener(listener: Listener, balancer: LoadBalancer): Promise<void> {
    const others = this.#store.listenersOf(balancer).filter((one) => one.arn !== listener.arn);
    const redirects = listener.input.DefaultActions?.some((action) => action.Type === 'redirect');
    const first = !redirects && !others.some((one) => one.port === balancer.port);
    listener.port = first ? balancer.port : await this.#listen(listener.arn, balancer, listener.port);
    this.route();
  }

  async shut(arn: string): Promise<void> {
    const door = this.#doors.get(arn);
    this.#doors.delete(arn);
    await door?.close();
  }

  /** ECS says which tasks of a service belong to a group. */
  setTasks(group: string, service: string, tasks: readonly TaskTarget[]): void {
    const services = this.#tasks.get(group) ?? new Map<string, readonly TaskTarget[]>();
    services.set(service, tasks);
    this.#tasks.set(group, services);
    this.route();
  }

  tasksOf(group: TargetGroup): TaskTarget[] {
    return [...(this.#tasks.get(group.arn)?.values() ?? [])].flat();
  }

  /** Resolves when no request of any listener is with that target any more, or after `bound` milliseconds. */
  async drained(id: string, bound: number): Promise<void> {
    await Promise.all([...this.#doors.values()].map((door) => door.drained(id, bound)));
  }

  /** Who gets new requests from now on. */
  route(): void {
    const routed = new Set<string>();
    for (const listener of this.#store.listeners.values()) {
      const balancer = this.#store.balancers.get(listener.loadBalancerArn);
      const arn = balancer && listener.port === balancer.port ? balancer.arn : listener.arn;
      this.#doors.get(arn)?.routeBy(this.#store.rulesOf(listener).map((rule) => this.#routing(rule)));
      routed.add(arn);
    }
    for (const [arn, door] of this.#doors) if (!routed.has(arn)) door.route([]);
  }

  #routing(rule: ListenerRule): Rule {
    const pools = forwardsOf(rule.actions).map(({ arn, weight }) => ({
      id: arn,
      weight,
      backends: this.#backendsOf(arn),
    }));
    return {
      id: rule.arn,
      matches: (asked) => matches(rule.conditions, asked),
      to: replyOf(rule.actions) ?? pools,
    };
  }

  #backendsOf(arn: string): Backend[] {
    const group = this.#store.groups.get(arn);
    if (!group) return [];
    const tasks = this.tasksOf(group)
      .filter((task) => task.state === 'healthy')
      .map((task) => ({ id: task.id, port: task.port, weight: 1 }));
    const others = group.targets
      .filter((target) => target.state === 'healthy')
      .map((target) => ({ id: idOf(group, target), port: target.port, weight: 1 }));
    return [...tasks, ...others];
  }

  async #listen(arn: string, balancer: LoadBalancer, port: number): Promise<number> {
    const door = new FrontDoor();
    door.observe((answer) => countAnswer(this.#store.context, balancer, answer));
    this.#doors.set(arn, door);
    return door.listen(port);
  }

  #tick(): void {
    const now = this.#store.context.now();
    for (const group of this.#store.groups.values()) {
      const used = this.#store.balancersOf(group).length > 0;
      for (const target of group.targets) {
        if (target.state === 'draining' || target.checkAt > now) continue;
        if (used) this.#check(group, target);
        else this.#set(target, 'unused', 'Target.NotInUse');
      }
    }
  }

  #check(group: TargetGroup, target: Target): void {
    const { speed } = this.#store.context;
    const check = checkOf(group);
    if (target.state === 'unused') this.#set(target, 'initial', 'Elb.InitialHealthChecking');
    target.checkAt = Number.POSITIVE_INFINITY;
    probeOnce(target.port, check, Math.max(SHORTEST_TIMEOUT, check.timeout / speed))
      .then(({ ok, why }) => {
        target.checkAt = this.#store.context.now() + Math.max(20, check.interval / speed);
        if (target.state === 'draining') return;
        [target.good, target.bad] = ok ? [target.good + 1, 0] : [0, target.bad + 1];
        // The first check of a new target decides at once when it passes, as an ALB's does.
        const enough = target.state === 'initial' ? 1 : check.healthyThreshold;
        if (target.good >= enough) this.#set(target, 'healthy', '');
        if (target.bad >= check.unhealthyThreshold) this.#set(target, 'unhealthy', why);
      })
      .catch(() => {});
  }

  #set(target: Target, state: Target['state'], why: string): void {
    target.why = why;
    if (target.state === state) return;
    target.state = state;
    this.#store.changed();
    this.route();
  }

  /** No new requests to a target; it is gone when its last one has ended, or the group's delay is over. */
  deregister(group: TargetGroup, target: Target): void {
    this.#set(target, 'draining', 'Target.DeregistrationInProgress');
    const delay = Number(group.attributes['deregistration_delay.timeout_seconds'] ?? 300) * 1000;
    const gone = () => {
      const at = group.targets.indexOf(target);
      if (at >= 0) group.targets.splice(at, 1);
      this.#store.changed();
    };
    void this.drained(idOf(group, target), delay / this.#store.context.speed).then(gone, gone);
  }
}

const idOf = (group: TargetGroup, target: Target) => `${group.arn}/${target.id}:${target.port}`;
