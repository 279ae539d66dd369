import { isObject, type Json } from './json.ts';

/** One step: a name, an index (negative counts from the end), or every member. */
export type Step = { readonly name: string } | { readonly index: number } | { readonly every: true };

export interface JsonPath {
  readonly source: string;
  readonly steps: readonly Step[];
  /** True where the path can select several values. */
  readonly many: boolean;
}

// The part of RFC 9535 that selects by place: `$`, `.name`, `['name']`, `[0]`, `[-1]`, `.*` and `[*]`. Filters, slices
// and `..` are left out on purpose: a check that needs them asserts more than a smoke test should.
const STEP =
  /\.(?<dot>[\p{L}_][\p{L}\p{N}_-]*)|\.(?<star>\*)|\[(?:(?<index>-?(?:0|[1-9]\d{0,8}))|(?<all>\*)|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)")\]/uy;

/** The path, or what is wrong with it as the end of the sentence "… is not a path: ". */
export function parseJsonPath(source: string): JsonPath | { readonly wrong: string } {
  if (!source.startsWith('$')) return { wrong: 'it must start with $, as in $.status or $.items[0].id' };
  const steps: Step[] = [];
  for (let at = 1; at < source.length; ) {
    STEP.lastIndex = at;
    const match = STEP.exec(source);
    if (!match) return { wrong: wrongAt(source, at) };
    steps.push(stepOf(match.groups ?? {}));
    at = STEP.lastIndex;
  }
  return { source, steps, many: steps.some((step) => 'every' in step) };
}

function stepOf(groups: Record<string, string | undefined>): Step {
  if (groups['dot'] !== undefined) return { name: groups['dot'] };
  if (groups['index'] !== undefined) return { index: Number(groups['index']) };
  const quoted = groups['single'] ?? groups['double'];
  return quoted === undefined ? { every: true } : { name: quoted.replace(/\\(.)/gs, '$1') };
}

function wrongAt(source: string, at: number): string {
  const rest = source.slice(at);
  if (rest.startsWith('..')) return 'descent by `..` is not offered: name the path step by step';
  if (rest.startsWith('[?')) return 'filters `[?…]` are not offered: use [*] or an index';
  if (/^\[-?\d*:/.test(rest)) return 'slices are not offered: use [*] or an index';
  return `"${rest.slice(0, 20)}" is not a step; steps are .name, ['name'], [0], [-1], [*]`;
}

/** The values that the path selects, in document order; none where it leads nowhere. */
export function selectJson(path: JsonPath, root: Json): Json[] {
  let values: Json[] = [root];
  for (const step of path.steps) {
    const next: Json[] = [];
    for (const value of values) for (const found of follow(step, value)) next.push(found);
    values = next;
  }
  return values;
}

function follow(step: Step, value: Json): readonly Json[] {
  if ('name' in step) {
    return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name] as Json] : [];
  }
  if ('index' in step) {
    const found = Array.isArray(value) ? value.at(step.index) : undefined;
    return found === undefined ? [] : [found];
  }
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}
