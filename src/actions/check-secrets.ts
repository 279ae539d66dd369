import { refused } from '../runtime/errors.ts';

/** https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-variables#naming-conventions */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The input `check-secrets`: `NAME=value` lines, which `${NAME}` in a checks file stands for. Every value is masked before
 * any line is judged, and no message holds one.
 * @param mask hides a text in every log from now on
 * @throws ActionError `refused`
 */
export function readCheckSecrets(
  lines: readonly string[],
  mask: (value: string) => void,
): Readonly<Record<string, string>> {
  const pairs = lines.map((line) => {
    const at = line.indexOf('=');
    const value = at < 0 ? line : line.slice(at + 1);
    if (value !== '') mask(value);
    return [at < 0 ? '' : line.slice(0, at), value] as const;
  });
  const wrong = pairs.findIndex(([name, value]) => !NAME.test(name) || value === '');
  if (wrong < 0) return Object.fromEntries(pairs);
  throw refused({
    input: 'check-secrets',
    what: 'has a line that is not NAME=value',
    found: `line ${wrong + 1} (its text is not shown)`,
    fix: 'write it like `API_TOKEN=${{ secrets.API_TOKEN }}`, one a line; a secret that does not exist leaves nothing after the sign',
  });
}
