import type { Job } from '../runtime/action.ts';
import type { ActionInterface } from '../runtime/inputs.ts';
import type { SmokeOutcome } from '../runtime/outcome.ts';

/** Longest run of the checks, in milliseconds: the default `budget` of the action smoke-test. */
const BUDGET = 5 * 60_000;

/** What the checks said, in the form that every capability's gate takes. */
export interface SmokeAnswer {
  readonly outcome: SmokeOutcome;
  readonly problems: readonly string[];
  /** Markdown. */
  readonly summary: string;
}

/** Runs the checks; `baseUrl` stands in where the file has none. */
export type SmokeGate = (baseUrl: string | undefined) => Promise<SmokeAnswer>;

/**
 * The smoke checks as a gate; `undefined` where `path` is ''. The file is read at once, so that a mistake in it is
 * found before anything else happens. What reads and runs checks is a file of its own beside the bundle: most steps name
 * no checks, and do not load it.
 * @param env what `${NAME}` in the file stands for, where that is not the job's own environment.
 * @throws ActionError `refused` for a mistake in the file.
 */
export async function smokeGate<A extends ActionInterface>(
  path: string,
  job: Job<A>,
  env: Job<A>['env'] = job.env,
): Promise<SmokeGate | undefined> {
  if (path === '') return undefined;
  const { describeFailures, loadChecks, renderSmokeSummary, runChecks } = await import(
    /* webpackChunkName: "smoke" */ '../smoke/index.ts'
  );
  const { log, clock, signal, run } = job;
  const checks = await loadChecks(path, {
    env,
    log,
    input: 'smoke-checks',
    workspace: run.workspace,
    baseUrlFollows: true,
  });
  return async (baseUrl) => {
    const report = await runChecks(
      checks,
      { log, clock, signal },
      { budget: BUDGET, fallbackBaseUrl: baseUrl, input: 'smoke-checks' },
    );
    signal.throwIfAborted();
    return {
      outcome: report.outcome,
      problems: describeFailures(report),
      summary: renderSmokeSummary(report),
    };
  };
}
