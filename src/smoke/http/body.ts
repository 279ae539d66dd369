import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { WireProblem } from './problem.ts';

/** A body is read up to here; what comes after is not. */
export const MAX_BODY = 10_000_000;

/** A body larger than this waits until no other large one is held: ten at once would be a hundred megabytes. */
const LARGE = 1_000_000;

/** One place for a large body. */
export class LargeBodies {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when the place is ours, with the function that gives it back. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let release: () => void = () => {};
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  }
}

export interface ReadBody {
  readonly body: Buffer;
  readonly size: number;
  readonly cut: boolean;
  readonly sha256: string;
  /** Milliseconds that reading stood still for want of a place; no part of the service's latency. */
  readonly waited: number;
  /** Gives the place of a large body back; to be called when the body is not needed any more. */
  release(): void;
}

/** Reads a body to its end or to the limit. Only its hash and size are taken where `keep` is false. */
export async function readBody(
  message: IncomingMessage,
  keep: boolean,
  large: LargeBodies,
  onWait: (waiting: boolean) => void,
): Promise<ReadBody> {
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  let [size, cut, waited] = [0, false, 0];
  let release: (() => void) | undefined;
  const stream = decoded(message);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, MAX_BODY - size);
      size += part.length;
      hash.update(part);
      if (keep) chunks.push(part);
      if (part.length < chunk.length) {
        cut = true;
        break;
      }
      if (keep && size > LARGE && !release) {
        const began = performance.now();
        onWait(true);
        release = await large.take();
        onWait(false);
        waited = performance.now() - began;
      }
    }
  } catch (error) {
    release?.();
    throw error;
  } finally {
    // Also where the loop was left early: the rest of an endless body is not ours to read.
    if (!message.complete) message.destroy();
  }
  const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  return { body, size, cut, sha256: hash.digest('hex'), waited, release: release ?? (() => {}) };
}

/** Undoes `content-encoding`. We ask for none, but a server may send one all the same. */
function decoded(message: IncomingMessage): Readable {
  const encoding = (message.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decoder = DECODERS[encoding]?.();
  if (!decoder) return message;
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

const DECODERS: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};
