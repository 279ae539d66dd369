import { formatDuration } from '../../runtime/duration.ts';
import type { Log } from '../../runtime/log.ts';
import { type CheckResult, reasonOf, type Verdict } from './report.ts';

const MARKS: Readonly<Record<Verdict, string>> = { passed: '✓', warned: '!', failed: '✗', skipped: '–' };

/** GitHub's runner takes a line that begins with `::` for a command, and parts of these come from outside. */
const oneLine = (text: string) => text.replace(/[\r\n]+/g, ' ');

/** A check's end as a line of the log. */
export function resultLine(result: CheckResult): string {
  const head = `${MARKS[result.result]} ${result.name}`;
  if (result.result !== 'passed') return oneLine(`${head}: ${reasonOf(result)}`);
  const tries = result.earlier ? `, ${result.attempts} tries` : '';
  const earlier = result.earlier ? `; at first ${result.earlier}` : '';
  return oneLine(
    `${head} (${result.status}, ${formatDuration(result.timings?.total ?? 0)}${tries}${earlier})`,
  );
}

/** GitHub shows ten annotations of a kind for a step; the summary has them all. */
const MAX_ANNOTATIONS = 10;

/**
 * A message on the line of the checks file that was not met. `before` is how many checks were annotated already.
 * @returns true where there was something to annotate
 */
export function annotate(result: CheckResult, file: string, log: Log, before: number): boolean {
  if (result.result === 'passed' || before >= MAX_ANNOTATIONS) return false;
  const place = result.assertions.find(({ ok }) => !ok) ?? result;
  const at = { title: `smoke check: ${result.name}`, file, startLine: place.line, startColumn: place.column };
  const isWarning = result.result === 'warned' || (result.result === 'skipped' && result.gate === 'warn');
  log[isWarning ? 'warning' : 'error'](oneLine(`${result.method} ${result.url}: ${reasonOf(result)}`), at);
  return true;
}
