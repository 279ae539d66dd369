import { CloudFault } from '../../../core/service.ts';
import { newId } from '../model.ts';

export type Stage = 'DEVELOPMENT' | 'LIVE';

/** What one stage of a function holds. */
export interface FunctionVersion {
  readonly etag: string;
  readonly comment: string;
  readonly runtime: string;
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

export interface EdgeFunction {
  readonly name: string;
  readonly arn: string;
  readonly created: number;
  readonly tags: Record<string, string>;
  development: FunctionVersion;
  /** What distributions run; there from the first publication on. */
  live?: FunctionVersion;
}

/**
 * Bytes of a function's code: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions
 */
const MAX_CODE = 10 * 1024;

const RUNTIMES: readonly string[] = ['cloudfront-js-1.0', 'cloudfront-js-2.0'];

/** @throws CloudFault InvalidArgument, FunctionSizeLimitExceeded */
export function newVersion(
  given: { readonly comment: string; readonly runtime: string; readonly code: string },
  now: number,
): FunctionVersion {
  if (!RUNTIMES.includes(given.runtime)) {
    throw new CloudFault('InvalidArgument', `The runtime must be one of ${RUNTIMES.join(', ')}.`, 400);
  }
  if (given.code === '')
    throw new CloudFault('InvalidArgument', 'The parameter FunctionCode is required.', 400);
  if (Buffer.byteLength(given.code) > MAX_CODE) {
    throw new CloudFault(
      'FunctionSizeLimitExceeded',
      `The function is larger than the limit of ${MAX_CODE} bytes.`,
      413,
    );
  }
  return { ...given, etag: newId(), modified: now };
}

/** @throws CloudFault NoSuchFunctionExists */
export function versionOf(found: EdgeFunction | undefined, stage: Stage): FunctionVersion {
  const version = stage === 'LIVE' ? found?.live : found?.development;
  if (!version) throw new CloudFault('NoSuchFunctionExists', 'The specified function does not exist.', 404);
  return version;
}
