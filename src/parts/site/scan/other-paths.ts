import { isHostOfBucket } from '../../../aws/bucket-host.ts';
import type { Distribution } from '../../../aws/cloudfront.ts';

/** Path patterns of a distribution that something else than the bucket answers. Pure. */
export function otherPaths(
  { origins, behaviors }: Pick<Distribution, 'origins' | 'behaviors'>,
  bucket: string,
): string[] {
  const ours = new Set(origins.filter(({ domain }) => isHostOfBucket(domain, bucket)).map(({ id }) => id));
  return behaviors.filter(({ origin }) => !ours.has(origin)).map(({ path }) => path);
}

/** Whether a path of the site, or of the root of its host, is answered by something else. */
export const isElsewhere = (
  path: string,
  { otherPaths: patterns, mount }: { readonly otherPaths: readonly string[]; readonly mount: string },
) =>
  patterns.some(
    (pattern) =>
      matchesPattern(`/${path}`, pattern) || (mount !== '' && matchesPattern(`/${mount}/${path}`, pattern)),
  );

/**
 * `*` is any number of characters, `?` one; a slash at the start may be left out
 * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern).
 * Goes back to the last star only, so that no pattern takes long.
 */
export function matchesPattern(path: string, given: string): boolean {
  const pattern = given.startsWith('/') || given.startsWith('*') ? given : `/${given}`;
  let [at, inPattern, star, tried] = [0, 0, -1, 0];
  while (at < path.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      star = inPattern++;
      tried = at;
    } else if (wanted === '?' || wanted === path[at]) {
      at++;
      inPattern++;
    } else if (star >= 0) {
      inPattern = star + 1;
      at = ++tried;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(inPattern));
}
