import type { GateAnswer } from '../../frontend/index.ts';
import type { Job } from '../../runtime/action.ts';
import { describeFailures, loadChecks, renderSmokeSummary, runChecks } from '../../smoke/index.ts';
import type { action } from './interface.ts';

/** Longest run of the checks, in milliseconds: the default `budget` of the action smoke-test. */
const BUDGET = 5 * 60_000;

/**
 * The smoke checks as a gate; `undefined` where there are none. The file is read at once, so that a mistake in it is
 * found before anything else happens.
 */
export async function smokeGate(path: string, job: Job<typeof action>) {
  if (!path) return undefined;
  const { log, clock, signal, env, run } = job;
  const checks = await loadChecks(path, {
    env,
    log,
    input: 'smoke-checks',
    workspace: run.workspace,
    baseUrlFollows: true,
  });
  return async (siteUrl: string | undefined): Promise<GateAnswer> => {
    const report = await runChecks(
      checks,
      { log, clock, signal },
      { budget: BUDGET, fallbackBaseUrl: siteUrl, input: 'smoke-checks' },
    );
    signal.throwIfAborted();
    return {
      outcome: report.outcome,
      problems: describeFailures(report),
      summary: renderSmokeSummary(report),
    };
  };
}
