import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ActionError } from '../runtime/errors.ts';
import { answerWithin, connectWithin, openAgents, whenCancelled } from '../runtime/network.ts';
import { awsCertificates } from './certificates.ts';
import { isReadRequest, isSilence, silence } from './silence.ts';

/** Milliseconds that a write which is under way when the work is cancelled still has: its answer says what was done. */
const WRITE_AFTER_CANCELLATION = 1500;
/** The same for all attempts at one request (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). */
const INVOCATION = 'amz-sdk-invocation-id';

type Request = Parameters<NodeHttpHandler['handle']>[0];
type Options = Parameters<NodeHttpHandler['handle']>[1];
type Handled = ReturnType<NodeHttpHandler['handle']>;
interface Body {
  destroy?(error: Error): unknown;
  prependOnceListener?(event: 'error' | 'close', listener: (error: Error) => void): unknown;
}

/**
 * How requests of the SDK's clients are sent: through the environment's proxies, with AWS_CA_BUNDLE, and never waiting
 * for ever (the SDK itself has no bound for a server that accepts and does not answer). A request that is under way when
 * the work is cancelled is cut off; what is sent after that puts things right, and is not.
 */
export class SdkHandler extends NodeHttpHandler {
  readonly #within: number;
  /** Invocations that began before the cancellation. */
  readonly #begun = new Set<string>();

  /** @param timeout milliseconds for the connection and for the answer, where they have less than others */
  constructor(timeout?: number) {
    const ca = awsCertificates(process.env);
    const agents = openAgents({ keepAlive: true, maxSockets: 50, ...(ca ? { ca } : {}) });
    const within = Math.min(timeout ?? Number.POSITIVE_INFINITY, answerWithin());
    super({
      connectionTimeout: Math.min(within, connectWithin()),
      socketTimeout: within,
      httpAgent: agents.http,
      httpsAgent: agents.https,
    });
    this.#within = within;
  }

  override async handle(request: Request, options: Options = {}): Handled {
    const cancelled = whenCancelled();
    const invocation = request.headers[INVOCATION] ?? '';
    if (cancelled?.aborted && this.#begun.has(invocation)) throw cancelled.reason;
    if (cancelled?.aborted === false) this.#begun.add(invocation);
    const cut = cutOff(cancelled, isReadRequest(request) ? 0 : WRITE_AFTER_CANCELLATION);
    const explain = (error: Error) => {
      if (isSilence(error)) error.message = silence(request, this.#within);
    };
    try {
      const answered = await super.handle(request, cut ? { ...options, abortSignal: cut.signal } : options);
      const body = answered.response.body as Body | undefined;
      // Before the reader's own listener, which sees what is said here.
      body?.prependOnceListener?.('error', explain);
      body?.prependOnceListener?.('close', () => cut?.end());
      cut?.signal.addEventListener('abort', () => body?.destroy?.(copyOf(cancelled?.reason)));
      return answered;
    } catch (error) {
      cut?.end();
      if (cut?.signal.aborted) throw cancelled?.reason;
      explain(error as Error);
      throw error;
    }
  }
}

/** The client adds to the message of whatever ends a body. */
const copyOf = (reason: unknown): Error =>
  reason instanceof ActionError ? new ActionError(reason.outcome, reason.problem) : new Error(String(reason));

/** A signal that is aborted `grace` milliseconds after `cancelled` is. */
function cutOff(cancelled: AbortSignal | undefined, grace: number) {
  if (!cancelled || cancelled.aborted) return undefined;
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    if (grace === 0) controller.abort();
    else timer = setTimeout(() => controller.abort(), grace);
  };
  cancelled.addEventListener('abort', onAbort, { once: true });
  const end = () => {
    clearTimeout(timer);
    cancelled.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, end };
}
