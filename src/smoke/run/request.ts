import type { Request } from '../checks.ts';
import type { Captured } from '../document/scope.ts';
import { WireProblem } from '../http/problem.ts';
import type { WireRequest } from '../http/redirect.ts';

/** The request as it goes out, with captures filled in. Bodies are sent as they are; nothing is guessed at. */
export function buildRequest(
  request: Request,
  baseUrl: string | undefined,
  captured: Captured,
  own: ReadonlyMap<string, string> = new Map(),
): WireRequest {
  const address = request.address.of(captured);
  const url = resolveAddress(address, baseUrl);
  const headers = new Map([
    ['user-agent', 'wwhd-deploy smoke-test'],
    ['accept', '*/*'],
    // What is judged is the content, so it is asked for as it is.
    ['accept-encoding', 'identity'],
  ]);
  if (request.body) headers.set('content-type', request.body.contentType);
  const ours = baseUrl === undefined || url.origin === new URL(baseUrl).origin;
  if (ours) for (const [name, value] of own) headers.set(name, headerValue(name, value));
  for (const [name, value] of [...(ours ? request.defaultHeaders : []), ...request.headers]) {
    headers.set(name, headerValue(name, value.of(captured)));
  }
  const body = request.body ? Buffer.from(request.body.text.of(captured)) : undefined;
  if (body) headers.set('content-length', String(body.length));
  return { method: request.method.toUpperCase(), url, headers: Object.fromEntries(headers), body };
}

/** A path is put after the base address, whose own path stays: `/v1` + `/health` is `/v1/health`. */
function resolveAddress(address: string, baseUrl: string | undefined): URL {
  try {
    const url = new URL(address.startsWith('/') ? `${baseUrl}${address}` : address);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // Falls through to the one sentence for both.
  }
  throw new WireProblem(
    'address',
    `${JSON.stringify(address.slice(0, 200))} is not an http or https address`,
  );
}

/** Node refuses a header with a line break by throwing the value at us; this sentence does not hold it. */
function headerValue(name: string, value: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new WireProblem(
      'header',
      `the value for the header ${name} holds a line break or a character that HTTP does not allow`,
    );
  }
  return value;
}
