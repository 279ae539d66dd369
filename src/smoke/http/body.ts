import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { leaveGarbage } from './garbage.ts';
import { WireProblem } from './problem.ts';

/** A body is read up to here; what comes after is not. */
export const MAX_BODY = 10_000_000;

/** A body larger than this waits until no other large one is held: ten at once would be a hundred megabytes. */
const LARGE = 1_000_000;

/** The one place for a large body, and the memory that all of them use in turn. */
export class LargeBodies {
  #last: Promise<void> = Promise.resolve();
  #memory: Buffer | undefined;

  /** Resolves when the place is ours, with its memory and the function that gives it back. */
  async take(): Promise<{ memory: Buffer; release: () => void }> {
    const before = this.#last;
    let release: () => void = () => {};
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    this.#memory ??= Buffer.allocUnsafeSlow(MAX_BODY);
    return { memory: this.#memory, release };
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
  const kept = new Kept(large, onWait);
  let [size, cut] = [0, false];
  try {
    for await (const chunk of (await decoded(message)) as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, MAX_BODY - size);
      if (keep) await kept.add(part);
      size += part.length;
      hash.update(part);
      if (part.length < chunk.length) {
        cut = true;
        break;
      }
    }
  } catch (error) {
    kept.release();
    throw error;
  } finally {
    // Also where the loop was left early: the rest of an endless body is not ours to read.
    if (!message.complete) message.destroy();
  }
  const { waited } = kept;
  return { body: kept.body(), size, cut, sha256: hash.digest('hex'), waited, release: () => kept.release() };
}

/** The content of a body: in chunks while it is small, in the place for large ones when it is not. */
class Kept {
  /** Milliseconds spent waiting for the place. */
  waited = 0;
  readonly #large: LargeBodies;
  readonly #onWait: (waiting: boolean) => void;
  #chunks: Buffer[] = [];
  #size = 0;
  #place: { memory: Buffer; release: () => void } | undefined;

  constructor(large: LargeBodies, onWait: (waiting: boolean) => void) {
    this.#large = large;
    this.#onWait = onWait;
  }

  async add(part: Buffer): Promise<void> {
    if (!this.#place && this.#size + part.length > LARGE) await this.#move();
    if (this.#place) part.copy(this.#place.memory, this.#size);
    else this.#chunks.push(part);
    this.#size += part.length;
  }

  async #move(): Promise<void> {
    const began = performance.now();
    this.#onWait(true);
    this.#place = await this.#large.take();
    this.#onWait(false);
    this.waited = performance.now() - began;
    Buffer.concat(this.#chunks).copy(this.#place.memory);
    this.#chunks = [];
  }

  body(): Buffer {
    return this.#place ? this.#place.memory.subarray(0, this.#size) : Buffer.concat(this.#chunks);
  }

  release(): void {
    if (!this.#place) return;
    leaveGarbage(this.#size);
    this.#place.release();
    this.#place = undefined;
  }
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
