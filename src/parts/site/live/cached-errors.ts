import type { Distribution } from '../../../aws/cloudfront.ts';
import type { Change } from '../plan/change.ts';

/**
 * Seconds that CloudFront keeps an error answer where the distribution says nothing
 * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html).
 */
export const DEFAULT_ERROR_TTL = 10;
/** Seconds: a cached error that lives no longer is waited out by the read-back; an invalidation takes longer than that. */
const WAITED_OUT = 10;

/**
 * Seconds that the distribution keeps the answer for a name that is not there: a 404, or S3's 403 where the
 * distribution may not list the bucket.
 */
export function missingTtl(errorPages: Distribution['errorPages']): number {
  const ttlOf = (code: number) => errorPages.find((page) => page.code === code)?.ttl ?? DEFAULT_ERROR_TTL;
  return Math.max(ttlOf(403), ttlOf(404));
}

/** True where names that become present have to be invalidated: somebody may have asked for one when it was not there. */
const invalidatesErrors = (errorTtl: number) => errorTtl > WAITED_OUT;

/**
 * Paths whose cached answers must go once the writes are done: those that had another content, and those that did not
 * exist and whose error answer would live too long. @param errorTtl see missingTtl
 */
export const staleAfterWrites = (
  change: Pick<Change, 'changed' | 'appeared'>,
  errorTtl: number,
): readonly string[] =>
  invalidatesErrors(errorTtl) ? [...change.changed, ...change.appeared] : change.changed;

/** New paths whose cached error answers are waited out. @param errorTtl see missingTtl */
export const waitedOut = (change: Pick<Change, 'appeared'>, errorTtl: number): ReadonlySet<string> =>
  new Set(invalidatesErrors(errorTtl) ? [] : change.appeared);
