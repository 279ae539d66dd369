import { refused } from '../runtime/errors.ts';

/** Those that say how a body is sent, or which: the read-back compares whole bodies as they are stored. */
const OUR_OWN =
  /^(?:host|connection|transfer-encoding|content-length|accept-encoding|range|if-.*|te|upgrade|expect)$/;
/** https://www.rfc-editor.org/rfc/rfc9110#name-field-names */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The input `verify-headers`: `Name: value` lines. Values are secrets, so that no message holds one.
 * @param mask hides a text in every log from now on
 * @returns the headers, names in lower case
 * @throws ActionError `refused`
 */
export function readVerifyHeaders(
  lines: readonly string[],
  mask: (value: string) => void,
): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).trim().toLowerCase();
    const value = line.slice(at + 1).trim();
    if (value) mask(value);
    // The scheme is no secret, what follows it is: `Basic dXNlcjpwYXNz`.
    const credentials = /^(?:basic|bearer|digest|token)\s+(.+)$/i.exec(value)?.[1];
    if (credentials) mask(credentials);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a header
    if (at < 1 || !NAME.test(name) || value === '' || /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/.test(value))
      throw wrong('has a line that is not `Name: value`', `line ${index + 1} (its text is not shown)`);
    if (OUR_OWN.test(name)) throw wrong('has a header that the read-back sets itself', name);
    if (headers.has(name)) throw wrong('has a header twice', name);
    headers.set(name, value);
  }
  return Object.fromEntries(headers);
}

const wrong = (what: string, found: string) =>
  refused({
    input: 'verify-headers',
    what,
    found,
    fix: 'write it like `Authorization: Basic ${{ secrets.SITE_LOGIN }}`, one header a line',
  });
