import type { Fleet, Live } from './fleet.ts';
import { countFailures, whyGivenUp } from './judgement.ts';
import { type DeploymentRecord, isOver, type ServiceRecord, type TaskRecord } from './model.ts';
import { rollingStep, shiftSteps } from './rolling.ts';
import type { EcsStore } from './store.ts';

/** Seconds at speed 1: before a deployment begins; and the watch over its alarms after a rolling one is done. */
const SECONDS = { pending: 2, alarmBake: 60 };
/** Real milliseconds between two looks at every service. */
const TICK = 50;

/**
 * Keeps every service as it should be: one look after another, each a small step. Deployments go through AWS's
 * statuses (DescribeServiceDeployments), roll or shift traffic as their strategy says, and roll back by the circuit
 * breaker, by alarms, or on request.
 */
export class Scheduler {
  readonly #store: EcsStore;
  readonly #fleet: Fleet;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: EcsStore, fleet: Fleet) {
    this.#store = store;
    this.#fleet = fleet;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    for (const service of this.#store.services.values()) {
      const live = this.#fleet.live(service);
      if (!live || service.status === 'INACTIVE') continue;
      try {
        this.#step(service, live);
      } catch (error) {
        this.#store.context.log(`scheduling ${service.name}: ${(error as Error).stack ?? error}`);
      }
    }
  }

  #step(service: ServiceRecord, live: Live): void {
    const deployment = this.#store.activeDeployment(service);
    if (service.status === 'DRAINING') this.#drain(service, live);
    else if (deployment) this.#advance(service, live, deployment);
    else if (service.currentRevision) this.#keep(service, live, service.currentRevision);
    this.#fleet.route(service, live);
  }

  // -- a deployment under way

  #advance(service: ServiceRecord, live: Live, deployment: DeploymentRecord): void {
    const { status } = deployment;
    if (status === 'PENDING') this.#begin(service, deployment);
    if (status === 'STOP_REQUESTED') this.#abort(service, live, deployment);
    if (status === 'ROLLBACK_REQUESTED')
      this.#rollBack(service, deployment, 'Rollback requested by StopServiceDeployment.');
    if (status === 'ROLLBACK_IN_PROGRESS') this.#continueRollback(service, live, deployment);
    if (status === 'IN_PROGRESS') this.#progress(service, live, deployment);
  }

  #begin(service: ServiceRecord, deployment: DeploymentRecord): void {
    if (!this.#elapsed(deployment.createdAt, SECONDS.pending)) return;
    deployment.startedAt = this.#store.context.now();
    this.#set(deployment, 'IN_PROGRESS');
    this.#stage(deployment, 'SCALE_UP');
    const forced = this.#store.context.fault('ecs', 'operation-status', service.arn)?.['status'];
    if (typeof forced !== 'string') return;
    if (forced.startsWith('ROLLBACK_')) this.#revert(service, deployment);
    if (isOver(forced)) this.#finish(deployment, forced, 'asked for by a fault');
    else this.#set(deployment, forced);
  }

  #progress(service: ServiceRecord, live: Live, deployment: DeploymentRecord): void {
    if (this.#store.context.fault('ecs', 'stuck', service.arn)) return;
    countFailures(this.#store, service, live, deployment);
    const why = whyGivenUp(this.#store, service, live, deployment);
    if (why) {
      this.#failed(service, live, deployment, why);
      return;
    }
    const steps = shiftSteps(deployment.configuration);
    const first = deployment.source.length === 0;
    const done =
      steps.length > 0 && !first
        ? this.#shift(service, live, deployment, steps)
        : this.#roll(service, live, deployment.target, deployment.configuration) &&
          this.#bakeAlarms(deployment);
    if (!done) return;
    service.currentRevision = deployment.target;
    deployment.weight = 100;
    if (deployment.breaker === 'MONITORING') deployment.breaker = 'MONITORING_COMPLETE';
    this.#finish(deployment, 'SUCCESSFUL');
    this.#store.event(service, `(deployment ${deployment.id}) deployment completed.`);
    this.#store.event(service, 'has reached a steady state.');
  }

  /** A rolling deployment with alarms is watched a while longer. */
  #bakeAlarms(deployment: DeploymentRecord): boolean {
    if (!deployment.configuration.alarms?.enable) return true;
    if (deployment.lifecycleStage !== 'BAKE_TIME') this.#stage(deployment, 'BAKE_TIME');
    return this.#elapsed(deployment.stageAt, SECONDS.alarmBake);
  }

  /** Moves tasks of a revision in and all others out. @returns true when it is done */
  #roll(
    service: ServiceRecord,
    live: Live,
    revision: string,
    configuration: DeploymentRecord['configuration'],
  ): boolean {
    const tasks = this.#fleet.tasks(service, live);
    const fresh = tasks.filter((t) => t.revisionArn === revision);
    const old = tasks.filter((t) => t.revisionArn !== revision);
    const step = rollingStep({
      desired: service.desired,
      minimumHealthyPercent: configuration.minimumHealthyPercent ?? 100,
      maximumPercent: configuration.maximumPercent ?? 200,
      fresh: fresh.length,
      freshHealthy: fresh.filter((t) => t.healthy).length,
      old: old.length,
      oldHealthy: old.filter((t) => t.healthy).length,
    });
    this.#fleet.launch(service, live, revision, step.start);
    const worstFirst = [...old].sort((a, b) => Number(a.healthy) - Number(b.healthy));
    for (const task of worstFirst.slice(0, step.stop)) this.#fleet.leave(service, live, task);
    this.#trim(service, live, fresh);
    return step.done && live.leaving.size === 0;
  }

  /** All new tasks beside the old ones, then the traffic in steps, then the old ones go. @returns true when done */
  #shift(
    service: ServiceRecord,
    live: Live,
    deployment: DeploymentRecord,
    steps: ReturnType<typeof shiftSteps>,
  ): boolean {
    const tasks = this.#fleet.tasks(service, live);
    const fresh = tasks.filter((t) => t.revisionArn === deployment.target);
    this.#fleet.launch(service, live, deployment.target, service.desired - fresh.length);
    this.#trim(service, live, fresh);
    if (deployment.lifecycleStage === 'CLEAN_UP') {
      const old = tasks.filter((t) => t.revisionArn !== deployment.target);
      for (const task of old) this.#fleet.leave(service, live, task);
      return old.length === 0 && live.leaving.size === 0;
    }
    if (fresh.filter((t) => t.healthy).length < service.desired) return false;
    const at = steps.findIndex((step) => step.weight === deployment.weight);
    const current = steps[at];
    if (current && !this.#elapsed(deployment.stageAt, current.bakeMinutes * 60)) return false;
    const next = steps[at + 1];
    if (next) {
      deployment.weight = next.weight;
      this.#stage(deployment, next.weight === 100 ? 'BAKE_TIME' : 'PRODUCTION_TRAFFIC_SHIFT');
    } else this.#stage(deployment, 'CLEAN_UP');
    return false;
  }

  #failed(service: ServiceRecord, live: Live, deployment: DeploymentRecord, why: string): void {
    const { deploymentCircuitBreaker, alarms } = deployment.configuration;
    const byAlarm = deployment.triggeredAlarms.length > 0;
    const rollback = service.express || (byAlarm ? alarms?.rollback : deploymentCircuitBreaker?.rollback);
    this.#store.event(
      service,
      `(deployment ${deployment.id}) deployment failed: ${byAlarm ? 'alarm detected' : 'tasks failed to start'}.`,
    );
    deployment.statusReason = why;
    if (rollback) this.#rollBack(service, deployment, why);
    else this.#abort(service, live, deployment);
  }

  /** Stops without going back: new tasks go, old ones stay. */
  #abort(service: ServiceRecord, live: Live, deployment: DeploymentRecord): void {
    if (service.currentRevision && service.currentRevision !== deployment.target) {
      for (const task of this.#fleet.tasks(service, live))
        if (task.revisionArn === deployment.target) this.#fleet.leave(service, live, task);
      this.#revert(service, deployment);
    }
    deployment.stoppedAt = this.#store.context.now();
    this.#finish(deployment, 'STOPPED', deployment.statusReason ?? 'Service deployment stopped.');
  }

  // -- going back

  #rollBack(service: ServiceRecord, deployment: DeploymentRecord, reason: string): void {
    const revisionArn = service.currentRevision;
    const startedAt = this.#store.context.now();
    deployment.rollback = { reason, startedAt, ...(revisionArn ? { revisionArn } : {}) };
    deployment.statusReason = reason;
    if (!revisionArn) {
      this.#finish(deployment, 'ROLLBACK_FAILED', `${reason} There is no earlier revision to go back to.`);
      return;
    }
    this.#store.event(service, `(deployment ${deployment.id}) rolling back to ${revisionArn}.`);
    deployment.weight = 0;
    this.#revert(service, deployment);
    this.#set(deployment, 'ROLLBACK_IN_PROGRESS');
  }

  #continueRollback(service: ServiceRecord, live: Live, deployment: DeploymentRecord): void {
    const revision = deployment.rollback?.revisionArn ?? service.currentRevision;
    if (!revision || !deployment.rollback) return;
    if (!this.#elapsed(deployment.rollback.startedAt, 5)) return;
    if (this.#store.context.fault('ecs', 'rollback-fails', service.arn)) {
      this.#finish(deployment, 'ROLLBACK_FAILED', deployment.rollback.reason);
      return;
    }
    if (!this.#roll(service, live, revision, deployment.configuration)) return;
    this.#finish(deployment, 'ROLLBACK_SUCCESSFUL', deployment.rollback.reason);
    this.#store.event(service, 'has reached a steady state.');
  }

  /** The service's own members are those of the revision that it goes back to. */
  #revert(service: ServiceRecord, deployment: DeploymentRecord): void {
    const back = this.#store.revisions.get(service.currentRevision ?? '');
    if (!back || back.arn === deployment.target) return;
    service.settings = { ...service.settings, ...back.settings, taskDefinition: back.taskDefinition };
    if (service.express && back.express) service.express.scalingTarget = back.express.scalingTarget;
  }

  // -- without a deployment

  /** As many tasks as are wanted, of the revision that is deployed. */
  #keep(service: ServiceRecord, live: Live, revision: string): void {
    const tasks = this.#fleet.tasks(service, live);
    const mine = tasks.filter((t) => t.revisionArn === revision);
    for (const task of tasks) if (task.revisionArn !== revision) this.#fleet.leave(service, live, task);
    this.#fleet.launch(service, live, revision, service.desired - mine.length);
    this.#trim(service, live, mine);
  }

  #trim(service: ServiceRecord, live: Live, tasks: readonly TaskRecord[]): void {
    for (const task of tasks.slice(service.desired)) this.#fleet.leave(service, live, task);
  }

  #drain(service: ServiceRecord, live: Live): void {
    for (const task of this.#fleet.tasks(service, live)) this.#fleet.leave(service, live, task);
    if (this.#store.tasksOf(service).length > 0) return;
    service.status = 'INACTIVE';
    this.#fleet.end(service);
    this.#store.changed();
  }

  // -- time and statuses

  #elapsed(since: number, seconds: number): boolean {
    return (this.#store.context.now() - since) * this.#store.context.speed >= seconds * 1000;
  }

  #set(deployment: DeploymentRecord, status: string): void {
    deployment.status = status;
    deployment.updatedAt = this.#store.context.now();
    this.#store.changed();
  }

  #stage(deployment: DeploymentRecord, stage: string): void {
    deployment.lifecycleStage = stage;
    deployment.stageAt = this.#store.context.now();
    this.#store.changed();
  }

  #finish(deployment: DeploymentRecord, status: string, reason?: string): void {
    deployment.finishedAt = this.#store.context.now();
    if (reason) deployment.statusReason = reason;
    this.#set(deployment, status);
  }
}
