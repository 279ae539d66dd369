import type { WeekReport } from '../model.ts';
import { outcomeBadge } from './acts.ts';
import { commitColour } from './chart.ts';
import { bytes, counted, escapeHtml, grouped } from './html.ts';

type Json = Readonly<Record<string, unknown>>;

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const partOf = (record: Json, name: string) => (record['parts'] as Record<string, Json> | undefined)?.[name];

/** The release records as they stand in the release bucket, newest first. */
export function ledgerTable(report: WeekReport): string {
  const { pointer, records } = report.ledger;
  const rows = records.map((record) => {
    const live = record['id'] === pointer['release'];
    const [backend, frontend] = [partOf(record, 'backend'), partOf(record, 'frontend')];
    const cells = [
      `<span class="mono">${escapeHtml(text(record['id']))}</span>${live ? ' <span class="badge good">live</span>' : ''}`,
      text(record['type']),
      commitChip(report, text(record['commit'])),
      escapeHtml(text(record['actor'])),
      outcomeBadge(text(record['result']), record['type'] === 'rollback'),
      backend ? `<span class="mono">${digest(text(backend['image']))}</span>` : '',
      frontend ? counted(Number(frontend['files'] ?? 0), 'file') : '',
      took(record),
    ];
    return `<tr${live ? ' class="live"' : ''}>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = ['release', 'type', 'commit', 'who', 'result', 'image', 'site', 'took'];
  return `<div class="card scroll"><table><thead><tr>${head.map((name) => `<th>${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>
<details class="fold"><summary>production/current.json, the pointer</summary><pre class="log">${escapeHtml(JSON.stringify(pointer, null, 2))}</pre></details>
<details class="fold"><summary>The newest release record, as it stands in the release bucket</summary><pre class="log">${escapeHtml(JSON.stringify(records[0] ?? {}, null, 2))}</pre></details>`;
}

export function commitChip(report: WeekReport, sha: string): string {
  const commit = report.commits.find((one) => one.sha === sha);
  if (!commit) return sha ? `<span class="mono">${escapeHtml(sha.slice(0, 7))}</span>` : '–';
  return `<span class="commit" title="${escapeHtml(commit.message)}"><i class="${commitColour(report.commits, sha)}"></i><span class="mono">${sha.slice(0, 7)}</span></span>`;
}

function digest(image: string): string {
  return escapeHtml(/sha256:[0-9a-f]{12}/.exec(image)?.[0] ?? image);
}

function took(record: Json): string {
  const [from, to] = [Date.parse(text(record['startedAt'])), Date.parse(text(record['finishedAt']))];
  return Number.isFinite(to - from) ? `${((to - from) / 1000).toFixed(1)} s` : '';
}

/** `service:Action` by service. */
function iamGroups(actions: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const action of actions) {
    const [service = '', name = ''] = action.split(':');
    groups.set(service, [...(groups.get(service) ?? []), name]);
  }
  return [...groups]
    .map(([service, names]) => `<dt>${escapeHtml(service)}</dt><dd>${names.map(escapeHtml).join(', ')}</dd>`)
    .join('');
}

/** What it took: requests to AWS, permissions, and the size of what ran. */
export function factCards(report: WeekReport): string {
  const { cloud, bundles } = report;
  const most = Math.max(1, ...cloud.services.map((service) => service.requests));
  const services = cloud.services.map(
    ({ service, requests, operations }) =>
      `<tr><td>${escapeHtml(service)}</td><td class="right">${grouped(requests)}</td><td style="width:45%" title="${escapeHtml(operations.map((o) => `${o.operation} ${o.requests}`).join(', '))}"><span class="bar" style="width:${((requests / most) * 100).toFixed(1)}%"></span></td></tr>`,
  );
  const sizes = bundles.map(
    ({ name, bytes: size }) => `<tr><td>${name}</td><td class="right">${bytes(size)}</td></tr>`,
  );
  return `<div class="facts">
<div class="card"><h3>${grouped(cloud.requests)} requests to AWS, all week</h3><table>${services.join('')}</table>
<p class="quiet">${grouped(cloud.mutating)} of them changed something. ${bytes(cloud.bytesIn)} went up and ${bytes(cloud.bytesOut)} came down, for the actions and for the demo's own look-ups.</p></div>
<div class="card"><h3>The least policy: ${cloud.iam.length} IAM actions</h3><dl class="iam">${iamGroups(cloud.iam)}</dl></div>
<div class="card"><h3>What ran</h3><table>${sizes.join('')}</table><p class="quiet">Bundles from <code>dist/</code>, as a workflow's runner executes them; Node ${escapeHtml(report.node)} on ${escapeHtml(report.platform)}. AWS's own waits ran ${report.speed} times as fast.</p></div>
</div>`;
}
