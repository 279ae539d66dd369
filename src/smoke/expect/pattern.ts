import vm from 'node:vm';

/** Letters of a text that a pattern is searched in; what comes after is not looked at. */
export const MAX_SUBJECT = 1024 * 1024;
/** Milliseconds that one search may take: a pattern can take for ever on a text that almost matches it. */
const MAX_SEARCH_MS = 1000;

let context: vm.Context | undefined;
const script = new vm.Script('new RegExp(pattern, "su").exec(subject)');

/** What is wrong with a pattern; `undefined` where it is a regular expression (flags `s` and `u`). */
export function checkPattern(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'su');
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(
      /^Invalid regular expression: /,
      '',
    );
  }
}

/**
 * Searches for a pattern, for a second at the most. V8's matcher cannot be stopped from the outside except by the
 * time limit of a `vm` context, which is what this one runs in; the context is no sandbox and needs to be none, for
 * the pattern is data to it.
 */
export function searchPattern(
  pattern: string,
  subject: string,
): { match: readonly (string | undefined)[] | null } | { wrong: string } {
  context ??= vm.createContext({ pattern: '', subject: '' });
  Object.assign(context, { pattern, subject: subject.slice(0, MAX_SUBJECT) });
  try {
    const match = script.runInContext(context, { timeout: MAX_SEARCH_MS }) as RegExpExecArray | null;
    return { match: match === null ? null : Array.from(match) };
  } catch (error) {
    const stopped = (error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    return {
      wrong: stopped
        ? `the pattern /${pattern}/ took over ${MAX_SEARCH_MS} ms on this text and was stopped: simplify it`
        : `the pattern /${pattern}/ could not be searched: ${(error as Error).message}`,
    };
  } finally {
    Object.assign(context, { pattern: '', subject: '' });
  }
}
