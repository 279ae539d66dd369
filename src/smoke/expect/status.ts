import type { Field } from '../../runtime/document/field.ts';
import type { Expectation } from './expectation.ts';

/** First and last status of a rule: `200` is 200 to 200, `2xx` is 200 to 299. */
export interface StatusRule {
  readonly from: number;
  readonly to: number;
  readonly source: string;
}

/** A status (`200`), a class (`2xx`) or a range (`200-204`); `undefined` where the text is none. */
export function parseStatus(text: string): StatusRule | undefined {
  const source = text.trim();
  const family = /^([1-5])xx$/i.exec(source)?.[1];
  if (family)
    return { from: Number(family) * 100, to: Number(family) * 100 + 99, source: source.toLowerCase() };
  const range = /^([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?$/.exec(source);
  const [from, to] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
  return range && from <= to ? { from, to, source } : undefined;
}

export const matchesStatus = (rules: readonly StatusRule[], status: number): boolean =>
  rules.some((rule) => status >= rule.from && status <= rule.to);

/** True where only redirects are expected: the request must then not follow them. */
export const expectsRedirect = (rules: readonly StatusRule[]): boolean =>
  rules.every((rule) => rule.from >= 300 && rule.to < 400 && rule.from !== 304);

export function readStatus(
  field: Field,
): { expectation: Expectation; rules: readonly StatusRule[] } | undefined {
  const fields = field.isList ? (field.items() ?? []) : [field];
  if (fields.length === 0) return field.mistake('must name at least one status');
  const rules = fields.map(readRule).filter((rule) => rule !== undefined);
  if (rules.length < fields.length) return undefined;
  return { expectation: statusExpectation(rules, field.place), rules };
}

function readRule(field: Field): StatusRule | undefined {
  return (
    parseStatus(field.written ?? '') ??
    field.mistake(
      `must be a status such as 200, a class such as 2xx or a range such as 200-204, found ${field.found()}`,
    )
  );
}

export function statusExpectation(
  rules: readonly StatusRule[],
  place: { line: number; column: number },
): Expectation {
  return {
    key: 'status',
    captures: [],
    needsBody: false,
    samples: 1,
    judge: ({ answer, hide }) => [
      {
        ...place,
        what: 'status',
        ok: matchesStatus(rules, answer.status),
        expected: rules.map((rule) => rule.source).join(', '),
        got: hide(`${answer.status} ${answer.statusText}`.trim()),
      },
    ],
  };
}
