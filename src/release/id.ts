import { refused } from '../runtime/errors.ts';

/**
 * Letters that are safe in an S3 key, a URL and a file name
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html, "safe characters").
 */
const ID = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;
/** Environments are prefixes in the bucket: the same letters; never one of the site store's own. */
const RESERVED_ENVIRONMENTS = new Set(['sites']);

/** The environment of a pull request's preview, as preview.yml names it. */
export const previewEnvironment = (number: number | string): string => `preview-pr-${number}`;

export const isPreview = (environment: string): boolean => /^preview-pr-\d+$/.test(environment);

/** `20261123T154205Z-1a2b3c4`: sorts by time, and shows the commit. Without a commit, a stamp alone. */
export function defaultReleaseId(now: number, commit: string): string {
  const stamp = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return commit ? `${stamp}-${commit.slice(0, 7)}` : stamp;
}

export const isReleaseId = (text: string): boolean => ID.test(text) && !text.includes('..');

/** @throws ActionError `refused` where `text` cannot be a release id. */
export function checkReleaseId(text: string, input = 'release-id'): string {
  if (isReleaseId(text)) return text;
  throw refused({
    input,
    what: 'is not a release id',
    found: JSON.stringify(text),
    fix: 'use up to 128 letters, digits and . _ + -, starting with a letter or a digit',
  });
}

export const isEnvironment = (text: string): boolean => isReleaseId(text) && !RESERVED_ENVIRONMENTS.has(text);

/** @throws ActionError `refused` where `text` cannot be the name of an environment. */
export function checkEnvironment(text: string, input = 'environment'): string {
  if (isEnvironment(text)) return text;
  throw refused({
    input,
    what: RESERVED_ENVIRONMENTS.has(text)
      ? 'is a name that the release bucket uses itself'
      : 'is not a name of an environment',
    found: JSON.stringify(text),
    fix: 'use letters, digits and . _ + -, such as production or staging-eu',
  });
}
