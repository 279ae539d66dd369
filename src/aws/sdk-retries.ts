import { StandardRetryStrategy } from '@smithy/core/retry';
import { whenCancelled } from '../runtime/network.ts';
import { isSilence, SILENT_ATTEMPTS } from './silence.ts';

type Token = Awaited<ReturnType<StandardRetryStrategy['acquireInitialRetryToken']>>;
type Renewed = Awaited<ReturnType<StandardRetryStrategy['refreshRetryTokenForRetry']>>;
type Asked = Parameters<StandardRetryStrategy['refreshRetryTokenForRetry']>[0];
type Failure = Parameters<StandardRetryStrategy['refreshRetryTokenForRetry']>[1];

/**
 * The SDK's standard retries, with two exceptions: a server that answers nothing is not waited for as often as one that
 * answers with an error, and a pause ends when the work is cancelled (the handler then says why the request ended).
 */
export class Retries extends StandardRetryStrategy {
  readonly #silences = new WeakMap<object, number>();

  override async refreshRetryTokenForRetry(token: Asked, failure: Failure): Promise<Renewed> {
    const silences = (this.#silences.get(token) ?? 0) + (isSilence(failure.error) ? 1 : 0);
    if (silences >= SILENT_ATTEMPTS) throw new Error('the server is silent');
    const renewed = await untilCancelled(super.refreshRetryTokenForRetry(token, failure), token);
    this.#silences.set(renewed, silences);
    return renewed;
  }
}

/** Ends a pause early when the work is cancelled meanwhile; what begins after that has its pauses. */
async function untilCancelled(pause: Promise<Renewed>, token: Token): Promise<Renewed> {
  const cancelled = whenCancelled();
  if (!cancelled || cancelled.aborted) return pause;
  let onAbort = () => {};
  const early = new Promise<Renewed>((resolve) => {
    onAbort = () => resolve(token as Renewed);
  });
  cancelled.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([pause, early]);
  } finally {
    cancelled.removeEventListener('abort', onAbort);
    pause.catch(() => {});
  }
}
