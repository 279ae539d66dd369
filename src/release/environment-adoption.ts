import type { Problem } from '../runtime/errors.ts';
import type { Pointer, ReleaseRecord } from './record.ts';

/** What the ledger of one name holds. */
export interface LedgerFound {
  readonly pointer: Pointer | undefined;
  readonly records: readonly ReleaseRecord[];
}

export interface AdoptionQuestion {
  /** The name that the environment had. */
  readonly from: string;
  /** The name that it has now. */
  readonly to: string;
  readonly old: LedgerFound;
  readonly own: LedgerFound;
  readonly releaseBucket: string;
}

export type AdoptionVerdict =
  /** With the pointer that the new name gets; `undefined` where nothing was ever live. */
  | { readonly kind: 'carry'; readonly pointer: Pointer | undefined }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly problem: Problem };

/**
 * Whether the ledger of an environment that was renamed may be carried over to its new name. One that was stopped in
 * between is gone on with: the pointer of the new name says where it came from, that of the old one, written last, where
 * it went. Going back to the name of before is the same the other way.
 */
export function judgeAdoption(question: AdoptionQuestion): AdoptionVerdict {
  const { from, to, old, own } = question;
  if (from === to)
    return no('is the name that the environment has now', from, 'give the name that it had before');
  if (!old.pointer && old.records.length === 0) return nothingThere(question);
  const wentTo = old.pointer?.movedTo;
  if (wentTo === to && own.pointer?.adoptedFrom?.environment === from) return { kind: 'done' };
  if (wentTo !== undefined && wentTo !== to)
    return no(`the ledger of ${from} was carried over to ${wentTo} already`, from, `adopt ${wentTo}`);
  if (own.pointer?.movedTo !== undefined && own.pointer.movedTo !== from)
    return no(
      `the ledger of ${to} was carried over to ${own.pointer.movedTo} already`,
      to,
      'give the environment a name that has no ledger',
    );
  if (own.records.some((record) => isAnother(record, old.records))) return hasLedger(question);
  if (own.pointer?.movedTo === from) return { kind: 'carry', pointer: copied(question) };
  if (own.pointer?.adoptedFrom?.environment === from) return goOn(question, own.pointer);
  const isKnown = ({ id }: ReleaseRecord) => old.records.some((record) => record.id === id);
  if (own.pointer || !own.records.every(isKnown)) return hasLedger(question);
  return { kind: 'carry', pointer: copied(question) };
}

/** The pointer is there already: it came from here, and the run was stopped before it wrote the last document. */
function goOn(question: AdoptionQuestion, now: Pointer): AdoptionVerdict {
  const { from, to, old } = question;
  const taken = now.adoptedFrom;
  if (isAt(old.pointer, taken)) return { kind: 'carry', pointer: now };
  if (isAt(now, taken)) return { kind: 'carry', pointer: copied(question) };
  return no(
    `an adoption of ${from} was stopped, and both names have been deployed to since`,
    `${from} is at ${old.pointer?.release ?? 'nothing'}, ${to} at ${now.release}`,
    asideOf(question),
  );
}

const isAt = (
  pointer: Pointer | undefined,
  taken: Pick<Pointer, 'release' | 'updatedAt'> | undefined,
): boolean => pointer?.release === taken?.release && pointer?.updatedAt === taken?.updatedAt;

/** The old name's pointer as that of the new one. */
function copied({ from, to, old }: AdoptionQuestion): Pointer | undefined {
  if (!old.pointer) return undefined;
  const { movedTo: _, ...pointer } = old.pointer;
  const { release, updatedAt } = pointer;
  return { ...pointer, environment: to, adoptedFrom: { environment: from, release, updatedAt } };
}

/** A release of the new name that only has the id of one of the old. */
const isAnother = (record: ReleaseRecord, old: readonly ReleaseRecord[]): boolean =>
  old.some((one) => one.id === record.id && !isSameRelease(one, record));

export const isSameRelease = (a: ReleaseRecord, b: ReleaseRecord): boolean =>
  a.id === b.id && a.type === b.type && a.commit === b.commit && a.startedAt === b.startedAt;

function hasLedger(question: AdoptionQuestion): AdoptionVerdict {
  const { to, own } = question;
  const found = own.pointer
    ? `release ${own.pointer.release} is live in ${to}`
    : `${own.records.length} release records, such as ${own.records[0]?.id}`;
  return no(`${to} has a ledger of its own already`, found, asideOf(question));
}

const asideOf = ({ to, releaseBucket }: AdoptionQuestion) =>
  `to keep that of ${to} go on with it; to carry the other over, set this one aside first (aws s3 mv s3://${releaseBucket}/${to}/ s3://${releaseBucket}/${to}-before/ --recursive), run this again, and deploy once more`;

const nothingThere = ({ from, releaseBucket }: AdoptionQuestion): AdoptionVerdict =>
  no(
    `there is no ledger of ${from} in s3://${releaseBucket}`,
    `no object under ${from}/`,
    'give the name that the environment had, and the release bucket that it had',
  );

const no = (what: string, found: string, fix: string): AdoptionVerdict => ({
  kind: 'refused',
  problem: { input: 'adopt-environment', what, found, fix },
});
