import { isPreview } from '../release/id.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Outcome } from '../runtime/outcome.ts';

/** What infra/terraform's dashboard draws beside latency and errors: when a release was, and how it ended. */
const NAMESPACE = 'WWHD/Deploy';
const METRIC = 'Release';

/** Nothing of what users reach was touched, so there is nothing to draw. */
const UNTOUCHED: readonly Outcome[] = ['unchanged', 'planned', 'refused'];

export interface Mark {
  readonly environment: string;
  readonly outcome: Outcome;
}

/**
 * Writes one point of the metric `Release`, by Environment and Outcome. It is a mark on a graph and no record, which the ledger
 * has: a role that may not write it, or a network that does not let it through, changes nothing about the release.
 */
export async function markRelease({ environment, outcome }: Mark, log: Log): Promise<void> {
  // A preview is on no dashboard, and each environment would be a metric of its own to pay for.
  if (UNTOUCHED.includes(outcome) || isPreview(environment)) return;
  try {
    const { metricsApi } = await import(/* webpackChunkName: "metrics" */ '../aws/metrics.ts');
    const dimensions = { Environment: environment, Outcome: outcome };
    await metricsApi().put({ namespace: NAMESPACE, name: METRIC, dimensions, value: 1 });
  } catch (error) {
    log.debug(`the metric ${METRIC} was not written (cloudwatch:PutMetricData): ${messageOf(error)}`);
  }
}
