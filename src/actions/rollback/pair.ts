import type { Part } from '../../release/record.ts';
import { ActionError, messageOf } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { SmokeOutcome } from '../../runtime/outcome.ts';
import type { HalfPort, Restoration } from './half.ts';

export interface GateAnswer {
  readonly passed: boolean;
  readonly outcome: SmokeOutcome;
  /** One line for each check that did not pass. */
  readonly problems: readonly string[];
}

/** What the pair's restoration tells while it goes on. All of it is written down before anything more is changed. */
export interface PairSteps {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Runs the smoke checks; absent where there are none. */
  readonly gate?: ((urls: Partial<Record<Part, string>>) => Promise<GateAnswer>) | undefined;
  /** False leaves a half that worked where it is when the other fails: only where the user asked for it. */
  readonly putBackOnFailure: boolean;
  /** Before a half is touched: it is handed to the half, which does beside it what changes nothing that is live. */
  starting(part: Part): Promise<void>;
  /** Both halves are live and the gate has passed: the record and the pointer. */
  seal(live: ReadonlyMap<Part, Restoration>, checks: SmokeOutcome | undefined): Promise<void>;
  /** Where `seal` failed: whether the pointer has moved; true also where nobody can say. Never throws. */
  isSealed(): Promise<boolean>;
}

/** Where a rollback failed. */
export type Place = Part | 'checks' | 'record';

/** A half that is not as it was. */
export interface Left {
  readonly part: Part;
  readonly why: string;
  readonly cause: unknown;
}

export type PairResult =
  | { readonly kind: 'restored'; readonly live: ReadonlyMap<Part, Restoration> }
  /** It is live and proved, and the pointer says so; what comes after that could not be done. */
  | { readonly kind: 'unfinished'; readonly cause: unknown }
  /** Something failed, and the pair from before is live again. */
  | { readonly kind: 'put-back'; readonly failed: Place; readonly cause: unknown }
  /** Something failed, and it was not put back, or that did not work: what is live is not one release. */
  | {
      readonly kind: 'torn';
      readonly failed: Place;
      readonly cause: unknown;
      /** Halves that are live in their target form, or in no known form. */
      readonly left: readonly Left[];
    };

/**
 * Restores the halves in the order given. The end is always one whole release: all halves as wanted, or all as they
 * were; only where putting back fails too is the pair torn, and then the result says how.
 * @throws the signal's reason when it is aborted.
 */
export async function restorePair(halves: readonly HalfPort[], steps: PairSteps): Promise<PairResult> {
  const live = new Map<Part, Restoration>();
  for (const half of halves) {
    if (!half.plan.changes) continue;
    steps.signal.throwIfAborted();
    const started = steps.starting(half.part);
    // Whoever awaits it is told.
    started.catch(() => {});
    try {
      steps.log.info(`restoring the ${half.part}`);
      live.set(half.part, await half.restore({ started, signal: steps.signal }));
    } catch (error) {
      if (steps.signal.aborted) throw error;
      const torn = isTorn(error) ? [{ part: half.part, why: messageOf(error), cause: error }] : [];
      return await putBack(live, half.part, error, torn, steps);
    }
  }
  const answer = steps.gate && (await askGate(steps.gate, halves, live, steps.log));
  steps.signal.throwIfAborted();
  if (answer && !answer.passed) {
    return await putBack(live, 'checks', new ChecksFailed(answer.problems), [], steps);
  }
  try {
    await steps.seal(live, answer?.outcome);
    return { kind: 'restored', live };
  } catch (error) {
    if (steps.signal.aborted) throw error;
    if (await steps.isSealed()) return { kind: 'unfinished', cause: error };
    return await putBack(live, 'record', error, [], steps);
  }
}

/** `timed-out`: what was waited for may still happen, and nobody can say which of the two will be live. */
const isTorn = (error: unknown) =>
  error instanceof ActionError && (error.outcome === 'rollback-failed' || error.outcome === 'timed-out');

/** The smoke checks did not pass. */
export class ChecksFailed extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('the smoke checks did not pass after the rollback');
    this.name = 'ChecksFailed';
    this.problems = problems;
  }
}

async function askGate(
  gate: NonNullable<PairSteps['gate']>,
  halves: readonly HalfPort[],
  live: ReadonlyMap<Part, Restoration>,
  log: Log,
): Promise<GateAnswer> {
  const urls: Partial<Record<Part, string>> = {};
  for (const { part, url } of halves) {
    const found = live.get(part)?.url ?? url;
    if (found) urls[part] = found;
  }
  try {
    return await log.group('Smoke checks', () => gate(urls));
  } catch (error) {
    return { passed: false, outcome: 'failed', problems: [messageOf(error)] };
  }
}

/** Puts the halves that are live already back, the last first. */
async function putBack(
  live: ReadonlyMap<Part, Restoration>,
  failed: Place,
  cause: unknown,
  torn: readonly Left[],
  steps: PairSteps,
): Promise<PairResult> {
  const left = [...torn];
  for (const [part, restoration] of [...live].toReversed()) {
    if (!steps.putBackOnFailure) {
      left.push({ part, why: 'rollback-on-failure is false: it was left in the restored form', cause });
      continue;
    }
    try {
      steps.log.warning(`putting the ${part} back`);
      await restoration.undo();
    } catch (error) {
      if (steps.signal.aborted) throw error;
      left.push({ part, why: messageOf(error), cause: error });
    }
  }
  return left.length === 0 ? { kind: 'put-back', failed, cause } : { kind: 'torn', failed, cause, left };
}
