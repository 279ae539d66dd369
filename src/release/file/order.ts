import { didYouMean, type Field } from '../../runtime/document/field.ts';

/** What order and waves are made of. */
export interface Ordered {
  /** Names of the parts that the environment has, services first, each kind in the order of the file. */
  readonly services: readonly string[];
  readonly sites: readonly string[];
  /** Names that the file has and this environment leaves out: they may stand in an order. */
  readonly leftOut: readonly string[];
}

/**
 * The waves: `order` makes one of each part, `waves` is taken as it stands. Without either, all services go first and all
 * sites after them: a site may need what its service has new, and a service must suit the site before in any case.
 */
export function readWaves(
  order: Field | undefined,
  waves: Field | undefined,
  parts: Ordered,
): readonly (readonly string[])[] {
  if (order && waves) {
    order.mistake('stands beside `waves`, which says the same', 'key');
    return [];
  }
  const field = order ?? waves;
  if (!field) return [parts.services, parts.sites].filter((wave) => wave.length > 0);
  const seen = new Map<string, Field>();
  const read = (items: readonly Field[]) => items.flatMap((item) => readName(item, parts, seen));
  const items = field.items() ?? [];
  const all = order
    ? items.map((item) => read([item]))
    : items.map((wave) => read(wave.isList ? (wave.items() ?? []) : [wave]));
  const missing = [...parts.services, ...parts.sites].filter((name) => !seen.has(name));
  if (missing.length > 0 && field.isList)
    field.mistake(`leaves out ${missing.join(', ')}: each part stands in it once`);
  return all.filter((wave) => wave.length > 0);
}

function readName(item: Field, parts: Ordered, seen: Map<string, Field>): string[] {
  const name = item.text();
  if (name === undefined) return [];
  const names = [...parts.services, ...parts.sites];
  if (seen.has(name)) {
    item.mistake(`names ${name} again: a part goes live once`);
    return [];
  }
  if (names.includes(name)) {
    seen.set(name, item);
    return [name];
  }
  if (!parts.leftOut.includes(name)) {
    const near = didYouMean(name, names).replace('the keys are', 'the parts are');
    item.mistake(`names ${JSON.stringify(name)}, which is no part${near}`);
  }
  return [];
}
