import { SdkHandler } from './sdk-handler.ts';
import { Retries } from './sdk-retries.ts';

/** What every AWS client of ours is made with. */
export interface AwsSettings {
  /** Region of the resource; left out, the SDK finds it (AWS_REGION, profile). */
  readonly region?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: MAX_ATTEMPTS. */
  readonly attempts?: number | undefined;
  /** Milliseconds for the connection, and for the answer; default, and most: what the network's settings say. */
  readonly timeout?: number | undefined;
}

/**
 * The SDK's own standard retries (exponential back-off with jitter, throttling told from other errors), with more
 * attempts than its default of 3: a deployment that gives up at the first minute of a throttled account is worse than
 * one that takes a minute longer.
 */
export const MAX_ATTEMPTS = 8;

/**
 * Client configuration shared by all services. Endpoints and credentials are the SDK's own business:
 * `AWS_ENDPOINT_URL`, its per-service forms, profiles and roles all work.
 */
export function clientConfig(settings: AwsSettings = {}) {
  const { attempts = MAX_ATTEMPTS, timeout } = settings;
  return {
    ...(settings.region ? { region: settings.region } : {}),
    maxAttempts: attempts,
    retryStrategy: new Retries(attempts),
    customUserAgent: 'wwhd-deploy',
    requestHandler: new SdkHandler(timeout),
  } as const;
}

// The SDK warns at every start on Node 20 (its support ends in January 2027). The runner has Node 24; a laptop with
// Node 20 should see our words and not these.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
