import { randomBytes } from 'node:crypto';
import type { Fleet, Live } from './fleet.ts';
import { answered, expire, type HookAnswer, hooksAt, isOpen, outcomeOf, whyFailed } from './hooks.ts';
import type { DeploymentRecord, ServiceRecord, TaskRecord } from './model.ts';
import type { EcsStore } from './store.ts';
import {
  type Course,
  courseOf,
  decide,
  firstPlace,
  type Place,
  STAGES,
  type Stage,
  type Standing,
  trafficAt,
} from './strategy.ts';

/** How one look at a deployment that shifts traffic ended. */
export type Look = 'goes-on' | 'done' | { readonly rollBack: string };

/**
 * Takes a BLUE_GREEN, CANARY or LINEAR deployment through its stages: the new revision beside the old one, test traffic,
 * production traffic in steps, the bake, and the old tasks away.
 */
export class Shift {
  readonly #store: EcsStore;
  readonly #fleet: Fleet;
  /** Called when a stage begins. */
  readonly #reached: (service: ServiceRecord, stage: string) => void;

  constructor(store: EcsStore, fleet: Fleet, reached: (service: ServiceRecord, stage: string) => void) {
    this.#store = store;
    this.#fleet = fleet;
    this.#reached = reached;
  }

  begin(service: ServiceRecord, deployment: DeploymentRecord): void {
    const revisions = new Set(this.#store.tasksOf(service).map((task) => task.revisionArn));
    const first = service.currentRevision === undefined;
    deployment.course = courseOf(deployment.configuration, first, revisions.size);
    this.#enter(service, deployment, firstPlace(deployment.course));
  }

  progress(service: ServiceRecord, live: Live, deployment: DeploymentRecord): Look {
    const course = deployment.course as Course;
    const place: Place = { stage: deployment.lifecycleStage as Stage, step: deployment.step };
    this.#runHooks(service, deployment);
    this.#fit(service, live, deployment, place.stage);
    const move = decide(place, course, this.#standing(service, live, deployment));
    if (move === 'roll-back') return { rollBack: whyFailed(deployment.hooks, place.stage) };
    if (move === 'done') return 'done';
    if (move !== 'stay') this.#enter(service, deployment, move);
    return 'goes-on';
  }

  /** Users go back to the old revision as soon as all of it is there; then the new tasks go. @returns true when it is done */
  goBack(service: ServiceRecord, live: Live, deployment: DeploymentRecord, revision: string): boolean {
    const tasks = this.#fleet.tasks(service, live);
    const blue = tasks.filter((task) => task.revisionArn === revision);
    this.#fleet.launch(service, live, revision, service.desired - blue.length);
    if (healthy(blue) < service.desired) return false;
    if (deployment.weight > 0 || deployment.testWeight > 0) {
      deployment.lifecycleStage = 'PRODUCTION_TRAFFIC_SHIFT';
      deployment.weight = 0;
      deployment.testWeight = 0;
      this.#store.changed();
      return false;
    }
    deployment.lifecycleStage = 'CLEAN_UP';
    const others = tasks.filter((task) => task.revisionArn !== revision);
    for (const task of others) this.#fleet.leave(service, live, task);
    return others.length === 0 && live.leaving.size === 0;
  }

  #enter(service: ServiceRecord, deployment: DeploymentRecord, place: Place): void {
    const traffic = trafficAt(place, deployment.course as Course);
    deployment.lifecycleStage = place.stage;
    deployment.step = place.step;
    deployment.stageAt = this.#store.context.now();
    deployment.updatedAt = deployment.stageAt;
    deployment.weight = traffic.production;
    deployment.testWeight = this.#fleet.balance.hasTestRule(deployment) ? traffic.test : 0;
    const id = (kind: string) => `ecs-${kind}-${randomBytes(32).toString('base64url')}`;
    deployment.hooks = hooksAt(deployment.configuration.lifecycleHooks, place.stage, this.#clock, id);
    this.#store.changed();
    this.#reached(service, place.stage);
  }

  /** Functions are asked: they answer as the fault `hook` says, and SUCCEEDED without one. */
  #runHooks(service: ServiceRecord, deployment: DeploymentRecord): void {
    const { context } = this.#store;
    for (const run of deployment.hooks) {
      if (run.status !== 'IN_PROGRESS' || context.now() < run.askAt) continue;
      const about = `${service.arn} ${run.targetArn} ${deployment.lifecycleStage}`;
      const answer: HookAnswer = context.fault('ecs', 'hook', about) ?? { hookStatus: 'SUCCEEDED' };
      answered(run, answer, this.#clock);
      this.#store.changed();
    }
    expire(deployment.hooks, context.now());
  }

  /** Tasks as the stage has them: the old ones stay whole until CLEAN_UP, the new ones come with SCALE_UP. */
  #fit(service: ServiceRecord, live: Live, deployment: DeploymentRecord, stage: Stage): void {
    const { target } = deployment;
    const tasks = this.#fleet.tasks(service, live);
    const of = (revision: string | undefined) => tasks.filter((task) => task.revisionArn === revision);
    const current = service.currentRevision;
    const wanted = stage === 'CLEAN_UP' ? [target] : [target, current];
    const strangers = tasks.filter((task) => !wanted.includes(task.revisionArn));
    if (stage === 'RECONCILE_SERVICE' || stage === 'CLEAN_UP')
      for (const task of strangers) this.#fleet.leave(service, live, task);
    if (current && stage !== 'CLEAN_UP') this.#keep(service, live, current, of(current));
    if (STAGES.indexOf(stage) >= STAGES.indexOf('SCALE_UP')) this.#keep(service, live, target, of(target));
  }

  #keep(service: ServiceRecord, live: Live, revision: string, tasks: readonly TaskRecord[]): void {
    this.#fleet.launch(service, live, revision, service.desired - tasks.length);
    for (const task of tasks.slice(service.desired)) this.#fleet.leave(service, live, task);
  }

  #standing(service: ServiceRecord, live: Live, deployment: DeploymentRecord): Standing {
    const tasks = this.#fleet.tasks(service, live);
    const green = tasks.filter((task) => task.revisionArn === deployment.target);
    const others = tasks.filter((task) => task.revisionArn !== deployment.target);
    const settled = live.leaving.size === 0;
    return {
      minutes: (this.#store.context.now() - deployment.stageAt) / this.#clock.minute,
      hooks: outcomeOf(deployment.hooks),
      greenReady: healthy(green) >= service.desired,
      strangersGone: settled && others.every((task) => task.revisionArn === service.currentRevision),
      blueGone: settled && others.length === 0,
    };
  }

  get #clock() {
    return { now: this.#store.context.now(), minute: 60_000 / this.#store.context.speed };
  }
}

const healthy = (tasks: readonly TaskRecord[]) => tasks.filter((task) => task.healthy).length;

/** A deployment that goes back waits for nobody any more; hooks that have ended are still told. */
export function dropOpenHooks(deployment: DeploymentRecord): void {
  deployment.hooks = deployment.hooks.filter((run) => !isOpen(run));
}
