import type { SmokeOutcome } from '../../../runtime/outcome.ts';

/** What the smoke checks said. */
export interface GateAnswer {
  readonly outcome: SmokeOutcome;
  /** One line for each check that did not pass. */
  readonly problems: readonly string[];
  /** Markdown for the job summary. */
  readonly summary: string;
}
