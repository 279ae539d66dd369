/** What of a refused request tells where its bucket is. */
export interface RegionAnswer {
  readonly status: number | undefined;
  readonly code: string;
  /** The header `x-amz-bucket-region`. */
  readonly header: string | undefined;
}

/** A part of a host name: what a server says goes into the address of the next request. */
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const MEANS_REGION = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  // An answer to HEAD has no body that would say more.
  'BadRequest',
]);

/**
 * The region that a refusal names, where the refusal is about the region: S3 says 301 `PermanentRedirect`, and 400 where
 * the request came to the endpoint of us-east-1 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).
 * It also sends the header with answers that are about something else.
 */
export function regionNamed({ status, code, header }: RegionAnswer): string | undefined {
  const isAbout = status === 301 || (status === 400 && MEANS_REGION.has(code));
  return isAbout && header !== undefined && HOST_LABEL.test(header) ? header : undefined;
}
