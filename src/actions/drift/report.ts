import type { Part, Pointer, ReleaseRecord } from '../../release/record.ts';
import { code, fenced } from '../../runtime/markdown.ts';

/** One half of what is live, against its record. */
export interface HalfDrift {
  readonly part: Part;
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
  readonly halves: readonly HalfDrift[];
}

/** True where something is live that no release has put there. What is not known is not called drift. */
export const hasDrift = ({ halves }: DriftReport): boolean => halves.some((half) => half.state === 'drifted');

/** True where everything was looked at and is as recorded: only then is an open issue closed. */
export const isClean = ({ halves }: DriftReport): boolean =>
  halves.length > 0 && halves.every((half) => half.state === 'as-recorded');

/** A half that is not as recorded, with what the newest release may have done to it: nobody saw how that ended. */
export function withUnknown(half: HalfDrift, newest: ReleaseRecord | undefined): HalfDrift {
  const last = newest?.[half.part];
  if (half.state === 'as-recorded' || last?.result !== 'unknown') return half;
  const what = 'image' in last ? last.image : last.manifest;
  return {
    ...half,
    lines: [
      ...half.lines,
      `how release ${newest?.id} ended is unknown: what it brought may be what runs (${what})`,
    ],
  };
}

const WORDS: Record<HalfDrift['state'], string> = {
  'as-recorded': 'as recorded',
  drifted: '**not as recorded**',
  busy: 'a deployment is under way',
  unknown: 'could not be told',
};

/** The report for the summary and the issue. No time in it: a report that says the same is the same. */
export function renderReport({ environment, pointer, halves }: DriftReport): string {
  if (!pointer) return `The ledger of \`${environment}\` has no release yet.\n`;
  const rows = halves.map((half) => `| ${half.part} | ${code(half.release)} | ${WORDS[half.state]} |`);
  const details = halves.flatMap((half) =>
    half.lines.length > 0 && half.state !== 'as-recorded'
      ? ['', `**${half.part}**`, '', fenced(half.lines)]
      : [],
  );
  const advice = halves.some((half) => half.state === 'drifted')
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
