import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** A forward proxy: the only way to hosts that no resolver knows. */
export interface TestProxy {
  /** Environment of a process that is to go through it, and past it to 127.0.0.1. */
  readonly env: Readonly<Record<string, string>>;
  /** Hosts that were asked for, oldest first. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** From Node 24.5 on an agent of our own can go through a proxy: https://nodejs.org/api/http.html#new-agentoptions */
export const nodeKnowsProxies = (): boolean => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 5);
};

/**
 * Both ways through a proxy: a tunnel (`CONNECT host:port`), and a request whose line has the whole URL.
 * @param places the port of 127.0.0.1 that each host stands for; to others it answers 502.
 */
export async function startProxy(places: Readonly<Record<string, number>>): Promise<TestProxy> {
  const asked: string[] = [];
  const portOf = (host: string) => {
    asked.push(host);
    return places[host];
  };
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? '/', 'http://no-host.test');
    const port = portOf(url.hostname);
    if (port === undefined) {
      answer.writeHead(502).end();
      return;
    }
    const { method, headers } = incoming;
    const path = `${url.pathname}${url.search}`;
    const onward = request({ host: '127.0.0.1', port, method, headers, path }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  server.on('connect', (incoming, client, head) => {
    const port = portOf(new URL(`http://${incoming.url}`).hostname);
    if (port === undefined) {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(client);
      client.pipe(onward);
    });
    for (const [end, other] of [
      [client, onward],
      [onward, client],
    ] as const)
      end.on('error', () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    asked,
    env: { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
