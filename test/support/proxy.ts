import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A forward proxy: the only way to hosts that no resolver knows. */
export interface TestProxy {
  /** Environment of a process that is to go through it, and past it to 127.0.0.1. */
  readonly env: Readonly<Record<string, string>>;
  /** The address of the proxy, with its user and password where it has them. */
  readonly url: string;
  /** Hosts that were asked for, oldest first. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/**
 * Both ways through a proxy: a tunnel (`CONNECT host:port`), and a request whose line has the whole URL.
 * @param places the port of 127.0.0.1 that each host stands for (`*.amazonaws.com`: all below it); to others it answers 502, but for 127.0.0.1, which is
 * reached as it is.
 * @param user `user:password`; without them it answers 407
 */
export async function startProxy(
  places: Readonly<Record<string, number>>,
  user?: { readonly name: string; readonly password: string },
): Promise<TestProxy> {
  const asked: string[] = [];
  const portOf = (host: string, port: string) => {
    asked.push(host);
    return (
      places[host] ??
      places[`*${/\.[^.]+\.[^.]+$/.exec(host)?.[0] ?? ''}`] ??
      (host === '127.0.0.1' ? Number(port) : undefined)
    );
  };
  const basic = user && `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;
  const isStranger = (headers: IncomingHttpHeaders) =>
    basic !== undefined && headers['proxy-authorization'] !== basic;
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? '/', 'http://no-host.test');
    if (isStranger(incoming.headers)) {
      answer.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
      return;
    }
    const port = portOf(url.hostname, url.port || '80');
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
    if (isStranger(incoming.headers)) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
      return;
    }
    const [host = '', asPort = ''] = (incoming.url ?? '').split(':');
    const port = portOf(host, asPort);
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
  // The server forgets a connection that became a tunnel.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) =>
    sockets.add(socket.once('close', () => sockets.delete(socket))),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const login = user ? `${user.name}:${encodeURIComponent(user.password)}@` : '';
  const url = `http://${login}127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    asked,
    url,
    env: { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
