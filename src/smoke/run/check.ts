import type { Clock } from '../../runtime/clock.ts';
import type { Check } from '../checks.ts';
import type { Captured } from '../document/scope.ts';
import type { Json } from '../json.ts';
import { type CheckResult, reasonOf, type Verdict } from '../report/report.ts';
import { type Attempt, type Context, tryCheck } from './attempt.ts';

/** The longest pause between two tries, in milliseconds. */
const MAX_PAUSE = 10_000;

export interface Finished {
  readonly result: CheckResult;
  readonly captured: ReadonlyMap<string, Json>;
}

/**
 * Tries a check until it has passed often enough in a row, or its budget for failures is used up. Pauses double from
 * one failure to the next. A run of successes that has begun may finish: it is as long as `consecutive` says.
 */
export async function runCheck(
  check: Check,
  captured: Captured,
  context: Context,
  clock: Clock,
): Promise<Finished> {
  const { budget, consecutive, interval } = check.retry;
  const began = clock.now();
  let [attempts, requests, successes, pause] = [0, 0, 0, interval];
  let last: Attempt | undefined;
  let earlier: string | undefined;
  const finish = (result: Verdict, problem?: string): Finished => ({
    result: {
      ...describe(check, context, captured),
      result,
      attempts,
      requests,
      durationMs: clock.now() - began,
      ...resultOf(last, problem),
      ...(earlier !== undefined && result === 'passed' ? { earlier } : {}),
    },
    captured: result === 'passed' ? (last?.captured ?? new Map()) : new Map(),
  });
  try {
    for (;;) {
      last = await tryCheck(check, captured, context);
      attempts++;
      requests += last.requests;
      successes = last.ok ? successes + 1 : 0;
      if (successes >= consecutive) return finish('passed');
      if (!last.ok) {
        earlier ??= reasonOf(last);
        if (clock.now() + pause - began > budget) return finish(verdictOf(check));
      }
      await clock.sleep(last.ok ? interval : pause, context.signal);
      pause = last.ok ? interval : Math.min(pause * 2, MAX_PAUSE);
    }
  } catch (error) {
    if (!context.signal.aborted) throw error;
    return finish(verdictOf(check), stopped(context.signal, last));
  }
}

const verdictOf = (check: Check): Verdict => (check.gate === 'rollback' ? 'failed' : 'warned');

function stopped(signal: AbortSignal, last: Attempt | undefined): string {
  const why = signal.reason instanceof Error ? signal.reason.message : String(signal.reason);
  const before = last && !last.ok ? `; the last try: ${reasonOf(last)}` : '';
  return `${why} before it passed${before}`;
}

function resultOf(last: Attempt | undefined, problem: string | undefined) {
  if (!last) return { assertions: [], ...(problem === undefined ? {} : { problem }) };
  const { ok: _ok, requests: _requests, captured: _captured, ...shown } = last;
  return { ...shown, ...(problem === undefined ? {} : { problem }) };
}

/** What identifies a check in a report, with its address as far as it is known. */
export function describe(
  check: Check,
  { baseUrl, secrets }: Pick<Context, 'baseUrl' | 'secrets'>,
  captured: Captured,
) {
  const { address: text } = check.request;
  const address = text.captures.every((name) => captured.has(name)) ? text.of(captured) : text.source;
  return {
    name: check.name,
    gate: check.gate,
    tags: check.tags,
    line: check.line,
    column: check.column,
    method: check.request.method.toUpperCase(),
    url: secrets.hide(address.startsWith('/') ? `${baseUrl ?? ''}${address}` : address),
  };
}
