// Parsers of what others write cost no more than its length: 100 kB of anything in under 100 ms.
import { describe, expect, test } from 'vitest';
import { readAwsError } from '../../../src/aws/errors.ts';
import { readFileCommand, readLine } from '../../../src/cli/workflow-commands.ts';
import { parseEnvironment } from '../../../src/parts/service/plan/env-file.ts';
import { parseImageRef, pinTo, shortImage } from '../../../src/parts/service/plan/image-ref.ts';
import { commandWords, joinWords, listOf, splitWords } from '../../../src/parts/service/verdict/words.ts';
import { globMatcher } from '../../../src/parts/site/scan/cache-rules.ts';
import { hasHash } from '../../../src/parts/site/scan/hashed-names.ts';
import { parseRedirects } from '../../../src/parts/site/scan/redirects.ts';
import { parseDuration } from '../../../src/runtime/duration.ts';
import { harmlessLines } from '../../../src/runtime/foreign.ts';
import { code, fenced, link, plain } from '../../../src/runtime/markdown.ts';
import { Redactor } from '../../../src/runtime/redactor.ts';

const SIZE = 100_000;
const PIECES = [
  ' ',
  '\t',
  '\n',
  'a',
  '0',
  '\\',
  '"',
  "'",
  '`',
  '$',
  '${',
  '@',
  ':',
  '/',
  '.',
  '-',
  '_',
  '#',
  '=',
  '*',
  '[',
  ']',
  '<',
  '&',
  '::',
  '##[',
  ' #',
  ' a',
  'a ',
  '\\"',
  '"\\',
  "'\\''",
  '- a\n',
  'A=b\n',
  'A="',
  '@sha256:',
  'x://',
  'a://b:',
  '\u001b[',
  '\u001b]',
  "Value '",
  "' at 'environment",
  'authorization: Bearer ',
  'x-amz-signature=',
  'IQoJb3JpZ2lu',
  'a<<b\n',
  '1h',
  'ghp_',
  ';a',
  '> ',
];
/** A head, the same piece over and over, and an end that spoils the match. */
const TEXTS = PIECES.flatMap((piece) =>
  [
    ['', ''],
    ['A=x', '!'],
    ['"', '\n'],
    ['localhost/', '@'],
  ].map(([head = '', tail = '']) => head + piece.repeat(Math.ceil(SIZE / piece.length)) + tail),
);

const redactor = new Redactor();
redactor.secret('a secret of ours');
redactor.plain(['a plain value', 'another one']);

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  parseEnvironment: (text) => parseEnvironment(text, { input: 'env-file', emptyIsMistake: true }),
  parseImageRef,
  pinTo: (text) => pinTo(text, 'sha256:0'),
  shortImage,
  splitWords,
  joinWords: (text) => joinWords([text]),
  listOf,
  commandWords: (text) => commandWords(text, undefined, 'migrate-command'),
  hasHash,
  globMatcher: (text) => globMatcher(text)('a'.repeat(255)),
  parseRedirects,
  readFileCommand,
  readLine,
  parseDuration,
  harmlessLines,
  plain,
  code,
  fenced,
  link,
  redact: (text) => redactor.hide(text),
  readAwsError: (text) => readAwsError(new Error(text)),
};

describe('100 kB', () => {
  test.each(Object.keys(PARSERS))('%s', (name) => {
    const parse = (text: string) => {
      try {
        PARSERS[name]?.(text);
      } catch {
        // Refused is fine: how long it took is what counts.
      }
    };
    /** The best of some tries, in milliseconds: another test may have the processor. */
    const timeOf = (text: string, enough: number) => {
      let best = Number.POSITIVE_INFINITY;
      for (let tries = 0; tries < 8 && best >= enough; tries++) {
        const started = performance.now();
        parse(text);
        best = Math.min(best, performance.now() - started);
      }
      return best;
    };
    const slow = TEXTS.flatMap((text) => {
      const whole = timeOf(text, 100);
      if (whole < 100) return [];
      // A busy machine makes both slow: ten times the text may take ten times as long, and not a hundred times.
      const tenth = timeOf(text.slice(0, text.length / 10), 4);
      return whole < 60 * Math.max(tenth, 4)
        ? []
        : [`${JSON.stringify(text.slice(0, 20))}: ${whole} ms, a tenth of it ${tenth} ms`];
    });
    expect(slow).toEqual([]);
  });
});
