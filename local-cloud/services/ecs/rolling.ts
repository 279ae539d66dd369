/** How a service stands while it is being deployed. */
export interface RollingState {
  readonly desired: number;
  /** Percent of `desired` that has to stay healthy, and that may run at most. */
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  /** Tasks of the new revision that are not stopping; and those of them that are healthy. */
  readonly fresh: number;
  readonly freshHealthy: number;
  /** Tasks of other revisions that are not stopping; and those of them that are healthy. */
  readonly old: number;
  readonly oldHealthy: number;
}

export interface RollingStep {
  readonly start: number;
  readonly stop: number;
  readonly done: boolean;
}

/**
 * The next move of a rolling update, by ECS's two limits (ECS developer guide, "Rolling update"): never fewer healthy
 * tasks than the minimum (rounded up), never more tasks than the maximum (rounded down). Old tasks that are not healthy
 * go first and cost nothing.
 */
export function rollingStep(state: RollingState): RollingStep {
  const floor = Math.ceil((state.desired * state.minimumHealthyPercent) / 100);
  const ceiling = Math.max(Math.floor((state.desired * state.maximumPercent) / 100), 0);
  const room = Math.max(0, ceiling - state.fresh - state.old);
  const start = Math.min(Math.max(0, state.desired - state.fresh), room);
  const spare = Math.max(0, state.freshHealthy + state.oldHealthy - floor);
  const stop = Math.min(state.old, state.old - state.oldHealthy + spare);
  return {
    start,
    stop,
    done: state.old === 0 && state.fresh === state.desired && state.freshHealthy === state.desired,
  };
}

/** Tasks that may fail before the circuit breaker opens: half of the wanted ones, 3 at least, 200 at most. */
export function breakerThreshold(desired: number): number {
  return Math.min(200, Math.max(3, Math.ceil(desired * 0.5)));
}

/** One step of a traffic shift: percent of production traffic on the new revision, then so many minutes of waiting. */
export interface ShiftStep {
  readonly weight: number;
  readonly bakeMinutes: number;
}

/** The steps of each strategy that shifts (ECS developer guide, "Deployment strategies"); rolling has none. */
export function shiftSteps(configuration: {
  readonly strategy?: string;
  readonly bakeTimeInMinutes?: number;
  readonly canaryConfiguration?: {
    readonly canaryPercent?: number;
    readonly canaryBakeTimeInMinutes?: number;
  };
  readonly linearConfiguration?: { readonly stepPercent?: number; readonly stepBakeTimeInMinutes?: number };
}): ShiftStep[] {
  const last = { weight: 100, bakeMinutes: configuration.bakeTimeInMinutes ?? 0 };
  if (configuration.strategy === 'BLUE_GREEN') return [last];
  if (configuration.strategy === 'CANARY') {
    const { canaryPercent = 5, canaryBakeTimeInMinutes = 10 } = configuration.canaryConfiguration ?? {};
    return [{ weight: canaryPercent, bakeMinutes: canaryBakeTimeInMinutes }, last];
  }
  if (configuration.strategy === 'LINEAR') {
    const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = configuration.linearConfiguration ?? {};
    const steps: ShiftStep[] = [];
    for (let weight = stepPercent; weight < 100; weight += stepPercent)
      steps.push({ weight, bakeMinutes: stepBakeTimeInMinutes });
    return [...steps, last];
  }
  return [];
}
