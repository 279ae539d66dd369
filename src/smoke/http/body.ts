import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { WireProblem } from './problem.ts';

/** A body is read up to here; what comes after is not. */
export const MAX_BODY = 10_000_000;

export interface ReadBody {
  readonly body: Buffer;
  readonly size: number;
  readonly cut: boolean;
  readonly sha256: string;
}

/** Reads a body to its end or to the limit. Only its hash and size are taken where `keep` is false. */
export async function readBody(message: IncomingMessage, keep: boolean): Promise<ReadBody> {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let [size, cut] = [0, false];
  try {
    for await (const chunk of (await decoded(message)) as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, MAX_BODY - size);
      if (keep) kept.push(part);
      size += part.length;
      hash.update(part);
      if (part.length < chunk.length) {
        cut = true;
        break;
      }
    }
  } finally {
    // Also where the loop was left early: the rest of an endless body is not ours to read.
    if (!message.complete) message.destroy();
  }
  return { body: Buffer.concat(kept), size, cut, sha256: hash.digest('hex') };
}

/** Undoes `content-encoding`. We ask for none, but a server may send one all the same. */
async function decoded(message: IncomingMessage): Promise<Readable> {
  const encoding = (message.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decoder = DECODERS[encoding]?.();
  // The headers of an answer without a body (to HEAD, 204, 304, an empty file) may name an encoding of nothing.
  if (!decoder || (await isEmpty(message))) return message;
  message.on('error', (error) => decoder.destroy(error));
  message.on('aborted', () => decoder.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })));
  decoder.on('error', () => message.destroy());
  return message.pipe(decoder).on('error', (error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('Z_')) {
      Object.assign(error, {
        wire: new WireProblem('encoding', `the body is not ${encoding}, as its content-encoding says`),
      });
    }
  });
}

/** True where the answer has ended and brought nothing. */
async function isEmpty(message: IncomingMessage): Promise<boolean> {
  const came = ['readable', 'end', 'error', 'aborted', 'close'] as const;
  if (message.readableLength === 0 && !message.readableEnded && !message.destroyed) {
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of came) message.off(event, done);
        resolve();
      };
      for (const event of came) message.on(event, done);
    });
  }
  return message.readableLength === 0 && message.complete;
}

const DECODERS: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};
