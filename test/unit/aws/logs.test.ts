import { describe, expect, test } from 'vitest';
import { type LogLine, newestStream } from '../../../src/aws/logs.ts';

/** `old:1 new:2` as lines of the streams `old` and `new`. */
const lines = (text: string): LogLine[] =>
  text.split(' ').map((word) => {
    const [stream = '', message = ''] = word.split(':');
    return { stream, message };
  });

const EXAMPLES: readonly (readonly [what: string, given: string, limit: number, chosen: string])[] = [
  ['one stream: its last lines', 'a:1 a:2 a:3', 2, '2 3'],
  ['a new stream, however much an old one goes on to say', 'old:1 new:x old:2 old:3 new:y', 9, 'x y'],
  ['the newest of three', 'a:1 b:2 c:3 a:4 b:5', 9, '3'],
];

describe('the last lines that tell why', () => {
  test.each(EXAMPLES)('%s', (_what, given, limit, chosen) =>
    expect(newestStream(lines(given), limit).join(' ')).toBe(chosen),
  );
  test('nothing was said', () => expect(newestStream([], 5)).toEqual([]));
});
