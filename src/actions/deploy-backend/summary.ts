import {
  type BackendResult,
  formatPercent,
  type PlanEntry,
  probeFailures,
  probeTable,
  sayLoad,
  shortImage,
} from '../../parts/service/index.ts';
import { formatDuration } from '../../runtime/duration.ts';
import { code, details, fenced, link, plain } from '../../runtime/markdown.ts';

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
      ? `**Why:** ${sentence(result.cause)}${result.fix ? `\n\n**Next:** ${sentence(result.fix)}` : ''}`
      : '',
    result.causes.map((line) => `- ${sentence(line)}`).join('\n'),
    result.details.length > 0 ? details('What the service said', fenced(result.details), true) : '',
    planTable(result.plan),
    candidateSection(result),
    probeSection(result),
    result.smoke?.summary ?? '',
    alarmSection(result),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function headline(result: BackendResult, releaseId: string, milliseconds: number): string {
  const rows = [
    ['service', result.serviceUrl ? link(result.serviceUrl) : code(result.service)],
    ['target', result.target],
    ['image', code(shortImage(result.image))],
    ['before', code(shortImage(result.previousImage))],
    ['release', code(releaseId)],
    ...(result.probe ? [['availability', formatPercent(result.probe.report.availability)]] : []),
    ['took', formatDuration(milliseconds)],
  ];
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

function planTable(plan: readonly PlanEntry[]): string {
  if (plan.length === 0) return '';
  const value = (text: string | undefined) => (text === undefined ? '' : code(shortImage(text)));
  const rows = plan.map((entry) => {
    const hidden = entry.from === undefined && entry.to === undefined;
    const [from, to] = hidden
      ? ['', entry.change === 'change' ? 'changed' : '']
      : [value(entry.from), value(entry.to)];
    return `| ${plain(entry.field)} | ${entry.change} | ${from} | ${to} |`;
  });
  return ['**Plan**', '', '| field | | now | wanted |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** What was asked before users reached it, and what was decided. */
function candidateSection({ candidate }: BackendResult): string {
  if (!candidate) return '';
  const { url, stage, share, digests, load, smoke, decision, failure } = candidate;
  const rows = [
    ['asked at', `${plain(url)} (${stage})`],
    ["share of the users' requests until then", `${share} %`],
    ['runs', digests.map(code).join(', ') || 'not known'],
    ...(load ? [['load', sayLoad(load)]] : []),
    ...(smoke ? [['smoke checks', smoke.outcome]] : []),
    [
      'decision',
      decision === 'CONTINUE' ? '✅ users may reach it' : `❌ dropped: ${plain(failure?.why ?? '')}`,
    ],
  ];
  const table = rows.map(([name, value]) => `| ${name} | ${value} |`);
  return ['**Candidate**', '', '| | |', '| --- | --- |', ...table].join('\n');
}

function probeSection({ probe }: BackendResult): string {
  if (!probe) return '';
  const failures = probeFailures(probe.report);
  return [
    `**Probe** of ${plain(probe.report.url)}`,
    probeTable(probe.report),
    fenced(probe.chart),
    'U: update sent · V: verdict · ×: a request failed',
    ...(failures.length > 0 ? [details('Failed requests', fenced(failures), true)] : []),
  ].join('\n\n');
}

function alarmSection({ alarms }: BackendResult): string {
  if (!alarms) return '';
  const lines = [
    ...alarms.rang.map((alarm) => `- ❌ ${code(alarm.name)} went into ALARM: ${plain(alarm.reason)}`),
    ...alarms.already.map(
      (alarm) => `- ⚠️ ${code(alarm.name)} rang before this deployment already: not counted`,
    ),
    ...alarms.blind.map((alarm) => `- ⚠️ ${code(alarm.name)} is ${alarm.state}: neither passed nor failed`),
  ];
  return ['**Alarms**', lines.length > 0 ? lines.join('\n') : 'All quiet.'].join('\n\n');
}

const sentence = (text: string) => `${plain(text).replace(/\.$/, '')}.`;
