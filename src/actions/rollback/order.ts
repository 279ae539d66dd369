import { type PartKind, partOf, type ReleaseRecord } from '../../release/record.ts';

export type OrderInput = 'auto' | 'backend-first' | 'frontend-first';

/** A part that goes back. */
export interface NamedPart {
  readonly name: string;
  readonly kind: PartKind;
}

export interface Order {
  /** Names of the parts, the first to go back first. */
  readonly names: readonly string[];
  /** Why, as a sentence for the log. */
  readonly why: string;
}

/**
 * Which part goes back first. Between the switches users meet parts of both releases, so the way back should pass through
 * states that have been live before: those that the deployment of `replaced` came through, in reverse. Where that is not
 * known of every part, sites go first: a deployment switches services first as a rule, so the older site has already
 * worked with the newer API. Where the older site needs the older API, the user says `backend-first`. Pure.
 */
export function restoreOrder(
  input: OrderInput,
  parts: readonly NamedPart[],
  replaced: ReleaseRecord | undefined,
): Order {
  const byKind = (first: PartKind) => sorted(parts, (a, b) => rank(a, first) - rank(b, first));
  if (input === 'backend-first') return { names: byKind('service'), why: '`order` says so' };
  if (input === 'frontend-first') return { names: byKind('site'), why: '`order` says so' };
  const ends = new Map(parts.map(({ name }) => [name, partOf(replaced, name)?.finishedAt]));
  const end = ({ name }: NamedPart) => Date.parse(ends.get(name) ?? '');
  const reverse = sorted(parts, (a, b) => end(b) - end(a) || rank(a, 'site') - rank(b, 'site'));
  const siteFirst = byKind('site');
  if ([...ends.values()].every(Boolean) && reverse.join() !== siteFirst.join()) {
    const why = `release ${replaced?.id} switched them the other way round, and the way back is the way in reverse`;
    return { names: reverse, why };
  }
  const why =
    'the older sites were live with the newer services while those were deployed; `order: backend-first` if they need the older API';
  return { names: siteFirst, why };
}

const rank = ({ kind }: NamedPart, first: PartKind) => (kind === first ? 0 : 1);

const sorted = (parts: readonly NamedPart[], compare: (a: NamedPart, b: NamedPart) => number) =>
  [...parts].sort((a, b) => compare(a, b) || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
