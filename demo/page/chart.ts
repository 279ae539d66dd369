import type { ActReport, Commit, Sample, StepRun } from '../model.ts';
import { escapeHtml, time } from './html.ts';

export interface ChartOptions {
  readonly samples: readonly Sample[];
  readonly commits: readonly Commit[];
  readonly acts: readonly ActReport[];
  /** Steps to draw as bars above the requests, in place of the acts. */
  readonly steps?: readonly StepRun[];
  /** What is shown, in milliseconds since the week began. */
  readonly from: number;
  readonly to: number;
  /** Width of a bar in milliseconds. */
  readonly bucket: number;
  readonly label: string;
  /** Width in the chart's own units; its height is the same for all. */
  readonly width: number;
}

const LEFT = 46;
const BARS = { top: 34, height: 128 };
const STRIPS = { top: 176, height: 12, gap: 20 };
const LATENCY = { top: 232, height: 54 };
const HEIGHT = 312;

interface Scale {
  x(at: number): number;
  readonly options: ChartOptions;
}

/**
 * What users had: requests a second by the commit that answered, failed ones in red; which release the API and the
 * site were; how long answers took. Drawn as SVG, coloured by the page's style sheet.
 */
export function trafficChart(options: ChartOptions): string {
  const { from, to, label, width } = options;
  const x = (at: number) => LEFT + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (width - LEFT);
  const scale = { x, options };
  return `<svg class="chart" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${escapeHtml(label)}">
${acts(scale)}${steps(scale)}${bars(scale)}${strip(scale, 'api', 'API', 0)}${strip(scale, 'site', 'site', 1)}${latency(scale)}${axis(scale)}</svg>`;
}

/** Place of a commit in the week's palette. */
export function commitColour(commits: readonly Commit[], sha: string): string {
  const index = commits.findIndex((commit) => commit.sha === sha);
  return index < 0 ? 'c-none' : `c${index}`;
}

function acts({ x, options }: Scale): string {
  return options.acts
    .map((act, index) => ({ act, index, left: x(act.from), right: x(act.to) }))
    .filter(({ left, right }) => right - left > 1)
    .map(({ act, index, left, right }) => {
      const room = right - left;
      const fits =
        [`${act.day} · ${act.title}`, `${act.day} · ${act.short}`, act.short, act.day].find(
          (text) => text.length * 7.4 < room - 10,
        ) ?? '';
      return `<a href="#act-${index + 1}"><rect class="act${index % 2 ? ' odd' : ''}" x="${n(left)}" y="0" width="${n(room)}" height="${HEIGHT - 22}"><title>${escapeHtml(`${act.day}: ${act.title}`)}</title></rect><text class="act-label" x="${n(left + 6)}" y="17">${escapeHtml(fits)}</text></a>`;
    })
    .join('\n');
}

/** The job's steps, side by side where they ran side by side. */
function steps({ x, options }: Scale): string {
  const ends: number[] = [];
  return [...(options.steps ?? [])]
    .sort((a, b) => a.from - b.from)
    .map((step) => {
      const free = ends.findIndex((end) => end <= step.from);
      const row = free < 0 ? ends.length : free;
      ends[row] = step.to;
      const [left, right] = [x(step.from), x(step.to)];
      const top = 2 + row * 17;
      const colour = step.exitCode === 0 ? 'step-green' : 'step-red';
      const text = step.action.length * 6.4 < right - left - 8 ? step.action : '';
      return `<rect class="${colour}" x="${n(left)}" y="${top}" width="${n(Math.max(2, right - left - 1))}" height="15" rx="3"><title>${step.action}</title></rect><text class="step-label" x="${n(left + 5)}" y="${top + 11}">${text}</text>`;
    })
    .join('\n');
}

function bars({ x, options }: Scale): string {
  const { bucket, commits, from, to } = options;
  const api = options.samples.filter((sample) => sample.kind === 'api');
  const slots = slotted(api, options);
  const perSecond = (count: number) => (count * 1000) / bucket;
  const most = Math.max(24, ...slots.map((slot) => perSecond(slot.length)));
  const y = (rate: number) => (rate / most) * BARS.height;
  const base = BARS.top + BARS.height;
  const width = Math.max(1, x(from + bucket) - x(from) - 1);
  const drawn = slots.map((slot, index) => {
    const groups = new Map<string, number>();
    for (const { ok, commit } of slot) {
      const colour = ok ? commitColour(commits, commit) : 'failed';
      groups.set(colour, (groups.get(colour) ?? 0) + 1);
    }
    let top = base;
    return [...groups]
      .sort(([a], [b]) => Number(a === 'failed') - Number(b === 'failed'))
      .map(([colour, count]) => {
        const height = y(perSecond(count));
        top -= height;
        return `<rect class="fill-${colour}" x="${n(x(from + index * bucket))}" y="${n(top)}" width="${n(width)}" height="${n(height)}"/>`;
      })
      .join('');
  });
  const line = y(20);
  return `<g>${drawn.join('')}</g>
<line class="grid" x1="${LEFT}" x2="${n(x(to))}" y1="${n(base - line)}" y2="${n(base - line)}"/><line class="grid" x1="${LEFT}" x2="${n(x(to))}" y1="${base}" y2="${base}"/>
<text class="tick" x="${LEFT - 6}" y="${n(base - line + 4)}" text-anchor="end">20 / s</text><text class="tick" x="${LEFT - 6}" y="${base + 4}" text-anchor="end">0</text>`;
}

/** Which release answered, as one line of colour. */
function strip({ x, options }: Scale, kind: Sample['kind'], name: string, row: number): string {
  const top = STRIPS.top + row * STRIPS.gap;
  const known = options.samples.filter((sample) => sample.kind === kind && sample.commit !== '');
  const runs: { commit: string; from: number; to: number }[] = [];
  for (const { at, commit } of [...known].sort((a, b) => a.at - b.at)) {
    const run = runs.at(-1);
    if (run) run.to = at;
    if (run?.commit !== commit) runs.push({ commit, from: at, to: at });
  }
  const last = runs.at(-1);
  if (last) last.to = options.to;
  const drawn = runs
    .filter((run) => run.to > options.from && run.from < options.to)
    .map((run) => {
      const [left, right] = [x(run.from), x(run.to)];
      const text =
        right - left > 62
          ? `<text class="on-strip" x="${n(left + 6)}" y="${top + 10}">${run.commit.slice(0, 7)}</text>`
          : '';
      return `<rect class="fill-${commitColour(options.commits, run.commit)}" x="${n(left)}" y="${top}" width="${n(Math.max(1, right - left))}" height="${STRIPS.height}" rx="2"><title>${run.commit.slice(0, 7)}</title></rect>${text}`;
    });
  return `<text class="tick" x="${LEFT - 6}" y="${top + 10}" text-anchor="end">${name}</text>${drawn.join('')}`;
}

function latency({ x, options }: Scale): string {
  const slots = slotted(options.samples, options);
  const p95 = slots.map((slot) => {
    const times = slot.map((sample) => sample.ms).sort((a, b) => a - b);
    return times[Math.floor(times.length * 0.95)];
  });
  const most = Math.max(20, ...p95.map((value) => value ?? 0));
  const base = LATENCY.top + LATENCY.height;
  const points = p95.flatMap((value, index) =>
    value === undefined
      ? []
      : [
          `${n(x(options.from + (index + 0.5) * options.bucket))},${n(base - (value / most) * LATENCY.height)}`,
        ],
  );
  return `<polyline class="latency" points="${points.join(' ')}"/><line class="grid" x1="${LEFT}" x2="${n(x(options.to))}" y1="${base}" y2="${base}"/>
<text class="tick" x="${LEFT - 6}" y="${LATENCY.top + 8}" text-anchor="end">${time(most).replace(' ', '\u202f')}</text><text class="tick" x="${LEFT - 6}" y="${base}" text-anchor="end">p95</text>`;
}

function axis({ x, options }: Scale): string {
  const { from, to } = options;
  const span = (to - from) / 1000;
  const step = [0.5, 1, 2, 5, 10, 20].find((seconds) => span / seconds <= options.width / 76) ?? 60;
  const ticks: string[] = [];
  for (let second = Math.ceil(from / 1000 / step) * step; second * 1000 <= to; second += step) {
    const at = x(second * 1000);
    if (at > options.width - 16) continue;
    ticks.push(`<text class="tick" x="${n(at)}" y="${HEIGHT - 6}" text-anchor="middle">${second} s</text>`);
  }
  return ticks.join('');
}

function slotted(samples: readonly Sample[], { from, to, bucket }: ChartOptions): Sample[][] {
  const slots: Sample[][] = Array.from({ length: Math.ceil((to - from) / bucket) }, () => []);
  for (const sample of samples) slots[Math.floor((sample.at - from) / bucket)]?.push(sample);
  return slots;
}

const n = (value: number) => Number(value.toFixed(1));
