import { typeOfExtension } from './mime-table.ts';

/** Names without an extension that the web gives a meaning. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  'apple-app-site-association': 'application/json',
  CNAME: 'text/plain',
  LICENSE: 'text/plain',
};

const TEXT =
  /^(text\/|application\/(json|xml|toml|sql|graphql|x-ndjson|x-subrip|[\w.+-]*\+(json|xml)))|\+xml$/;

/** Page of HTML, as its first bytes show (a name without an extension may well be one: clean URLs). */
const HTML_START = /^\uFEFF?\s*(<!--[\s\S]*?-->\s*)*<(!doctype\s+html|html|head)\b/i;

/**
 * The Content-Type of a file, with its character set where the type is text: a browser must never guess.
 * @param head first bytes of the file as text; looked at only where the name says nothing.
 */
export function contentTypeOf(path: string, head = ''): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const own = OWN_NAMES[name];
  if (own) return withCharset(own);
  const dot = name.lastIndexOf('.');
  if (dot <= 0) {
    if (HTML_START.test(head)) return withCharset('text/html');
    if (name === 'security' || path.startsWith('.well-known/')) return wellKnown(head);
    return 'application/octet-stream';
  }
  const extension = name.slice(dot + 1).toLowerCase();
  return withCharset(typeOfExtension(extension) ?? 'application/octet-stream');
}

/** What stands in `.well-known` without an extension is JSON or plain text, as a rule. */
function wellKnown(head: string): string {
  return withCharset(/^\s*[[{]/.test(head) ? 'application/json' : 'text/plain');
}

function withCharset(type: string): string {
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}
