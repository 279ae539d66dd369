import { escapeHtml } from './html.ts';

/**
 * GitHub's Markdown as far as job summaries use it: headings, tables, lists, code, quotes and alerts, and the few HTML
 * tags that GitHub lets through. Everything else is shown as text, so that nothing in a summary can reach the page.
 */
export function renderMarkdown(source: string): string {
  return blocks(source.replaceAll('\r\n', '\n').split('\n'));
}

/** Tags that GitHub passes through and that summaries use; attributes are dropped, but for `open` and a link's `href`. */
const TAGS =
  'details|summary|br|sub|sup|kbd|b|strong|i|em|code|pre|p|ul|ol|li|table|thead|tbody|tr|th|td|a|del';

type Line = (line: string) => boolean;
const isFence: Line = (line) => /^\s{0,3}```/.test(line);
const isTable: Line = (line) => line.trimStart().startsWith('|');
const isItem: Line = (line) => /^\s*(?:[-*+]|\d+[.)])\s+/.test(line);
const isQuote: Line = (line) => line.startsWith('>');
const isHeading: Line = (line) => /^#{1,6}\s/.test(line);
const isRule: Line = (line) => /^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/.test(line);
const isHtml: Line = (line) => new RegExp(`^\\s*</?(?:${TAGS})\\b`, 'i').test(line);
const isBlank: Line = (line) => line.trim() === '';
const starts: readonly Line[] = [isFence, isTable, isItem, isQuote, isHeading, isRule, isHtml, isBlank];

function blocks(lines: readonly string[]): string {
  const out: string[] = [];
  let i = 0;
  /** The lines from `i` on that `holds` is true of. */
  const take = (holds: Line): string[] => {
    const from = i;
    while (i < lines.length && holds(lines[i] ?? '')) i++;
    return lines.slice(from, i);
  };
  while (i < lines.length) {
    const line = lines[i] ?? '';
    if (isBlank(line)) i++;
    else if (isFence(line)) out.push(fence(lines, () => i++));
    else if (isRule(line)) {
      out.push('<hr>');
      i++;
    } else if (isHeading(line)) {
      const [, marks = '#', text = ''] = /^(#+)\s+(.*?)\s*#*$/.exec(line) ?? [];
      out.push(`<h${marks.length}>${inline(text)}</h${marks.length}>`);
      i++;
    } else if (isTable(line)) out.push(table(take(isTable)));
    else if (isQuote(line)) out.push(quote(take(isQuote).map((text) => text.replace(/^>\s?/, ''))));
    else if (isItem(line)) out.push(list(take((text) => isItem(text) || /^\s{2,}\S/.test(text))));
    else if (isHtml(line)) {
      out.push(inline(line));
      i++;
    } else
      out.push(
        `<p>${take((text) => !starts.some((is) => is(text)))
          .map(inline)
          .join('\n')}</p>`,
      );
  }
  return out.join('\n');
}

function fence(lines: readonly string[], next: () => number): string {
  const open = lines[next()] ?? '';
  const body: string[] = [];
  for (;;) {
    const line = lines[next()];
    if (line === undefined || isFence(line)) break;
    body.push(line);
  }
  const language = open.replace(/^\s*```/, '').trim();
  const text = escapeHtml(body.join('\n'));
  return `<pre><code>${language === 'diff' ? diff(text) : text}</code></pre>`;
}

function diff(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const kind = line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : '';
      return kind ? `<span class="${kind}">${line}</span>` : line;
    })
    .join('\n');
}

function table(lines: readonly string[]): string {
  const [head = [], ruler = [], ...rows] = lines.map(cells);
  const align = ruler.map((mark) => (/^:-+:$/.test(mark) ? 'center' : /-:$/.test(mark) ? 'right' : ''));
  const row = (tag: string, values: readonly string[]) =>
    `<tr>${values
      .map(
        (value, column) =>
          `<${tag}${align[column] ? ` class="${align[column]}"` : ''}>${inline(value)}</${tag}>`,
      )
      .join('')}</tr>`;
  // A head without words is only there because Markdown asks for one.
  const thead = head.some(Boolean) ? `<thead>${row('th', head)}</thead>` : '';
  return `<table>${thead}<tbody>${rows.map((values) => row('td', values)).join('')}</tbody></table>`;
}

/** The cells of a row; `\|` is a bar inside a cell. */
function cells(line: string): string[] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

const ALERT = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*$/;

function quote(lines: readonly string[]): string {
  const alert = ALERT.exec(lines[0] ?? '')?.[1];
  if (!alert) return `<blockquote>${blocks(lines)}</blockquote>`;
  const name = alert[0] + alert.slice(1).toLowerCase();
  return `<div class="alert ${alert.toLowerCase()}"><p class="alert-title">${name}</p>${blocks(lines.slice(1))}</div>`;
}

function list(lines: readonly string[]): string {
  const ordered = /^\s*\d/.test(lines[0] ?? '');
  const indent = /^\s*/.exec(lines[0] ?? '')?.[0].length ?? 0;
  const items: string[][] = [];
  for (const line of lines) {
    const own = isItem(line) && (/^\s*/.exec(line)?.[0].length ?? 0) <= indent;
    if (own) items.push([line.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '')]);
    else items.at(-1)?.push(line.replace(new RegExp(`^\\s{0,${indent + 2}}`), ''));
  }
  const tag = ordered ? 'ol' : 'ul';
  const body = items.map(([first = '', ...rest]) => {
    const task = /^\[([ xX])\]\s+(.*)$/.exec(first);
    const text = task ? `${task[1] === ' ' ? '☐' : '☑'} ${inline(task[2] ?? '')}` : inline(first);
    return `<li>${text}${rest.length > 0 ? blocks(rest) : ''}</li>`;
  });
  return `<${tag}>${body.join('')}</${tag}>`;
}

const EMOJI: Readonly<Record<string, string>> = {
  white_check_mark: '✅',
  x: '❌',
  warning: '⚠️',
  rocket: '🚀',
  rewind: '⏪',
};

/** Text inside a block. What is set aside (code, links) is put back last, so that its inside is left alone. */
function inline(text: string): string {
  const aside: string[] = [];
  const keep = (html: string) => `\u0000${aside.push(html) - 1}\u0000`;
  const marked = text
    .replaceAll(/(`+)(.+?)\1(?!`)/g, (_all, _ticks, code: string) =>
      keep(`<code>${escapeHtml(code.trim())}</code>`),
    )
    .replaceAll(/<code>(.*?)<\/code>/g, (_all, code: string) =>
      keep(`<code>${entities(escapeHtml(code))}</code>`),
    )
    .replaceAll(/\[([^\]]*)\]\((https?:\/\/[^\s)]+)\)/g, (_all, label: string, url: string) =>
      keep(`<a href="${escapeHtml(url)}">${isUrl(label) ? escapeHtml(label) : inline(label)}</a>`),
    )
    .replaceAll(
      new RegExp(`<(/?)(${TAGS})\\b([^>]*)>`, 'gi'),
      (_all, slash: string, tag: string, rest: string) =>
        keep(`<${slash}${tag.toLowerCase()}${slash ? '' : attributes(tag.toLowerCase(), rest)}>`),
    )
    .replaceAll(/\\([\\`*_{}[\]()#+.!|<>~-])/g, (_all, char: string) => keep(escapeHtml(char)));
  const html = entities(escapeHtml(marked))
    .replaceAll(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
    .replaceAll(/(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])/g, '<em>$1</em>')
    .replaceAll(/(?<![\w_])_([^_\s][^_]*)_(?![\w_])/g, '<em>$1</em>')
    .replaceAll(/~~(.+?)~~/g, '<del>$1</del>')
    .replaceAll(/:(\w+):/g, (all, name: string) => EMOJI[name] ?? all)
    .replaceAll(/(?<!["=])\bhttps?:\/\/[^\s<)]+/g, (url) => `<a href="${url}">${url}</a>`);
  return restore(html, aside);
}

/** A link whose label is an address: it is a link already. */
const isUrl = (label: string) => /^https?:\/\/\S+$/.test(label);

/** Entities that the text already had stay what they were. */
function entities(escaped: string): string {
  return escaped.replaceAll(/&amp;(#?\w+;)/g, '&$1');
}

function restore(html: string, aside: readonly string[]): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the mark that no text holds
  const put = html.replaceAll(/\u0000(\d+)\u0000/g, (_all, index: string) => aside[Number(index)] ?? '');
  return put.includes('\u0000') ? restore(put, aside) : put;
}

function attributes(tag: string, rest: string): string {
  if (tag === 'details') return /\bopen\b/.test(rest) ? ' open' : '';
  const href = tag === 'a' ? /\bhref="(https?:\/\/[^"]+)"/.exec(rest)?.[1] : undefined;
  return href ? ` href="${escapeHtml(href)}"` : '';
}
