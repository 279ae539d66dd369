import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestSite } from './site.ts';

/** An address of the site that tells of each answer before it gives it on. */
export async function watched(
  site: TestSite,
  onAnswer: (path: string, status: number) => Promise<void> | void,
) {
  const server = createServer(async (request, response) => {
    const { status, body, headers } = await site.get(request.url ?? '/');
    await onAnswer(request.url ?? '/', status);
    const kept = [...headers].filter(
      ([name]) => !/^(content-(length|encoding)|transfer-encoding|connection)$/.test(name),
    );
    response.writeHead(status, Object.fromEntries(kept)).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
