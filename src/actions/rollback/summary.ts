import type { Part } from '../../release/part.ts';
import { ownValue } from '../../release/part-name.ts';
import type { PartKind, ReleaseRecord } from '../../release/record.ts';
import { releaseTable } from '../../release/table.ts';
import { formatDuration } from '../../runtime/duration.ts';
import { details, fenced, plain } from '../../runtime/markdown.ts';
import type { AnyOutcome } from '../../runtime/outcome.ts';
import type { Order } from './order.ts';
import type { Survey } from './survey.ts';

/** What would be done, for people (log and summary) and for scripts (output `plan`). */
export interface RollbackPlan {
  readonly from: string;
  readonly to: string;
  readonly order: readonly string[];
  readonly estimateSeconds: number;
  readonly parts: ReadonlyArray<{
    readonly name: string;
    readonly kind: PartKind;
    readonly release: string;
    readonly changes: boolean;
    readonly estimateSeconds: number;
    readonly plan: unknown;
  }>;
  /** Variables that have changed since and will not go back. */
  readonly keptVariables: readonly string[];
}

export function makePlan(found: Survey, parts: readonly Part[]): RollbackPlan {
  const seconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10;
  return {
    from: found.current.release,
    to: found.target.id,
    order: parts.map(({ name }) => name),
    estimateSeconds: seconds(totalEstimate(parts)),
    parts: parts.map(({ name, kind, plan }) => ({
      name,
      kind,
      release: ownValue(found.wanted, name) ?? '',
      changes: plan.changes,
      estimateSeconds: seconds(plan.changes ? plan.estimate : 0),
      plan: plan.json,
    })),
    keptVariables: parts.flatMap(({ plan }) => plan.keptVariables),
  };
}

const totalEstimate = (parts: readonly Part[]) =>
  parts.reduce((sum, { plan }) => sum + (plan.changes ? plan.estimate : 0), 0);

/** The plan as lines of the log. */
export function planText(found: Survey, parts: readonly Part[], order: Order): string[] {
  const { target, current } = found;
  const services = parts.filter(({ kind }) => kind === 'service').length;
  const kept = parts.flatMap(({ name, plan }) =>
    plan.keptVariables.map((variable) => (services > 1 ? `${name}: ${variable}` : variable)),
  );
  const stays = Object.keys(current.parts).filter((name) => !Object.hasOwn(found.wanted, name));
  return [
    `from ${current.release} (commit ${current.commit.slice(0, 7) || 'unknown'})`,
    `to   ${target.id} (commit ${target.commit.slice(0, 7) || 'unknown'}, ${target.startedAt}): ${found.why}`,
    ...parts.flatMap(({ name, plan }) => [
      `${name} of release ${ownValue(found.wanted, name)}: ${plan.changes ? `about ${formatDuration(plan.estimate)}` : 'is live already'}`,
      ...plan.lines.map((line) => `  ${line}`),
    ]),
    ...(parts.length > 1 ? [`order: ${order.names.join(', then ')}; ${order.why}`] : []),
    ...stays.map((name) => `${name} stays as it is: release ${ownValue(current.parts, name)}`),
    ...(kept.length > 0
      ? [
          `variables that keep the value they have today (they have changed since; only fingerprints are recorded): ${kept.join(', ')}`,
        ]
      : []),
    `in all about ${formatDuration(totalEstimate(parts))}`,
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
  failed: '❌ failed; what was live before is live again',
  'rollback-failed': '🛑 failed, and what is live is not one release',
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
