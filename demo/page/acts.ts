import type { ActReport, StepRun, WeekReport } from '../model.ts';
import { trafficChart } from './chart.ts';
import { escapeHtml, time } from './html.ts';
import { renderMarkdown } from './markdown.ts';

/** One act as a chapter: what was done and what came of it, its steps as a job shows them, and what was looked up. */
export function actChapter(report: WeekReport, act: ActReport, index: number): string {
  const broken = act.checks.some((check) => !check.ok);
  return `<section class="act" id="act-${index + 1}">
<div class="act-head">
<p class="act-day"><span>${act.day}</span><span>${time(act.to - act.from)}</span></p>
<h2>${escapeHtml(act.title)}</h2>
<p class="quiet">${escapeHtml(act.story)}</p>
<p class="verdict${broken ? ' broken' : ''}">${escapeHtml(act.verdict)}</p>
</div>
<div>
${index === 1 ? closeUp(report, act) : ''}
<div class="card">${act.steps.map(stepRow).join('')}</div>
<details class="fold"${broken ? ' open' : ''}><summary>${act.checks.length} things looked up on the wire afterwards</summary>
<ul class="checks">${act.checks.map(({ what, found, expected, ok }) => `<li${ok ? '' : ' class="broken"'}>${escapeHtml(what)} <code>${escapeHtml(brief(found))}</code>${ok ? '' : ` instead of <code>${escapeHtml(brief(expected))}</code>`}</li>`).join('')}</ul></details>
</div>
</section>`;
}

function closeUp(report: WeekReport, act: ActReport): string {
  const chart = trafficChart({
    samples: report.traffic,
    commits: report.commits,
    acts: [],
    steps: act.steps,
    from: act.from,
    to: act.to,
    bucket: 200,
    width: 760,
    label: 'Requests each fifth of a second while the release went out',
  });
  return `<figure class="card figure close-up"><figcaption><b>The switch, close up</b><span>each bar is a fifth of a second; above, the job’s steps</span></figcaption>${chart}</figure>`;
}

const GOOD = new Set(['deployed', 'unchanged', 'planned', 'passed']);
const WARN = new Set(['rolled-back', 'refused', 'warned']);

/** @param rollback whether it is how a rollback ended: there, `rolled-back` is success */
export function outcomeBadge(outcome: string, rollback = false): string {
  const kind =
    GOOD.has(outcome) || (rollback && outcome === 'rolled-back')
      ? 'good'
      : WARN.has(outcome)
        ? 'warn'
        : outcome === ''
          ? 'plain'
          : 'bad';
  return outcome ? `<span class="badge ${kind}">${escapeHtml(outcome)}</span>` : '';
}

function stepRow(step: StepRun): string {
  const green = step.exitCode === 0;
  const outcome = step.outputs['outcome'] ?? (step.outputs['pushed'] === 'true' ? 'pushed' : '');
  const open = !green || step.action === 'rollback' ? ' open' : '';
  return `<details class="step"${open}><summary><span class="mark ${green ? 'green' : 'red'}">${green ? '✓' : '✗'}</span><span class="name">${step.action}</span>${outcome === 'pushed' ? '<span class="badge good">pushed</span>' : outcomeBadge(outcome, step.action === 'rollback')}<span class="took">${time(step.to - step.from)}</span></summary>
<div class="inside">
${step.summary ? `<div class="md">${renderMarkdown(step.summary)}</div>` : ''}
<details class="fold"><summary>with:</summary><pre class="log">${escapeHtml(withBlock(step))}</pre></details>
<details class="fold"><summary>Log, ${step.log.trimEnd().split('\n').length} lines</summary><pre class="log">${logLines(step.log)}</pre></details>
</div></details>`;
}

/** The step as it would stand in a workflow. */
function withBlock(step: StepRun): string {
  const inputs = Object.entries(step.inputs).map(([name, value]) => `    ${name}: ${value}`);
  return [`- uses: org/wwhd-deploy/actions/${step.action}@v1`, '  with:', ...inputs].join('\n');
}

/** Workflow commands as the runner shows them: groups, annotations; masks and debug lines are not shown. */
function logLines(log: string): string {
  return log
    .trimEnd()
    .split('\n')
    .filter((line) => !/^::(?:add-mask|debug|endgroup|save-state|set-output)/.test(line))
    .map((line) => {
      const command = /^::(group|error|warning|notice)[^:]*::(.*)$/.exec(line);
      if (!command) return escapeHtml(line);
      const [, kind = '', text = ''] = command;
      const shown = text.replaceAll('%0A', '\n').replaceAll('%0D', '').replaceAll('%25', '%');
      return `<span class="${kind}">${kind === 'group' ? '▾ ' : `${kind}: `}${escapeHtml(shown)}</span>`;
    })
    .join('\n');
}

/** Digests and commits at a length that a reader can compare. */
function brief(text: string): string {
  return text.replaceAll(/([0-9a-f]{12})[0-9a-f]{28,}/g, '$1…').replace(/^127\.0\.0\.1:\d+\//, '');
}
