import type { DeploymentConfiguration } from '../shapes/inputs/ecs.ts';

/** Stages of a deployment that shifts traffic, in their order (ECS API, ServiceDeployment.lifecycleStage). */
export const STAGES = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
] as const;

export type Stage = (typeof STAGES)[number];

/** Percent of production traffic on the new revision, and the minutes that it stays so before the next step. */
export interface ShiftStep {
  readonly weight: number;
  readonly minutes: number;
}

/** How a deployment is to go. */
export interface Course {
  readonly steps: readonly ShiftStep[];
  /** Minutes with both revisions after all traffic has moved. */
  readonly bakeMinutes: number;
  /** More than one revision has tasks when it starts. */
  readonly reconcile: boolean;
}

/** Where a deployment is: its stage, and which step of the shift comes next or is under way. */
export interface Place {
  readonly stage: Stage;
  readonly step: number;
}

type Configuration = Pick<
  DeploymentConfiguration,
  'strategy' | 'bakeTimeInMinutes' | 'canaryConfiguration' | 'linearConfiguration'
>;

export const shifts = ({ strategy }: Pick<Configuration, 'strategy'>): boolean =>
  ['BLUE_GREEN', 'CANARY', 'LINEAR'].includes(strategy ?? '');

const ALL: ShiftStep = { weight: 100, minutes: 0 };

/** The steps of each strategy that shifts (ECS developer guide, "Deployment strategies"); rolling has none. */
export function shiftSteps(configuration: Configuration): ShiftStep[] {
  const { strategy } = configuration;
  if (strategy === 'BLUE_GREEN') return [ALL];
  if (strategy === 'CANARY') {
    const { canaryPercent = 5, canaryBakeTimeInMinutes = 10 } = configuration.canaryConfiguration ?? {};
    return canaryPercent < 100 ? [{ weight: canaryPercent, minutes: canaryBakeTimeInMinutes }, ALL] : [ALL];
  }
  if (strategy !== 'LINEAR') return [];
  const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = configuration.linearConfiguration ?? {};
  const before = Math.ceil(1000 / Math.round(stepPercent * 10)) - 1;
  const steps = Array.from({ length: before }, (_, i) => ({
    weight: round((i + 1) * stepPercent),
    minutes: stepBakeTimeInMinutes,
  }));
  return [...steps, ALL];
}

const round = (value: number) => Math.round(value * 10) / 10;

/** @param first the service has no revision that serves: all traffic goes to the new one at once */
export function courseOf(configuration: Configuration, first: boolean, revisions: number): Course {
  if (first) return { steps: [ALL], bakeMinutes: 0, reconcile: false };
  return {
    steps: shiftSteps(configuration),
    bakeMinutes: configuration.bakeTimeInMinutes ?? 0,
    reconcile: revisions > 1,
  };
}

export const firstPlace = ({ reconcile }: Course): Place => ({
  stage: reconcile ? 'RECONCILE_SERVICE' : 'PRE_SCALE_UP',
  step: 0,
});

/** What comes after a place; `undefined` after CLEAN_UP. Before each step of a shift comes PRE_PRODUCTION_TRAFFIC_SHIFT. */
export function nextPlace({ stage, step }: Place, { steps }: Course): Place | undefined {
  if (stage === 'PRODUCTION_TRAFFIC_SHIFT' && step < steps.length - 1)
    return { stage: 'PRE_PRODUCTION_TRAFFIC_SHIFT', step: step + 1 };
  const next = STAGES[STAGES.indexOf(stage) + 1];
  return next && { stage: next, step };
}

/** Percent of production and of test traffic that the new revision has at a place. */
export function trafficAt({ stage, step }: Place, { steps }: Course): { production: number; test: number } {
  const at = (other: Stage) => STAGES.indexOf(stage) - STAGES.indexOf(other);
  const test = at('TEST_TRAFFIC_SHIFT') >= 0 ? 100 : 0;
  if (at('PRE_PRODUCTION_TRAFFIC_SHIFT') < 0) return { production: 0, test };
  if (at('PRODUCTION_TRAFFIC_SHIFT') > 0) return { production: 100, test };
  const moved = stage === 'PRODUCTION_TRAFFIC_SHIFT' ? step : step - 1;
  return { production: steps[moved]?.weight ?? 0, test };
}

/** Minutes that a place lasts at least. The last step of a shift has none: the bake comes after it. */
export function minutesAt({ stage, step }: Place, course: Course): number {
  if (stage === 'BAKE_TIME') return course.bakeMinutes;
  return stage === 'PRODUCTION_TRAFFIC_SHIFT' ? (course.steps[step]?.minutes ?? 0) : 0;
}

/** How a deployment stands at its place. */
export interface Standing {
  /** Minutes of AWS's clock since the place was reached. */
  readonly minutes: number;
  readonly hooks: 'running' | 'passed' | 'failed';
  /** All tasks of the new revision are healthy. */
  readonly greenReady: boolean;
  /** No task of another revision than the one that serves and the new one is left. */
  readonly strangersGone: boolean;
  /** No task of any other revision than the new one is left. */
  readonly blueGone: boolean;
}

/** Minutes that a place is held for at least, so that it can be seen. */
export const SEEN_MINUTES = 3 / 60;

export type Move = 'stay' | 'done' | 'roll-back' | Place;

/** What a deployment does next. */
export function decide(place: Place, course: Course, standing: Standing): Move {
  if (standing.hooks === 'failed') return 'roll-back';
  if (standing.hooks === 'running') return 'stay';
  const { stage } = place;
  if (stage === 'RECONCILE_SERVICE' && !standing.strangersGone) return 'stay';
  if (stage === 'SCALE_UP' && !standing.greenReady) return 'stay';
  if (stage === 'CLEAN_UP') return standing.blueGone && standing.greenReady ? 'done' : 'stay';
  if (standing.minutes < Math.max(minutesAt(place, course), SEEN_MINUTES)) return 'stay';
  return nextPlace(place, course) ?? 'done';
}
