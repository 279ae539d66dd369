import type { Fleet, Live } from './fleet.ts';
import { countFailures, ringingAlarms, whyGivenUp } from './judgement.ts';
import { type DeploymentRecord, isOver, type ServiceRecord, type TaskRecord } from './model.ts';
import { momentReached } from './moments.ts';
import { earlySuccess, type RollingState, rollingStep } from './rolling.ts';
import { dropOpenHooks, Shift } from './shift.ts';
import type { EcsStore } from './store.ts';
import { shifts } from './strategy.ts';

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
  readonly #shift: Shift;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: EcsStore, fleet: Fleet) {
    this.#store = store;
    this.#fleet = fleet;
    this.#shift = new Shift(store, fleet, (service, stage) => momentReached(store, fleet, service, stage));
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
    deployment.ignoredAlarms = ringingAlarms(this.#store, service, deployment);
    if (shifts(deployment.configuration)) this.#shift.begin(service, deployment);
    this.#set(deployment, 'IN_PROGRESS');
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
    if (why) this.#failed(service, live, deployment, why);
    else if (shifts(deployment.configuration)) this.#lookAtShift(service, live, deployment);
    else if (this.#rolled(service, live, deployment)) this.#succeed(service, deployment);
  }

  #lookAtShift(service: ServiceRecord, live: Live, deployment: DeploymentRecord): void {
    const look = this.#shift.progress(service, live, deployment);
    if (look === 'done') this.#succeed(service, deployment);
    else if (look !== 'goes-on') this.#rollBack(service, deployment, look.rollBack);
  }

  #succeed(service: ServiceRecord, deployment: DeploymentRecord): void {
    service.currentRevision = deployment.target;
    deployment.weight = 100;
    if (deployment.breaker === 'MONITORING') deployment.breaker = 'MONITORING_COMPLETE';
    this.#finish(deployment, 'SUCCESSFUL');
    this.#store.event(service, `(deployment ${deployment.id}) deployment completed.`);
    this.#store.event(service, 'has reached a steady state.');
  }

  /** All tasks are new, or enough of them to succeed early; and the watch after it is over. */
  #rolled(service: ServiceRecord, live: Live, deployment: DeploymentRecord): boolean {
    const { target, configuration } = deployment;
    const done = this.#roll(service, live, target, configuration);
    const state = this.#rollingState(service, live, target, configuration);
    const early = earlySuccess(configuration.earlySuccessCriteria, state, live.leaving.size);
    if (early === 'old-must-go') this.#removeOthers(service, live, target);
    return (done || early === 'success') && this.#baked(deployment);
  }

  /** A rolling deployment with a bake time or alarms is watched a while longer. */
  #baked(deployment: DeploymentRecord): boolean {
    const { alarms, bakeTimeInMinutes = 0 } = deployment.configuration;
    const seconds = bakeTimeInMinutes > 0 ? bakeTimeInMinutes * 60 : alarms?.enable ? SECONDS.alarmBake : 0;
    if (seconds === 0) return true;
    if (deployment.lifecycleStage !== 'BAKE_TIME') {
      deployment.lifecycleStage = 'BAKE_TIME';
      deployment.stageAt = this.#store.context.now();
    }
    return this.#elapsed(deployment.stageAt, seconds);
  }

  /** Moves tasks of a revision in and all others out. @returns true when it is done */
  #roll(
    service: ServiceRecord,
    live: Live,
    revision: string,
    configuration: DeploymentRecord['configuration'],
  ): boolean {
    const step = rollingStep(this.#rollingState(service, live, revision, configuration));
    const tasks = this.#fleet.tasks(service, live);
    const fresh = tasks.filter((t) => t.revisionArn === revision);
    const old = tasks.filter((t) => t.revisionArn !== revision);
    this.#fleet.launch(service, live, revision, step.start);
    const worstFirst = [...old].sort((a, b) => Number(a.healthy) - Number(b.healthy));
    for (const task of worstFirst.slice(0, step.stop)) this.#fleet.leave(service, live, task);
    this.#trim(service, live, fresh);
    return step.done && live.leaving.size === 0;
  }

  #rollingState(
    service: ServiceRecord,
    live: Live,
    revision: string,
    { minimumHealthyPercent = 100, maximumPercent = 200 }: DeploymentRecord['configuration'],
  ): RollingState {
    const tasks = this.#fleet.tasks(service, live);
    const fresh = tasks.filter((t) => t.revisionArn === revision);
    const old = tasks.filter((t) => t.revisionArn !== revision);
    return {
      desired: service.desired,
      minimumHealthyPercent,
      maximumPercent,
      fresh: fresh.length,
      freshHealthy: fresh.filter((t) => t.healthy).length,
      old: old.length,
      oldHealthy: old.filter((t) => t.healthy).length,
    };
  }

  #removeOthers(service: ServiceRecord, live: Live, revision: string): void {
    for (const task of this.#fleet.tasks(service, live))
      if (task.revisionArn !== revision) this.#fleet.leave(service, live, task);
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
      deployment.weight = 0;
      deployment.testWeight = 0;
      this.#fleet.route(service, live);
      for (const task of this.#fleet.tasks(service, live))
        if (task.revisionArn === deployment.target) this.#fleet.leave(service, live, task);
      this.#revert(service, deployment);
    }
    dropOpenHooks(deployment);
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
    dropOpenHooks(deployment);
    this.#revert(service, deployment);
    this.#set(deployment, 'ROLLBACK_IN_PROGRESS');
  }

  #continueRollback(service: ServiceRecord, live: Live, deployment: DeploymentRecord): void {
    const revision = deployment.rollback?.revisionArn ?? service.currentRevision;
    if (!revision || !deployment.rollback) return;
    const wentBack = shifts(deployment.configuration)
      ? this.#shift.goBack(service, live, deployment, revision)
      : this.#roll(service, live, revision, deployment.configuration);
    if (!this.#elapsed(deployment.rollback.startedAt, 5)) return;
    if (this.#store.context.fault('ecs', 'rollback-fails', service.arn)) {
      this.#finish(deployment, 'ROLLBACK_FAILED', deployment.rollback.reason);
      return;
    }
    if (!wentBack) return;
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
    const mine = () => this.#fleet.tasks(service, live).filter((t) => t.revisionArn === revision);
    const newest = service.deployments[0];
    // After an early success the rest is replaced by the same rules as before.
    if (newest?.status === 'SUCCESSFUL' && newest.configuration.earlySuccessCriteria?.enable)
      this.#roll(service, live, revision, newest.configuration);
    else this.#removeOthers(service, live, revision);
    this.#fleet.launch(service, live, revision, service.desired - mine().length);
    this.#trim(service, live, mine());
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

  #finish(deployment: DeploymentRecord, status: string, reason?: string): void {
    deployment.finishedAt = this.#store.context.now();
    if (reason) deployment.statusReason = reason;
    this.#set(deployment, status);
    const service = this.#store.services.get(deployment.serviceArn);
    if (service) momentReached(this.#store, this.#fleet, service, status);
  }
}
