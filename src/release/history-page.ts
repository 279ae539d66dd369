import { describeRow, type History, type HistoryRow, sayLive } from './history.ts';
import { doraCards, weeksChart } from './history-figures.ts';
import { HISTORY_STYLE } from './history-style.ts';
import { escapeHtml as e, httpUrl } from './html.ts';
import type { Result } from './record.ts';
import { shortTime } from './table.ts';

/** Rows on the page: enough to scroll through, and still a page. */
const MAX_ROWS = 500;

/** Which colour a result has: it worked, it put itself back, it needs someone, or it says nothing. */
const TONES: Readonly<Record<Result, 'ok' | 'back' | 'bad' | 'idle'>> = {
  deployed: 'ok',
  unchanged: 'ok',
  'rolled-back': 'back',
  failed: 'bad',
  'rollback-failed': 'bad',
  unknown: 'bad',
  'timed-out': 'bad',
  interrupted: 'idle',
  refused: 'idle',
  planned: 'idle',
  'in-progress': 'idle',
};

/** The history as one HTML document: no script, no request to anywhere, light and dark. */
export function historyPage(history: History): string {
  const { environment, releases, at } = history;
  const shown = releases.slice(0, MAX_ROWS);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${e(environment)} – releases</title>
<style>${HISTORY_STYLE}</style>
<header>
<h1>${e(environment)}</h1>
<p>${liveSentence(history)}</p>
${history.locked.map((holder) => `<p class="lock">Locked by ${e(holder)}</p>`).join('\n')}
</header>
<main>
<section aria-label="Delivery">
<div class="cards">${doraCards(history.dora)}</div>
${weeksChart(releases, at)}
</section>
<section aria-label="Releases">
<h2>Releases</h2>
<div class="scroll"><table>
<thead><tr><th>Release<th>Result<th>When (UTC)<th>Who<th class="num">Took<th class="num">Availability<th>Notes</thead>
<tbody>
${shown.map(row).join('\n')}
</tbody></table></div>
${releases.length > shown.length ? `<p class="quiet">… and ${releases.length - shown.length} older ones in the ledger.</p>` : ''}
${releases.length === 0 ? '<p class="quiet">No releases yet.</p>' : ''}
</section>
${damagedSection(history)}
</main>
<footer>Written by wwhd-deploy on ${shortTime(new Date(at).toISOString())} UTC from <code>s3://${e(history.bucket)}/${e(environment)}/</code></footer>
</html>
`;
}

function liveSentence({ current, releases }: History): string {
  if (!current) return 'Nothing is live yet.';
  const { parts, release } = current;
  const of = releases.find(({ record }) => record.id === release)?.record;
  const mixed = new Set(Object.values(parts)).size > 1;
  const what = mixed
    ? Object.entries(parts)
        .map(([name, id]) => `${e(name)} <code>${e(id)}</code>`)
        .join(' with ')
    : `<code>${e(release)}</code>`;
  const since = of?.finishedAt ?? current.updatedAt;
  return `<span class="dot ok"></span>Live: ${what}${since ? `, since ${e(shortTime(since))} UTC` : ''}.`;
}

function row(entry: HistoryRow): string {
  const { record, live } = entry;
  const text = describeRow(entry);
  const url = httpUrl(record.run.url);
  const commit = text.commit ? `<small>${commitLink(record.repository, record.commit, url)}</small>` : '';
  const who = url ? `<a href="${e(url)}">${e(text.who)}</a>` : e(text.who);
  const undone = entry.undoneBy && record.type !== 'rollback' ? ' undone' : '';
  const badge = `<span class="badge ${toneOf(entry)}">${e(text.result)}</span>`;
  const checks = text.checks ? `<small>checks ${e(text.checks)}</small>` : '';
  const kind = text.kind ? `<small>${e(text.kind)}</small>` : '';
  return `<tr id="${e(record.id)}" class="${live.length > 0 ? 'live' : ''}${undone}"><td><a class="id" href="#${e(record.id)}">${e(record.id)}</a>${commit}<td>${badge}${kind}${checks}<td>${e(text.when)}<td>${who}<td class="num">${e(text.took)}<td class="num">${e(text.availability)}<td>${notes(entry)}`;
}

/** Of a rollback, `rolled-back` is what was wanted. */
function toneOf({ record }: HistoryRow): string {
  if (record.type === 'rollback' && record.result === 'rolled-back') return 'ok';
  return Object.hasOwn(TONES, record.result) ? TONES[record.result] : 'idle';
}

function commitLink(repository: string, commit: string, runUrl: string | undefined): string {
  const short = e(commit.slice(0, 7));
  const server = runUrl && new URL(runUrl).origin;
  return server && repository
    ? `<a href="${e(`${server}/${repository}/commit/${commit}`)}">${short}</a>`
    : short;
}

function notes({ record, live, good, undoneBy }: HistoryRow): string {
  const link = (id: string) => `<a href="#${e(id)}">${e(id)}</a>`;
  const cause = causeOf(record);
  return [
    live.length > 0 ? `<b>live</b>${e(sayLive(live, record).slice('live'.length))}` : '',
    good ? 'good' : '',
    record.type === 'rollback' && record.restores ? `back to ${link(record.restores)}` : '',
    record.type === 'rollback' && record.replaces ? `in place of ${link(record.replaces)}` : '',
    undoneBy ? `undone by ${link(undoneBy)}` : '',
    record.reason ? `“${e(record.reason)}”` : '',
    cause ? `<span class="cause">${e(cause.length > 300 ? `${cause.slice(0, 300)}…` : cause)}</span>` : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Why it did not end well: that of the first part that knows, with the part's name where there are several. */
function causeOf({ parts }: HistoryRow['record']): string | undefined {
  const [name, part] = Object.entries(parts).find(([, { cause }]) => cause) ?? [];
  if (!part?.cause) return undefined;
  return Object.keys(parts).length > 1 ? `${name}: ${part.cause}` : part.cause;
}

function damagedSection({ damaged }: History): string {
  if (damaged.length === 0) return '';
  const items = damaged.map(({ key, damage }) => `<li><code>${e(key)}</code>: ${e(damage)}`).join('\n');
  return `<section aria-label="Unreadable"><h2>Left alone</h2><p>These could not be read. Nothing was changed in them.</p><ul>${items}</ul></section>`;
}
