import { formatDuration } from '../../../runtime/duration.ts';

/** How a service shifts its traffic, as ECS describes it. */
export interface DeploymentShape {
  readonly strategy?: string | undefined;
  readonly bakeTimeInMinutes?: number | undefined;
  readonly linearConfiguration?:
    | { readonly stepPercent?: number | undefined; readonly stepBakeTimeInMinutes?: number | undefined }
    | undefined;
  readonly canaryConfiguration?:
    | { readonly canaryPercent?: number | undefined; readonly canaryBakeTimeInMinutes?: number | undefined }
    | undefined;
}

/** A strategy's own length, whatever the tasks take to start. */
export interface StrategyLength {
  readonly name: string;
  /** Milliseconds. */
  readonly length: number;
  /** For a person: `LINEAR, 10 steps of 10 %, 6m after each, then 5m of bake`. */
  readonly said: string;
}

const MINUTE = 60_000;

/**
 * How long the steps and the bake of a strategy take by themselves; `undefined` for rolling updates, which have neither.
 * Defaults: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html (10 %, 6 minutes) and
 * API_CanaryConfiguration.html (5 %, 10 minutes).
 */
export function strategyLength(shape: DeploymentShape | undefined): StrategyLength | undefined {
  const bake = (shape?.bakeTimeInMinutes ?? 0) * MINUTE;
  const rest = bake > 0 ? `, then ${formatDuration(bake)} of bake` : '';
  const said = (steps: string) => `${shape?.strategy}${steps}${rest}`;
  switch (shape?.strategy) {
    case 'BLUE_GREEN':
      return { name: shape.strategy, length: bake, said: said('') };
    case 'CANARY': {
      const { canaryPercent = 5, canaryBakeTimeInMinutes = 10 } = shape.canaryConfiguration ?? {};
      const first = canaryBakeTimeInMinutes * MINUTE;
      return {
        name: shape.strategy,
        length: first + bake,
        said: said(`, ${canaryPercent} % for ${formatDuration(first)}`),
      };
    }
    case 'LINEAR': {
      const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = shape.linearConfiguration ?? {};
      const steps = Math.ceil(100 / stepPercent);
      const each = stepBakeTimeInMinutes * MINUTE;
      return {
        name: shape.strategy,
        length: steps * each + bake,
        said: said(`, ${steps} steps of ${stepPercent} %, ${formatDuration(each)} after each`),
      };
    }
    default:
      return undefined;
  }
}

/**
 * True where we may switch ECS's circuit breaker on: for rolling deployments, of which all of AWS's pages say that it works.
 * They disagree on blue/green: "Both methods only support rolling update deployment and blue/green deployment types"
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-failure-detection.html), and "can only be used for
 * services using the rolling update (ECS) deployment type"
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html). No page names CANARY or
 * LINEAR. So with any strategy that shifts traffic it is left as the service has it: a new version that does not start gets
 * no traffic there, and is stopped by us when the time is over.
 */
export const hasCircuitBreaker = (strategy: Pick<StrategyLength, 'name'> | undefined): boolean =>
  strategy === undefined;
