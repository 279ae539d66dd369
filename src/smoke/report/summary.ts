import { formatDuration } from '../../runtime/duration.ts';
import type { Assertion } from '../expect/expectation.ts';
import {
  type CheckResult,
  type Ending,
  reasonOf,
  type SmokeReport,
  type Verdict,
  worstFirst,
} from './report.ts';

const ICONS: Readonly<Record<Verdict, string>> = { passed: '✅', warned: '⚠️', failed: '❌', skipped: '⏭️' };
const ENDINGS: Readonly<Record<Ending, string>> = {
  complete: '',
  'out-of-time': 'The time for all checks ran out; what had not passed by then has failed.',
  interrupted: 'The run was cancelled; what had not passed by then has failed.',
};

/** Rows of a table; a summary holds 1 MiB and a reader far less. */
const MAX_ROWS = 200;

/** The report as Markdown for the job summary: what failed first, with expected and got, then every check. */
export function renderSmokeSummary(report: SmokeReport): string {
  const { totals, outcome } = report;
  const parts = [
    `### Smoke checks: ${outcome}`,
    '',
    `${counted(totals)} in ${formatDuration(report.durationMs)}${report.baseUrl ? ` against ${code(report.baseUrl)}` : ''}. ${ENDINGS[report.ended]}`.trimEnd(),
    ...warmupLine(report),
    ...failureTable(report.results),
    '',
    '| | check | answer | time | tries |',
    '| --- | --- | --- | ---: | ---: |',
    ...report.results.slice(0, MAX_ROWS).map(row),
    ...(report.results.length > MAX_ROWS
      ? ['', `… and ${report.results.length - MAX_ROWS} more, in the JSON report.`]
      : []),
    '',
  ];
  return parts.join('\n');
}

function counted(totals: SmokeReport['totals']): string {
  const named = (['passed', 'warned', 'failed', 'skipped'] as const).filter((key) => totals[key] > 0);
  return named.length > 0 ? named.map((key) => `${totals[key]} ${key}`).join(', ') : 'no checks';
}

function warmupLine({ warmup }: SmokeReport): string[] {
  if (!warmup) return [];
  const took = formatDuration(warmup.durationMs);
  return [
    '',
    warmup.warm
      ? `Warm after ${took}.`
      : `⚠️ ${code(warmup.url)} did not become warm in ${took}: ${text(warmup.problem ?? '')}`,
  ];
}

function failureTable(results: readonly CheckResult[]): string[] {
  const bad = worstFirst(results);
  if (bad.length === 0) return [];
  const rows = bad.flatMap((result) => failureRows(result));
  return [
    '',
    '| | check | expectation | expected | got |',
    '| --- | --- | --- | --- | --- |',
    ...rows.slice(0, MAX_ROWS),
  ];
}

function failureRows(result: CheckResult): string[] {
  const head = `| ${ICONS[result.result]} | ${text(result.name)} (line ${result.line})`;
  const unmet = result.problem ? [] : result.assertions.filter(({ ok }) => !ok);
  if (unmet.length === 0)
    return [
      `${head} | ${result.result === 'skipped' ? 'skipped' : 'an answer'} | | ${text(reasonOf(result))} |`,
    ];
  return unmet.map(
    (one: Assertion) => `${head} | ${text(one.what)} | ${code(one.expected)} | ${code(one.got)} |`,
  );
}

function row(result: CheckResult): string {
  const time = result.latency
    ? `p95 ${formatDuration(result.latency.p95)}`
    : result.timings
      ? formatDuration(result.timings.total)
      : '';
  const cells = [
    ICONS[result.result],
    `${text(result.name)}<br>${code(`${result.method} ${result.url}`)}${result.gate === 'warn' ? ' (warns only)' : ''}`,
    result.status === undefined ? '' : String(result.status),
    time,
    result.earlier ? `${result.attempts}<br>at first ${text(result.earlier)}` : String(result.attempts),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Text from outside is never markup: not Markdown's, not HTML's, and it does not end its cell. */
function text(value: string): string {
  return value
    .replace(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]|~#@]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function code(value: string): string {
  return value === '' ? '' : `<code>${text(value)}</code>`;
}
