import { isObject } from '../../core/shape.ts';

/** What a request has of condition keys; names in lower case, as keys are compared without regard to case. */
export type ConditionKeys = ReadonlyMap<string, readonly string[]>;

/** `*` stands for any text, `?` for one character. */
export const wildcard = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  ).test(value);

const number = (compare: (a: number, b: number) => boolean) => (wanted: string, got: string) =>
  compare(Number(got), Number(wanted));

/** ISO 8601, or seconds since the epoch. */
const time = (text: string) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text));

const date = (compare: (a: number, b: number) => boolean) => (wanted: string, got: string) =>
  compare(time(got), time(wanted));

type Test = (wanted: string, got: string) => boolean;

/**
 * Operators by their names; those with `Not` in them are their opposite.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
const OPERATORS: Readonly<Record<string, Test>> = {
  StringEquals: (wanted, got) => wanted === got,
  StringEqualsIgnoreCase: (wanted, got) => wanted.toLowerCase() === got.toLowerCase(),
  StringLike: wildcard,
  NumericEquals: number((a, b) => a === b),
  NumericLessThan: number((a, b) => a < b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericGreaterThan: number((a, b) => a > b),
  NumericGreaterThanEquals: number((a, b) => a >= b),
  DateEquals: date((a, b) => a === b),
  DateLessThan: date((a, b) => a < b),
  DateLessThanEquals: date((a, b) => a <= b),
  DateGreaterThan: date((a, b) => a > b),
  DateGreaterThanEquals: date((a, b) => a >= b),
  Bool: (wanted, got) => wanted.toLowerCase() === got.toLowerCase(),
  BinaryEquals: (wanted, got) => wanted === got,
  ArnEquals: wildcard,
  ArnLike: wildcard,
  IpAddress: inNetwork,
};

const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NotIpAddress: 'IpAddress',
};

interface Operator {
  readonly test: Test;
  readonly negated: boolean;
  /** A key that the request does not have is no obstacle. */
  readonly ifExists: boolean;
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly isNull: boolean;
}

/** @returns `undefined` for an operator that IAM does not have */
export function operatorOf(name: string): Operator | undefined {
  const match = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(name);
  const base = match?.[2] ?? '';
  const isNull = base === 'Null';
  const test = OPERATORS[NEGATED[base] ?? base];
  if (!match || (!test && !isNull)) return undefined;
  return {
    test: test ?? (() => false),
    negated: NEGATED[base] !== undefined,
    ifExists: match[3] !== undefined,
    set: match[1] as Operator['set'],
    isNull,
  };
}

export const conditionTexts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).map((one) => String(one));

function holds(operator: Operator, wanted: readonly string[], got: readonly string[] | undefined): boolean {
  if (operator.isNull) return (wanted[0]?.toLowerCase() === 'true') === (got === undefined);
  const one = (value: string) => wanted.some((each) => operator.test(each, value)) !== operator.negated;
  if (operator.set === 'ForAllValues') return (got ?? []).every(one);
  if (operator.set === 'ForAnyValue') return (got ?? []).some(one);
  if (got === undefined) return operator.ifExists || operator.negated;
  return operator.negated ? got.every(one) : got.some(one);
}

/** All operators and all of their keys hold; of a key's values one is enough. */
export function conditionsHold(condition: unknown, keys: ConditionKeys): boolean {
  if (!isObject(condition)) return true;
  return Object.entries(condition).every(([name, block]) => {
    const operator = operatorOf(name);
    if (!operator || !isObject(block)) return false;
    return Object.entries(block).every(([key, wanted]) =>
      holds(operator, conditionTexts(wanted), keys.get(key.toLowerCase())),
    );
  });
}

/** An IPv4 address in `10.0.0.0/8`; one of IPv6 is compared as a text. */
function inNetwork(network: string, address: string): boolean {
  const [base = '', bits = '32'] = network.split('/');
  const [a, b] = [ipv4(base), ipv4(address.replace(/^::ffff:/, ''))];
  if (a === undefined || b === undefined) return base === address || bits === '0';
  const size = 2 ** (32 - Number(bits));
  return Math.floor(a / size) === Math.floor(b / size);
}

function ipv4(text: string): number | undefined {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
