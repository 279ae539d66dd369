import type { Problem } from '../runtime/errors.ts';
import {
  distributionsOf,
  type PartRecord,
  partOf,
  type ReleaseRecord,
  type ServicePart,
  type SitePart,
} from './record.ts';
import { sortNewestFirst } from './release-index.ts';

/** What a part's name stands for in an environment: one service, or one site. */
export type Occupant =
  | Pick<ServicePart, 'service'>
  | Pick<SitePart, 'bucket' | 'prefix' | 'distribution' | 'distributions'>;

/**
 * True where both are one thing. A site may have been given more distributions: the fewer are among the more. Where one of
 * the two knows none, that says nothing.
 */
export function isSameOccupant(a: Occupant, b: Occupant): boolean {
  if ('service' in a || 'service' in b) return 'service' in a && 'service' in b && a.service === b.service;
  const [fewer, more] = [distributionsOf(a), distributionsOf(b)].sort(
    (one, other) => one.length - other.length,
  );
  return siteOf(a) === siteOf(b) && (fewer ?? []).every((id) => more?.includes(id));
}

/** As a person is told of it. */
export const nameOfOccupant = (occupant: Occupant): string =>
  'service' in occupant
    ? `the service ${occupant.service}`
    : `the site ${siteOf(occupant)}${behind(distributionsOf(occupant))}`;

const behind = (ids: readonly string[]) => (ids.length > 0 ? ` behind ${ids.join(' and ')}` : '');

const siteOf = ({ bucket, prefix }: { bucket: string; prefix: string }) =>
  `s3://${bucket}/${prefix.replaceAll(/^\/+|\/+$/g, '')}`;

/** True where `given`, an ARN or a name as users write it, means the service of that ARN. */
export const namesService = (arn: string, given: string): boolean =>
  given === arn || (!given.startsWith('arn:') && arn.split('/').includes(given));

export interface OccupantQuestion {
  readonly part: string;
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
 * Whether a part may be deployed under its name: a name stands for one service, or one site. A second one would overwrite
 * the first one's records, and a rollback would leave one of the two where it is.
 */
export function judgeOccupant(question: OccupantQuestion): OccupantVerdict {
  const { part, environment, wanted, release, live, own, replace } = question;
  const kind = 'service' in wanted ? 'service' : 'site';
  const elsewhere = `for a second ${kind} give it a name of its own, such as part: ${part}-2`;
  if (own && !isSameOccupant(own, wanted)) {
    return {
      kind: 'refused',
      problem: {
        input: 'part',
        what: `release ${release} has another ${part} already: a part is one thing`,
        found: `${nameOfOccupant(wanted)} is asked for, and the record has ${nameOfOccupant(own)}`,
        fix: `${elsewhere}; where it is the same release tried again on another ${kind}, give it a \`release-id\` of its own`,
      },
    };
  }
  const left = live ? leftBehind(live.occupant, wanted) : [];
  if (!live || (isSameOccupant(live.occupant, wanted) && left.length === 0)) return { kind: 'same' };
  if (left.length > 0 && !replace) return { kind: 'refused', problem: leavesBehind(question, live, left) };
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
      input: 'part',
      what: `${environment} has another ${part} already: a part is one thing`,
      found: `${nameOfOccupant(wanted)} is asked for; release ${live.release} is live on ${nameOfOccupant(live.occupant)}`,
      fix: `${elsewhere}; where it was moved or made anew, set \`replace-part: true\``,
    },
  };
}

/** Distributions of the live site that are not named any more, where others of it are. */
export function leftBehind(live: Occupant, wanted: Occupant): readonly string[] {
  if ('service' in live || 'service' in wanted || !isSameOccupant(live, wanted)) return [];
  const named = distributionsOf(wanted);
  return named.length === 0 ? [] : distributionsOf(live).filter((id) => !named.includes(id));
}

function leavesBehind(
  { part, environment, wanted }: OccupantQuestion,
  live: { readonly release: string; readonly occupant: Occupant },
  left: readonly string[],
): Problem {
  return {
    input: 'distribution',
    what: `the ${part} of ${environment} is behind ${left.join(' and ')} too: whoever comes that way would keep the pages of before`,
    found: `${nameOfOccupant(wanted)} is asked for; release ${live.release} is live on ${nameOfOccupant(live.occupant)}`,
    fix: 'name all of them in `distribution`, with commas between them; where it serves the site no more, set `replace-part: true`',
  };
}

export interface NameQuestion {
  readonly part: string;
  readonly environment: string;
  readonly wanted: Occupant;
  /** What each name stands for now. */
  readonly live: ReadonlyMap<string, { readonly release: string; readonly occupant: Occupant } | undefined>;
  /** What this very release's record has. */
  readonly own: Readonly<Record<string, Occupant>>;
}

/** Why a service or site may not be deployed under this name: it has another one. `undefined` where it has none. */
export function judgeName({ part, environment, wanted, live, own }: NameQuestion): Problem | undefined {
  const known = [
    ...[...live].map(([name, one]) => [name, one?.occupant] as const),
    ...Object.entries(own),
  ].find(([name, occupant]) => name !== part && occupant && isSameOccupant(occupant, wanted));
  if (!known) return undefined;
  return {
    input: 'part',
    what: `${nameOfOccupant(wanted)} is the part ${known[0]} of ${environment} already`,
    found: `part: ${part}`,
    fix: `set part: ${known[0]}; a service or site has one name, or a rollback would not know whose it is`,
  };
}

/** Another thing that releases of an environment went to under the same part's name. */
export interface OtherOccupant {
  readonly part: string;
  readonly occupant: Occupant;
  /** The newest release that made it live. */
  readonly release: string;
}

/** What else than `live` the part's name has stood for, by the newest release of each. @param records in any order */
export function otherOccupants(
  records: readonly ReleaseRecord[],
  part: string,
  live: Occupant,
): OtherOccupant[] {
  const found: OtherOccupant[] = [];
  for (const record of sortNewestFirst(records)) {
    const known = partOf(record, part);
    if (!known || !['deployed', 'unchanged'].includes(known.result)) continue;
    const told = [live, ...found.map(({ occupant }) => occupant)];
    if (told.some((occupant) => isSameOccupant(occupant, known))) continue;
    found.push({ part, occupant: known, release: record.id });
  }
  return found;
}

/**
 * Why a rollback must not go on by itself: the release that it goes to went to another thing than what is live.
 * @param others see {@link otherOccupants}
 */
export function crossesOccupants(
  part: string,
  target: { readonly release: string; readonly occupant: Occupant },
  live: { readonly release: string; readonly occupant: Occupant },
  records: readonly ReleaseRecord[],
): Problem {
  const same = sortNewestFirst(records).find(
    (record) =>
      record.id !== live.release &&
      partOf(record, part)?.result === 'deployed' &&
      isSameOccupant(partOf(record, part) as PartRecord, live.occupant),
  );
  return {
    input: 'to',
    what: `the ${part} of release ${target.release} is not the ${part} that is live: going back would leave the one that is live as it is`,
    found: `${nameOfOccupant(target.occupant)} then, ${nameOfOccupant(live.occupant)} now (release ${live.release})`,
    details: [
      'the part has stood for more than one thing; each keeps what it runs unless it is named',
      ...(same ? [`to: ${same.id} goes back with the ${part} that is live`] : []),
      ...waysAcross(target.occupant, live.occupant),
    ],
    fix: 'say which one is meant, by one of these inputs; then give each a `part` of its own',
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
    `distribution: ${distributionsOf(live).join(', ')} goes back behind the distribution of now`,
    `distribution: ${distributionsOf(target).join(', ')} goes back behind the distribution of then`,
  ];
}
