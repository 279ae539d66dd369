import { onOneLine } from '../runtime/foreign.ts';
import type { ReleaseRecord } from './record.ts';

/** Columns of plain text, as wide as their widest cell; a cell is one line, whatever it holds. */
export function textTable(table: ReadonlyArray<readonly string[]>): string[] {
  const rows = table.map((cells) => cells.map(onOneLine));
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** The newest releases as lines for a person who must pick one. */
export function releaseTable(
  records: readonly ReleaseRecord[],
  live: string | undefined,
  limit = 10,
): string[] {
  const rows = records.slice(0, limit).map((record) => releaseRow(record, live));
  if (rows.length === 0) return ['(no releases)'];
  return textTable([['release', 'commit', 'when (UTC)', 'who', 'result'], ...rows]);
}

function releaseRow(record: ReleaseRecord, live: string | undefined): string[] {
  const kind = record.type === 'rollback' ? ` (back to ${record.restores ?? 'an older one'})` : '';
  return [
    record.id,
    record.commit.slice(0, 7) || '-',
    shortTime(record.startedAt),
    record.actor,
    `${record.result}${kind}${record.id === live ? '  ← live' : ''}`,
  ];
}

/** `2026-11-23 15:42` */
export const shortTime = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
