import { createHash, randomUUID } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Hasher } from './checksum.ts';

/** Bytes of content, kept once however often they are stored. */
export interface Blob {
  /** SHA-256, hex. */
  readonly id: string;
  readonly size: number;
  /** Hex. */
  readonly md5: string;
}

/** Content up to this many bytes may stay in memory. */
export const SMALL = 64 * 1024;
/** All small content in memory together; beyond it, content goes to disk whatever its size. */
const MEMORY = 256 * 1024 * 1024;

interface Held {
  refs: number;
  readonly size: number;
  bytes: Buffer | undefined;
  onDisk: boolean;
}

/** Where objects' bytes are: small ones in memory, large ones in files named by their content. */
export class BlobStore {
  readonly #dir: string;
  readonly #durable: boolean;
  readonly #held = new Map<string, Held>();
  #inMemory = 0;
  /** Content that nobody needs any more, and that the state as it is kept may still name. */
  #gone: string[] = [];

  constructor(dir: string, durable: boolean) {
    this.#dir = dir;
    this.#durable = durable;
    mkdirSync(join(dir, 'incoming'), { recursive: true });
  }

  /** Takes small content; its reference is the caller's. A durable store has it on disk then. @throws Error of the disk */
  add(bytes: Buffer, sha256: string, md5: string): Blob {
    const held = this.#held.get(sha256);
    if (held) held.refs++;
    else {
      // A copy of its own: a slice of a socket's buffer would keep the whole of it alive.
      const own = bytes.length > 0 && bytes.buffer.byteLength > bytes.length * 2 ? Buffer.from(bytes) : bytes;
      const stays = this.#inMemory + own.length <= MEMORY;
      this.#held.set(sha256, { refs: 1, size: own.length, bytes: own, onDisk: false });
      this.#inMemory += own.length;
      if (this.#durable || !stays) this.#write(sha256);
    }
    return { id: sha256, size: bytes.length, md5 };
  }

  /** Takes a stream of any length by way of a file; `also` sees the bytes on their way. */
  async addStream(
    stream: Readable,
    also: readonly Hasher[],
    maxBytes: number,
    tooLarge: () => Error,
  ): Promise<Blob> {
    const file = join(this.#dir, 'incoming', randomUUID());
    const [sha256, md5] = [createHash('sha256'), createHash('md5')];
    let size = 0;
    const out = createWriteStream(file, { highWaterMark: 1024 * 1024 });
    try {
      await pipeline(
        stream,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            size += chunk.length;
            if (size > maxBytes) throw tooLarge();
            sha256.update(chunk);
            md5.update(chunk);
            for (const hash of also) hash.update(chunk);
            yield chunk;
          }
        },
        out,
      );
    } catch (error) {
      await unlink(file).catch(() => {});
      throw error;
    }
    const id = sha256.digest('hex');
    const held = this.#held.get(id);
    if (held) {
      held.refs++;
      await unlink(file).catch(() => {});
    } else {
      this.#held.set(id, { refs: 1, size, bytes: undefined, onDisk: true });
      mkdirSync(dirname(this.#file(id)), { recursive: true });
      await rename(file, this.#file(id));
    }
    return { id, size, md5: md5.digest('hex') };
  }

  retain(blob: Blob): Blob {
    const held = this.#held.get(blob.id);
    if (!held) throw new Error(`blob ${blob.id} is gone`);
    held.refs++;
    return blob;
  }

  release(blob: Blob): void {
    const held = this.#held.get(blob.id);
    if (!held || --held.refs > 0) return;
    this.#held.delete(blob.id);
    if (held.bytes) this.#inMemory -= held.bytes.length;
    if (!held.onDisk) return;
    if (this.#durable) this.#gone.push(blob.id);
    else void unlink(this.#file(blob.id)).catch(() => {});
  }

  /** Content in memory, if it is there. */
  bytes(blob: Blob): Buffer | undefined {
    return this.#held.get(blob.id)?.bytes;
  }

  /** @param end exclusive */
  async *read(blob: Blob, start: number, end: number): AsyncGenerator<Buffer> {
    if (end <= start) return;
    const bytes = this.bytes(blob);
    if (bytes) yield bytes.subarray(start, end);
    else yield* createReadStream(this.#file(blob.id), { start, end: end - 1, highWaterMark: 256 * 1024 });
  }

  /** Called when the state is kept, which no longer names what is gone: a kill at any moment loses nothing. */
  removeGone(): void {
    for (const id of this.#gone) if (!this.#held.has(id)) rmSync(this.#file(id), { force: true });
    this.#gone = [];
  }

  /** What a saved state names is taken up again. @throws Error where its bytes are not there */
  async restore(blob: Blob): Promise<Blob> {
    const held = this.#held.get(blob.id);
    if (held) {
      held.refs++;
      return blob;
    }
    const file = this.#file(blob.id);
    if (!existsSync(file)) throw new Error(`the content ${blob.id} is not in ${this.#dir}`);
    const small = blob.size <= SMALL && this.#inMemory + blob.size <= MEMORY;
    const bytes = small ? await readFile(file) : undefined;
    this.#inMemory += bytes?.length ?? 0;
    this.#held.set(blob.id, { refs: 1, size: blob.size, bytes, onDisk: true });
    return blob;
  }

  /** Files that no saved state named (a process that was killed leaves them). */
  sweep(): void {
    rmSync(join(this.#dir, 'incoming'), { recursive: true, force: true });
    mkdirSync(join(this.#dir, 'incoming'), { recursive: true });
    const root = join(this.#dir, 'content');
    if (!existsSync(root)) return;
    for (const folder of readdirSync(root)) {
      for (const id of readdirSync(join(root, folder)))
        if (!this.#held.has(id)) rmSync(join(root, folder, id), { force: true });
    }
  }

  #write(id: string): void {
    const held = this.#held.get(id);
    if (!held?.bytes || held.onDisk) return;
    const work = join(this.#dir, 'incoming', id);
    try {
      writeFileSync(work, held.bytes);
      mkdirSync(dirname(this.#file(id)), { recursive: true });
      // Content that is there already, and that the kept state names, is never half-written.
      renameSync(work, this.#file(id));
    } catch (error) {
      rmSync(work, { force: true });
      this.#held.delete(id);
      this.#inMemory -= held.bytes.length;
      throw error;
    }
    held.onDisk = true;
    if (this.#inMemory > MEMORY) {
      this.#inMemory -= held.bytes.length;
      held.bytes = undefined;
    }
  }

  #file(id: string): string {
    return join(this.#dir, 'content', id.slice(0, 2), id);
  }
}

/** A writable that only feeds hashers: for reading content again. */
export function hashSink(hashers: readonly Hasher[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const hash of hashers) hash.update(chunk);
      done();
    },
  });
}
