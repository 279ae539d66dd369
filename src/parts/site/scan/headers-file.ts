import { refused } from '../../../runtime/errors.ts';
import { type HeaderRule, headerProblem, isKept } from './header-rules.ts';

/** Netlify's and Cloudflare's name for it: https://developers.cloudflare.com/pages/configuration/headers/ */
export const HEADERS_FILE = '_headers';

export interface HeadersFile {
  /** The last line first: it wins. */
  readonly rules: readonly HeaderRule[];
  /** Lines that S3 cannot do: `Content-Security-Policy (line 3)`. Without values, for one may be a secret. */
  readonly beyond: readonly string[];
}

/** Stars in one path, at most: each multiplies the time that a long path takes. */
const MOST_STARS = 2;

/**
 * Reads a `_headers` file: a path, and below it `Name: value` lines; `! Name` takes away what a path before set. `*` stands
 * for anything, `:name` for one name of a path. A later line goes before an earlier one.
 * @throws ActionError `refused` that names the line
 */
export function parseHeadersFile(text: string): HeadersFile {
  const reader = new Reader();
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  lines.forEach((line, i) => {
    if (line.trim() !== '' && !line.trim().startsWith('#')) reader.read(line.trim(), `line ${i + 1}`);
  });
  return { rules: reader.rules.reverse(), beyond: reader.beyond };
}

class Reader {
  readonly rules: HeaderRule[] = [];
  readonly beyond: string[] = [];
  /** What the headers that follow are of. */
  #matches: ((path: string) => boolean) | 'other host' | undefined;

  read(line: string, at: string): void {
    const wrong = (what: string, fix: string) =>
      refused({ input: 'source', what: `_headers, ${at}: ${what}`, fix });
    if (/^https?:\/\//i.test(line)) this.#matches = 'other host';
    else if (line.startsWith('/'))
      this.#matches = pathMatcher(line, (what) => wrong(what, 'write paths like /assets/*'));
    else this.#add(headerOf(line, wrong), at, wrong);
  }

  #add(header: Header, at: string, wrong: (what: string, fix: string) => Error): void {
    const { name, value, shown } = header;
    const matches = this.#matches;
    if (!matches) throw wrong('a header stands before any path', 'write the path above it: /*');
    if (name === 'basic-auth')
      throw wrong(
        'Basic-Auth is not possible on S3, and the site would be open to everybody',
        'ask for the password in a CloudFront function on viewer request; then remove the line',
      );
    if (matches === 'other host') this.beyond.push(`${shown} for one host (${at})`);
    else if (isKept(name)) this.rules.push({ name, value, matches });
    else if (value !== undefined) this.beyond.push(`${shown} (${at})`);
  }
}

interface Header {
  /** In lower case. */
  readonly name: string;
  readonly shown: string;
  readonly value: string | undefined;
}

function headerOf(line: string, wrong: (what: string, fix: string) => Error): Header {
  const away = /^!\s*([^\s:]+)$/.exec(line)?.[1];
  if (away) return { name: away.toLowerCase(), shown: away, value: undefined };
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).trim();
  const value = line.slice(colon + 1).trim();
  const fix = 'write it like Cache-Control: max-age=60, below its path';
  if (colon < 1 || value === '') throw wrong('it is neither a path nor `Name: value`', fix);
  const problem = headerProblem(name.toLowerCase(), value);
  if (problem) throw wrong(problem, fix);
  return { name: name.toLowerCase(), shown: name, value };
}

/** A path of visitors: `/about` and `/about/` are `about.html` and `about/index.html` in the folder. */
function pathMatcher(pattern: string, wrong: (what: string) => Error): (path: string) => boolean {
  let decoded: string;
  try {
    decoded = decodeURI(pattern);
  } catch {
    throw wrong('the path has a % that no two digits of hexadecimal follow');
  }
  if (decoded.split('*').length - 1 > MOST_STARS) throw wrong(`the path has more than ${MOST_STARS} stars`);
  const source = decoded
    .split(/(\*|:[A-Za-z]\w*)/)
    .map((piece, i) =>
      i % 2 === 0 ? piece.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&') : piece === '*' ? '.*' : '[^/]+',
    )
    .join('');
  const regex = new RegExp(`^${source}$`, 's');
  return (path) => visitorsPaths(path).some((address) => regex.test(address));
}

function visitorsPaths(path: string): string[] {
  if (path === 'index.html') return ['/', '/index.html'];
  if (path.endsWith('/index.html')) {
    const folder = `/${path.slice(0, -'/index.html'.length)}`;
    return [`/${path}`, folder, `${folder}/`];
  }
  return path.endsWith('.html') ? [`/${path}`, `/${path.slice(0, -'.html'.length)}`] : [`/${path}`];
}
