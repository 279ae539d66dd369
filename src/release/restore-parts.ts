import { ActionError, messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { SmokeOutcome } from '../runtime/outcome.ts';
import type { PartPort, Restoration } from './part.ts';
import type { PartKind } from './record.ts';

export interface GateAnswer {
  readonly passed: boolean;
  readonly outcome: SmokeOutcome;
  /** One line for each check that did not pass. */
  readonly problems: readonly string[];
}

/** Where a part answers. */
export interface PartUrl {
  readonly name: string;
  readonly kind: PartKind;
  readonly url: string;
}

/** What the restoration tells while it goes on. All of it is written down before anything more is changed. */
export interface RestoreSteps {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Runs the smoke checks; absent where there are none. */
  readonly gate?: ((urls: readonly PartUrl[]) => Promise<GateAnswer>) | undefined;
  /** False leaves parts that worked where they are when another fails: only where the user asked for it. */
  readonly putBackOnFailure: boolean;
  /** Before a part is touched: it is handed to the part, which does beside it what changes nothing that is live. */
  starting(name: string): Promise<void>;
  /** All parts are live and the gate has passed: the record and the pointer. */
  seal(live: ReadonlyMap<string, Restoration>, checks: SmokeOutcome | undefined): Promise<void>;
  /** Where `seal` failed: whether the pointer has moved; true also where nobody can say. Never throws. */
  isSealed(): Promise<boolean>;
}

/** Where a rollback failed. */
export interface Failure {
  readonly at: 'part' | 'checks' | 'record';
  /** Name of the part; '' where it failed at none. */
  readonly part: string;
}

/** A part that is not as it was. */
export interface Left {
  readonly part: string;
  readonly why: string;
  readonly cause: unknown;
}

export type RestoreResult =
  | { readonly kind: 'restored'; readonly live: ReadonlyMap<string, Restoration> }
  /** It is live and proved, and the pointer says so; what comes after that could not be done. */
  | { readonly kind: 'unfinished'; readonly cause: unknown }
  /** Something failed, and what was live before is live again. */
  | { readonly kind: 'put-back'; readonly failed: Failure; readonly cause: unknown }
  /** Something failed, and it was not put back, or that did not work: what is live is not one release. */
  | {
      readonly kind: 'torn';
      readonly failed: Failure;
      readonly cause: unknown;
      /** Parts that are live in their target form, or in no known form. */
      readonly left: readonly Left[];
    };

/**
 * Restores the parts in the order given. The end is always one whole release: all parts as wanted, or all as they were;
 * only where putting back fails too is the release torn, and then the result says how.
 * @throws the signal's reason when it is aborted.
 */
export async function restoreParts(parts: readonly PartPort[], steps: RestoreSteps): Promise<RestoreResult> {
  const live = new Map<string, Restoration>();
  for (const part of parts) {
    if (!part.plan.changes) continue;
    const { name } = part;
    steps.signal.throwIfAborted();
    const started = steps.starting(name);
    // Whoever awaits it is told.
    started.catch(() => {});
    try {
      steps.log.info(`restoring the ${name}`);
      live.set(name, await part.restore({ started, signal: steps.signal }));
    } catch (error) {
      if (steps.signal.aborted) throw error;
      const torn = isTorn(error) ? [{ part: name, why: messageOf(error), cause: error }] : [];
      return await putBack(live, { at: 'part', part: name }, error, torn, steps);
    }
  }
  const answer = steps.gate && (await askGate(steps.gate, parts, live, steps.log));
  steps.signal.throwIfAborted();
  if (answer && !answer.passed) {
    return await putBack(live, { at: 'checks', part: '' }, new ChecksFailed(answer.problems), [], steps);
  }
  try {
    await steps.seal(live, answer?.outcome);
    return { kind: 'restored', live };
  } catch (error) {
    if (steps.signal.aborted) throw error;
    if (await steps.isSealed()) return { kind: 'unfinished', cause: error };
    return await putBack(live, { at: 'record', part: '' }, error, [], steps);
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
  gate: NonNullable<RestoreSteps['gate']>,
  parts: readonly PartPort[],
  live: ReadonlyMap<string, Restoration>,
  log: Log,
): Promise<GateAnswer> {
  const urls = parts.flatMap(({ name, kind, ...part }) => {
    const url = live.get(name)?.url ?? part.url;
    return url ? [{ name, kind, url }] : [];
  });
  try {
    return await log.group('Smoke checks', () => gate(urls));
  } catch (error) {
    return { passed: false, outcome: 'failed', problems: [messageOf(error)] };
  }
}

/** Puts the parts that are live already back, the last first. */
async function putBack(
  live: ReadonlyMap<string, Restoration>,
  failed: Failure,
  cause: unknown,
  torn: readonly Left[],
  steps: RestoreSteps,
): Promise<RestoreResult> {
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
