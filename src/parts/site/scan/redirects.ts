import { refused } from '../../../runtime/errors.ts';
import { keyOf, type Redirect, refuseCircle } from './redirect-circles.ts';

const IN_A_FUNCTION = 'redirect in a CloudFront function on viewer request, and remove the line';

/**
 * Reads a `_redirects` file: `from to [status]` a line, `#` starts a comment. S3 redirects exact paths only, for good
 * (301); a rule that asks for more is refused and not half obeyed
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html).
 * @param isFile whether the folder has a path: as in Netlify, a file goes before a redirect of its path
 */
export function parseRedirects(text: string, isFile: (path: string) => boolean = () => false): Redirect[] {
  const redirects: Redirect[] = [];
  const seen = new Set<string>();
  text.split(/\r?\n/).forEach((raw, i) => {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '') return;
    const wrong = (what: string, fix: string) =>
      refused({ input: 'source', what: `_redirects, line ${i + 1}: ${what}`, found: raw.trim(), fix });
    const { from, to, status } = checkedLine(line, wrong);
    const path = keyOf(from);
    if (seen.has(path)) throw wrong('the path is redirected twice', 'remove one of the lines');
    seen.add(path);
    if (isFile(path)) {
      if (status.endsWith('!'))
        throw wrong(`the folder has ${path}, which would stay`, 'remove the file or the line');
      return;
    }
    redirects.push({ from: path, to, line: i + 1 });
  });
  refuseCircle(redirects, isFile);
  return redirects;
}

/** @throws ActionError what `wrong` makes */
function checkedLine(line: string, wrong: (what: string, fix: string) => Error) {
  const [from = '', to = '', status = '301', ...rest] = line.split(/\s+/);
  const example = 'write /old /new 301';
  const isStatus = /^\d{3}!?$/;
  const all = [to, status, ...rest];
  if (/^200!?$/.test(all.find((word) => isStatus.test(word)) ?? ''))
    throw wrong(
      'S3 cannot answer a path with another file',
      'remove the line; a single-page app is routed by single_page_app of infra/terraform, or by a CloudFront function (docs/frontend.md, "Single-page apps")',
    );
  if (/^404!?$/.test(status))
    throw wrong(
      'S3 cannot choose the page of an error',
      'remove the line; a page for what is missing is a custom error response of the distribution (404 with /404.html)',
    );
  if (/^https?:\/\//i.test(from))
    throw wrong(
      'a redirect of another host is not possible on S3',
      'redirect the host in a CloudFront function on viewer request, and remove the line',
    );
  if (rest.length > 0 || /^[^/]*=/.test(to))
    throw wrong('query parameters and conditions are not possible on S3', IN_A_FUNCTION);
  if (to === '') throw wrong('it is not `from to [status]`', example);
  if (!from.startsWith('/') || from === '/')
    throw wrong('the first path must start with / and name a page', example);
  if (/[*:]/.test(from))
    throw wrong('patterns are not possible on S3', `write one line for each path, or ${IN_A_FUNCTION}`);
  if (/[?#]/.test(from))
    throw wrong('a query is no part of a path', `write the path alone, or ${IN_A_FUNCTION}`);
  const problem = pathProblem(from) ?? pathProblem(to);
  if (problem) throw wrong(problem, 'correct the path as a browser writes it');
  if (!/^(https?:\/\/|\/)/.test(to)) throw wrong('the target must be a URL or start with /', example);
  if (/^(?:https?:)?\/\//i.test(to) && !URL.canParse(to, 'http://x.invalid'))
    throw wrong('the target is no URL', 'write it like https://www.example.com/new');
  if (!/^30[18]!?$/.test(status))
    throw wrong(
      `S3 redirects with 301 only, for good, and not with ${status}`,
      `leave the status away if the page has moved for good, or ${IN_A_FUNCTION}`,
    );
  return { from, to, status };
}

/** What a browser would make another path of, or none. */
function pathProblem(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return `${path} has a % that no two digits of hexadecimal follow (write %25)`;
  }
  if (!path.startsWith('/')) return undefined;
  const isDots = decoded
    .split(/[?#]/, 1)[0]
    ?.split('/')
    .some((part) => part === '.' || part === '..');
  return isDots ? `${path} has a . or .. in it, which a browser resolves before it asks` : undefined;
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
