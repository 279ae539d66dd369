import { originOf, pairOf } from './pair.ts';
import type { Pair, Part, Pointer, ReleaseRecord } from './record.ts';
import { isGood } from './result.ts';

/** What a rollback may touch. */
export type Scope = 'all' | Part;

export interface ChoiceQuestion {
  /** The input `to`: `latest-good`, a release id, a commit (full, or its first four or more digits), or a tag. */
  readonly to: string;
  readonly scope: Scope;
  /** All records, newest first. */
  readonly records: readonly ReleaseRecord[];
  readonly current: Pick<Pointer, 'release' | 'backend' | 'frontend'> | undefined;
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
      /** Which releases' halves are to be live again, within the scope. */
      readonly pair: Pair;
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
  const { records, current, scope, mayBeCurrent, passedOver } = question;
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
    const pair = within(pairOf(target, candidates.slice(i + 1)), scope);
    if (isEmpty(pair)) continue;
    if (target.id !== live && isSameHalves(pair, current, byId)) continue;
    return { kind: 'chosen', target, pair, why: `it is the newest good release before ${live}` };
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
  const lived = matches.find((record) => record.pair);
  if (!lived) {
    const found = matches.map((record) => `${record.id}: ${record.result}`).join(', ');
    const isUnknown = matches.some((record) => record.result === 'unknown');
    const what = isUnknown ? 'of which nobody knows whether it went live' : 'that never went live';
    return refuse(`${JSON.stringify(to)} names a release ${what}`, found);
  }
  const pair = within(pairOf(lived, records.slice(records.indexOf(lived) + 1)), scope);
  if (isEmpty(pair)) return refuse(`release ${lived.id} has no ${scope} half`);
  const why =
    matches.length > 1 ? `it is the newest of ${matches.length} releases of that commit` : 'it was named';
  return { kind: 'chosen', target: lived, pair, why };
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

function within(pair: Pair, scope: Scope): Pair {
  return {
    ...(pair.backend && scope !== 'frontend' ? { backend: pair.backend } : {}),
    ...(pair.frontend && scope !== 'backend' ? { frontend: pair.frontend } : {}),
  };
}

const isEmpty = (pair: Pair) => !pair.backend && !pair.frontend;

/** True where each half of `pair` is what is live already, under whichever id. */
export function isSameHalves(
  pair: Pair,
  current: Pair | undefined,
  byId: ReadonlyMap<string, ReleaseRecord>,
): boolean {
  const same = (part: Part) => {
    const [wanted, live] = [pair[part], current?.[part]];
    if (!wanted || wanted === live) return true;
    return live !== undefined && originOf(wanted, byId, part) === originOf(live, byId, part);
  };
  return same('backend') && same('frontend');
}
