/**
 * A JSON number that a double cannot hold digit for digit, such as an id beyond 2^53: as it was written. All others are
 * plain numbers, so that one of these and a plain number are never equal.
 */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get isInteger(): boolean {
    return decimalOf(this.text).exponent >= 0;
  }

  toString(): string {
    return this.text;
  }
}

export type JsonNumber = number | ExactNumber;

/** https://www.rfc-editor.org/rfc/rfc8259#section-6 */
const LITERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The number that a JSON literal writes; `undefined` where it is none. */
export function numberOfLiteral(literal: string): JsonNumber | undefined {
  if (!LITERAL.test(literal)) return undefined;
  const number = Number(literal);
  // Every number of 15 digits comes back from a double as it went in.
  if (literal.length <= 15 && !/e/i.test(literal)) return number;
  return sameDecimal(decimalOf(literal), decimalOf(String(number))) ? number : new ExactNumber(literal);
}

/** Negative where `a` is the smaller, 0 where both are one number. */
export function compareNumbers(a: JsonNumber, b: JsonNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [decimalOf(String(a)), decimalOf(String(b))];
  if (left.sign !== right.sign) return left.sign - right.sign;
  return left.sign * compareMagnitude(left, right);
}

/** `sign` × `digits` × 10^`exponent`; no zero at either end of the digits. */
interface Decimal {
  readonly sign: -1 | 0 | 1;
  readonly digits: string;
  readonly exponent: number;
}

function decimalOf(text: string): Decimal {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  // `Infinity`, which no literal is equal to.
  if (!match) return { sign: text.startsWith('-') ? -1 : 1, digits: '1', exponent: Number.POSITIVE_INFINITY };
  const [, minus, whole = '', fraction = '', power = '0'] = match;
  const significant = `${whole}${fraction}`.replace(/^0+/, '');
  const end = lastNonZero(significant);
  if (end === 0) return { sign: 0, digits: '', exponent: 0 };
  const exponent = Number(power) - fraction.length + (significant.length - end);
  return { sign: minus ? -1 : 1, digits: significant.slice(0, end), exponent };
}

/** Length without the zeros at the end; a pattern for it would be quadratic. */
function lastNonZero(digits: string): number {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return end;
}

const sameDecimal = (a: Decimal, b: Decimal) =>
  a.sign === b.sign && a.digits === b.digits && a.exponent === b.exponent;

/** Digits of one magnitude compare as texts: what is missing at the end is zeros. */
function compareMagnitude(a: Decimal, b: Decimal): number {
  const [left, right] = [a.digits.length + a.exponent, b.digits.length + b.exponent];
  if (left !== right) return left < right ? -1 : 1;
  if (a.digits === b.digits) return 0;
  return a.digits < b.digits ? -1 : 1;
}
