import type { Field } from '../../runtime/document/field.ts';
import type { Scope } from '../document/scope.ts';
import { jsonOf, textOf } from '../http/answer.ts';
import { isObject, type Json } from '../json.ts';
import { type JsonPath, parseJsonPath, selectJson } from '../json-path.ts';
import { jsonText as show } from '../json-text.ts';
import { type Assertion, type Evidence, type Expectation, excerpt, quoted } from './expectation.ts';
import { judgeConditions } from './judge.ts';
import { type Condition, readConditions } from './matcher.ts';

export function readJsonPath(field: Field, text: string, at: 'key' | 'value'): JsonPath | undefined {
  const path = parseJsonPath(text);
  if (!('wrong' in path)) return path;
  const near = text.startsWith('$') || /[[\]*?]/.test(text) ? '' : `; did you mean \`$.${text}\`?`;
  return field.mistake(`${JSON.stringify(text)} is not a path: ${path.wrong}${near}`, at);
}

export function readJsonExpectation(field: Field, scope: Scope): Expectation[] {
  return [...(field.members() ?? [])].flatMap(([key, member]) => {
    const path = readJsonPath(member, key, 'key');
    const conditions = readConditions(member, scope, 'json');
    return path && conditions ? [jsonExpectation(path, conditions)] : [];
  });
}

function jsonExpectation(path: JsonPath, conditions: readonly Condition[]): Expectation {
  return {
    key: 'json',
    captures: conditions.flatMap((condition) => condition.captures),
    needsBody: true,
    samples: 1,
    judge: (evidence) => judgeJson(path, conditions, evidence),
  };
}

function judgeJson(path: JsonPath, conditions: readonly Condition[], evidence: Evidence): Assertion[] {
  const what = `json ${path.source}`;
  const body = jsonOf(evidence.answer);
  if ('wrong' in body) {
    const start =
      evidence.answer.size > 0 ? `: ${excerpt(quoted(textOf(evidence.answer)), evidence.hide)}` : '';
    return conditions.map(({ line, column, expected }) => ({
      line,
      column,
      what,
      ok: false,
      expected: excerpt(expected(evidence.captured), evidence.hide),
      got: `${body.wrong}${start}`,
    }));
  }
  const values = selectJson(path, body.json);
  const got =
    values.length === 0 ? nothingAt(path, body.json) : excerpt(values.map(show).join(', '), evidence.hide);
  return judgeConditions(what, conditions, values.length === 0 ? [undefined] : values, got, evidence);
}

/** Says how far the path led, and the names that there were at that place. */
function nothingAt(path: JsonPath, root: Json): string {
  for (let length = path.steps.length - 1; length >= 0; length--) {
    const [parent] = selectJson({ ...path, steps: path.steps.slice(0, length) }, root);
    if (parent === undefined) continue;
    if (Array.isArray(parent)) return `nothing there (a list of ${parent.length})`;
    if (isObject(parent)) {
      const names = Object.keys(parent);
      return names.length > 0
        ? `nothing there (the names are ${names.slice(0, 8).join(', ')})`
        : 'nothing there ({})';
    }
    return `nothing there (${show(parent).slice(0, 40)} has no members)`;
  }
  return 'nothing there';
}
