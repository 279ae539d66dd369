import { createHash } from 'node:crypto';
import type { Outcome } from '../../../runtime/outcome.ts';
import type { CandidateReport } from '../candidate/report.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { TargetKind } from '../plan/spec.ts';
import type { ProbeReport } from '../probe/probe-statistics.ts';
import type { AlarmJudgement } from '../verdict/alarms.ts';
import type { GateAnswer } from '../verdict/gate-answer.ts';

/** How a backend deployment ended, and all that the record, the outputs and the summary say of it. */
export interface BackendResult {
  readonly outcome: Outcome;
  readonly target: TargetKind;
  /** ARN. */
  readonly service: string;
  /** What was asked for, by digest. */
  readonly image: string;
  readonly previousImage: string;
  readonly serviceUrl: string | undefined;
  readonly operationId: string | undefined;
  readonly taskDefinition: string | undefined;
  readonly plan: readonly PlanEntry[];
  readonly probe?: { readonly report: ProbeReport; readonly chart: string } | undefined;
  /** How the candidate was asked before users reached it. */
  readonly candidate?: CandidateReport | undefined;
  readonly smoke?: GateAnswer | undefined;
  readonly alarms?: AlarmJudgement | undefined;
  /** Why it is red, in a sentence. */
  readonly cause?: string | undefined;
  /** True where a change was sent and nobody could say whether it is live: the record says `unknown`. */
  readonly isUnknown?: boolean | undefined;
  /** Plain sentences for what is likely behind it. */
  readonly causes: readonly string[];
  /** Events, stopped tasks, last log lines. */
  readonly details: readonly string[];
  /** What to do next, where it is red. */
  readonly fix?: string | undefined;
  /** What was deployed, for the record: names with fingerprints, references. */
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Versions of the secrets that the app was started with, as far as they are known. */
  readonly secretVersions?: Readonly<Record<string, string>> | undefined;
  /** True where the service's PAUSE hook is ours. */
  readonly gated?: boolean | undefined;
}

/**
 * Fingerprints of plain variables, so that a rollback can say which of them have changed since. The service is mixed
 * in, so that the same value in two services does not look the same; a short hash does not give the value away.
 */
export function fingerprints(
  service: string,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      createHash('sha256').update(`${service}\0${name}\0${value}`).digest('hex').slice(0, 12),
    ]),
  );
}
