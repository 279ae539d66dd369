import { setMaxListeners } from 'node:events';
import type { Clock } from '../../runtime/clock.ts';
import { formatDuration } from '../../runtime/duration.ts';
import { messageOf, refused } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Check, Checks, Warmup } from '../checks.ts';
import { wrongBaseUrl } from '../document/load.ts';
import { Scope } from '../document/scope.ts';
import { readExpectations } from '../expect/index.ts';
import { Wire } from '../http/wire.ts';
import type { Json } from '../json.ts';
import { annotate, resultLine } from '../report/lines.ts';
import {
  type CheckResult,
  type Ending,
  outcomeOf,
  reasonOf,
  type SmokeReport,
  totalsOf,
  type WarmupResult,
} from '../report/report.ts';
import { type Context, tryCheck } from './attempt.ts';
import { describe, runCheck } from './check.ts';

export interface SmokePorts {
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted when the job is cancelled: the run ends at once, with its report. */
  readonly signal: AbortSignal;
}

export interface SmokeOptions {
  /** Milliseconds for the whole run; when they are over, what has not passed has failed. */
  readonly budget: number;
  /** Base address in place of the file's. */
  readonly baseUrl?: string | undefined;
  /** Base address where the file has none. */
  readonly fallbackBaseUrl?: string | undefined;
  /** Sent with each request to the base address, before those that the file says. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The input that gives a base address, for the words of a refusal. */
  readonly input?: string;
}

/** A service is warm when it answers with 2xx. */
const WARM = readExpectations(undefined, new Scope({}), { line: 1, column: 1 }).all;

/** Why a run was stopped from within. */
class OutOfTime extends Error {}

/**
 * Runs all checks, in parallel and in the order of their needs, and always answers with a report: also when the time
 * is over or the job is cancelled. Never throws for what a service does.
 * @throws ActionError `refused` where paths have no base address; nothing has been requested then
 */
export async function runChecks(
  checks: Checks,
  ports: SmokePorts,
  options: SmokeOptions,
): Promise<SmokeReport> {
  const baseUrl = chooseBaseUrl(checks, options);
  for (const value of checks.secrets.given()) ports.log.mask(value);
  const run = new Run(checks, ports, baseUrl, options);
  return run.toReport();
}

function chooseBaseUrl(checks: Checks, options: SmokeOptions): string | undefined {
  const baseUrl = (options.baseUrl || checks.baseUrl || options.fallbackBaseUrl)?.replace(/\/+$/, '');
  const input = options.input ?? 'base-url';
  const wrong = baseUrl === undefined ? undefined : wrongBaseUrl(baseUrl);
  if (wrong) throw refused({ input, what: wrong, found: JSON.stringify(baseUrl), fix: 'correct it' });
  if (baseUrl === undefined && checks.needsBaseUrl) {
    throw refused({
      input,
      what: `${checks.file} has paths, and there is no base address to put them on`,
      fix: 'give the input, or write `base-url: https://…` into the checks file',
    });
  }
  return baseUrl;
}

class Run {
  readonly #checks: Checks;
  readonly #ports: SmokePorts;
  readonly #budget: number;
  readonly #context: Context;
  readonly #wire = new Wire();
  readonly #stop = new AbortController();
  readonly #captured = new Map<string, Json>();
  readonly #results = new Map<string, CheckResult>();
  #annotated = 0;

  constructor(
    checks: Checks,
    ports: SmokePorts,
    baseUrl: string | undefined,
    { budget, headers }: Pick<SmokeOptions, 'budget' | 'headers'>,
  ) {
    this.#checks = checks;
    this.#ports = ports;
    this.#budget = budget;
    // Each request under way listens to it.
    setMaxListeners(0, this.#stop.signal);
    this.#context = {
      wire: this.#wire,
      baseUrl,
      headers: new Map(Object.entries(headers ?? {})),
      secrets: checks.secrets,
      signal: this.#stop.signal,
      onSecret: (value) => {
        checks.secrets.add(value);
        ports.log.mask(value);
      },
      always: (checks.release?.expect ?? []).filter(({ key }) => key === 'headers'),
      now: () => ports.clock.now(),
    };
  }

  async toReport(): Promise<SmokeReport> {
    const { clock, signal } = this.#ports;
    const began = clock.now();
    const onCancel = () => this.#stop.abort(signal.reason);
    if (signal.aborted) onCancel();
    signal.addEventListener('abort', onCancel, { once: true });
    const timer = new AbortController();
    clock.sleep(this.#budget, timer.signal).then(
      () =>
        this.#stop.abort(
          new OutOfTime(`the budget of ${formatDuration(this.#budget)} for all checks was used up`),
        ),
      () => {},
    );
    try {
      const warmup = this.#checks.warmup && (await this.#warmUp(this.#checks.warmup));
      await this.#judge();
      return this.#report(began, warmup);
    } finally {
      timer.abort();
      signal.removeEventListener('abort', onCancel);
      this.#wire.close();
    }
  }

  #report(began: number, warmup: WarmupResult | undefined): SmokeReport {
    const { checks, release, file, secrets } = this.#checks;
    const order = [...(release ? [release] : []), ...checks].map(({ name }) => name);
    const results = order.flatMap((name) => this.#results.get(name) ?? []);
    const { baseUrl } = this.#context;
    return secrets.hideAll({
      version: 1 as const,
      outcome: outcomeOf(results),
      ended: this.#ending(results),
      file,
      ...(baseUrl === undefined ? {} : { baseUrl }),
      startedAt: new Date(began).toISOString(),
      durationMs: Math.round(this.#ports.clock.now() - began),
      totals: totalsOf(results),
      ...(warmup ? { warmup } : {}),
      results,
    });
  }

  #ending(results: readonly CheckResult[]): Ending {
    const done = results.every(({ result }) => result === 'passed');
    if (done || !this.#stop.signal.aborted) return 'complete';
    return this.#stop.signal.reason instanceof OutOfTime ? 'out-of-time' : 'interrupted';
  }

  /** Asks until the service answers with 2xx. It judges nothing: a service that stays cold fails its checks. */
  async #warmUp({ request, budget }: Warmup): Promise<WarmupResult> {
    const check: Check = {
      name: 'warm-up',
      line: 1,
      column: 1,
      gate: 'warn',
      tags: [],
      needs: [],
      request,
      retry: { budget, consecutive: 1, interval: 500 },
      expect: WARM,
      capture: [],
    };
    const { result } = await runCheck(
      check,
      this.#captured,
      { ...this.#context, always: [] },
      this.#ports.clock,
    );
    const warm = result.result === 'passed';
    const problem = warm ? undefined : reasonOf(result);
    const took = `${formatDuration(result.durationMs)}, ${result.attempts} ${result.attempts === 1 ? 'try' : 'tries'}`;
    const { log } = this.#ports;
    if (warm) log.info(`warm after ${took}`);
    else log.warning(this.#checks.secrets.hide(`${result.url} did not become warm in ${took}: ${problem}`));
    return {
      url: result.url,
      warm,
      attempts: result.attempts,
      durationMs: result.durationMs,
      ...(problem === undefined ? {} : { problem }),
    };
  }

  async #judge(): Promise<void> {
    const { release, checks } = this.#checks;
    if (release) {
      await this.#run(release);
      if (this.#results.get(release.name)?.result !== 'passed') {
        const why = `another release answers, or none: "${release.name}" did not pass`;
        for (const check of checks) this.#skip(check, why);
        return;
      }
    }
    await this.#runAll(checks);
    if (release && !this.#stop.signal.aborted) await this.#askReleaseAgain(release);
  }

  /** Starts each check when its needs have passed and a place is free. */
  async #runAll(checks: readonly Check[]): Promise<void> {
    const waiting = new Set(checks);
    const running = new Set<Promise<void>>();
    while (waiting.size > 0 || running.size > 0) {
      for (const check of waiting) {
        if (running.size >= this.#checks.parallel) break;
        const blocked = this.#blockedBy(check);
        if (blocked === 'wait') continue;
        waiting.delete(check);
        if (blocked !== undefined) {
          this.#skip(check, blocked);
          continue;
        }
        const work: Promise<void> = this.#run(check).finally(() => running.delete(work));
        running.add(work);
      }
      if (running.size > 0) await Promise.race(running);
    }
  }

  /** Why a check cannot be made, `wait` while it is not known yet, `undefined` where nothing stands in its way. */
  #blockedBy(check: Check): string | undefined {
    const { signal } = this.#stop;
    if (signal.aborted) return `${messageOf(signal.reason)} before its turn`;
    let wait = false;
    for (const name of check.needs) {
      const needed = this.#results.get(name);
      if (!needed) wait = true;
      else if (needed.result !== 'passed')
        return `needs "${name}", which ${needed.result === 'skipped' ? 'was skipped' : 'did not pass'}`;
    }
    return wait ? 'wait' : undefined;
  }

  async #run(check: Check): Promise<void> {
    const { result, captured } = await runCheck(check, this.#captured, this.#context, this.#ports.clock);
    for (const [name, value] of captured) {
      this.#captured.set(name, value);
    }
    this.#settle(check, result);
  }

  /** Once more after all checks: an old instance may have taken part in between. */
  async #askReleaseAgain(release: Check): Promise<void> {
    const attempt = await tryCheck(release, this.#captured, this.#context).catch(() => undefined);
    const before = this.#results.get(release.name);
    if (!attempt || attempt.ok || !before) return;
    const { ok: _ok, captured: _captured, requests, ...last } = attempt;
    const problem = reasonOf(last);
    this.#settle(release, {
      ...before,
      ...last,
      result: release.gate === 'rollback' ? 'failed' : 'warned',
      attempts: before.attempts + 1,
      requests: before.requests + requests,
      problem: `it answered before the checks, but not after them: ${problem}`,
    });
  }

  #skip(check: Check, problem: string): void {
    this.#settle(check, {
      ...describe(check, this.#context, this.#captured),
      result: 'skipped',
      attempts: 0,
      requests: 0,
      durationMs: 0,
      assertions: [],
      problem,
    });
  }

  #settle(check: Check, result: CheckResult): void {
    const shown = this.#checks.secrets.hideAll(result);
    this.#results.set(check.name, shown);
    this.#ports.log.info(resultLine(shown));
    if (annotate(shown, this.#checks.file, this.#ports.log, this.#annotated)) this.#annotated++;
  }
}
