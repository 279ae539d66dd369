/** How a deploying action ended: one word, the same in every action. */
export const OUTCOMES = [
  'deployed',
  'unchanged',
  'planned',
  'rolled-back',
  'rollback-failed',
  'failed',
  'timed-out',
  'refused',
  'interrupted',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** How a smoke test ended: the third answer, `warned`, means that only checks with `gate: warn` failed. */
export const SMOKE_OUTCOMES = ['passed', 'warned', 'failed'] as const;
export type SmokeOutcome = (typeof SMOKE_OUTCOMES)[number];

export type AnyOutcome = Outcome | SmokeOutcome;

const GREEN: ReadonlySet<AnyOutcome> = new Set(['deployed', 'unchanged', 'planned', 'passed', 'warned']);

/**
 * Each red outcome has an exit code of its own, so that a script can tell them apart without reading the log.
 * 130 is the shell's code for an interrupted program; 2 is the usual one for wrong usage.
 */
const EXIT_CODES: Record<AnyOutcome, number> = {
  deployed: 0,
  unchanged: 0,
  planned: 0,
  passed: 0,
  warned: 0,
  failed: 1,
  refused: 2,
  'rolled-back': 3,
  'rollback-failed': 4,
  'timed-out': 5,
  interrupted: 130,
};

/** True where the step is green. For the action `rollback`, `rolled-back` is success. */
export function isSuccess(action: string, outcome: AnyOutcome): boolean {
  return GREEN.has(outcome) || (action === 'rollback' && outcome === 'rolled-back');
}

/** The exit code of an action that ended so; 0 exactly where `isSuccess`. */
export function exitCode(action: string, outcome: AnyOutcome): number {
  return isSuccess(action, outcome) ? 0 : EXIT_CODES[outcome];
}
