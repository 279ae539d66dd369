import { formatDuration } from '../runtime/duration.ts';

export interface Endpoint {
  readonly protocol?: string;
  readonly hostname: string;
  readonly port?: number | undefined;
}

/** What is said of a server that accepts a connection and answers nothing, or half. `within`: milliseconds. */
export function silence({ protocol = 'https:', hostname, port }: Endpoint, within: number): string {
  return `no answer from ${protocol}//${hostname}${port ? `:${port}` : ''} within ${formatDuration(within)}`;
}

/** Sends of one request to a server that is silent: one that answered nothing twice will not answer the third. */
export const SILENT_ATTEMPTS = 2;

/** True for the error of a server that did not answer in time. */
export function isSilence(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: string; code?: string };
  // The SDK calls a connection that was cut a time-out as well; that one is worth asking again.
  return code === 'ETIMEDOUT' || (name === 'TimeoutError' && code === undefined);
}

interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** True for a request that changes nothing, whatever becomes of it. */
export function isReadRequest({ method, headers }: Sent): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  const operation = (headers['x-amz-target'] ?? headers['X-Amz-Target'] ?? '').split('.').at(-1) ?? '';
  return /^(Describe|Get|List|BatchGet|BatchCheck|Filter)/.test(operation);
}
