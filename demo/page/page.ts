import type { WeekReport } from '../model.ts';
import { actChapter } from './acts.ts';
import { commitColour, trafficChart } from './chart.ts';
import { factCards, ledgerTable } from './facts.ts';
import { escapeHtml, grouped } from './html.ts';
import { STYLE } from './style.ts';

/** The week as one HTML file that needs no script, no server and no network. */
export function renderPage(report: WeekReport): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A week of releases · wwhd-deploy</title>
<style>${STYLE}</style>
</head>
<body>
<div class="wrap">
<header class="top">
<p class="kicker">wwhd-deploy</p>
<h1>A week of releases</h1>
<p class="lead">Played on one machine in ${report.seconds.toFixed(0)} seconds, on ${day(report.startedAt)}: the bundles that a workflow runs, on an AWS that fits into one process. What is claimed here was looked up on the wire.</p>
${tiles(report)}
</header>
${report.problem ? `<pre class="problem">${escapeHtml(report.problem)}</pre>` : ''}
${weekChart(report)}
${report.acts.map((act, index) => actChapter(report, act, index)).join('\n')}
<section>
<h2>The ledger</h2>
<p class="quiet">Every release of <code>production</code>, as its record stands in the release bucket. Any of them can be gone back to.</p>
${ledgerTable(report)}
</section>
<section>
<h2>What it took</h2>
<p class="quiet">From the local cloud's log of requests.</p>
${factCards(report)}
</section>
<footer>Again: <code>npm run demo</code> · with the cloud left running, to play with: <code>npm run demo -- --keep</code></footer>
</div>
</body>
</html>
`;
}

function tiles(report: WeekReport): string {
  const checks = report.acts.flatMap((act) => act.checks);
  const held = checks.filter((check) => check.ok).length;
  const failed = report.traffic.filter((sample) => !sample.ok);
  const bad = new Set(report.commits.filter((commit) => commit.bad).map((commit) => commit.sha));
  const unexplained = failed.filter(({ commit }) => !bad.has(commit)).length;
  const live = report.acts.flatMap((act) => act.steps);
  const restored = live.filter(
    (step) => step.outputs['outcome'] === 'rolled-back' && step.exitCode !== 0,
  ).length;
  const tile = (value: string, label: string, kind = '') =>
    `<div class="tile ${kind}"><b>${value}</b><span>${label}</span></div>`;
  return `<div class="tiles">
${tile(`${held} / ${checks.length}`, 'checks held', held === checks.length && !report.problem ? 'good' : 'bad')}
${tile(grouped(report.traffic.length), 'requests by users')}
${tile(grouped(unexplained), 'failed on a good release', unexplained === 0 ? 'good' : 'bad')}
${tile(String(restored), 'bad releases that put themselves back')}
${tile(grouped(failed.length - unexplained), 'wrong answers, from the bad backend that was healthy')}
</div>`;
}

/** More bars than this are too thin to be told apart. */
const MOST_BARS = 140;

function weekChart(report: WeekReport): string {
  const from = report.acts[0] ? report.acts[0].to : 0;
  const to = report.acts.at(-1)?.to ?? 1;
  if (report.traffic.length === 0) return '';
  const chart = trafficChart({
    samples: report.traffic,
    commits: report.commits,
    acts: report.acts,
    from,
    to,
    bucket: Math.max(1, Math.ceil((to - from) / MOST_BARS / 250)) * 250,
    width: 1120,
    label: 'Requests of users through the week, by the commit that answered',
  });
  const served = new Set(report.traffic.map((sample) => sample.commit));
  const legend = report.commits
    .filter((commit) => served.has(commit.sha))
    .map(
      (commit) =>
        `<span class="commit"><i class="${commitColour(report.commits, commit.sha)}"></i>${escapeHtml(commit.message)}</span>`,
    );
  return `<section><figure class="card figure"><figcaption><b>What users got</b>${legend.join('')}<span class="commit"><i class="failed"></i>failed or wrong</span></figcaption><div class="scroll">${chart}</div></figure></section>`;
}

function day(iso: string): string {
  return new Date(iso).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}
