import { expect, it } from 'vitest';
import { readVerifyHeaders } from '../../../src/actions/verify-headers.ts';

const read = (...lines: string[]) => {
  const masked: string[] = [];
  return { headers: readVerifyHeaders(lines, (value) => masked.push(value)), masked };
};

it('reads headers, and masks their values', () => {
  const { headers, masked } = read('Authorization: Basic dXNlcjpwYXNz', 'X-Let-In:a:b c');
  expect(headers).toEqual({ authorization: 'Basic dXNlcjpwYXNz', 'x-let-in': 'a:b c' });
  expect(masked).toEqual(['Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz', 'a:b c']);
});

it('takes a name that every object has for a name', () => {
  const { headers } = read('constructor: abcdef', '__proto__: ghijkl');
  expect(Object.entries(headers)).toEqual([
    ['constructor', 'abcdef'],
    ['__proto__', 'ghijkl'],
  ]);
});

it.each([
  ['no colon', ['hunter2secret']],
  ['no name', [': hunter2secret']],
  ['no value', ['X-Empty:']],
  ['a name with a space', ['X Name: hunter2secret']],
  ['a control character', ['X-Name: hunter2secret\u0000']],
  ['a letter that no header holds', ['X-Name: hunter2secret\u20ac']],
  ['one twice', ['X-Name: hunter2secret', 'x-name: b']],
  ['one that is ours', ['Accept-Encoding: hunter2secret']],
  ['another that is ours', ['If-None-Match: hunter2secret']],
])('refuses %s, and shows no value', (_what, lines) => {
  expect(() => read(...lines)).toThrow(/verify-headers/);
  expect(() => read(...lines)).not.toThrow(/hunter2secret/);
});
