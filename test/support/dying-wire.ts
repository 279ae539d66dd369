import type { ChildProcess } from 'node:child_process';
import { createServer, type IncomingMessage, request } from 'node:http';

/** A wire to a cloud that kills who speaks over it. */
export interface DyingWire {
  readonly endpoint: string;
  /** Changes that the cloud has made for who speaks over it, as `service.Operation` or `METHOD /path`. */
  readonly changes: readonly string[];
  /** Every operation of a JSON service, in order; times in milliseconds since the epoch. */
  readonly asked: ReadonlyArray<{ readonly operation: string; readonly time: number }>;
  watch(child: ChildProcess): void;
  close(): void;
}

const READING = /^(Describe|List|Get|Batch)/;

/**
 * Hands requests on to a cloud. When it has done the `n`th one that changes something, the process that asked is killed
 * before it hears the answer: the worst moment there is, and the same one every time. `n` of 0: never.
 */
export async function dyingWire(cloud: string, n: number): Promise<DyingWire> {
  const to = new URL(cloud);
  const changes: string[] = [];
  const asked: Array<{ operation: string; time: number }> = [];
  let child: ChildProcess | undefined;
  const server = createServer((incoming, answer) => {
    const operation = operationOf(incoming);
    if (operation) asked.push({ operation, time: Date.now() });
    const outgoing = request(
      {
        host: to.hostname,
        port: to.port,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      },
      (done) => {
        const parts: Buffer[] = [];
        done.on('data', (part: Buffer) => parts.push(part));
        done.on('end', () => {
          const change = (done.statusCode ?? 500) < 300 ? changeOf(incoming) : undefined;
          if (change) changes.push(change);
          if (change && changes.length === n) {
            child?.kill('SIGKILL');
            answer.destroy();
          } else answer.writeHead(done.statusCode ?? 502, done.headers).end(Buffer.concat(parts));
        });
      },
    );
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    changes,
    asked,
    watch: (one) => {
      child = one;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function operationOf({ headers }: IncomingMessage): string | undefined {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? target.split('.').at(-1) : undefined;
}

function changeOf(incoming: IncomingMessage): string | undefined {
  const operation = operationOf(incoming);
  if (operation) return READING.test(operation) ? undefined : operation;
  const { method = '', url = '' } = incoming;
  return ['PUT', 'DELETE', 'POST'].includes(method) ? `${method} ${url}` : undefined;
}
