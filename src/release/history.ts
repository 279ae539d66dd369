import { formatDuration } from '../runtime/duration.ts';
import { onOneLine } from '../runtime/foreign.ts';
import { code, plain } from '../runtime/markdown.ts';
import { type Dora, doraOf, rollbacksBy } from './dora.ts';
import type { Ledger } from './ledger.ts';
import { isExpired } from './lock-state.ts';
import { liveRelease, type Pointer, type ReleaseRecord } from './record.ts';
import type { Damaged } from './records.ts';
import { isGood } from './result.ts';
import { shortTime, textTable } from './table.ts';

/** An environment's releases as a person wants to know them. */
export interface History {
  readonly environment: string;
  readonly bucket: string;
  readonly at: number;
  readonly current: Pointer | undefined;
  /** Newest first. */
  readonly releases: readonly HistoryRow[];
  readonly dora: Dora;
  readonly damaged: readonly Damaged[];
  /** Who holds the lock at this moment. */
  readonly locked: readonly string[];
}

export interface HistoryRow {
  readonly record: ReleaseRecord;
  /** Which of its parts are live now, by name. */
  readonly live: readonly string[];
  /** A rollback may go to it without its being named. */
  readonly good: boolean;
  /** Id of the rollback that took it away again. */
  readonly undoneBy: string | undefined;
  /** Milliseconds from its start to its end; `undefined` while it is under way. */
  readonly took: number | undefined;
}

/** Reads the ledger: four requests, whatever the number of releases. @param now milliseconds since the epoch. */
export async function readHistory(ledger: Ledger, now: number): Promise<History> {
  const [current, { records, damaged }, holders] = await Promise.all([
    ledger.current(),
    ledger.list(),
    ledger.holders(),
  ]);
  const undone = rollbacksBy(records);
  return {
    environment: ledger.environment,
    bucket: ledger.bucket,
    at: now,
    current,
    releases: records.map((record) => ({
      record,
      live: Object.keys(record.parts).filter((name) => liveRelease(current, name) === record.id),
      good: isGood(record) && !undone.has(record.id),
      undoneBy: undone.get(record.id)?.id,
      took: record.finishedAt ? Date.parse(record.finishedAt) - Date.parse(record.startedAt) : undefined,
    })),
    dora: doraOf(records, now),
    damaged,
    locked: holders
      .filter((holder) => !isExpired(holder, now))
      .map((h) => onOneLine(`${h.release} (${h.run || h.holder})`)),
  };
}

/** What a row says of itself, in the same words on a terminal, in a summary and on the page. */
export function describeRow({ record, live, good, undoneBy, took }: HistoryRow) {
  const kind = record.type === 'deployment' ? '' : record.type;
  const notes = [
    sayLive(live, record),
    record.type === 'rollback' && record.restores ? `back to ${record.restores}` : '',
    undoneBy ? `undone by ${undoneBy}` : '',
    record.reason ?? '',
  ].filter(Boolean);
  return {
    id: record.id,
    commit: record.commit.slice(0, 7),
    when: shortTime(record.startedAt),
    who: record.actor,
    kind,
    result: record.result,
    checks: record.checks ?? '',
    took: took === undefined ? '' : formatDuration(Math.max(0, took)),
    availability: formatAvailability(worstAvailability(record)),
    good: good ? 'good' : '',
    notes: notes.join('; '),
  };
}

/** That it is live; and which of its parts, where not all of several are. '' where none is. */
export function sayLive(live: readonly string[], { parts }: Pick<ReleaseRecord, 'parts'>): string {
  if (live.length === 0) return '';
  const all = Object.keys(parts).length;
  return live.length > 1 && live.length === all ? 'live' : `live (${live.join(', ')})`;
}

/** Of its services, that of the one whose users met the most failures; `undefined` where none was measured. */
function worstAvailability({ parts }: ReleaseRecord): number | undefined {
  const shares = Object.values(parts).flatMap((part) =>
    part.kind === 'service' && part.availability !== undefined ? [part.availability] : [],
  );
  return shares.length > 0 ? Math.min(...shares) : undefined;
}

/** A share as percent; only a whole one is shown as 100 %. */
export function formatAvailability(share: number | undefined): string {
  if (share === undefined) return '';
  return share >= 1 ? '100%' : `${Math.min(99.99, Math.floor(share * 10_000) / 100)}%`;
}

export interface DoraLine {
  readonly name: string;
  readonly value: string;
  readonly detail: string;
}

/** The five measures with their figures; `–` where the ledger does not know. */
export function describeDora(dora: Dora): DoraLine[] {
  const percent = (share: number | undefined) => (share === undefined ? '–' : `${Math.round(share * 100)}%`);
  const time = (ms: number | undefined) => (ms === undefined ? '–' : formatDuration(ms));
  return [
    {
      name: 'Deployment frequency',
      value: `${dora.perWeek.toFixed(1)} a week`,
      detail: `${dora.deployments} went live in ${dora.days} days`,
    },
    { name: 'Lead time', value: time(dora.leadTime), detail: 'median, from commit to live' },
    {
      name: 'Change-failure rate',
      value: percent(dora.changeFailureRate),
      detail: `${dora.failures} of ${dora.attempts} attempts failed or were gone back from`,
    },
    {
      name: 'Time to restore',
      value: time(dora.timeToRestore),
      detail: 'median, from failure to a good release',
    },
    {
      name: 'Rework',
      value: percent(dora.reworkRate),
      detail: 'of deployments came within a day of a failure',
    },
  ];
}

/** The history as lines of a terminal. */
export function historyText(history: History, limit: number): string[] {
  const { environment, releases, current, locked, damaged } = history;
  const rows = releases.slice(0, limit).map(describeRow);
  const header = ['release', 'commit', 'when (UTC)', 'who', 'result', 'checks', 'took', 'avail.', ''];
  const cells = rows.map((row) => [
    row.id,
    row.commit || '-',
    row.when,
    row.who,
    row.kind ? `${row.kind}: ${row.result}` : row.result,
    row.checks || '-',
    row.took || '-',
    row.availability || '-',
    [row.good, row.notes].filter(Boolean).join('; '),
  ]);
  return [
    `${environment}: ${current ? `release ${current.release} is live` : 'nothing is live yet'}, ${releases.length} releases`,
    ...locked.map((holder) => `locked by ${holder}`),
    '',
    ...(rows.length > 0
      ? textTable([header, ...cells])
      : [
          '(no releases: where there should be some, see that the environment and the release bucket are the right ones)',
        ]),
    ...(releases.length > limit ? [`… and ${releases.length - limit} more`] : []),
    '',
    ...textTable(describeDora(history.dora).map(({ name, value, detail }) => [name, value, detail])),
    ...damaged.map(({ key, damage }) => `left alone: ${key} (${damage})`),
  ];
}

/** The history in short, as Markdown for the job summary. */
export function historyMarkdown(history: History, limit = 10): string {
  const rows = history.releases.slice(0, limit).map(describeRow);
  const cell = (text: string) => plain(text) || ' ';
  const lines = rows.map((row) => {
    const live = row.notes.startsWith('live');
    const id = live ? `**${cell(row.id)}**` : cell(row.id);
    return `| ${id} | ${code(row.commit || '-')} | ${cell(row.when)} | ${cell(row.who)} | ${cell([row.kind, row.result].filter(Boolean).join(': '))} | ${row.took} | ${row.availability} | ${cell([row.good, row.notes].filter(Boolean).join('; '))} |`;
  });
  const dora = describeDora(history.dora).map(({ name, value }) => `${name.toLowerCase()} **${value}**`);
  return [
    `### Releases of ${history.environment}`,
    '',
    '| release | commit | when (UTC) | who | result | took | availability | |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    `${dora.join(' · ')} (last ${history.dora.days} days)`,
    ...(history.damaged.length > 0
      ? ['', `Left alone, unreadable: ${history.damaged.map(({ key }) => code(key)).join(', ')}`]
      : []),
  ].join('\n');
}
