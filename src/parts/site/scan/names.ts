import { refused } from '../../../runtime/errors.ts';

/** Bytes of a key in UTF-8 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html). */
const LONGEST_KEY = 1024;
/** Bytes that one PUT and one CopyObject take (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
export const LARGEST_FILE = 5 * 1024 ** 3;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;

export interface NameProblem {
  readonly path: string;
  readonly problem: string;
}

/** Names that S3, XML or URLs cannot carry. Spaces, `+`, `%`, `#`, `?`, quotes and unicode in any form can be. */
export function nameProblem(key: string): string | undefined {
  if (key.includes('\uFFFD')) return 'its name is not valid UTF-8';
  if (CONTROL.test(key)) return 'its name has a control character';
  if (Buffer.byteLength(key) > LONGEST_KEY) {
    return `its key has ${Buffer.byteLength(key)} bytes; S3 takes ${LONGEST_KEY}`;
  }
  if (key.split('/').some((part) => part === '.' || part === '..')) return 'a URL cannot name it';
  return undefined;
}

/** Refuses all bad names at once, so that they can be corrected at once. */
export function checkNames(paths: readonly string[], livePrefix: string): void {
  const bad = paths.flatMap((path): NameProblem[] => {
    const problem = nameProblem(livePrefix + path);
    return problem ? [{ path, problem }] : [];
  });
  if (bad.length === 0) return;
  throw refused({
    input: 'source',
    what: `${bad.length} file${bad.length === 1 ? '' : 's'} cannot be served`,
    details: bad.slice(0, 10).map(({ path, problem }) => `${JSON.stringify(shorten(path))}: ${problem}`),
    fix: 'rename them, or name them in `exclude`',
  });
}

const shorten = (path: string) => (path.length > 120 ? `${path.slice(0, 120)}…` : path);
