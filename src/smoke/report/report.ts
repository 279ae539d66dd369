import type { SmokeOutcome } from '../../runtime/outcome.ts';
import type { Gate } from '../checks.ts';
import type { Assertion } from '../expect/expectation.ts';
import type { Redirect, Timings } from '../http/answer.ts';

export type Verdict = 'passed' | 'warned' | 'failed' | 'skipped';

/** How one check ended. All texts have their secrets hidden. */
export interface CheckResult {
  readonly name: string;
  readonly gate: Gate;
  readonly tags: readonly string[];
  /** Where the check stands in the checks file. */
  readonly line: number;
  readonly column: number;
  readonly method: string;
  readonly url: string;
  readonly result: Verdict;
  /** How often it was tried, and how many requests that took (samples included). */
  readonly attempts: number;
  readonly requests: number;
  /** From the first try to the verdict, in milliseconds, pauses included. */
  readonly durationMs: number;
  /** Of the last answer. */
  readonly status?: number;
  readonly timings?: Timings;
  readonly via?: readonly Redirect[];
  /** Distribution of the samples of the last try, where there were several, in milliseconds. */
  readonly latency?: {
    readonly samples: number;
    readonly p50: number;
    readonly p95: number;
    readonly max: number;
  };
  /** What was expected and what was got, of the last try. */
  readonly assertions: readonly Assertion[];
  /** Why there was no answer to judge, or why the check was not made. */
  readonly problem?: string;
  /** A check that passed in the end: what the first failed try brought. */
  readonly earlier?: string;
}

export interface WarmupResult {
  readonly url: string;
  readonly warm: boolean;
  readonly attempts: number;
  readonly durationMs: number;
  /** What the last try brought where it never became warm. */
  readonly problem?: string;
}

/** How the run came to its end. */
export type Ending = 'complete' | 'out-of-time' | 'interrupted';

/** The report of a run of checks: schemas/smoke-report.schema.json describes its JSON. */
export interface SmokeReport {
  readonly version: 1;
  readonly outcome: SmokeOutcome;
  readonly ended: Ending;
  readonly file: string;
  readonly baseUrl?: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly totals: {
    readonly checks: number;
    readonly passed: number;
    readonly warned: number;
    readonly failed: number;
    readonly skipped: number;
  };
  readonly warmup?: WarmupResult;
  readonly results: readonly CheckResult[];
}

/**
 * Three answers. A check that was skipped has proved nothing: behind `gate: rollback` that is a failure, behind
 * `gate: warn` a warning.
 */
export function outcomeOf(results: readonly Pick<CheckResult, 'result' | 'gate'>[]): SmokeOutcome {
  const bad = results.filter(({ result }) => result !== 'passed');
  if (bad.some(({ result, gate }) => result === 'failed' || (result === 'skipped' && gate === 'rollback'))) {
    return 'failed';
  }
  return bad.length > 0 ? 'warned' : 'passed';
}

export function totalsOf(results: readonly Pick<CheckResult, 'result'>[]): SmokeReport['totals'] {
  const count = (verdict: Verdict) => results.filter(({ result }) => result === verdict).length;
  return {
    checks: results.length,
    passed: count('passed'),
    warned: count('warned'),
    failed: count('failed'),
    skipped: count('skipped'),
  };
}

/** Why a check did not pass, in one line: `status: expected 200, got 503 Service Unavailable (and 2 more)`. */
export function reasonOf(result: Pick<CheckResult, 'assertions' | 'problem'>): string {
  if (result.problem) return result.problem;
  const [first, ...more] = result.assertions.filter(({ ok }) => !ok);
  if (!first) return '';
  const rest = more.length > 0 ? ` (and ${more.length} more)` : '';
  return `${first.what}: expected ${first.expected}, got ${first.got}${rest}`;
}

const RANK: Readonly<Record<Verdict, number>> = { failed: 0, skipped: 1, warned: 2, passed: 3 };

/** The checks that did not pass: failed ones, then skipped ones, then those that only warn. */
export function worstFirst(results: readonly CheckResult[]): CheckResult[] {
  const bad = results.filter(({ result }) => result !== 'passed');
  return bad.sort((a, b) => RANK[a.result] - RANK[b.result]);
}

/** Why the run is not green, for the cause of a rollback: a line a check, the worst first, five at the most. */
export function describeFailures(report: SmokeReport): string[] {
  const bad = worstFirst(report.results);
  const lines = bad.slice(0, 5).map((result) => `${result.result}: ${result.name}: ${reasonOf(result)}`);
  return bad.length > 5 ? [...lines, `and ${bad.length - 5} more`] : lines;
}
