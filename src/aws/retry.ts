/** An error of one attempt, shaped like the SDK's, so that `readAwsError` reads both. */
export interface SentError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
  /** The server's time, milliseconds since the epoch. */
  serverTime?: number | undefined;
  /** The region that the bucket is in, where the refusal is about that. */
  region?: string | undefined;
}

/**
 * S3 names these as worth another try (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html), though
 * their status is a client error's.
 */
const RETRYABLE_CODES = new Set([
  'RequestTimeout',
  'OperationAborted',
  'ConditionalRequestConflict',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
]);
const NETWORK_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'HPE_INVALID_CONSTANT',
]);

/** True where the same request may well succeed if it is sent again. All of ours may be sent twice. */
export function isRetryable(error: SentError): boolean {
  if (RETRYABLE_CODES.has(error.name)) return true;
  if (error.code !== undefined && NETWORK_CODES.has(error.code)) return true;
  if (/socket hang up/.test(error.message)) return true;
  const status = error.$metadata?.httpStatusCode ?? 0;
  return status >= 500 || status === 429 || status === 408;
}

const isThrottle = (error: SentError) =>
  error.$metadata?.httpStatusCode === 503 ||
  error.$metadata?.httpStatusCode === 429 ||
  /SlowDown|Throttl|TooMany|LimitExceeded/.test(error.name);

/**
 * Milliseconds before the next attempt: exponential with full jitter, the scheme of the SDK's standard retries
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html), from 50 ms, or 200 ms where the
 * server asked for less, to 10 s. `random` from 0 to 1.
 */
export function retryPause(error: SentError, attempt: number, random: number): number {
  const base = isThrottle(error) ? 200 : 50;
  return Math.round(random * Math.min(10_000, base * 2 ** (attempt - 1)));
}
