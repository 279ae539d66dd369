import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export interface SilentServer {
  readonly url: string;
  readonly host: string;
  /** Connections that came. */
  connections(): number;
  /** When the first one came, in milliseconds since the epoch; 0 where none did. */
  firstAt(): number;
  stop(): void;
}

/** What comes before the silence: nothing, or the head of an answer and a part of its body. */
export type Silence = 'nothing' | 'half';

const HALF =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"half": "an answer and';

/** Accepts connections, reads all that comes, and answers nothing, or half an answer; it never closes by itself. */
export async function startSilentServer(kind: Silence): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let firstAt = 0;
  const server = createServer((socket) => {
    connections++;
    firstAt ||= Date.now();
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', () => {
      if (kind === 'half' && !socket.writableEnded && socket.bytesWritten === 0) socket.write(HALF);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    connections: () => connections,
    firstAt: () => firstAt,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
