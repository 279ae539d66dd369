import {
  type BackendResult,
  formatPercent,
  type PlanEntry,
  probeFailures,
  probeTable,
  shortImage,
} from '../../backend/index.ts';
import { formatDuration } from '../../runtime/duration.ts';

const SIGN: Partial<Record<BackendResult['outcome'], string>> = {
  deployed: '✅',
  unchanged: '✅',
  planned: '📝',
  'rolled-back': '↩️',
};

/** The job summary: what happened first, then why, then the figures. */
export function renderSummary(result: BackendResult, releaseId: string, milliseconds: number): string {
  return [
    `### ${SIGN[result.outcome] ?? '❌'} deploy-backend: ${result.outcome}`,
    headline(result, releaseId, milliseconds),
    result.cause
      ? `**Why:** ${plain(result.cause)}.${result.fix ? `\n\n**Next:** ${plain(result.fix)}.` : ''}`
      : '',
    result.causes.map((line) => `- ${plain(line)}.`).join('\n'),
    result.details.length > 0 ? fenced('What the service said', result.details) : '',
    planTable(result.plan),
    probeSection(result),
    result.smoke?.summary ?? '',
    alarmSection(result),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function headline(result: BackendResult, releaseId: string, milliseconds: number): string {
  const rows = [
    ['service', result.serviceUrl ? `[${result.serviceUrl}](${result.serviceUrl})` : `\`${result.service}\``],
    ['target', result.target],
    ['image', `\`${shortImage(result.image)}\``],
    ['before', `\`${shortImage(result.previousImage)}\``],
    ['release', `\`${releaseId}\``],
    ...(result.probe ? [['availability', formatPercent(result.probe.report.availability)]] : []),
    ['took', formatDuration(milliseconds)],
  ];
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

function planTable(plan: readonly PlanEntry[]): string {
  if (plan.length === 0) return '';
  const value = (text: string | undefined) => (text === undefined ? '' : `\`${cell(shortImage(text))}\``);
  const rows = plan.map((entry) => {
    const hidden = entry.from === undefined && entry.to === undefined;
    const [from, to] = hidden
      ? ['', entry.change === 'change' ? 'changed' : '']
      : [value(entry.from), value(entry.to)];
    return `| ${cell(entry.field)} | ${entry.change} | ${from} | ${to} |`;
  });
  return ['**Plan**', '', '| field | | now | wanted |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function probeSection({ probe }: BackendResult): string {
  if (!probe) return '';
  const failures = probeFailures(probe.report);
  return [
    `**Probe** of ${probe.report.url}`,
    probeTable(probe.report),
    `\`\`\`text\n${probe.chart}\n\`\`\``,
    'U: update sent · V: verdict · ×: a request failed',
    ...(failures.length > 0 ? [fenced('Failed requests', failures)] : []),
  ].join('\n\n');
}

function alarmSection({ alarms }: BackendResult): string {
  if (!alarms) return '';
  const lines = [
    ...alarms.rang.map((alarm) => `- ❌ \`${alarm.name}\` began to ring: ${plain(alarm.reason)}`),
    ...alarms.already.map(
      (alarm) => `- ⚠️ \`${alarm.name}\` rang before this deployment already: not counted`,
    ),
    ...alarms.blind.map((alarm) => `- ⚠️ \`${alarm.name}\` is ${alarm.state}: neither passed nor failed`),
  ];
  return ['**Alarms**', lines.length > 0 ? lines.join('\n') : 'All quiet.'].join('\n\n');
}

const fenced = (title: string, lines: readonly string[]) =>
  `<details open><summary>${title}</summary>\n\n\`\`\`text\n${lines.join('\n').replaceAll('```', "'''")}\n\`\`\`\n\n</details>`;
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const plain = (text: string) => text.replaceAll('<', '&lt;').replace(/\.$/, '');
