import type { Outcome } from './outcome.ts';

/** What a tired person needs to know: what was asked, what was found, where, and what to do next. */
export interface Problem {
  /** What went wrong, with what was asked for, in one sentence without a full stop. */
  readonly what: string;
  /** The input at fault, by its name in `with:`. */
  readonly input?: string | undefined;
  /** What was found instead. */
  readonly found?: string | undefined;
  /** What to do next. */
  readonly fix?: string | undefined;
  /** More lines: events, stopped-task reasons, last log lines. */
  readonly details?: readonly string[] | undefined;
  /** The error underneath, kept for the debug log. */
  readonly cause?: unknown;
}

/** The problem as text: a line each for the sentence, what was found, and the next step. */
export function describeProblem(problem: Problem): string {
  const lines = [problem.input ? `input \`${problem.input}\`: ${problem.what}` : problem.what];
  if (problem.found) lines.push(`  found: ${problem.found}`);
  for (const detail of problem.details ?? []) lines.push(`  ${detail}`);
  if (problem.fix) lines.push(`  next: ${problem.fix}`);
  return lines.map(indentFurtherLines).join('\n');
}

/** What was found may be a text of others with line breaks: none of its lines stands where one of ours does. */
const indentFurtherLines = (text: string) => text.replace(/\r\n?|\n/g, '\n    ');

/**
 * An end that we foresaw, and so one without a stack trace. Anything else that is thrown is a bug of ours and is
 * shown with its stack.
 */
export class ActionError extends Error {
  readonly outcome: Outcome;
  readonly problem: Problem;

  constructor(outcome: Outcome, problem: Problem) {
    super(describeProblem(problem), problem.cause === undefined ? undefined : { cause: problem.cause });
    this.name = 'ActionError';
    this.outcome = outcome;
    this.problem = problem;
  }
}

/** A change that was sent, and nobody can say whether it is live: the record says `unknown`. */
export class LeftUnknown extends ActionError {}

/** Nothing was changed: wrong input, a missing resource, a lock held by another, an older commit. */
export function refused(problem: Problem): ActionError {
  return new ActionError('refused', problem);
}

/** Something was tried and did not work. */
export function failed(problem: Problem): ActionError {
  return new ActionError('failed', problem);
}

/** A bound on waiting ran out; what was waited for may still happen. */
export function timedOut(problem: Problem): ActionError {
  return new ActionError('timed-out', problem);
}

/** The job was cancelled. */
export function interrupted(problem: Problem): ActionError {
  return new ActionError('interrupted', problem);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
