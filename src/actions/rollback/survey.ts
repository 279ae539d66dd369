import { type ChoiceQuestion, chooseTarget, LATEST_GOOD, type Scope } from '../../release/choose.ts';
import { kindOf } from '../../release/composition.ts';
import type { Ledger } from '../../release/ledger.ts';
import type { Composition, PartKind, Pointer, ReleaseRecord } from '../../release/record.ts';
import type { ReleaseList } from '../../release/records.ts';
import { releaseTable } from '../../release/table.ts';
import { type ActionError, refused } from '../../runtime/errors.ts';
import type { TagAnswer } from './tag.ts';

/** The ledger, as one look at it found it. */
export interface Reading {
  readonly current: Pointer | undefined;
  readonly list: ReleaseList;
}

/** Two or three requests, whatever the number of releases, one after the other's answer only where records have changed. */
export async function readLedger(ledger: Ledger): Promise<Reading> {
  const [current, list] = await Promise.all([ledger.current(), ledger.list()]);
  return { current, list };
}

/** What a rollback sets out from: the ledger as it is, and the release that was chosen. */
export interface Survey {
  readonly current: Pointer;
  /** Newest first. */
  readonly records: readonly ReleaseRecord[];
  /** Keys of what stands in a record's place and cannot be read. */
  readonly damaged: readonly string[];
  readonly byId: ReadonlyMap<string, ReleaseRecord>;
  readonly target: ReleaseRecord;
  /** Which releases' parts are to be live. */
  readonly wanted: Composition;
  /** What each of them is. */
  readonly kinds: ReadonlyMap<string, PartKind>;
  readonly why: string;
  /** A rollback that died half-way and is gone on with. */
  readonly resumes: ReleaseRecord | undefined;
}

export interface SurveyQuestion {
  readonly to: string;
  readonly scope: Scope;
  readonly parts: readonly string[];
  /** What `to` is as a tag, asked only where the ledger itself does not know the name. */
  tagOf(repository: string): Promise<TagAnswer>;
  /** Address of this run, without its attempt; '' on a laptop. */
  readonly run: string;
  /** Releases that turned out to be what is live already, under another id. */
  readonly passedOver: ReadonlySet<string>;
}

/**
 * Chooses. Makes no request but one or two of GitHub, where `to` can only be a tag.
 * @throws ActionError `refused` with the last ten releases as a table.
 */
export async function survey(ledger: Ledger, reading: Reading, question: SurveyQuestion): Promise<Survey> {
  const { current } = reading;
  const { records } = reading.list;
  const byId = new Map(records.map((record) => [record.id, record]));
  if (!current) {
    throw refused({
      input: 'environment',
      what: `${ledger.environment} has no current release, so there is nothing to go back from`,
      found: `${records.length} release records and no ${ledger.environment}/current.json in s3://${ledger.bucket}`,
      fix: 'correct `environment` or `release-bucket`, or deploy first',
    });
  }
  const unfinished = unfinishedFor(records, current, question);
  const tag = isKnown(question.to, records) ? undefined : await question.tagOf(records[0]?.repository ?? '');
  const choice = chooseTarget(choiceQuestion(question, tag?.commit, records, current, unfinished));
  if (choice.kind === 'refused') {
    const details = choice.unknown && tag?.doubt ? [tag.doubt] : [];
    throw cannotChoose({ ...choice, details }, records, current, ledger);
  }
  const { target, wanted, why } = choice;
  const kinds = new Map(
    Object.keys(wanted).map((name) => [name, kindOf(name, wanted, records) ?? 'service']),
  );
  // Named again, or meant again: either way it is the same rollback that goes on.
  const resumes = unfinished ?? (isUnfinished(records[0], target) ? records[0] : undefined);
  const reason = resumes ? resumedWhy(resumes) : why;
  const damaged = reading.list.damaged.map(({ key }) => key);
  return { current, records, damaged, byId, target, wanted, kinds, why: reason, resumes };
}

/** Names that need no repository to be understood: ids, and commits by as many digits as git shows. */
function isKnown(to: string, records: readonly ReleaseRecord[]): boolean {
  if (to === LATEST_GOOD || records.some((record) => record.id === to)) return true;
  return /^[0-9a-f]{7,64}$/i.test(to) && records.some((record) => record.commit.startsWith(to.toLowerCase()));
}

function choiceQuestion(
  { to, scope, parts, passedOver }: SurveyQuestion,
  tagCommit: string | undefined,
  records: readonly ReleaseRecord[],
  current: Pointer,
  resumes: ReleaseRecord | undefined,
): ChoiceQuestion {
  return {
    to: resumes?.restores ?? to,
    scope,
    parts,
    records,
    current,
    tagCommit,
    passedOver,
    mayBeCurrent: passedOver.size === 0 && mayBeElsewhere(records, current),
  };
}

const resumedWhy = (record: ReleaseRecord) =>
  `rollback ${record.id} of ${record.startedAt} set out for it and did not come to its end`;

/**
 * The rollback that `latest-good` goes on with, so that the same command after a kill does not go one release further
 * back: one that died before it was finished, or the finished one of an earlier attempt of this very run.
 */
function unfinishedFor(
  records: readonly ReleaseRecord[],
  current: Pointer,
  { to, run }: SurveyQuestion,
): ReleaseRecord | undefined {
  if (to !== LATEST_GOOD) return undefined;
  const newest = records[0];
  if (newest?.type !== 'rollback' || !newest.restores) return undefined;
  if (newest.result === 'in-progress' || newest.result === 'interrupted') return newest;
  const sameRun = run !== '' && newest.run.url.startsWith(`${run}/`);
  return sameRun && newest.id === current.release && newest.result === 'rolled-back' ? newest : undefined;
}

const isUnfinished = (record: ReleaseRecord | undefined, target: ReleaseRecord): boolean =>
  record?.type === 'rollback' && record.result === 'in-progress' && record.restores === target.id;

/**
 * True where the newest release began after the one that the pointer names and did not come to a good end: what is live
 * may be something of it, and then the current release itself is the newest good one.
 */
function mayBeElsewhere(records: readonly ReleaseRecord[], current: Pointer): boolean {
  const newest = records[0];
  if (!newest || newest.id === current.release) return false;
  // A rollback that failed has put back what was live, and proved it.
  if (newest.type === 'rollback' && newest.result === 'failed') return false;
  return ['in-progress', 'unknown', 'failed', 'rollback-failed', 'timed-out', 'interrupted'].includes(
    newest.result,
  );
}

function cannotChoose(
  { what, found, details }: { what: string; found?: string; details: readonly string[] },
  records: readonly ReleaseRecord[],
  current: Pointer,
  ledger: Ledger,
): ActionError {
  return refused({
    input: 'to',
    what: `${what} in ${ledger.environment}`,
    found,
    details: [
      ...details,
      'the last releases:',
      ...releaseTable(records, current.release).map((line) => `  ${line}`),
    ],
    fix: 'name one of these by its id',
  });
}
