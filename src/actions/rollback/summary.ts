import type { Part, ReleaseRecord } from '../../release/record.ts';
import { releaseTable } from '../../release/table.ts';
import { formatDuration } from '../../runtime/duration.ts';
import { details, fenced, plain } from '../../runtime/markdown.ts';
import type { AnyOutcome } from '../../runtime/outcome.ts';
import type { HalfPort } from './half.ts';
import type { Order } from './order.ts';
import type { Survey } from './survey.ts';

/** What would be done, for people (log and summary) and for scripts (output `plan`). */
export interface RollbackPlan {
  readonly from: string;
  readonly to: string;
  readonly order: readonly Part[];
  readonly estimateSeconds: number;
  readonly halves: ReadonlyArray<{
    readonly part: Part;
    readonly release: string;
    readonly changes: boolean;
    readonly estimateSeconds: number;
    readonly plan: unknown;
  }>;
  /** Variables that have changed since and will not go back. */
  readonly keptVariables: readonly string[];
}

export function makePlan(found: Survey, halves: readonly HalfPort[]): RollbackPlan {
  const seconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10;
  return {
    from: found.current.release,
    to: found.target.id,
    order: halves.map(({ part }) => part),
    estimateSeconds: seconds(totalEstimate(halves)),
    halves: halves.map(({ part, plan }) => ({
      part,
      release: found.pair[part] ?? '',
      changes: plan.changes,
      estimateSeconds: seconds(plan.changes ? plan.estimate : 0),
      plan: plan.json,
    })),
    keptVariables: halves.flatMap(({ plan }) => plan.keptVariables),
  };
}

const totalEstimate = (halves: readonly HalfPort[]) =>
  halves.reduce((sum, { plan }) => sum + (plan.changes ? plan.estimate : 0), 0);

/** The plan as lines of the log. */
export function planText(found: Survey, halves: readonly HalfPort[], order: Order): string[] {
  const { target, current } = found;
  const kept = halves.flatMap(({ plan }) => plan.keptVariables);
  return [
    `from ${current.release} (commit ${current.commit.slice(0, 7) || 'unknown'})`,
    `to   ${target.id} (commit ${target.commit.slice(0, 7) || 'unknown'}, ${target.startedAt}): ${found.why}`,
    ...halves.flatMap(({ part, plan }) => [
      `${part} of release ${found.pair[part]}: ${plan.changes ? `about ${formatDuration(plan.estimate)}` : 'is live already'}`,
      ...plan.lines.map((line) => `  ${line}`),
    ]),
    ...(halves.length > 1 ? [`order: ${order.parts.join(', then ')}; ${order.why}`] : []),
    ...(kept.length > 0
      ? [
          `variables that keep the value they have today (they have changed since; only fingerprints are recorded): ${kept.join(', ')}`,
        ]
      : []),
    `in all about ${formatDuration(totalEstimate(halves))}`,
  ];
}

export interface Ending {
  readonly outcome: AnyOutcome;
  readonly id: string;
  readonly found: Survey;
  readonly lines: readonly string[];
  readonly milliseconds: number;
  readonly problem?: string | undefined;
  readonly reason: string;
}

const TITLE: Partial<Record<AnyOutcome, string>> = {
  'rolled-back': '↩️ rolled back',
  unchanged: '✅ nothing to do',
  planned: '📝 planned',
  failed: '❌ failed; the pair from before is live',
  'rollback-failed': '🛑 failed, and the pair is torn',
};

/** The job summary: what is live now comes first. */
export function renderSummary(ending: Ending): string {
  const { found, outcome, reason } = ending;
  const { current, target } = found;
  return [
    `### ${TITLE[outcome] ?? `❌ ${outcome}`}`,
    [
      '| | |',
      '| --- | --- |',
      `| from | \`${current.release}\` ${commit(current.commit)} |`,
      `| to | \`${target.id}\` ${commit(target.commit)} |`,
      ...(outcome === 'planned' ? [] : [`| this rollback | \`${ending.id}\` |`]),
      ...(reason ? [`| reason | ${plain(reason)} |`] : []),
      `| took | ${formatDuration(ending.milliseconds)} |`,
    ].join('\n'),
    ending.problem ? fenced(ending.problem.split('\n')) : '',
    details('Plan', fenced(ending.lines), outcome === 'planned'),
    details('Last releases', fenced(lastReleases(found.records, current.release))),
  ]
    .filter(Boolean)
    .join('\n\n');
}

const lastReleases = (records: readonly ReleaseRecord[], live: string) => releaseTable(records, live);
const commit = (sha: string) => (sha ? `(commit \`${sha.slice(0, 7)}\`)` : '');
