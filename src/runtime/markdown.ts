import { harmlessLine, onOneLine } from './foreign.ts';

/** Text of others in a summary, on one line: it makes no markup, no link, no image and no table cell of its own. */
export function plain(text: string): string {
  return onOneLine(text)
    .replace(/[\\<>[\]|]/g, (sign) => ENTITIES[sign] ?? `\\${sign}`)
    .replace(/^([-+#=]|\d+[.)])(?=\s)/, '\\$1');
}

const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;' };

/** Text of others as code, within a line or a table's cell: https://spec.commonmark.org/0.31.2/#code-spans */
export function code(text: string): string {
  const one = onOneLine(text).replaceAll('|', '\\|');
  if (!one.includes('`')) return `\`${one || ' '}\``;
  const fence = '`'.repeat(longestRun(one) + 1);
  return `${fence} ${one} ${fence}`;
}

/** Lines of others in a block of code that none of them can end. */
export function fenced(lines: string | readonly string[]): string {
  const all = (
    typeof lines === 'string' ? lines.split(/\r\n|\n/) : lines.flatMap((line) => line.split(/\r\n|\n/))
  ).map(harmlessLine);
  const fence = '`'.repeat(all.reduce((longest, line) => Math.max(longest, longestRun(line) + 1), 3));
  return `${fence}text\n${all.join('\n')}\n${fence}`;
}

/** An address as a link to itself; one that is no web address stays text. */
export function link(address: string, text = address): string {
  return /^https?:\/\/[^\s<>()"'`\\]+$/.test(address) ? `[${plain(text)}](${address})` : code(address);
}

/** A folded part; `body` is Markdown of ours. */
export const details = (title: string, body: string, open = false): string =>
  `<details${open ? ' open' : ''}><summary>${escapeHtml(title)}</summary>\n\n${body}\n\n</details>`;

const escapeHtml = (text: string) =>
  onOneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const longestRun = (text: string) => Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
