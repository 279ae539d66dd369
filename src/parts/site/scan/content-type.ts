import { typeOfExtension } from './mime-table.ts';

/** Names without an extension that the web gives a meaning. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  'apple-app-site-association': 'application/json',
  CNAME: 'text/plain',
  LICENSE: 'text/plain',
};

const TEXT =
  /^(text\/|application\/(json|xml|toml|sql|graphql|x-ndjson|x-subrip|[\w.+-]*\+(json|xml)))|\+xml$/;

/** Page of HTML, as its first bytes show (a name without an extension, or with one of its own, may well be one: clean URLs). */
const HTML_START = /^\uFEFF?\s*(<!--[\s\S]*?-->\s*)*<(!doctype\s+html|html|head)\b/i;

/**
 * The Content-Type of a file, with its character set where the type is text and the bytes do not refute it: a browser must
 * never guess, and must never be told what is not so.
 * @param head first bytes of the file as text, where they may tell what the name does not
 * @param shown what the bytes show, see `FileHash`
 */
export function contentTypeOf(path: string, head = '', shown = 'utf-8'): string {
  const type = bareType(path, head);
  if (!TEXT.test(type)) return type;
  const charset = charsetOf(type, head, shown);
  return charset ? `${type}; charset=${charset}` : type;
}

function bareType(path: string, head: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const own = OWN_NAMES[name];
  if (own) return own;
  const dot = name.lastIndexOf('.');
  const known = dot > 0 ? typeOfExtension(name.slice(dot + 1).toLowerCase()) : undefined;
  if (known) return known;
  if (HTML_START.test(head)) return 'text/html';
  if (dot <= 0 && (name === 'security' || path.startsWith('.well-known/'))) return wellKnown(head);
  return 'application/octet-stream';
}

/** What stands in `.well-known` without an extension is JSON or plain text, as a rule. */
const wellKnown = (head: string) => (/^\s*[[{]/.test(head) ? 'application/json' : 'text/plain');

/** How a text says which character set it has: HTML, XML, CSS. */
const DECLARED: ReadonlyArray<readonly [type: RegExp, says: RegExp]> = [
  [/html$/, /<meta\s[^>]*\bcharset\s*=\s*["']?\s*([\w.:-]+)/i],
  [/xml$/, /^\s*<\?xml\s[^>]*\bencoding\s*=\s*["']([\w.:-]+)/i],
  [/css$/, /^@charset\s+"([\w.:-]+)"/i],
];

/** A byte order mark before what the text says, that before UTF-8; none that the bytes refute. */
function charsetOf(type: string, head: string, shown: string): string {
  if (shown.startsWith('utf-16')) return shown;
  const declared = DECLARED.filter(([of]) => of.test(type)).map(([, says]) => says.exec(head)?.[1]);
  const said = declared.find((charset) => charset !== undefined)?.toLowerCase();
  const other = said !== undefined && !/^utf-?8$/.test(said);
  // A declaration in ASCII is refuted for UTF-16 by being legible.
  return other && !head.startsWith('\uFEFF') && !said.startsWith('utf-16') ? said : shown;
}
