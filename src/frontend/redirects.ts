import { refused } from '../runtime/errors.ts';

/** One line of a `_redirects` file. */
export interface Redirect {
  /** Path relative to the site, without a slash at its start. */
  readonly from: string;
  /** A URL, or a path from the root. */
  readonly to: string;
  readonly line: number;
}

/**
 * Reads a `_redirects` file: `from to [status]` a line, `#` starts a comment. S3 redirects exact paths only, for good
 * (301); a rule that asks for more is refused and not half obeyed
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html).
 */
export function parseRedirects(text: string): Redirect[] {
  const redirects: Redirect[] = [];
  const seen = new Set<string>();
  text.split(/\r?\n/).forEach((raw, i) => {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '') return;
    const wrong = (what: string, fix: string) =>
      refused({ input: 'source', what: `_redirects, line ${i + 1}: ${what}`, found: raw.trim(), fix });
    const [from = '', to = '', status = '301', ...rest] = line.split(/\s+/);
    if (to === '' || rest.length > 0) throw wrong('it is not `from to [status]`', 'write /old /new 301');
    if (!from.startsWith('/') || from === '/')
      throw wrong('the first path must start with / and name a page', 'write /old /new 301');
    if (/[*:]/.test(from))
      throw wrong(
        'patterns are not possible on S3',
        'write one line for each path, or redirect in a CloudFront function on viewer request',
      );
    const problem = pathProblem(from) ?? pathProblem(to);
    if (problem) throw wrong(problem, 'correct the path as a browser writes it');
    if (!/^(https?:\/\/|\/)/.test(to))
      throw wrong('the target must be a URL or start with /', 'write /old /new 301');
    if (!/^30[18]!?$/.test(status))
      throw wrong(
        'S3 redirects with 301 only',
        'leave the status away, or redirect in a CloudFront function',
      );
    const path = keyOf(from);
    if (seen.has(path)) throw wrong('the path is redirected twice', 'remove one of the lines');
    seen.add(path);
    redirects.push({ from: path, to, line: i + 1 });
  });
  refuseLoop(redirects);
  return redirects;
}

/** The key that a path of the site leads to. */
const keyOf = (path: string) =>
  decodeURIComponent(path.replace(/[?#].*$/, '').slice(1)).replace(/(^|\/)$/, '$1index.html');

/** What a browser would make another path of, or none. */
function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return undefined;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return `${path} has a % that no two digits of hexadecimal follow (write %25)`;
  }
  const isDots = decoded
    .split(/[?#]/, 1)[0]
    ?.split('/')
    .some((part) => part === '.' || part === '..');
  return isDots ? `${path} has a . or .. in it, which a browser resolves before it asks` : undefined;
}

/** Refuses a line that leads, over others, to its own path again. */
function refuseLoop(redirects: readonly Redirect[]): void {
  const next = new Map(redirects.map((redirect) => [redirect.from, redirect]));
  const ends = new Set<string>();
  for (const start of redirects) {
    const way = new Set<string>();
    for (let at: Redirect | undefined = start; at && !ends.has(at.from); ) {
      if (way.has(at.from)) {
        throw refused({
          input: 'source',
          what: `_redirects, line ${at.line}: the redirects go in a circle`,
          found: `/${at.from} to ${at.to}`,
          fix: 'let one of the lines lead to a page',
        });
      }
      way.add(at.from);
      at = at.to.startsWith('/') && !at.to.startsWith('//') ? next.get(keyOf(at.to)) : undefined;
    }
    for (const path of way) ends.add(path);
  }
}

/**
 * The page that stands at a redirected path. S3's website endpoint answers 301 from the object's header; behind
 * CloudFront with a private bucket that header does nothing, and the page itself sends the visitor on.
 */
export function redirectPage(to: string): string {
  const url = to.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Moved</title>
<link rel="canonical" href="${url}"><meta http-equiv="refresh" content="0; url=${url}"><meta name="robots" content="noindex">
<p>This page has moved to <a href="${url}">${url}</a>.</p></html>
`;
}
