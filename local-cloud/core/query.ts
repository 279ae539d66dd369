import { isObject } from './shape.ts';

type Tree = { [name: string]: Tree | string };

/**
 * A form of the Query protocol as nested members: `Tags.member.1.Key=a` is `{Tags: [{Key: 'a'}]}`, and
 * `Map.entry.1.key=k&Map.entry.1.value=v` is `{Map: {k: 'v'}}`. All values are texts.
 */
export function parseForm(form: URLSearchParams): Record<string, unknown> {
  const tree: Tree = Object.create(null) as Tree;
  for (const [name, value] of form) {
    if (name === 'Action' || name === 'Version') continue;
    const path = name.split('.');
    if (path.length > 32 || path.some((part) => part === '__proto__')) continue;
    place(tree, path, value);
  }
  return fold(tree) as Record<string, unknown>;
}

function place(tree: Tree, path: readonly string[], value: string): void {
  let node = tree;
  for (const part of path.slice(0, -1)) {
    const next = node[part];
    if (typeof next === 'object') node = next;
    else {
      const made: Tree = Object.create(null) as Tree;
      node[part] = made;
      node = made;
    }
  }
  const last = path.at(-1);
  if (last !== undefined) node[last] = value;
}

function fold(node: Tree | string): unknown {
  if (typeof node === 'string') return node;
  const names = Object.keys(node);
  const only = names.length === 1 ? names[0] : undefined;
  const inner = only !== undefined ? node[only] : undefined;
  if (only === 'member' && typeof inner === 'object') return numbered(inner);
  if (only === 'entry' && typeof inner === 'object') {
    return Object.fromEntries(
      numbered(inner)
        .filter(isObject)
        .map((entry) => [String(entry['key']), entry['value']]),
    );
  }
  return Object.fromEntries(names.map((name) => [name, fold(node[name] ?? '')]));
}

const numbered = (node: Tree): unknown[] =>
  Object.keys(node)
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => fold(node[name] ?? ''));
