import type { Clock } from './clock.ts';
import type { ActionInterface, Inputs, OutputName } from './inputs.ts';
import type { Log } from './log.ts';
import type { AnyOutcome } from './outcome.ts';

/** Who runs us and for which commit: from GitHub's environment in a job, from git and flags on a laptop. */
export interface RunContext {
  /** Full commit SHA; '' where it is not known. */
  readonly commit: string;
  /** `refs/heads/main` and the like; '' where it is not known. */
  readonly ref: string;
  /** `owner/name`; '' outside GitHub. */
  readonly repository: string;
  readonly actor: string;
  /** Web address of the workflow run, or `user@host` from a laptop: shown to whoever waits for our lock. */
  readonly url: string;
  /** Identity of this very attempt: two attempts of one run are two holders. */
  readonly holder: string;
  /** The workflow's run number, which grows with time; 0 where there is none. */
  readonly runNumber: number;
  /** Base of GitHub's REST API. */
  readonly apiUrl: string;
  /** Folder that relative paths in inputs start from. */
  readonly workspace: string;
  /** When the commit was made, ISO 8601, where the run knows it: lead time is counted from it. */
  readonly committedAt?: string | undefined;
  /** True in a GitHub job whose cache service an image build can use. */
  readonly cacheService?: boolean;
}

/** All that an action's `main` is given. It reads nothing else: no `process.env`, no arguments. */
export interface Job<A extends ActionInterface> {
  readonly inputs: Inputs<A>;
  readonly log: Log;
  readonly clock: Clock;
  readonly run: RunContext;
  /** The variables that a checks file or an env-file may refer to as `${NAME}`, and RUNNER_TEMP. Nothing else is read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted with an `interrupted` error when the job is cancelled. */
  readonly signal: AbortSignal;
  /** Keeps a value for the `post:` step of the same job (which runs after a cancellation too). */
  saveState(name: string, value: string): void;
  /** What `saveState` kept; '' where nothing was. */
  state(name: string): string;
}

export interface ActionResult<A extends ActionInterface> {
  readonly outcome: AnyOutcome;
  readonly outputs: Partial<Record<OutputName<A>, string>>;
  /** Markdown for the job summary. */
  readonly summary?: string | undefined;
  /** Why it is red: printed as an error, without a stack trace. */
  readonly problem?: string | undefined;
}

/** An action: what it is called and takes, what it does, and what it puts right after a cancellation. */
export interface Action<A extends ActionInterface> {
  readonly action: A;
  /** Milliseconds that all of it may wait for others, where no `wait-timeout` says so. */
  readonly patience?: number;
  main(job: Job<A>): Promise<ActionResult<A>>;
  post?(job: Job<A>): Promise<void>;
}
