import type { Clock } from '../runtime/clock.ts';
import { isSilence, SILENT_ATTEMPTS } from './silence.ts';

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

/** What AWS's services say where the time of a request is not theirs. */
const CLOCK_CODES = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);
/** Milliseconds by which clocks may differ; the strictest services take 5 minutes, and a `Date` has no fractions. */
const ALIKE = 60_000;

/** The difference between AWS's clock and this machine's, learned from a refusal, as the SDK's own clients learn it. */
export class ClockSkew {
  readonly #clock: Clock;
  #skew = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The time to sign with, in milliseconds since the epoch. */
  now(): number {
    return this.#clock.now() + this.#skew;
  }

  /** @returns true where the refusal was about our time, which is right from now on */
  learn({ name, serverTime }: SentError): boolean {
    if (!CLOCK_CODES.has(name) || serverTime === undefined) return false;
    if (Math.abs(serverTime - this.now()) < ALIKE) return false;
    this.#skew = serverTime - this.#clock.now();
    return true;
  }
}

export interface RetryOptions {
  readonly clock: Clock;
  readonly skew: ClockSkew;
  /** Sends of one request, the first one included. */
  readonly attempts: number;
  readonly signal: AbortSignal | undefined;
  /** True where the server has answered others since: it is not silent, one answer was lost. */
  answersOthers?(): boolean;
}

/** The retries of one request. */
export class RetryLoop {
  readonly #options: RetryOptions;
  #failures = 0;
  #silences = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /**
   * Waits until the request may be sent again.
   * @throws the signal's reason when it is aborted; `error` itself where sending again would not help
   */
  async after(error: SentError): Promise<void> {
    const { clock, skew, attempts, signal, answersOthers } = this.#options;
    signal?.throwIfAborted();
    this.#failures++;
    if (isSilence(error)) this.#silences = answersOthers?.() ? 1 : this.#silences + 1;
    if (this.#failures >= attempts || this.#silences >= SILENT_ATTEMPTS) throw error;
    if (skew.learn(error)) return;
    if (!isRetryable(error)) throw error;
    await clock.sleep(retryPause(error, this.#failures, Math.random()), signal);
  }
}

/** The server's time, of the headers of its answer. */
export const serverTimeOf = (headers: Readonly<Record<string, unknown>>): number | undefined =>
  Date.parse(String(headers['date'] ?? '')) || undefined;
