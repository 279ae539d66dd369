import { ActionError, messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { SmokeOutcome } from '../runtime/outcome.ts';
import { LeftAsItIs, type LivePart, type Part } from './part.ts';
import type { PartKind } from './record.ts';
import { worseChecks } from './result.ts';

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

/** Parts by name, live and not yet final. */
export type LiveParts = ReadonlyMap<string, LivePart>;

/** What is done around the parts: the record, the pointer, and the gate on the whole. */
export interface ReleaseSteps {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Runs the smoke checks of the release as a whole; absent where there are none. */
  readonly gate?: ((urls: readonly PartUrl[]) => Promise<GateAnswer>) | undefined;
  /** False leaves parts that worked where they are when another fails: only where the user asked for it. */
  readonly putBackOnFailure: boolean;
  /** What the log says of a part that goes live: `restoring`. */
  readonly doing: string;
  /** Writes down that the parts are touched, before any of them is. */
  open(): Promise<void>;
  /** All parts are live and the gate has passed: the record and the pointer. */
  seal(live: LiveParts, checks: SmokeOutcome | undefined): Promise<void>;
  /** Where `seal` failed: whether the pointer has moved; true also where nobody can say. Never throws. */
  isSealed(): Promise<boolean>;
}

/** Where a release failed. */
export interface FailedAt {
  readonly at: 'stage' | 'part' | 'checks' | 'record';
  /** Name of the part; '' where it failed at none. */
  readonly part: string;
}

/** A part that is not as it was. */
export interface Left {
  readonly part: string;
  readonly why: string;
  readonly cause: unknown;
}

/** How a release ended that was begun. */
export type ReleaseEnd =
  | { readonly kind: 'live'; readonly live: LiveParts }
  /** It is live and proved, and the pointer says so; what comes after that could not be done. */
  | { readonly kind: 'unfinished'; readonly live: LiveParts; readonly cause: unknown }
  /** Something failed, and what was live before is live again. */
  | {
      readonly kind: 'put-back';
      readonly failed: FailedAt;
      readonly cause: unknown;
      /** Parts that users had reached, or may have. */
      readonly undone: readonly string[];
    }
  /** Something failed, and it was not put back, or that did not work: what is live is not one release. */
  | {
      readonly kind: 'torn';
      readonly failed: FailedAt;
      readonly cause: unknown;
      /** Parts that are live in their target form, or in no known form. */
      readonly left: readonly Left[];
    };

/** Something did not work; what has been changed until then is still so. */
interface Stopped {
  readonly failed: FailedAt;
  readonly cause: unknown;
  /** Parts that could not put themselves back. */
  readonly torn?: readonly Left[];
}

/**
 * Takes a release live, wave by wave: open the record, stage all, check the candidates, activate, ask the gate, seal. The
 * end is always one whole release: all parts as wanted, or all as they were; only where putting back fails too is the
 * release torn, and then the result says how. A deployment and a rollback are the same recipe, with other parts.
 * @param waves parts that are activated together, the first wave first
 * @throws the signal's reason when it is aborted; what `open` throws, when nothing has been changed.
 */
export async function takeLive(
  waves: ReadonlyArray<readonly Part[]>,
  steps: ReleaseSteps,
): Promise<ReleaseEnd> {
  const parts = waves.flat();
  const live = new Map<string, LivePart>();
  await steps.open();
  const early = (await ofAll(parts, 'stage', steps)) ?? (await ofAll(parts, 'check', steps));
  if (early) return putBack(parts, live, early, steps);
  for (const wave of waves) {
    const stopped = await activateWave(wave, live, steps);
    if (stopped) return putBack(parts, live, stopped, steps);
  }
  const answer = steps.gate && (await askGate(steps.gate, parts, live, steps.log));
  steps.signal.throwIfAborted();
  if (answer && !answer.passed) {
    const cause = new ChecksFailed(answer.problems);
    return putBack(parts, live, { failed: { at: 'checks', part: '' }, cause }, steps);
  }
  try {
    const own = [...live.values()].map(({ checks }) => checks);
    await steps.seal(live, own.reduce(worseChecks, answer?.outcome) as SmokeOutcome | undefined);
    return { kind: 'live', live };
  } catch (cause) {
    if (steps.signal.aborted) throw cause;
    if (await steps.isSealed()) return { kind: 'unfinished', live, cause };
    return putBack(parts, live, { failed: { at: 'record', part: '' }, cause }, steps);
  }
}

/** `timed-out`: what was waited for may still happen, and nobody can say which of the two will be live. */
const isTorn = (error: unknown) =>
  error instanceof LeftAsItIs ||
  (error instanceof ActionError && (error.outcome === 'rollback-failed' || error.outcome === 'timed-out'));

/** The part was live, or on its way, and was put back by itself. */
const wasReached = (error: unknown) => error instanceof ActionError && error.outcome === 'rolled-back';

/** The smoke checks did not pass. */
export class ChecksFailed extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('the smoke checks did not pass');
    this.name = 'ChecksFailed';
    this.problems = problems;
  }
}

/** One verb of all parts that change, side by side: none of them shows anything to users. All have ended then. */
async function ofAll(
  parts: readonly Part[],
  verb: 'stage' | 'check',
  { signal }: ReleaseSteps,
): Promise<Stopped | undefined> {
  const changing = parts.filter(({ plan }) => plan.changes);
  const ended = await Promise.allSettled(changing.map(async (part) => part[verb]?.(signal)));
  signal.throwIfAborted();
  const at = ended.findIndex(({ status }) => status === 'rejected');
  const first = ended[at];
  if (first?.status !== 'rejected') return undefined;
  return { failed: { at: 'stage', part: changing[at]?.name ?? '' }, cause: first.reason };
}

/** Activates the parts of a wave side by side; what is live already is proved. All have ended then. */
async function activateWave(
  wave: readonly Part[],
  live: Map<string, LivePart>,
  { log, signal, doing }: ReleaseSteps,
): Promise<Stopped | undefined> {
  signal.throwIfAborted();
  const work = wave.map(async (part) => {
    if (!part.plan.changes) return part.prove?.(signal);
    log.info(`${doing} the ${part.name}`);
    return part.activate(signal);
  });
  const ended = await Promise.allSettled(work);
  for (const [i, end] of ended.entries()) {
    if (end.status === 'fulfilled' && end.value) live.set(wave[i]?.name ?? '', end.value);
  }
  signal.throwIfAborted();
  const rejected = ended.flatMap((end, i) =>
    end.status === 'rejected'
      ? [{ part: wave[i]?.name ?? '', why: messageOf(end.reason), cause: end.reason as unknown }]
      : [],
  );
  const torn = rejected.filter(({ cause }) => isTorn(cause));
  // Where several fail, one that is torn says the most.
  const worst = torn[0] ?? rejected[0];
  return worst && { failed: { at: 'part', part: worst.part }, cause: worst.cause, torn };
}

async function askGate(
  gate: NonNullable<ReleaseSteps['gate']>,
  parts: readonly Part[],
  live: LiveParts,
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

/** Puts back what is live already, the last first, and what a run that died has left of the others. */
async function putBack(
  parts: readonly Part[],
  live: LiveParts,
  { failed, cause, torn = [] }: Stopped,
  { log, signal, putBackOnFailure }: ReleaseSteps,
): Promise<ReleaseEnd> {
  const changed = parts.filter(({ name, plan }) => plan.changes && live.has(name)).map(({ name }) => name);
  const left: Left[] = [...torn];
  for (const part of parts.toReversed()) {
    const { name } = part;
    const back = wayBack(part, changed.includes(name) ? live.get(name) : undefined, failed, signal);
    if (!back) continue;
    if (!putBackOnFailure) {
      if (changed.includes(name)) left.push({ part: name, why: LEFT, cause });
      continue;
    }
    try {
      log.warning(`putting the ${name} back`);
      await back();
    } catch (error) {
      if (signal.aborted) throw error;
      left.push({ part: name, why: messageOf(error), cause: error });
    }
  }
  if (left.length > 0) return { kind: 'torn', failed, cause, left };
  return { kind: 'put-back', failed, cause, undone: wasReached(cause) ? [...changed, failed.part] : changed };
}

const LEFT = 'rollback-on-failure is false: it was left as it is';

/** How a part goes back; `undefined` where there is nothing to put back. One that fails to be activated does it itself. */
function wayBack(
  part: Part,
  activated: LivePart | undefined,
  failed: FailedAt,
  signal: AbortSignal,
): (() => Promise<void>) | undefined {
  if (activated) return () => activated.undo();
  const isBack = failed.at === 'part' && failed.part === part.name;
  return isBack || !part.putBack ? undefined : () => part.putBack?.(signal) ?? Promise.resolve();
}
