import { type ActionError, refused } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Mistake } from './source.ts';

/** GitHub shows ten error annotations of a step. */
export const MAX_ANNOTATIONS = 10;

export interface MistakenFile {
  /** Path of the file, from the workspace. */
  readonly file: string;
  /** The input that named it. */
  readonly input: string;
  /** What it is: `checks file`. */
  readonly title: string;
  /** What was not done then: `no request was made`. */
  readonly undone: string;
  /** Path of the JSON Schema that knows the right words. */
  readonly schema: string;
}

/** The refusal of a file with all its mistakes, in the order of the file; the first ten are annotated on their lines. */
export function refuseMistakes(mistakes: readonly Mistake[], about: MistakenFile, log: Log): ActionError {
  const { file, input, title, undone, schema } = about;
  const sorted = sortMistakes(mistakes);
  for (const { line, column, path, what } of sorted.slice(0, MAX_ANNOTATIONS)) {
    log.error(`${path} ${what}`.trim(), { file, startLine: line, startColumn: column, title });
  }
  const count = sorted.length === 1 ? 'a mistake' : `${sorted.length} mistakes`;
  return refused({
    input,
    what: `${file} has ${count}; ${undone}`,
    details: sorted.map((mistake) => mistakeLine(file, mistake)),
    fix: `correct the file; ${schema} gives an editor the right words`,
  });
}

/** In the order of the file; what was said of one place twice is said once. */
export function sortMistakes(mistakes: readonly Mistake[]): Mistake[] {
  const key = ({ line, column, path, what }: Mistake) => `${line}:${column} ${path} ${what}`;
  const unique = [...new Map(mistakes.map((mistake) => [key(mistake), mistake])).values()];
  return unique.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** `file:line:column  what is wrong`, as compilers say it. */
export const mistakeLine = (file: string, { line, column, path, what }: Mistake): string =>
  `${file}:${line}:${column}  ${`${path} ${what}`.trim()}`;
