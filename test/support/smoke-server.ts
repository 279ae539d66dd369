import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface SmokeServer {
  readonly url: string;
  readonly port: number;
  /** Every request, oldest first. */
  readonly seen: SeenRequest[];
  stop(): Promise<void>;
}

export type Route = (request: IncomingMessage, response: ServerResponse, body: string, count: number) => void;

/** A service to check: a function a path; `count` is how often the path has been asked for, from 1. */
export async function startService(
  routes: Readonly<Record<string, Route>>,
  tls?: { key: string; cert: string },
): Promise<SmokeServer> {
  const seen: SeenRequest[] = [];
  const counts = new Map<string, number>();
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const url = request.url ?? '';
      const path = url.split('?')[0] ?? '';
      seen.push({ method: request.method ?? '', url, headers: request.headers, body });
      const count = (counts.get(path) ?? 0) + 1;
      counts.set(path, count);
      const route = routes[path] ?? routes['*'];
      if (route) route(request, response, body, count);
      else response.writeHead(404).end('no such page');
    });
  };
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with JSON. */
export const json =
  (value: unknown, status = 200): Route =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** Answers with text. */
export const text =
  (value: string, status = 200, headers: Record<string, string> = {}): Route =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(value);

/** Answers with a redirect. */
export const redirect =
  (location: string, status = 302): Route =>
  (_request, response) =>
    response.writeHead(status, { location }).end();
