import type { Field } from '../../runtime/document/field.ts';
import type { Place } from '../../runtime/document/source.ts';
import {
  type Captured,
  type Dynamic,
  readJson,
  readNumber,
  readText,
  type Scope,
} from '../document/scope.ts';
import { isObject, isType, JSON_TYPES, type Json, sameJson } from '../json.ts';
import { jsonText as show } from '../json-text.ts';
import { compareNumbers, ExactNumber, type JsonNumber, numberOfLiteral } from '../number.ts';
import { checkPattern, type SearchTime, searchEach } from './pattern.ts';

/** What a value is held against: text (headers, bodies) or JSON. */
export type Subject = 'text' | 'json';

/** One condition on one value; `undefined` stands for a value that is not there. */
export interface Condition extends Place {
  readonly captures: readonly string[];
  /** The expectation as a person reads it: `contains "json"`. */
  expected(captured: Captured): string;
  /** Whether it holds for each of the values, or why nobody can say. @param time that searches of patterns may take */
  holds(
    values: readonly (Json | undefined)[],
    captured: Captured,
    time: SearchTime,
  ): readonly boolean[] | { readonly wrong: string };
}

export const CONDITION_KEYS = [
  'equals',
  'not',
  'contains',
  'starts-with',
  'ends-with',
  'matches',
  'one-of',
  'exists',
  'type',
  'above',
  'at-least',
  'below',
  'at-most',
  'length',
] as const;
type Key = (typeof CONDITION_KEYS)[number];

const ANY: readonly string[] = [];

/** Conditions of a value: a plain value stands for `equals`; a mapping has one condition a key, all of which must hold. */
export function readConditions(field: Field, scope: Scope, subject: Subject): Condition[] | undefined {
  if (!field.isMap) {
    if (field.isList && subject === 'text')
      return field.mistake('must be text or a mapping of conditions, found a list');
    const condition = readEquals(field, scope, subject);
    return condition && [condition];
  }
  const fields = field.fields(CONDITION_KEYS);
  if (!fields) return undefined;
  if (Object.keys(fields).length === 0) {
    return field.mistake(
      subject === 'json'
        ? 'has no condition; to compare with a mapping write equals: {…}'
        : 'has no condition such as equals, contains or matches',
    );
  }
  const conditions: Condition[] = [];
  for (const [key, member] of Object.entries(fields) as [Key, Field][]) {
    const condition = READERS[key](member, scope, subject);
    if (condition) conditions.push(...(Array.isArray(condition) ? condition : [condition]));
  }
  return conditions;
}

type Reader = (field: Field, scope: Scope, subject: Subject) => Condition | Condition[] | undefined;

const READERS: Readonly<Record<Key, Reader>> = {
  equals: readEquals,
  not: (field, scope, subject) => readConditions(field, scope, subject)?.map(negate),
  contains: (field, scope, subject) =>
    fromValue(field, readValue(field, scope, subject), 'contains', contains),
  'starts-with': (field, scope) =>
    fromValue(
      field,
      readText(field, scope),
      'starts with',
      (value, text) => isText(value) && value.startsWith(text),
    ),
  'ends-with': (field, scope) =>
    fromValue(
      field,
      readText(field, scope),
      'ends with',
      (value, text) => isText(value) && value.endsWith(text),
    ),
  matches: readMatches,
  'one-of': readOneOf,
  exists: readExists,
  type: readType,
  above: (field) => compare(field, 'above'),
  'at-least': (field) => compare(field, 'at-least'),
  below: (field) => compare(field, 'below'),
  'at-most': (field) => compare(field, 'at-most'),
  length: readLength,
};

const isText = (value: Json | undefined): value is string => typeof value === 'string';

/** A text, a number, true or false: what a pattern can be searched in. */
const isPlain = (value: Json | undefined) =>
  value !== undefined && value !== null && !Array.isArray(value) && !isObject(value);

function readValue(field: Field, scope: Scope, subject: Subject): Dynamic<Json> | undefined {
  return subject === 'json' ? readJson(field, scope) : readText(field, scope);
}

function readEquals(field: Field, scope: Scope, subject: Subject): Condition | undefined {
  return fromValue(
    field,
    readValue(field, scope, subject),
    '',
    (value, want) => value !== undefined && sameJson(value, want),
  );
}

function fromValue<T extends Json>(
  field: Field,
  want: Dynamic<T> | undefined,
  verb: string,
  test: (value: Json | undefined, want: T) => boolean,
): Condition | undefined {
  if (!want) return undefined;
  return {
    ...field.place,
    captures: want.captures,
    expected: (captured) => `${verb} ${show(want.of(captured))}`.trimStart(),
    holds: (values, captured) => values.map((value) => test(value, want.of(captured))),
  };
}

/** A text contains a part of it, a list an item equal to it, an object these members. */
function contains(value: Json | undefined, want: Json): boolean {
  if (isText(value)) return isText(want) && value.includes(want);
  if (Array.isArray(value)) return value.some((item) => sameJson(item as Json, want));
  if (!isObject(value) || !isObject(want)) return false;
  return Object.entries(want).every(
    ([key, member]) => Object.hasOwn(value, key) && sameJson(value[key] as Json, member),
  );
}

function negate(condition: Condition): Condition {
  return {
    ...condition,
    expected: (captured) => `not ${condition.expected(captured)}`,
    holds: (values, captured, time) => {
      const answers = condition.holds(values, captured, time);
      return 'wrong' in answers ? answers : answers.map((answer) => !answer);
    },
  };
}

function readMatches(field: Field): Condition | undefined {
  const pattern = field.text();
  if (pattern === undefined) return undefined;
  const wrong = checkPattern(pattern);
  if (wrong) return field.mistake(`is not a regular expression: ${wrong}`);
  return {
    ...field.place,
    captures: ANY,
    expected: () => `matches /${pattern}/`,
    holds: (values, _captured, time) => {
      const found = searchEach(pattern, values.filter(isPlain).map(String), time);
      if ('wrong' in found) return found;
      const matches = found.matches.values();
      return values.map((value) => isPlain(value) && matches.next().value === true);
    },
  };
}

function readOneOf(field: Field, scope: Scope, subject: Subject): Condition | undefined {
  const items = field.items();
  if (!items) return undefined;
  if (items.length === 0) return field.mistake('must name at least one value');
  const wants = items.map((item) => readValue(item, scope, subject)).filter((want) => want !== undefined);
  if (wants.length < items.length) return undefined;
  return {
    ...field.place,
    captures: wants.flatMap((want) => want.captures),
    expected: (captured) => `one of ${wants.map((want) => show(want.of(captured))).join(', ')}`,
    holds: (values, captured) => {
      const wanted = wants.map((want) => want.of(captured));
      return values.map((value) => value !== undefined && wanted.some((want) => sameJson(value, want)));
    },
  };
}

function readExists(field: Field): Condition | undefined {
  const wanted = field.flag();
  if (wanted === undefined) return undefined;
  return {
    ...field.place,
    captures: ANY,
    expected: () => (wanted ? 'is there' : 'is not there'),
    holds: (values) => values.map((value) => (value !== undefined) === wanted),
  };
}

function readType(field: Field, _scope: Scope, subject: Subject): Condition | undefined {
  if (subject === 'text')
    return field.mistake('asks for a JSON type, and a header or a body is always text', 'key');
  const type = field.choice(JSON_TYPES);
  if (type === undefined) return undefined;
  return {
    ...field.place,
    captures: ANY,
    expected: () => `is of type ${type}`,
    holds: (values) => values.map((value) => value !== undefined && isType(value, type)),
  };
}

const COMPARISONS = {
  above: { sign: '>', test: (order: number) => order > 0 },
  'at-least': { sign: '≥', test: (order: number) => order >= 0 },
  below: { sign: '<', test: (order: number) => order < 0 },
  'at-most': { sign: '≤', test: (order: number) => order <= 0 },
} as const;
const COMPARISON_KEYS = ['above', 'at-least', 'below', 'at-most'] as const;
type Comparison = (typeof COMPARISON_KEYS)[number];

/** Compares `measure` of the value: by default the number itself, and a text that is a number (headers). */
function compare(
  field: Field,
  key: Comparison,
  {
    label = '',
    measure = numberOf,
  }: { label?: string; measure?: (value: Json | undefined) => JsonNumber | undefined } = {},
): Condition | undefined {
  const limit = readNumber(field);
  if (limit === undefined) return field.mistake(`must be a number, found ${field.found()}`);
  const { sign, test } = COMPARISONS[key];
  return {
    ...field.place,
    captures: ANY,
    expected: () => `${label}${sign} ${limit}`,
    holds: (values) =>
      values.map((value) => {
        const measured = measure(value);
        return measured !== undefined && test(compareNumbers(measured, limit));
      }),
  };
}

function numberOf(value: Json | undefined): JsonNumber | undefined {
  if (typeof value === 'number' || value instanceof ExactNumber) return value;
  const text = isText(value) ? value.trim() : '';
  return /^-?\d+(\.\d+)?$/.test(text) ? (numberOfLiteral(text) ?? Number(text)) : undefined;
}

/** Length of a text in characters, of a list in items, of an object in members. */
function readLength(field: Field): Condition[] | undefined {
  if (field.isMap) {
    const fields = field.fields(COMPARISON_KEYS) ?? {};
    if (Object.keys(fields).length === 0) return field.mistake('has no condition such as at-least: 1');
    return (Object.entries(fields) as [Comparison, Field][])
      .map(([key, member]) => compare(member, key, { label: 'length ', measure: lengthOf }))
      .filter((condition) => condition !== undefined);
  }
  const length = field.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  if (length === undefined) return undefined;
  return [
    {
      ...field.place,
      captures: ANY,
      expected: () => `length ${length}`,
      holds: (values) => values.map((value) => lengthOf(value) === length),
    },
  ];
}

function lengthOf(value: Json | undefined): number | undefined {
  if (isText(value)) return [...value].length;
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : undefined;
}
