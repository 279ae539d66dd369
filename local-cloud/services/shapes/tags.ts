import { CloudFault } from '../../core/service.ts';

/** What a service says of tags that it does not take; the model alone says it of lengths and characters. */
export interface TagRules {
  readonly invalid: string;
  /** More than 50. */
  readonly tooMany: string;
  /** A key that is given twice, where the service minds. */
  readonly twice?: string;
}

/** https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions */
const MAX_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;

interface Tag {
  readonly Key?: string;
  readonly Value?: string;
  readonly key?: string;
  readonly value?: string;
}

/**
 * Tags of a request, `Tags` or `tags`, as a list or a map.
 * @throws CloudFault the service's own code
 */
export function checkTags(input: { readonly [member: string]: unknown }, rules: TagRules): void {
  const given = input['Tags'] ?? input['tags'];
  if (typeof given !== 'object' || given === null) return;
  const tags: Array<readonly [string | undefined, string]> = Array.isArray(given)
    ? (given as Tag[]).map((tag) => [tag.Key ?? tag.key, tag.Value ?? tag.value ?? ''])
    : Object.entries(given as Record<string, string>);
  const keys = new Set<string>();
  for (const [key, value] of tags) {
    if (!key) throw new CloudFault(rules.invalid, 'A tag must have a key.');
    if (/^aws:/i.test(key))
      throw new CloudFault(rules.invalid, `Tag keys that begin with aws: are reserved for AWS: ${key}`);
    if (key.length > MAX_KEY || value.length > MAX_VALUE)
      throw new CloudFault(
        rules.invalid,
        `Tag keys have ${MAX_KEY} characters at most, and values ${MAX_VALUE}.`,
      );
    if (keys.has(key) && rules.twice)
      throw new CloudFault(rules.twice, `A tag key was specified more than once: ${key}`);
    keys.add(key);
  }
  if (keys.size > MAX_TAGS) throw new CloudFault(rules.tooMany, `A resource has ${MAX_TAGS} tags at most.`);
}
