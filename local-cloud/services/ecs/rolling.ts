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

/** A circuit breaker's `thresholdConfiguration` (ECS API, ThresholdConfiguration). */
export interface BreakerThreshold {
  readonly type: string;
  readonly value: number;
}

/**
 * Tasks that may fail before the circuit breaker opens: half of the wanted ones, 3 at least, 200 at most, unless its
 * configuration says otherwise.
 */
export function breakerThreshold(desired: number, configured?: BreakerThreshold): number {
  const { type, value } = configured ?? { type: 'BOUNDED_PERCENT', value: 50 };
  if (type === 'COUNT') return value;
  const share = Math.ceil((desired * value) / 100);
  return type === 'UNBOUNDED_PERCENT' ? share : Math.min(200, Math.max(3, share));
}

/** A rolling deployment's `earlySuccessCriteria` (ECS API, DeploymentEarlySuccessCriteria). */
export interface EarlySuccess {
  readonly enable?: boolean;
  readonly healthyPercent?: number | undefined;
  readonly sourceServiceRevisionCleanup?: string | undefined;
}

/**
 * Whether a rolling deployment may be declared successful before all of its tasks are new and healthy: enough new ones are,
 * and with the clean-up BLOCKING the old ones have ended.
 * @param ending tasks that are on their way out
 */
export function earlySuccess(
  criteria: EarlySuccess | undefined,
  state: RollingState,
  ending: number,
): 'not-yet' | 'old-must-go' | 'success' {
  if (!criteria?.enable) return 'not-yet';
  const enough = Math.ceil((state.desired * (criteria.healthyPercent ?? 100)) / 100);
  if (state.freshHealthy < enough) return 'not-yet';
  const blocked = criteria.sourceServiceRevisionCleanup !== 'DEFERRED' && state.old + ending > 0;
  return blocked ? 'old-must-go' : 'success';
}
