import type { Job } from '../runtime/action.ts';
import type { ActionInterface } from '../runtime/inputs.ts';
import type { SmokeOutcome } from '../runtime/outcome.ts';
import { readCheckSecrets } from './check-secrets.ts';

/** Longest run of the checks, in milliseconds: the default `budget` of the action smoke-test. */
const BUDGET = 5 * 60_000;

/** What the checks said, in the form that every capability's gate takes. */
export interface SmokeAnswer {
  readonly outcome: SmokeOutcome;
  readonly problems: readonly string[];
  /** Markdown. */
  readonly summary: string;
}

/**
 * Runs the checks; `baseUrl` stands in where the file has none. With `headers` a candidate is asked: then `baseUrl` comes
 * before the file's own, and the headers go with each request to it.
 */
export type SmokeGate = (
  baseUrl: string | undefined,
  headers?: Readonly<Record<string, string>>,
) => Promise<SmokeAnswer>;

/** What `${NAME}` in a checks file stands for. */
export interface GateEnvironment {
  /** The lines of the input `check-secrets`. */
  readonly secrets?: readonly string[];
  /** Where it is not the job's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The smoke checks as a gate; `undefined` where `path` is ''. The file is read at once, so that a mistake in it is
 * found before anything else happens. What reads and runs checks is a file of its own beside the bundle: most steps name
 * no checks, and do not load it.
 * @throws ActionError `refused` for a mistake in the file.
 */
export async function smokeGate<A extends ActionInterface>(
  path: string,
  job: Job<A>,
  { secrets = [], env = job.env }: GateEnvironment = {},
): Promise<SmokeGate | undefined> {
  const { log, clock, signal, run } = job;
  const named = readCheckSecrets(secrets, (value) => log.mask(value));
  if (path === '') return undefined;
  const { describeFailures, loadChecks, renderSmokeSummary, runChecks } = await import(
    /* webpackChunkName: "smoke" */ '../smoke/index.ts'
  );
  const checks = await loadChecks(path, {
    env: { ...env, ...named },
    log,
    input: 'smoke-checks',
    workspace: run.workspace,
    baseUrlFollows: true,
  });
  return async (baseUrl, headers) => {
    const report = await runChecks(
      checks,
      { log, clock, signal },
      {
        budget: BUDGET,
        input: 'smoke-checks',
        ...(headers ? { baseUrl, headers } : { fallbackBaseUrl: baseUrl }),
      },
    );
    signal.throwIfAborted();
    return {
      outcome: report.outcome,
      problems: describeFailures(report),
      summary: renderSmokeSummary(report),
    };
  };
}
