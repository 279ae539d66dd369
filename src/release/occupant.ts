import type { Problem } from '../runtime/errors.ts';
import type { BackendHalf, FrontendHalf, Part, ReleaseRecord } from './record.ts';
import { sortNewestFirst } from './release-index.ts';

/** What a part's name stands for in an environment: one service, or one site. */
export type Occupant =
  | Pick<BackendHalf, 'service'>
  | Pick<FrontendHalf, 'bucket' | 'prefix' | 'distribution'>;

/** True where both are one thing. A distribution that one of the two does not know says nothing. */
export function isSameOccupant(a: Occupant, b: Occupant): boolean {
  if ('service' in a || 'service' in b) return 'service' in a && 'service' in b && a.service === b.service;
  const [one, other] = [a.distribution, b.distribution];
  return siteOf(a) === siteOf(b) && (!one || !other || one === other);
}

/** As a person is told of it. */
export const nameOfOccupant = (occupant: Occupant): string =>
  'service' in occupant
    ? `the service ${occupant.service}`
    : `the site ${siteOf(occupant)}${occupant.distribution ? ` behind ${occupant.distribution}` : ''}`;

const siteOf = ({ bucket, prefix }: { bucket: string; prefix: string }) =>
  `s3://${bucket}/${prefix.replaceAll(/^\/+|\/+$/g, '')}`;

export interface OccupantQuestion {
  readonly part: Part;
  readonly environment: string;
  /** What is to be deployed. */
  readonly wanted: Occupant;
  readonly release: string;
  /** What the part's name stands for now, and the release that says so; `undefined` before the first release. */
  readonly live: { readonly release: string; readonly occupant: Occupant } | undefined;
  /** What this very release's record has under the part's name already. */
  readonly own: Occupant | undefined;
  /** The input `replace-part`. */
  readonly replace: boolean;
}

export type OccupantVerdict =
  | { readonly kind: 'same' }
  /** It takes the place of another, as it was asked to: `why` is for the log. */
  | { readonly kind: 'replaces'; readonly why: string }
  | { readonly kind: 'refused'; readonly problem: Problem };

/**
 * Whether a part may be deployed under its name. Until parts have names of the user's own, an environment has one
 * backend and one frontend: a second one would overwrite the first one's records, and a rollback would leave one of
 * the two where it is.
 */
export function judgeOccupant(question: OccupantQuestion): OccupantVerdict {
  const { part, environment, wanted, release, live, own, replace } = question;
  const kind = 'service' in wanted ? 'service' : 'site';
  const elsewhere = `for a second ${kind}, set another \`environment\`, such as environment: ${environment}-2`;
  if (own && !isSameOccupant(own, wanted)) {
    return {
      kind: 'refused',
      problem: {
        input: 'environment',
        what: `release ${release} has another ${part} already: a release of ${environment} has one`,
        found: `${nameOfOccupant(wanted)} is asked for, and the record has ${nameOfOccupant(own)}`,
        fix: `${elsewhere}; where it is the same release tried again on another ${kind}, give it a \`release-id\` of its own`,
      },
    };
  }
  if (!live || isSameOccupant(live.occupant, wanted)) return { kind: 'same' };
  if (replace) {
    const before = `${nameOfOccupant(live.occupant)} (release ${live.release})`;
    return {
      kind: 'replaces',
      why: `${nameOfOccupant(wanted)} takes the place of ${before} as the ${part} of ${environment}: the one before is left as it is`,
    };
  }
  return {
    kind: 'refused',
    problem: {
      input: 'environment',
      what: `${environment} has another ${part} already: an environment has one`,
      found: `${nameOfOccupant(wanted)} is asked for; release ${live.release} is live on ${nameOfOccupant(live.occupant)}`,
      fix: `${elsewhere}; where it was moved or made anew, set \`replace-part: true\``,
    },
  };
}

/** Another thing that releases of an environment went to under the same part's name. */
export interface OtherOccupant {
  readonly part: Part;
  readonly occupant: Occupant;
  /** The newest release that made it live. */
  readonly release: string;
}

/** What else than `live` the part's name has stood for, by the newest release of each. @param records in any order */
export function otherOccupants(
  records: readonly ReleaseRecord[],
  part: Part,
  live: Occupant,
): OtherOccupant[] {
  const found: OtherOccupant[] = [];
  for (const record of sortNewestFirst(records)) {
    const half = record[part];
    if (!half || !['deployed', 'unchanged'].includes(half.result)) continue;
    const known = [live, ...found.map(({ occupant }) => occupant)];
    if (known.some((occupant) => isSameOccupant(occupant, half))) continue;
    found.push({ part, occupant: half, release: record.id });
  }
  return found;
}

/**
 * Why a rollback must not go on by itself: the release that it goes to went to another thing than what is live.
 * @param others see {@link otherOccupants}
 */
export function crossesOccupants(
  part: Part,
  target: { readonly release: string; readonly occupant: Occupant },
  live: { readonly release: string; readonly occupant: Occupant },
  records: readonly ReleaseRecord[],
): Problem {
  const same = sortNewestFirst(records).find(
    (record) =>
      record.id !== live.release &&
      record[part]?.result === 'deployed' &&
      isSameOccupant(record[part], live.occupant),
  );
  return {
    input: 'to',
    what: `the ${part} of release ${target.release} is not the ${part} that is live: going back would leave the one that is live as it is`,
    found: `${nameOfOccupant(target.occupant)} then, ${nameOfOccupant(live.occupant)} now (release ${live.release})`,
    details: [
      'more than one has been deployed to this environment; each keeps what it runs unless it is named',
      ...(same ? [`to: ${same.id} goes back with the ${part} that is live`] : []),
      ...waysAcross(target.occupant, live.occupant),
    ],
    fix: 'say which one is meant, by one of these inputs; then give each an `environment` of its own',
  };
}

function waysAcross(target: Occupant, live: Occupant): string[] {
  if ('service' in target && 'service' in live) {
    return [
      `service: ${target.service} goes back on the service of then`,
      `service: ${live.service} puts the release of then onto the service that is live (where it was moved or made anew)`,
    ];
  }
  if ('service' in target || 'service' in live) return [];
  if (siteOf(target) !== siteOf(live)) return [`bucket: ${target.bucket} goes back on the site of then`];
  return [
    `distribution: ${live.distribution} goes back behind the distribution of now`,
    `distribution: ${target.distribution} goes back behind the distribution of then`,
  ];
}
