import type { Dora } from './dora.ts';
import { describeDora, type HistoryRow } from './history.ts';
import { escapeHtml as e } from './html.ts';
import { wentLive } from './result.ts';

const WEEK = 7 * 86_400_000;
/** Weeks in the chart. */
const WEEKS = 26;
const BAR = { width: 30, gap: 9, height: 88 };

export function doraCards(dora: Dora): string {
  return describeDora(dora)
    .map(
      ({ name, value, detail }) =>
        `<div class="card"><h3>${e(name)}</h3><p class="value">${e(value)}</p><p>${e(detail)}</p></div>`,
    )
    .join('');
}

interface Week {
  readonly from: number;
  good: number;
  bad: number;
  rollbacks: number;
}

/** Releases by week, stacked: what stayed, what failed or was gone back from, and rollbacks. */
export function weeksChart(rows: readonly HistoryRow[], now: number): string {
  const weeks = countWeeks(rows, now);
  const most = Math.max(1, ...weeks.map(total));
  if (rows.length < 2) return '';
  const width = weeks.length * (BAR.width + BAR.gap);
  const bars = weeks.map((week, i) => bar(week, i * (BAR.width + BAR.gap), most)).join('');
  return `<figure class="scroll"><svg viewBox="0 0 ${width} ${BAR.height + 18}" width="${width}" height="${BAR.height + 18}" role="img" aria-label="Releases by week">${bars}</svg><figcaption><span class="key good"></span>stayed <span class="key bad"></span>failed or gone back from <span class="key rollbacks"></span>rollbacks, by week</figcaption></figure>`;
}

const total = (week: Week) => week.good + week.bad + week.rollbacks;

function countWeeks(rows: readonly HistoryRow[], now: number): Week[] {
  const weeks = Array.from(
    { length: WEEKS },
    (_, i): Week => ({ from: now - (WEEKS - i) * WEEK, good: 0, bad: 0, rollbacks: 0 }),
  );
  for (const { record, undoneBy } of rows) {
    const week = weeks.findLast(({ from }) => Date.parse(record.startedAt) >= from);
    if (!week || ['planned', 'refused', 'in-progress'].includes(record.result)) continue;
    if (record.type === 'rollback' && wentLive(record)) week.rollbacks++;
    else if (wentLive(record) && !undoneBy) week.good++;
    else week.bad++;
  }
  return weeks;
}

function bar(week: Week, x: number, most: number): string {
  let y = BAR.height;
  const parts = (['good', 'rollbacks', 'bad'] as const).map((kind) => {
    const height = (week[kind] / most) * (BAR.height - 4);
    if (height === 0) return '';
    y -= height;
    return `<rect class="${kind}" x="${x}" y="${y.toFixed(1)}" width="${BAR.width}" height="${Math.max(0, height - 1).toFixed(1)}" rx="2"/>`;
  });
  const day = new Date(week.from).toISOString().slice(5, 10);
  const title = `<title>week of ${day}: ${week.good} stayed, ${week.bad} failed, ${week.rollbacks} rollbacks</title>`;
  const label =
    new Date(week.from).getUTCDate() <= 7 ? `<text x="${x}" y="${BAR.height + 14}">${day}</text>` : '';
  const base = `<rect class="base" x="${x}" y="${BAR.height}" width="${BAR.width}" height="1"/>`;
  return `<g>${title}${base}${parts.join('')}${label}</g>`;
}
