import { type Pointer, partOf, type ReleaseRecord } from '../../release/record.ts';
import { code, fenced } from '../../runtime/markdown.ts';

/** One part of what is live, against its record. */
export interface PartDrift {
  /** Its name. */
  readonly part: string;
  /** The release that the ledger says is live. */
  readonly release: string;
  /**
   * `as-recorded`; `drifted`; `busy`: a deployment is under way, which is no drift; `unknown`: it could not be told.
   */
  readonly state: 'as-recorded' | 'drifted' | 'busy' | 'unknown';
  /** What differs, or why it is not known; for people. */
  readonly lines: readonly string[];
}

export interface DriftReport {
  readonly environment: string;
  readonly pointer: Pointer | undefined;
  readonly parts: readonly PartDrift[];
}

/** True where something is live that no release has put there. What is not known is not called drift. */
export const hasDrift = ({ parts }: DriftReport): boolean => parts.some((part) => part.state === 'drifted');

/** True where everything was looked at and is as recorded: only then is an open issue closed. */
export const isClean = ({ parts }: DriftReport): boolean =>
  parts.length > 0 && parts.every((part) => part.state === 'as-recorded');

/** A part that is not as recorded, with what the newest release may have done to it: nobody saw how that ended. */
export function withUnknown(drift: PartDrift, newest: ReleaseRecord | undefined): PartDrift {
  const last = partOf(newest, drift.part);
  if (drift.state === 'as-recorded' || last?.result !== 'unknown') return drift;
  const what = last.kind === 'service' ? last.image : last.manifest;
  return {
    ...drift,
    lines: [
      ...drift.lines,
      `how release ${newest?.id} ended is unknown: what it brought may be what runs (${what})`,
    ],
  };
}

const WORDS: Record<PartDrift['state'], string> = {
  'as-recorded': 'as recorded',
  drifted: '**not as recorded**',
  busy: 'a deployment is under way',
  unknown: 'could not be told',
};

/** The report for the summary and the issue. No time in it: a report that says the same is the same. */
export function renderReport({ environment, pointer, parts }: DriftReport): string {
  if (!pointer) return `The ledger of \`${environment}\` has no release yet.\n`;
  const rows = parts.map(({ part, release, state }) => `| ${part} | ${code(release)} | ${WORDS[state]} |`);
  const details = parts.flatMap(({ part, lines, state }) =>
    lines.length > 0 && state !== 'as-recorded' ? ['', `**${part}**`, '', fenced(lines)] : [],
  );
  const advice = parts.some((part) => part.state === 'drifted')
    ? [
        '',
        'Somebody or something has changed it outside of a release. To keep the change, deploy it; to undo it, run the rollback with `to:` and the release above, or deploy again.',
      ]
    : [];
  return [
    `What is live in \`${environment}\`, against the ledger:`,
    '',
    '| part | release | state |',
    '| --- | --- | --- |',
    ...rows,
    ...details,
    ...advice,
    '',
  ].join('\n');
}
