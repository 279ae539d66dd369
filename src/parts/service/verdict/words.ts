import { refused } from '../../../runtime/errors.ts';

/** A quote that is opened and never closed: whatever follows it would be swallowed. */
export class OpenQuote extends Error {}

/**
 * A command line as words, by the rules of POSIX's shell for quoting and for blanks
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02): a backslash takes the next
 * character as it is, and is gone with a line break after it; within single quotes nothing is special; within double quotes
 * a backslash is one only before `$`, a backtick, `"`, `\` and a line break. Nothing is expanded.
 * @throws OpenQuote
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; ) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(text);
    if (!match) throw new OpenQuote(text.slice(at));
    const [whole, blank, single, double, escaped, plain] = match;
    at += whole.length;
    if (blank === undefined) {
      const piece =
        single ?? double?.replace(IN_DOUBLE, afterBackslash) ?? escaped?.replace('\n', '') ?? plain;
      word = (word ?? '') + piece;
    } else {
      if (word !== undefined) words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** Blanks, '…', "…", a backslash with its character, or anything plain: a backslash at the very end is plain. */
const PIECE = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+|\\$)/y;
const IN_DOUBLE = /\\([$`"\\\n])/g;
const afterBackslash = (_all: string, next: string) => (next === '\n' ? '' : next);

/** The inverse of {@link splitWords}: what is not plain stands in single quotes, which every shell leaves alone. */
export function joinWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

/** The words of a YAML list, in one line (`["a", "b"]`) or in several (`- a`); `undefined` where the text is none. */
export function listOf(text: string): string[] | undefined {
  if (/^\[\s*("|\])/.test(text)) {
    try {
      const list: unknown = JSON.parse(text);
      return Array.isArray(list) && list.every((word) => typeof word === 'string') ? list : undefined;
    } catch {
      return undefined;
    }
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (!lines.every((line) => /^\s*- /.test(line))) return undefined;
  const items = lines.map((line) => scalarOf(line.replace(/^\s*- +/, '').trimEnd()));
  return items.every((item) => item !== undefined) ? items : undefined;
}

/** A scalar of YAML on one line; `undefined` for what is more than that. */
function scalarOf(text: string): string | undefined {
  if (text.startsWith('"')) return listOf(`[${text}]`)?.[0];
  if (text.startsWith("'"))
    return /^'(?:[^']|'')*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : undefined;
  return /^[[\]{}&*!|>%@`#,]/.test(text) ? undefined : text.replace(/\s#.*$/, '').trimEnd();
}

const SHELLS = /(^|\/)(sh|bash|dash|ash|zsh|ksh)$/;

/** True where the entry point hands its first argument to a shell: `["sh", "-c"]`, `["/bin/bash", "-lc"]`. */
export function isShell(entryPoint: readonly string[] | undefined): boolean {
  const options = entryPoint?.at(-1) ?? '';
  return /^-[a-z]*c$/.test(options) && (entryPoint ?? []).some((word) => SHELLS.test(word));
}

/** Syntax that only a shell reads, outside of single quotes: an operator as a word, or something to expand. */
function shellSyntaxIn(text: string): string | undefined {
  const bare = text.replace(/'[^']*'/g, "''").replace(/\\[\s\S]/g, '');
  const expansion = /\$[A-Za-z_{(][\w]*|`/.exec(bare)?.[0];
  const outside = bare.replace(/"[^"]*"/g, '""');
  return expansion ?? /(?:^|\s)(&&|\|\|?|;|&|\d?>>?|<|2>&1)(?=\s|$)|\S(;)(?=\s|$)/.exec(outside)?.[0].trim();
}

/**
 * The words that a container runs for a command input. A YAML list is taken as it is; text is split as POSIX says, or given
 * whole to an entry point that is a shell.
 * @param entryPoint of the container, where it is known
 * @throws ActionError `refused` for a quote that is not closed, and for what no shell would read
 */
export function commandWords(
  text: string,
  entryPoint: readonly string[] | undefined,
  input: string,
): string[] {
  const list = listOf(text);
  if (list) return list;
  const words = refuseOpenQuote(text, input);
  if (isShell(entryPoint)) return [text];
  const syntax = shellSyntaxIn(text);
  if (syntax === undefined) return words;
  throw refused({
    input,
    what: `has ${JSON.stringify(syntax)}, which only a shell reads, and the container runs the command without one`,
    found: text,
    fix: `to have a shell read it, write a list: ["sh", "-c", ${JSON.stringify(text)}]; to have it taken as it stands, put it in single quotes`,
  });
}

/** @throws ActionError `refused` */
export function refuseOpenQuote(text: string, input: string): string[] {
  try {
    return listOf(text) ?? splitWords(text);
  } catch (error) {
    if (!(error instanceof OpenQuote)) throw error;
    throw refused({
      input,
      what: 'opens a quote that is not closed, and would run without what follows it',
      found: error.message.slice(0, 80),
      fix: `close it; an apostrophe within a word is written "O'Brien" or O\\'Brien`,
    });
  }
}
