/**
 * Foreign text is all that we did not write: logs of apps and builds, bodies, names of files, status texts, messages of
 * AWS. GitHub's runner reads every line that a step prints and obeys those that look like its commands, and a terminal
 * obeys escape sequences. These functions make any text harmless to both. They are applied where lines go out, to every
 * line: our own words pass through unchanged.
 *
 * What the runner obeys (actions/runner, ActionCommand.cs): `::name …::` at the start of a line, after white space too
 * (`TryParseV2` trims), and `##[name …]` anywhere in a line (`TryParse`). A line ends at CR, LF or both.
 */

/** Characters of a line that are shown; the rest is counted. */
export const LINE_LIMIT = 4000;
/** Lines of one message that are shown; the rest is counted. */
export const MESSAGE_LINES = 500;

const [ESC, CSI, OSC, ST, BEL] = [0x1b, 0x9b, 0x9d, 0x9c, 0x07].map((code) => String.fromCharCode(code));
/** CSI sequences, and OSC sequences with the text that they set: https://ecma-international.org/publications-and-standards/standards/ecma-48/ */
const ESCAPES = new RegExp(
  `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]|(?:${ESC}\\]|${OSC})[^${BEL}${ESC}${ST}\r\n]*(?:${BEL}|${ESC}\\\\|${ST})?`,
  'g',
);
/** Control characters but the tab; separators that some readers take for a line's end; marks that turn the writing direction. */
const UNSEEN = /[^\P{Cc}\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;
/** .NET's `Trim` knows these as white space, and what JavaScript calls so besides. */
const COMMAND = /^(\s*)::/;

/** One line of any text, on one line: no command, no escape sequence, no control character, no more than {@link LINE_LIMIT} characters. */
export function harmlessLine(text: string): string {
  if (text === '') return '';
  // Cut first, so that a line of any length costs the same; the slack is for what is taken out.
  const head = text.length > 2 * LINE_LIMIT ? text.slice(0, 2 * LINE_LIMIT) : text;
  const seen = head.replace(/\r$/, '').replace(ESCAPES, '').replace(UNSEEN, visible);
  const cut = text.length > LINE_LIMIT && (seen.length > LINE_LIMIT || head.length < text.length);
  const shown = cut ? `${seen.slice(0, LINE_LIMIT)}… (${text.length} characters)` : seen;
  return shown.replaceAll('##[', '# #[').replace(COMMAND, '$1· ::');
}

/**
 * A message of one or more lines, each harmless. Every line but the first is indented, so that a line break within a
 * foreign text cannot make a line that looks like one of ours.
 */
export function harmlessLines(message: string): string[] {
  const lines = message.split(/\r\n|\n/, MESSAGE_LINES + 1);
  const shown = lines.slice(0, MESSAGE_LINES).map(harmlessLine);
  if (lines.length > MESSAGE_LINES) shown.push('… more lines are left out');
  return shown.map((line, at) => (at === 0 || line === '' || /^\s/.test(line) ? line : `  ${line}`));
}

/** As one line: line breaks and runs of white space are a space each. */
export const onOneLine = (text: string): string => harmlessLine(text.trim().replace(/\s+/g, ' '));

/** Control Pictures for what has one: https://www.unicode.org/charts/PDF/U2400.pdf */
function visible(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
