import { CloudFault } from '../../core/service.ts';

/** Paths in progress, and wildcards in progress: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Invalidation.html */
export const MAX_PATHS = 3000;
export const MAX_WILDCARDS = 15;
const MAX_LENGTH = 4000;

export const isWildcard = (path: string): boolean => path.endsWith('*');

/** @throws CloudFault InvalidArgument, BatchTooLarge */
export function checkPaths(paths: readonly string[]): void {
  if (paths.length === 0) throw invalid();
  if (paths.length > MAX_PATHS) {
    throw new CloudFault('BatchTooLarge', 'Your request contains too many invalidation paths.', 413);
  }
  for (const path of paths) {
    const star = path.indexOf('*');
    if (!path.startsWith('/') || path.length > MAX_LENGTH || (star >= 0 && star !== path.length - 1))
      throw invalid();
  }
}

const invalid = () =>
  new CloudFault('InvalidArgument', 'Your request contains one or more invalid invalidation paths.', 400);

/** @throws CloudFault TooManyInvalidationsInProgress */
export function checkInProgress(running: readonly (readonly string[])[], wanted: readonly string[]): void {
  const all = [...running.flat(), ...wanted];
  const wildcards = all.filter(isWildcard).length;
  if (wildcards > MAX_WILDCARDS || all.length - wildcards > MAX_PATHS) {
    throw new CloudFault(
      'TooManyInvalidationsInProgress',
      'Processing your request will cause you to exceed the maximum number of in-progress wildcard invalidations.',
      400,
    );
  }
}

/** Characters that a URL has as they are (RFC 3986): an encoded form of these is the same path to a cache. */
const UNRESERVED = /[A-Za-z0-9._~-]/;

/** One spelling for each path that viewers ask for: escapes in upper case, and none where none is needed. */
export function canonicalPath(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%([0-9a-fA-F]{2})/g, (found, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(char) ? char : found.toUpperCase();
  });
}

/**
 * True where an invalidation path means a cache entry. A path is compared as it is: one that encodes what needs no
 * encoding, or fails to encode what does, silently misses, as in CloudFront. `/dir*` is a prefix, of the query too.
 */
export function invalidates(
  pattern: string,
  entry: { readonly path: string; readonly query: string },
): boolean {
  const url = entry.query === '' ? entry.path : `${entry.path}?${entry.query}`;
  if (isWildcard(pattern)) return url.startsWith(pattern.slice(0, -1));
  return url === pattern;
}
