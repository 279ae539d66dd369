import type { ReleaseRecord } from '../../release/record.ts';
import type { Job } from '../../runtime/action.ts';
import type { ActionInterface } from '../../runtime/inputs.ts';
import { describeFailures, loadChecks, runChecks } from '../../smoke/index.ts';
import type { PairSteps } from './pair.ts';

/** Longest run of the checks, in milliseconds: the default `budget` of the action smoke-test. */
const BUDGET = 5 * 60_000;

/**
 * The smoke checks at the end, read for the release that is gone back to: `${GITHUB_SHA}` in the file is its commit,
 * for the commit of the workflow that runs the rollback is not what is to be live.
 * @throws ActionError `refused` for a mistake in the file.
 */
export async function rollbackGate<A extends ActionInterface>(
  path: string,
  target: Pick<ReleaseRecord, 'commit' | 'ref' | 'id'>,
  job: Job<A>,
): Promise<PairSteps['gate']> {
  if (path === '') return undefined;
  const { log, clock, signal, run } = job;
  const env = { ...job.env, GITHUB_SHA: target.commit, GITHUB_REF: target.ref, RELEASE_ID: target.id };
  const checks = await loadChecks(path, {
    env,
    log,
    input: 'smoke-checks',
    workspace: run.workspace,
    baseUrlFollows: true,
  });
  return async (urls) => {
    const report = await runChecks(
      checks,
      { log, clock, signal },
      { budget: BUDGET, fallbackBaseUrl: urls.backend ?? urls.frontend, input: 'smoke-checks' },
    );
    return {
      passed: report.outcome !== 'failed',
      outcome: report.outcome,
      problems: describeFailures(report),
    };
  };
}
