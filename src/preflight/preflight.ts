import pMap from 'p-map';
import type { Reader } from '../aws/reader.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { SmokeOutcome } from '../runtime/outcome.ts';
import type { PreflightConfig } from './config.ts';
import { type Finding, fromError, type Status, unknown } from './finding.ts';

export interface PreflightPorts {
  readonly aws: Reader;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One thing to check, in a file of its own. It changes nothing. */
export interface Check {
  readonly id: string;
  /** What it looks at: the first column of the table. */
  readonly title: string;
  /** Made before all others; where something is wrong with it, they are not made: each would say the same again. */
  readonly first?: true;
  /** True where the inputs name what it looks at. */
  applies(config: PreflightConfig): boolean;
  run(config: PreflightConfig, ports: PreflightPorts): Promise<readonly Finding[]>;
}

export interface CheckReport {
  readonly id: string;
  readonly title: string;
  /** The worst of its findings. */
  readonly status: Status;
  readonly findings: readonly Finding[];
}

export interface PreflightReport {
  readonly version: 1;
  /** `failed` where something is wrong; `warned` where something is unknown or could be better. */
  readonly outcome: SmokeOutcome;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly totals: Readonly<Record<Status, number>>;
  readonly checks: readonly CheckReport[];
}

/** Requests of checks under way at once: a look around, not a load. */
const PARALLEL = 6;
const RANK: Readonly<Record<Status, number>> = { ok: 0, advice: 1, unknown: 2, wrong: 3 };

/** Runs the checks that the inputs name something for. Never throws but the signal's reason. */
export async function runPreflight(
  config: PreflightConfig,
  checks: readonly Check[],
  ports: PreflightPorts,
): Promise<PreflightReport> {
  const began = ports.clock.now();
  const chosen = checks.filter((check) => check.applies(config));
  const run = (some: readonly Check[]) =>
    pMap(some, (check) => runOne(check, config, ports), { concurrency: PARALLEL });
  const first = await run(chosen.filter((check) => check.first));
  const stuck = first.some(({ status }) => status === 'wrong');
  const reports = [...first, ...(stuck ? [] : await run(chosen.filter((check) => !check.first)))];
  const all = reports.flatMap(({ findings }) => findings);
  const count = (status: Status) => all.filter((finding) => finding.status === status).length;
  const totals = {
    ok: count('ok'),
    advice: count('advice'),
    unknown: count('unknown'),
    wrong: count('wrong'),
  };
  return {
    version: 1,
    outcome: outcomeOf(totals, config.failOnUnknown),
    startedAt: new Date(began).toISOString(),
    durationMs: Math.round(ports.clock.now() - began),
    totals,
    checks: reports,
  };
}

export function outcomeOf(totals: Readonly<Record<Status, number>>, failOnUnknown: boolean): SmokeOutcome {
  if (totals.wrong > 0 || (failOnUnknown && totals.unknown > 0)) return 'failed';
  return totals.unknown > 0 || totals.advice > 0 ? 'warned' : 'passed';
}

async function runOne(check: Check, config: PreflightConfig, ports: PreflightPorts): Promise<CheckReport> {
  ports.signal.throwIfAborted();
  const findings = await attempt(check, config, ports);
  const status = worst(findings);
  const report = { id: check.id, title: check.title, status, findings };
  for (const finding of findings) ports.log.info(`${MARKS[finding.status]} ${check.title}: ${finding.what}`);
  return report;
}

export const MARKS: Readonly<Record<Status, string>> = { ok: '✓', advice: '!', unknown: '?', wrong: '✗' };

async function attempt(
  check: Check,
  config: PreflightConfig,
  ports: PreflightPorts,
): Promise<readonly Finding[]> {
  try {
    return await check.run(config, ports);
  } catch (error) {
    ports.signal.throwIfAborted();
    return [fromError(error, check.title, () => unknown('it is not there'))];
  }
}

function worst(findings: readonly Finding[]): Status {
  return findings.reduce<Status>((so, { status }) => (RANK[status] > RANK[so] ? status : so), 'ok');
}
