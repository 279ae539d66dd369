import type { Usage } from '../../aws/bulk-store.ts';
import { formatDuration } from '../../runtime/duration.ts';
import { code, details, fenced, link } from '../../runtime/markdown.ts';
import type { DeploySiteResult } from './deploy-types.ts';
import { formatBytes } from './live/progress.ts';
import type { SitePlan } from './plan/plan.ts';

export interface SummaryFacts {
  readonly result: DeploySiteResult;
  readonly bucket: string;
  readonly releaseId: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly usage: Usage;
}

const HEADLINES: Readonly<Record<string, string>> = {
  deployed: '✅ Frontend deployed',
  unchanged: '✅ Frontend unchanged',
  planned: '📋 Frontend plan',
  'rolled-back': '↩️ Frontend rolled back',
  'rollback-failed': '🔥 Frontend: going back failed',
  interrupted: '⏹️ Frontend deployment cancelled',
};

/** Dollars of a path beyond the first 1,000 a month: https://aws.amazon.com/cloudfront/pricing/. */
const PATH_PRICE = 0.005;

/**
 * Why nobody has seen what visitors get of a release that is in the bucket; `undefined` where it was read back, or where
 * nothing was written.
 */
export function notVerified({ outcome, siteUrl, report }: DeploySiteResult): string | undefined {
  if (outcome !== 'deployed' || (report?.verifiedPages ?? 0) > 0) return undefined;
  return siteUrl
    ? 'not verified: `verify: false` reads nothing back'
    : 'not verified: neither `distribution` nor `site-url` says where visitors find the site, so nothing was read back';
}

function headline(result: DeploySiteResult): string {
  if (notVerified(result)) return '⚠️ Frontend deployed, not verified';
  return HEADLINES[result.outcome] ?? `❌ Frontend ${result.outcome}`;
}

/** The job summary of a deployment, as markdown. Pure. */
export function renderSiteSummary(facts: SummaryFacts): string {
  const { result, releaseId, duration, usage } = facts;
  const { plan, outcome } = result;
  const parts = [`### ${headline(result)}`, lead(facts), ...problem(result), countsTable(plan, result)];
  if (plan.writes > 0) parts.push(phasesTable(plan));
  const folds = [
    fold(`What is written (${plan.writes})`, list(plan.samples.writes, plan.writes)),
    fold(`What is removed (${plan.deletes})`, list(plan.samples.deletes, plan.deletes)),
    fold(`Headers that go with the bytes (${plan.losses.length})`, list(plan.losses, plan.losses.length)),
    fold(`Invalidated paths (${plan.invalidate.length})`, list(plan.invalidate, plan.invalidate.length)),
    fold('The ten biggest files', bigTable(plan)),
  ];
  parts.push(folds.filter((text) => text !== '').join('\n'));
  if (result.gate?.summary) parts.push(result.gate.summary);
  const requests =
    outcome === 'planned' ? `${plan.requests.expected} requests expected` : `${usage.total} requests`;
  parts.push(
    `<sub>Release \`${releaseId}\` · ${formatDuration(duration)} · ${requests}, about $${costOf(plan)} · content compared, not times</sub>`,
  );
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function lead({ result, bucket }: SummaryFacts): string {
  const where = result.siteUrl ? link(result.siteUrl) : code(`s3://${bucket}`);
  const { plan, report, outcome } = result;
  if (outcome === 'unchanged') return `${where} serves exactly this already: nothing was written.`;
  if (outcome === 'planned') return `${where}: this is what a deployment would do. Nothing was changed.`;
  if (outcome !== 'deployed') return where;
  const proof = report?.verifiedPages
    ? ` ${report.verifiedPages} files were read back through the CDN and are, byte for byte, what was deployed.`
    : '';
  const adopted = plan.adopts ? ' What the bucket served before was recorded as a release first.' : '';
  const unseen = notVerified(result);
  if (unseen) return `${where} has the release; ${unseen}.${adopted}`;
  return `${where} is live.${proof}${adopted}`;
}

function problem({ cause, undoProblem, leftOver }: DeploySiteResult): string[] {
  const told = cause ?? leftOver;
  if (!told) return [];
  const text = [told.message, ...(undoProblem ? [`going back: ${undoProblem}`] : [])].join('\n');
  return [fenced(text)];
}

function countsTable(plan: SitePlan, { report, collected }: DeploySiteResult): string {
  const reasons = Object.entries(plan.reasons)
    .map(([reason, n]) => `${n} ${reason}`)
    .join(', ');
  const rows = [
    ['files', `${plan.files} (${formatBytes(plan.bytes)})`],
    ['written', `${plan.writes} (${formatBytes(plan.writeBytes)})${reasons ? `: ${reasons}` : ''}`],
    ['unchanged', String(plan.unchanged)],
    ['removed', String(plan.deletes)],
    ['kept for open tabs', String(plan.kept)],
    ['invalidated paths', String(report?.invalidatedPaths.length ?? plan.invalidate.length)],
  ];
  if (collected) rows.push(['collected', `${collected.blobs} blobs of ${collected.manifests} old releases`]);
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

function phasesTable(plan: SitePlan): string {
  const rows = plan.phases.map((p, i) => `| ${i + 1}. ${p.phase} | ${p.files} | ${formatBytes(p.bytes)} |`);
  return ['| in this order | files | bytes |', '| --- | ---: | ---: |', ...rows].join('\n');
}

function bigTable(plan: SitePlan): string {
  if (plan.biggest.length === 0) return '';
  const rows = plan.biggest.map((file) => `| ${code(file.path)} | ${formatBytes(file.bytes)} |`);
  return ['| file | size |', '| --- | ---: |', ...rows].join('\n');
}

function list(lines: readonly string[], all: number): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(0, 50);
  return fenced([...shown, ...(all > shown.length ? [`… and ${all - shown.length} more`] : [])]);
}

const fold = (title: string, body: string) => (body === '' ? '' : details(title, body));

function costOf(plan: SitePlan): string {
  const invalidation = plan.invalidate.length > 1000 ? (plan.invalidate.length - 1000) * PATH_PRICE : 0;
  return (plan.requests.dollars + invalidation).toFixed(4);
}
