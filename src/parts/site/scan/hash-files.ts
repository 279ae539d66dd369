import * as buffer from 'node:buffer';
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { failed } from '../../../runtime/errors.ts';
import { type TextFacts, textFacts } from './text-facts.ts';

const HERE = textFacts(buffer);

/** What is known of a file's content. */
export interface FileHash {
  /** Bytes. */
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  /** Hex. */
  readonly md5: string;
  /** The first 1,024 bytes as text where they may tell what the name does not (see `mayTell`); else ''. */
  readonly head: string;
  /** What the bytes themselves show: `utf-8` where they may be it, `utf-16le` or `utf-16be` by their mark, '' neither. */
  readonly charset: string;
  /** Hex; where the name has the beginning of it. */
  readonly sha1?: string | undefined;
}

/** A file that could not be read whole, and why. */
export interface HashFailure {
  readonly problem: string;
}

type Fs = Pick<typeof fs, 'openSync' | 'fstatSync' | 'readSync' | 'closeSync'>;
type Crypto = Pick<typeof crypto, 'createHash'>;

/**
 * Reads and hashes files, one after another. It stands on its arguments alone, for its source text is also what a
 * worker thread runs: a bundle is one file, and has no other for a worker to start from.
 */
function hashFiles(
  nodeFs: Fs,
  nodeCrypto: Crypto,
  facts: TextFacts,
  paths: string[],
): (FileHash | HashFailure)[] {
  const CHUNK = 1048576;
  // As LARGEST_FILE in names.ts: what is refused for its size anyway is not read for half a minute first.
  const LARGEST = 5368709120;
  const buffer = Buffer.allocUnsafe(CHUNK);
  const hashOpen = (fd: number, before: fs.Stats, path: string): FileHash | HashFailure => {
    const sha256 = nodeCrypto.createHash('sha256');
    const md5 = nodeCrypto.createHash('md5');
    const sha1 = facts.mayNameSha1(path) ? nodeCrypto.createHash('sha1') : undefined;
    const text = facts.reader(path);
    let size = 0;
    for (;;) {
      const read = nodeFs.readSync(fd, buffer, 0, CHUNK, null);
      if (read === 0) break;
      const bytes = buffer.subarray(0, read);
      size += read;
      sha256.update(bytes);
      md5.update(bytes);
      sha1?.update(bytes);
      text.add(bytes);
      // The end of a small file: one read says it all, if the size agrees.
      if (read < CHUNK && size === before.size) break;
    }
    const after = size > CHUNK ? nodeFs.fstatSync(fd) : before;
    const changed = size !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs;
    if (changed) return { problem: 'it changed while it was read' };
    const hash = { size, sha256: sha256.digest('hex'), md5: md5.digest('hex'), ...text.ended() };
    const hex = sha1?.digest('hex');
    return hex && facts.namesSha1(path, hex) ? { ...hash, sha1: hex } : hash;
  };
  const one = (path: string): FileHash | HashFailure => {
    const fd = nodeFs.openSync(path, 'r');
    try {
      const before = nodeFs.fstatSync(fd);
      if (!before.isFile()) return { problem: 'it is not a file' };
      if (before.size > LARGEST) return { size: before.size, sha256: '', md5: '', head: '', charset: '' };
      return hashOpen(fd, before, path);
    } finally {
      nodeFs.closeSync(fd);
    }
  };
  return paths.map((path) => {
    try {
      return one(path);
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  });
}

/** Below this many files, starting threads takes longer than they save. */
const THREADS_FROM_FILES = 1500;
/** Files handed to a thread at once: small enough to share evenly, large enough to pay for the message. */
const BATCH = 500;
const MOST_THREADS = 8;
/** MiB for young objects in each thread: its files pass through one buffer, and leave a few strings. */
const YOUNG = 4;

/**
 * Hashes the files of a folder on all cores; in this thread where they are few.
 * @param paths relative to the folder: whole ones are made for a batch at a time, for 100,000 take 10 MB
 * @param threads for tests; by default as many as there are cores.
 */
export async function hashAll(
  folder: string,
  paths: readonly string[],
  onProgress: (done: number) => void = () => {},
  threads = paths.length < THREADS_FROM_FILES ? 0 : Math.min(availableParallelism(), MOST_THREADS),
): Promise<(FileHash | HashFailure)[]> {
  const results = new Array<FileHash | HashFailure>(paths.length);
  let [next, done] = [0, 0];
  const take = (): Batch | undefined => {
    const start = next;
    next += BATCH;
    const batch = paths.slice(start, next).map((path) => join(folder, path));
    return batch.length > 0 ? { start, batch } : undefined;
  };
  const keep = (start: number, hashes: (FileHash | HashFailure)[]) => {
    hashes.forEach((hash, i) => {
      results[start + i] = hash;
    });
    done += hashes.length;
    onProgress(done);
  };
  if (threads === 0) {
    for (let files = take(); files; files = take()) {
      keep(files.start, hashFiles(fs, crypto, HERE, files.batch));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return results;
  }
  await Promise.all(Array.from({ length: threads }, () => runWorker(take, keep)));
  return results;
}

const WORKER_SOURCE = `
const { parentPort } = require('node:worker_threads');
const fs = require('node:fs');
const crypto = require('node:crypto');
const facts = (${textFacts.toString()})(require('node:buffer'));
const hashFiles = ${hashFiles.toString()};
parentPort.on('message', (paths) => parentPort.postMessage(hashFiles(fs, crypto, facts, paths)));
`;

/** Files to hash next. */
interface Batch {
  /** Place of the first one in the list of all. */
  readonly start: number;
  readonly batch: string[];
}

function runWorker(
  take: () => Batch | undefined,
  keep: (start: number, hashes: (FileHash | HashFailure)[]) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER_SOURCE, {
      eval: true,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
    });
    let start = 0;
    const feed = () => {
      const files = take();
      if (!files) return void worker.terminate();
      start = files.start;
      worker.postMessage(files.batch);
    };
    worker.on('message', (hashes: (FileHash | HashFailure)[]) => {
      keep(start, hashes);
      feed();
    });
    worker.on('error', (error) =>
      reject(failed({ what: 'a thread that hashes files died', found: error.message, cause: error })),
    );
    worker.on('exit', () => resolve());
    feed();
  });
}
