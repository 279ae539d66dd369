import { expect, it, test } from 'vitest';
import { isObject, isType, type Json, sameJson } from '../../../src/smoke/json.ts';
import { jsonText, parseJson } from '../../../src/smoke/json-text.ts';
import { compareNumbers, ExactNumber, type JsonNumber, numberOfLiteral } from '../../../src/smoke/number.ts';

const number = (literal: string) => numberOfLiteral(literal) as JsonNumber;

it.each([
  ['0', true],
  ['-0', true],
  ['0.1', true],
  ['1.50', true],
  ['1e3', true],
  ['1E+2', true],
  ['9007199254740991', true],
  ['9007199254740992', true],
  ['9007199254740993', false],
  ['-9007199254740993', false],
  ['123456789012345678901234567890', false],
  ['100000000000000000000000', true],
  ['0.1234567890123456789', false],
  ['1e400', false],
  ['5e-324', true],
  ['1e-400', false],
])('%s is a plain number: %s', (literal, plain) => {
  expect(typeof numberOfLiteral(literal) === 'number').toBe(plain);
});

it.each(['', '01', '+1', '.5', '1.', '0x10', 'NaN', '1_000', ' 1'])('%j is no JSON number', (literal) => {
  expect(numberOfLiteral(literal)).toBeUndefined();
});

it.each([
  ['9007199254740993', '9007199254740992', 1],
  ['9007199254740993', '9007199254740993.0', 0],
  ['9007199254740993', '90071992547409930e-1', 0],
  ['-9007199254740993', '-9007199254740992', -1],
  ['-9007199254740993', '1', -1],
  ['9007199254740993', '10000000000000000', -1],
  ['0.1234567890123456789', '0.12345678901234568', -1],
  ['1e400', '1e308', 1],
  ['1e400', '1e401', -1],
  ['0', '1e-400', -1],
])('%s to %s: %s', (a, b, order) => {
  expect(Math.sign(compareNumbers(number(a), number(b)))).toBe(order);
  // + 0: no minus zero.
  expect(Math.sign(compareNumbers(number(b), number(a))) + 0).toBe(-order + 0);
});

test('JSON comes back digit for digit, and only numbers are touched', () => {
  const text =
    '{"id":9007199254740993,"text":"9007199254740993 \\\\\\" 12345678901234567890","list":[-12345678901234567890,1.5],"__proto__":{"a":1}}';
  const value = parseJson(text);
  expect(jsonText(value)).toBe(text);
  expect(isObject(value) && value['id']).toBeInstanceOf(ExactNumber);
  expect(() => parseJson('{"id":9007199254740993')).toThrow(SyntaxError);
});

it.each<[string, string, boolean]>([
  ['9007199254740993', '9007199254740993', true],
  ['9007199254740993', '9007199254740992', false],
  ['[9007199254740993]', '[9007199254740994]', false],
  ['{"a":12345678901234567890}', '{"a":12345678901234567890}', true],
  ['12345678901234567890', '"12345678901234567890"', false],
])('%s and %s are the same: %s', (a, b, same) => {
  expect(sameJson(parseJson(a), parseJson(b))).toBe(same);
});

it('is a number, and an integer where it is one', () => {
  const types = (literal: string) =>
    (['number', 'integer', 'object', 'string'] as const).filter((type) =>
      isType(number(literal) as Json, type),
    );
  expect(types('9007199254740993')).toEqual(['number', 'integer']);
  expect(types('9007199254740993.5')).toEqual(['number']);
});
