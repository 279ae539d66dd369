/**
 * CloudWatch Logs' filter patterns for unstructured text: all terms must be there, `"a phrase"` as one term, `-term`
 * must not, of `?a ?b` at least one must. Case counts. A JSON pattern (`{ $.level = "error" }`) compares one member.
 * @returns a test for one message; `undefined` where the pattern cannot be read
 */
export function filterOf(pattern: string | undefined): ((message: string) => boolean) | undefined {
  const text = (pattern ?? '').trim();
  if (text === '') return () => true;
  if (text.startsWith('{')) return jsonFilter(text);
  const terms = [...text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g)].map((m) => ({
    sign: m[1] ?? '',
    text: m[2]?.replace(/\\(.)/g, '$1') ?? m[3] ?? '',
  }));
  const all = terms.filter((t) => t.sign === '');
  const none = terms.filter((t) => t.sign === '-');
  const any = terms.filter((t) => t.sign === '?');
  return (message) =>
    all.every((t) => message.includes(t.text)) &&
    !none.some((t) => message.includes(t.text)) &&
    (any.length === 0 || all.length > 0 || any.some((t) => message.includes(t.text)));
}

function jsonFilter(text: string): ((message: string) => boolean) | undefined {
  const match = /^\{\s*\$\.([\w.]+)\s*(=|!=|>=|<=|>|<)\s*(?:"([^"]*)"|([^\s"}]+))\s*\}$/.exec(text);
  if (!match) return undefined;
  const [, path = '', operator = '=', quoted, bare] = match;
  const wanted = quoted ?? bare ?? '';
  return (message) => {
    let value: unknown;
    try {
      value = path
        .split('.')
        .reduce((at: unknown, key) => (at as Record<string, unknown>)?.[key], JSON.parse(message));
    } catch {
      return false;
    }
    return value !== undefined && compare(value, operator, wanted);
  };
}

function compare(value: unknown, operator: string, wanted: string): boolean {
  if (operator === '=' || operator === '!=') {
    const glob = new RegExp(`^${wanted.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    return glob.test(String(value)) === (operator === '=');
  }
  const [a, b] = [Number(value), Number(wanted)];
  if (operator === '>') return a > b;
  if (operator === '<') return a < b;
  return operator === '>=' ? a >= b : a <= b;
}
