import vm from 'node:vm';

/** Letters of a text that a pattern is searched in; what comes after is not looked at. */
export const MAX_SUBJECT = 1024 * 1024;
/** Milliseconds that all searches in one answer may take: a pattern can take for ever on a text that almost matches it. */
const MAX_SEARCH_MS = 1000;

/** The time that the searches of one try of a check have left, together. */
export class SearchTime {
  #left = MAX_SEARCH_MS;

  /** @param work is given the milliseconds that are left, 1 at least */
  spend<T>(work: (left: number) => T): T {
    const started = performance.now();
    try {
      return work(Math.max(1, Math.ceil(this.#left)));
    } finally {
      this.#left -= performance.now() - started;
    }
  }
}

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

let context: vm.Context | undefined;
const first = new vm.Script('new RegExp(pattern, "su").exec(subjects[0])');
const each = new vm.Script(
  '(() => { const sought = new RegExp(pattern, "su"); return subjects.map((text) => sought.test(text)); })()',
);

/** Where a pattern matches first. */
export function searchPattern(
  pattern: string,
  subject: string,
  time = new SearchTime(),
): { match: readonly (string | undefined)[] | null } | { wrong: string } {
  const found = search<RegExpExecArray | null>(first, pattern, [subject], time);
  if ('wrong' in found) return found;
  return { match: found.answer === null ? null : Array.from(found.answer) };
}

/** Which of many texts a pattern matches. One call for all: a list may have millions of them. */
export function searchEach(
  pattern: string,
  subjects: readonly string[],
  time = new SearchTime(),
): { matches: readonly boolean[] } | { wrong: string } {
  const found = search<boolean[]>(each, pattern, subjects, time);
  return 'wrong' in found ? found : { matches: Array.from(found.answer) };
}

/**
 * V8's matcher cannot be stopped from the outside except by the time limit of a `vm` context, which is what this one
 * runs in; the context is no sandbox and needs to be none, for the pattern is data to it.
 */
function search<T>(
  script: vm.Script,
  pattern: string,
  subjects: readonly string[],
  time: SearchTime,
): { answer: T } | { wrong: string } {
  context ??= vm.createContext({ pattern: '', subjects: [] });
  const within = context;
  Object.assign(within, { pattern, subjects: subjects.map((subject) => subject.slice(0, MAX_SUBJECT)) });
  try {
    return { answer: time.spend((timeout) => script.runInContext(within, { timeout })) as T };
  } catch (error) {
    const stopped = (error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    const texts = subjects.length === 1 ? 'this text' : `these ${subjects.length} texts`;
    return {
      wrong: stopped
        ? `the patterns of this check took over ${MAX_SEARCH_MS} ms, and /${pattern}/ was stopped on ${texts}: simplify it`
        : `the pattern /${pattern}/ could not be searched: ${(error as Error).message}`,
    };
  } finally {
    Object.assign(within, { pattern: '', subjects: [] });
  }
}
