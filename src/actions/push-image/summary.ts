import type { ImageResult } from '../../image/index.ts';
import { worstFindings } from '../../image/scan.ts';
import { formatDuration } from '../../runtime/duration.ts';
import { code, link, plain } from '../../runtime/markdown.ts';
import type { Outcome } from '../../runtime/outcome.ts';

/** The job summary: what is in the registry now, and what the scan says of it. */
export function renderSummary(of: {
  readonly outcome: Outcome;
  readonly result: ImageResult;
  readonly seconds: number;
}): string {
  const { plan, digest, scan } = of.result;
  const did = {
    'build-and-push': `built with ${plan.engine}, cache: ${plan.cache}`,
    build: `built with ${plan.engine}, not pushed`,
    'push-layout': 'pushed from an image layout',
    none: 'there already, not built again',
  }[plan.action];
  const rows = [
    ['image', digest ? code(`${plan.repository}@${digest}`) : '—'],
    ['tags', [...new Set([of.result.tag, plan.pushed, ...plan.retag.map((t) => t.tag)])].map(code).join(' ')],
    ['platform', plan.platform],
    ['how', of.outcome === 'planned' && plan.action !== 'build' ? `would be: ${did}` : did],
    ['time', formatDuration(of.seconds * 1000)],
  ];
  const table = ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)];
  return [`### Image: ${of.outcome}`, '', ...table, '', ...scanSection(scan)].join('\n');
}

function scanSection(scan: ImageResult['scan']): string[] {
  if (!scan) return [];
  const counts = Object.entries(scan.report.counts).map(
    ([severity, count]) => `${count} ${plain(severity.toLowerCase())}`,
  );
  const head = [
    `**Scan:** ${plain(scan.report.status.toLowerCase())}${counts.length > 0 ? `; ${counts.join(', ')}` : ''}`,
    '',
  ];
  const findings = worstFindings(scan.report);
  if (findings.length === 0) return head;
  return [
    ...head,
    '| severity | finding | package |',
    '| --- | --- | --- |',
    ...findings.map(
      (f) =>
        `| ${plain(f.severity)} | ${f.uri ? link(f.uri, f.name) : plain(f.name)} | ${plain(f.package)} |`,
    ),
    '',
  ];
}
