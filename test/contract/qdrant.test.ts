// The command of docs/the-two-days.md that makes a Qdrant collection, run as it stands there.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf } from '../support/docs.ts';
import { missingTools } from '../support/tools.ts';

const skip = missingTools("the page's Qdrant command", ['bash', 'curl']);
const block = blocksOf('docs/the-two-days.md').find(
  (one) => one.executedBy === 'test/contract/qdrant.test.ts',
);

/** As much of Qdrant as the command asks: https://api.qdrant.tech/api-reference/collections/create-collection */
const collections = new Map<string, unknown>();
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const name = /^\/collections\/(\w+)$/.exec(request.url ?? '')?.[1];
  const send = (status: number) => response.writeHead(status).end('{}');
  if (request.headers['api-key'] !== 'the key') return send(401);
  if (request.method !== 'PUT' || !name) return send(404);
  if (collections.has(name)) return send(409);
  collections.set(name, JSON.parse(Buffer.concat(chunks).toString()));
  return send(200);
});

describe.skipIf(skip)('the Qdrant collection of the page', () => {
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-qdrant-'));
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const run = (key: string) =>
    new Promise<number | null>((resolve) => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const env = { PATH: process.env['PATH'], QDRANT_URL: url, QDRANT_API_KEY: key };
      const child = spawn('bash', ['-euo', 'pipefail', '-c', block?.text ?? 'false'], { cwd: dir, env });
      child.on('close', resolve);
    });

  it('is made, is not made again, and a wrong key is an error', async () => {
    expect(await run('the key')).toBe(0);
    expect(collections.get('documents')).toEqual({ vectors: { size: 1536, distance: 'Cosine' } });
    expect(await run('the key')).toBe(0);
    expect(await run('another key')).not.toBe(0);
  });
});
