import { refused } from '../runtime/errors.ts';

/**
 * What a part may be called: 1 to 40 lower-case letters, digits and hyphens, as in an image's or a bucket's name. A name
 * is a key of JSON documents: `constructor` is one that is allowed, so documents are asked by {@link ownValue} alone.
 */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

export const isPartName = (text: string): boolean => NAME.test(text);

/** @throws ActionError `refused` where `text` cannot be the name of a part. */
export function checkPartName(text: string, input = 'part'): string {
  if (isPartName(text)) return text;
  throw refused({
    input,
    what: 'is not the name of a part',
    found: JSON.stringify(text),
    fix: 'use up to 40 lower-case letters, digits and hyphens, such as api or docs-site, with a letter or a digit at both ends',
  });
}

/** The value of `name` where the object has it itself: `constructor` and its like are inherited by every object. */
export function ownValue<T>(values: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined;
}
