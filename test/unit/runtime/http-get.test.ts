import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { hasBytes, httpGet, type RawAnswer } from '../../../src/runtime/http-get.ts';

const TEXT = Buffer.from('<!doctype html>'.repeat(500));
const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function answered(listener: RequestListener): Promise<RawAnswer> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    return await httpGet(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 5000);
  } finally {
    server.close();
  }
}

const encodings = { gzip: gzipSync, br: brotliCompressSync };

it.each(Object.entries(encodings))(
  'what a CDN has compressed by %s has its own bytes',
  async (name, compress) => {
    const sent = compress(TEXT);
    const answer = await answered((request, response) => {
      expect(request.headers['accept-encoding']).toContain(name);
      response.writeHead(200, { 'content-encoding': name });
      response.end(sent);
    });
    expect([answer.size, answer.decoded?.size]).toEqual([sent.length, TEXT.length]);
    // Stored compressed, or compressed on its way.
    expect([hasBytes(answer, hash(sent)), hasBytes(answer, hash(TEXT))]).toEqual([true, true]);
    expect(hasBytes(answer, hash(Buffer.from('other')))).toBe(false);
    expect(answer.head).toMatch(/^<!doctype html>/);
  },
);

it('what is sent plain has nothing to decode', async () => {
  const answer = await answered((_request, response) => response.end(TEXT));
  expect([answer.sha256, answer.decoded]).toEqual([hash(TEXT), undefined]);
});

it('what is not in the encoding that it names is told by its bytes', async () => {
  const answer = await answered((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(TEXT);
  });
  expect([answer.sha256, answer.decoded]).toEqual([hash(TEXT), undefined]);
});
