import { compositionOf, isLiveAlready, kindOf, originOf } from './composition.ts';
import type { Composition, Pointer, ReleaseRecord } from './record.ts';
import { isGood } from './result.ts';

/** What a rollback may touch: all parts, services, or sites. */
export type Scope = 'all' | 'backend' | 'frontend';

const KIND_OF_SCOPE = { backend: 'service', frontend: 'site' } as const;

export interface ChoiceQuestion {
  /** The input `to`: `latest-good`, a release id, a commit (full, or its first four or more digits), or a tag. */
  readonly to: string;
  readonly scope: Scope;
  /** Names of the parts that are to go back; left out or empty: all of the scope. */
  readonly parts?: readonly string[] | undefined;
  /** All records, newest first. */
  readonly records: readonly ReleaseRecord[];
  readonly current: Pick<Pointer, 'release' | 'parts'> | undefined;
  /** The commit that `to` names in the repository at hand, where it is a tag there. */
  readonly tagCommit?: string | undefined;
  /** `latest-good` may be the current release itself: what is live may not be what the pointer says. */
  readonly mayBeCurrent?: boolean | undefined;
  /** Releases that `latest-good` skips: what is live has turned out to be the same. */
  readonly passedOver?: ReadonlySet<string> | undefined;
}

export type Choice =
  | {
      readonly kind: 'chosen';
      readonly target: ReleaseRecord;
      /** Which releases' parts are to be live again, within the scope. */
      readonly wanted: Composition;
      /** Why this one, as a sentence for the log. */
      readonly why: string;
    }
  | {
      readonly kind: 'refused';
      readonly what: string;
      readonly found?: string;
      /** True where the name means nothing to us: who asked may know more names. */
      readonly unknown?: boolean;
    };

export const LATEST_GOOD = 'latest-good';

/** Which release to go back to. Anything ambiguous or unknown is refused, never guessed at. */
export function chooseTarget(question: ChoiceQuestion): Choice {
  if (!question.current) return refuse('there is no current release to go back from', 'an empty ledger');
  return question.to === LATEST_GOOD ? latestGood(question) : named(question);
}

const refuse = (what: string, found?: string): Choice => ({
  kind: 'refused',
  what,
  ...(found ? { found } : {}),
});

/**
 * The newest release before the current one that went live whole, whose checks did not fail, and that nobody has gone
 * back from. "Before" counts from what is live in truth: after a rollback to release 3 it is the one before 3.
 */
function latestGood(question: ChoiceQuestion): Choice {
  const { records, current, mayBeCurrent, passedOver } = question;
  const byId = new Map(records.map((record) => [record.id, record]));
  const live = current?.release ?? '';
  const origin = originOf(live, byId);
  const from = records.findIndex((record) => record.id === origin);
  const condemned = goneBackFrom(records, byId);
  const candidates = mayBeCurrent
    ? records.slice(
        Math.max(
          0,
          records.findIndex((record) => record.id === live),
        ),
      )
    : records.slice(from + 1);
  for (const [i, target] of candidates.entries()) {
    const allowed = target.id === live || !condemned.has(originOf(target.id, byId));
    if (!isGood(target) || !allowed || passedOver?.has(target.id)) continue;
    const wanted = within(compositionOf(target, candidates.slice(i + 1)), question);
    if (isEmpty(wanted) || missing(wanted, question).length > 0) continue;
    if (target.id !== live && isLiveAlready(wanted, current?.parts, byId)) continue;
    return { kind: 'chosen', target, wanted, why: `it is the newest good release before ${live}` };
  }
  const gone = records.filter((record) => condemned.has(originOf(record.id, byId))).length;
  const because = gone > 0 ? `, ${gone} of them gone back from` : '';
  return refuse(`there is no good release before ${live}`, `${records.length} releases${because}`);
}

/** Releases that a rollback replaced, and that no later rollback has gone back to. */
export function goneBackFrom(
  records: readonly ReleaseRecord[],
  byId: ReadonlyMap<string, ReleaseRecord>,
): ReadonlySet<string> {
  const condemned = new Set<string>();
  for (const record of records.toReversed()) {
    if (record.type !== 'rollback' || record.result !== 'rolled-back') continue;
    if (record.replaces) condemned.add(originOf(record.replaces, byId));
    if (record.restores) condemned.delete(originOf(record.restores, byId));
  }
  return condemned;
}

function named(question: ChoiceQuestion): Choice {
  const { to, scope, records } = question;
  const matches = matching(question);
  if (matches.length === 0) {
    const { tagCommit } = question;
    const what = `${JSON.stringify(to)} names no release`;
    return tagCommit
      ? refuse(what, `the tag is commit ${tagCommit.slice(0, 12)}, of which there was never a release here`)
      : { kind: 'refused', what, found: 'no id, commit or tag of that name', unknown: true };
  }
  const commits = [...new Set(matches.map((record) => record.commit))];
  if (commits.length > 1) {
    return refuse(
      `${JSON.stringify(to)} names more than one commit`,
      matches.map((record) => `${record.id} (${record.commit.slice(0, 12)})`).join(', '),
    );
  }
  const lived = matches.find((record) => record.composition);
  if (!lived) {
    const found = matches.map((record) => `${record.id}: ${record.result}`).join(', ');
    const isUnknown = matches.some((record) => record.result === 'unknown');
    const what = isUnknown ? 'of which nobody knows whether it went live' : 'that never went live';
    return refuse(`${JSON.stringify(to)} names a release ${what}`, found);
  }
  const all = compositionOf(lived, records.slice(records.indexOf(lived) + 1));
  const wanted = within(all, question);
  const [absent] = missing(wanted, question);
  const has = `its parts: ${Object.keys(all).join(', ')}`;
  if (absent !== undefined) return refuse(`release ${lived.id} has no part ${absent}${inScope(scope)}`, has);
  if (isEmpty(wanted)) return refuse(`release ${lived.id} has no part${inScope(scope)}`, has);
  const why =
    matches.length > 1 ? `it is the newest of ${matches.length} releases of that commit` : 'it was named';
  return { kind: 'chosen', target: lived, wanted, why };
}

/** Records that `to` may mean; an id is taken before all else, for it is exact. */
function matching({ to, records, tagCommit }: ChoiceQuestion): ReleaseRecord[] {
  const byId = records.filter((record) => record.id === to);
  if (byId.length > 0) return byId;
  const isCommit = /^[0-9a-f]{4,64}$/i.test(to);
  return records.filter(
    (record) =>
      record.type !== 'rollback' &&
      (record.ref === `refs/tags/${to}` ||
        (tagCommit !== undefined && record.commit === tagCommit) ||
        (isCommit && record.commit.startsWith(to.toLowerCase()))),
  );
}

/** What of a composition the question is about. */
function within(composition: Composition, { scope, parts = [], records }: ChoiceQuestion): Composition {
  const asked = Object.entries(composition).filter(
    ([name]) =>
      (parts.length === 0 || parts.includes(name)) &&
      (scope === 'all' || kindOf(name, composition, records) === KIND_OF_SCOPE[scope]),
  );
  return Object.fromEntries(asked);
}

/** Parts that were named and are not among these. */
const missing = (wanted: Composition, { parts = [] }: ChoiceQuestion): readonly string[] =>
  parts.filter((name) => !Object.hasOwn(wanted, name));

const inScope = (scope: Scope): string => (scope === 'all' ? '' : ` that is a ${KIND_OF_SCOPE[scope]}`);

const isEmpty = (composition: Composition) => Object.keys(composition).length === 0;
