import type { Deployed } from '../../release/deploy.ts';
import { endingOf } from '../../release/ending.ts';
import type { Part, PreparedPart } from '../../release/part.ts';
import type { ReleaseEnd } from '../../release/take-live.ts';
import type { ActionResult, RunContext } from '../../runtime/action.ts';
import { formatDuration } from '../../runtime/duration.ts';
import { describeProblem } from '../../runtime/errors.ts';
import { code, details, fenced, plain } from '../../runtime/markdown.ts';
import type { AnyOutcome } from '../../runtime/outcome.ts';
import type { DeployConfig } from './inputs.ts';
import type { action } from './interface.ts';

type Planned = Pick<Part | PreparedPart, 'name' | 'kind' | 'plan'>;

/** Milliseconds: the waves come one after the other, the parts of a wave side by side. */
export const estimateOf = (parts: readonly Planned[], waves: ReadonlyArray<readonly string[]>): number =>
  waves
    .map((wave) => parts.filter(({ name }) => wave.includes(name)).map(({ plan }) => plan.estimate))
    .reduce((sum, estimates) => sum + Math.max(0, ...estimates), 0);

/** The plan as lines of the log. */
export function planLines(parts: readonly Planned[], waves: ReadonlyArray<readonly string[]>): string[] {
  return [
    ...parts.flatMap(({ name, plan }) => [
      `${name}: ${plan.changes ? `about ${formatDuration(plan.estimate)}` : 'is live already'}`,
      ...plan.lines.map((line) => `  ${line}`),
    ]),
    ...(parts.length > 1
      ? [
          `order: ${waves.map((wave) => wave.join(' and ')).join(', then ')}`,
          `in all about ${formatDuration(estimateOf(parts, waves))}`,
        ]
      : []),
  ];
}

interface About {
  readonly config: DeployConfig;
  readonly id: string;
  readonly milliseconds: number;
  readonly run: RunContext;
}

/** A deployment's end as outputs, summary and problem. */
export function resultOf(deployed: Deployed, about: About): ActionResult<typeof action> {
  const { config, id, milliseconds } = about;
  const { parts } = deployed;
  const waves = config.file.waves;
  const seconds = (time: number) => Math.round(time / 100) / 10;
  const plan = {
    release: id,
    environment: config.environment,
    waves,
    estimateSeconds: seconds(estimateOf(parts, waves)),
    parts: parts.map(({ name, kind, plan }) => ({
      name,
      kind,
      changes: plan.changes,
      estimateSeconds: seconds(plan.estimate),
      plan: plan.json,
    })),
  };
  const outputs = {
    'release-id': id,
    plan: JSON.stringify(plan),
    'duration-seconds': (milliseconds / 1000).toFixed(1),
  };
  const lines = planLines(parts, waves);
  if (deployed.kind === 'planned') {
    const summary = [
      heading('planned'),
      'Nothing new is live: this is what would be done.',
      fenced(lines),
    ].join('\n\n');
    return { outcome: 'planned', outputs, summary };
  }
  const { end, before } = deployed;
  const changes = deployed.parts.some(({ plan }) => plan.changes);
  const { outcome, what, details } = endingOf(end, changes, config.rollbackOnFailure);
  const back = before ? goBack(config, before.release) : undefined;
  const problem = what && describeProblem({ what, details, fix: nextStep(outcome, back) });
  return {
    outcome,
    outputs: { ...outputs, 'replaced-release': before?.release ?? '' },
    problem,
    summary: renderSummary(about, deployed.parts, end, {
      outcome,
      problem,
      lines,
      back,
      before: before?.release,
    }),
  };
}

function nextStep(outcome: AnyOutcome, back: string | undefined): string {
  if (outcome === 'rolled-back' || outcome === 'failed') return 'correct the cause, then deploy again';
  return back ? `look at what is live; to go back: ${back}` : 'look at what is live, then deploy again';
}

const goBack = ({ environment, releaseBucket }: DeployConfig, to: string) =>
  `wwhd-deploy rollback --environment ${environment} --release-bucket ${releaseBucket} --to ${to}`;

const TITLE: Partial<Record<AnyOutcome, string>> = {
  deployed: '✅ deploy: deployed',
  unchanged: '✅ deploy: unchanged',
  planned: '📝 deploy: planned',
  'rolled-back': '↩️ deploy: rolled-back',
};

const heading = (outcome: AnyOutcome) => `### ${TITLE[outcome] ?? `❌ deploy: ${outcome}`}`;

interface Told {
  readonly outcome: AnyOutcome;
  readonly problem: string | undefined;
  readonly lines: readonly string[];
  readonly back: string | undefined;
  readonly before: string | undefined;
}

/** The job summary: a row a part; why, where it is red; and the command that goes back. */
function renderSummary(
  { config, id, milliseconds, run }: About,
  parts: readonly Part[],
  end: ReleaseEnd,
  { outcome, problem, lines, back, before }: Told,
): string {
  const live = end.kind === 'live' || end.kind === 'unfinished' ? end.live : undefined;
  const charts = parts.flatMap(({ name }) => {
    const chart = live?.get(name)?.report?.details;
    return chart ? [`**${plain(name)}**\n\n${fenced(chart)}`] : [];
  });
  return [
    heading(outcome),
    [
      '| | |',
      '| --- | --- |',
      `| environment | ${plain(config.environment)} |`,
      `| release | ${code(id)}${run.commit ? ` (commit ${code(run.commit.slice(0, 7))})` : ''} |`,
      ...(before ? [`| ${live ? 'replaces' : 'live'} | ${code(before)} |`] : []),
      `| took | ${formatDuration(milliseconds)} |`,
    ].join('\n'),
    ['| part | | what happened |', '| --- | --- | --- |', ...parts.map((part) => rowOf(part, end))].join(
      '\n',
    ),
    problem ? fenced(problem.split('\n')) : '',
    charts.length > 0 ? details('Availability', charts.join('\n\n'), true) : '',
    details('Plan', fenced(lines)),
    live && back ? `To go back:\n\n${fenced(back)}` : '',
  ]
    .filter(Boolean)
    .join('\n\n');
}

function rowOf({ name, kind, plan, url }: Part, end: ReleaseEnd): string {
  return `| ${plain(name)} | ${kind} | ${plain(whatHappened(name, plan.changes, end, url))} |`;
}

function whatHappened(name: string, changes: boolean, end: ReleaseEnd, url: string | undefined): string {
  if (end.kind === 'live' || end.kind === 'unfinished') {
    const part = end.live.get(name);
    const facts = [
      changes ? 'live and proved' : 'was live already, and proved',
      ...(part?.report?.facts ?? []),
    ];
    const address = part?.url ?? url;
    return [...facts, ...(address ? [address] : [])].join('; ');
  }
  const failed = end.failed.part === name ? 'failed' : '';
  const left = end.kind === 'torn' && end.left.some(({ part }) => part === name);
  if (left) return [failed, 'not as it was: see below'].filter(Boolean).join('; ');
  const wasLive = end.kind === 'put-back' && end.undone.includes(name);
  return [failed, wasLive ? 'put back, and proved' : 'as it was'].filter(Boolean).join('; ');
}
