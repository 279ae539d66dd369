import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushOciLayout, writeOciLayout } from '../../demo/oci-layout.ts';

/** A server that answers its version, `health` under /health, and says where it listens. */
const server = (version: string, health: number) => `
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  response.statusCode = request.url === '/health' ? ${health} : 200;
  setTimeout(() => response.end('${version}'), request.url === '/slow' ? 800 : 5);
});
server.listen(process.env.PORT, () => console.log('version ${version} listens'));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

export interface AppOptions {
  readonly health?: number;
  readonly platform?: string;
  /** Instead of the server. */
  readonly script?: string;
}

/** Makes and pushes an image; gives back `127.0.0.1:PORT/app@sha256:…`. */
export async function pushApp(endpoint: string, version: string, options: AppOptions = {}): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'app-'));
  try {
    await writeOciLayout(
      {
        files: { 'server.mjs': options.script ?? server(version, options.health ?? 200) },
        command: ['node', 'server.mjs'],
        port: 8080,
        ...(options.platform ? { platforms: [options.platform] } : {}),
      },
      dir,
    );
    return (await pushOciLayout(dir, endpoint, 'app', version)).image;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export interface LoadResult {
  readonly sent: number;
  /** `v1 200` → how often. */
  readonly answers: Readonly<Record<string, number>>;
  /** What failed, in words. */
  readonly failed: readonly string[];
}

/** Asks so often a second, half of the requests on connections that are kept, until it is stopped. */
export function load(url: string, perSecond: number): { stop(): Promise<LoadResult> } {
  const kept = new Agent({ keepAlive: true });
  const fresh = new Agent({ keepAlive: false });
  const answers: Record<string, number> = {};
  const failed: string[] = [];
  const open = new Set<Promise<void>>();
  let sent = 0;
  const ask = () => {
    const agent = sent++ % 2 ? kept : fresh;
    const one = new Promise<void>((resolve) => {
      get(sent % 10 ? url : `${url}/slow`, { agent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', (error) => failed.push(error.message));
        answer.on('close', () => {
          const what = `${Buffer.concat(chunks)} ${answer.statusCode}`;
          if (answer.complete) answers[what] = (answers[what] ?? 0) + 1;
          else failed.push(`cut off: ${what}`);
          resolve();
        });
      }).on('error', (error) => {
        failed.push(error.message);
        resolve();
      });
    });
    open.add(one);
    one.finally(() => open.delete(one));
  };
  const timer = setInterval(ask, 1000 / perSecond);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      kept.destroy();
      return { sent, answers, failed };
    },
  };
}
