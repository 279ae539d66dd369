import { formatDuration } from '../runtime/duration.ts';
import type { Finding, Status } from './finding.ts';
import type { PreflightReport } from './preflight.ts';

const ICONS: Readonly<Record<Status, string>> = { ok: '✅', advice: '💡', unknown: '❔', wrong: '❌' };

/** The report as Markdown: first what to do, then everything that was looked at. */
export function renderPreflightSummary(report: PreflightReport): string {
  const { totals } = report;
  const counts = [
    `${totals.ok} in place`,
    ...(totals.wrong > 0 ? [`${totals.wrong} wrong`] : []),
    ...(totals.unknown > 0 ? [`${totals.unknown} unknown`] : []),
    ...(totals.advice > 0 ? [`${totals.advice} could be better`] : []),
  ];
  return [
    `### Preflight: ${report.outcome}`,
    '',
    `${counts.join(', ')}; nothing was changed. ${formatDuration(report.durationMs)}.`,
    ...todo(report),
    '',
    '| | what | found |',
    '| --- | --- | --- |',
    ...report.checks.map(
      ({ title, status, findings }) =>
        `| ${ICONS[status]} | ${text(title)} | ${findings.map(line).join('<br>')} |`,
    ),
    '',
  ].join('\n');
}

function todo(report: PreflightReport): string[] {
  const rows = (['wrong', 'unknown', 'advice'] as const).flatMap((status) =>
    report.checks.flatMap(({ title, findings }) =>
      findings
        .filter((finding) => finding.status === status && finding.fix)
        .map(
          ({ what, fix }) =>
            `| ${ICONS[status]} | ${text(title)} | ${text(what)} | <code>${text(fix ?? '')}</code> |`,
        ),
    ),
  );
  return rows.length > 0 ? ['', '| | what | found | to do |', '| --- | --- | --- | --- |', ...rows] : [];
}

const line = ({ status, what }: Finding) => (status === 'ok' ? text(what) : `${ICONS[status]} ${text(what)}`);

/** Names and messages of AWS are text, not markup. */
function text(value: string): string {
  return value
    .replace(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]|~#@]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
