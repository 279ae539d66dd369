import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** The JSON of a value under its name; `undefined`: the name is gone. */
export type Record_ = readonly [name: string, json: string | undefined];

/** Bytes of a log from which on a new checkpoint is made, if it is not smaller than the last one. */
const CHECKPOINT_FROM = 8 * 1024 * 1024;
/** Names that a checkpoint writes at a time: between them, requests are served. */
const SLICE = 200;

/**
 * Names and their JSON, kept in a folder: `checkpoint-N` has all of them as they stood at some moment or later, and
 * `log-N` every change since, a line for each set of changes that belong together. What `append` returned from survives the
 * death of the process; a power cut is not promised anything.
 */
export class Journal {
  readonly #dir: string;
  readonly #checkpointFrom: number;
  #generation = 0;
  #log = -1;
  #logBytes = 0;
  #checkpointBytes = 0;
  #checkpointing: Promise<void> | undefined;

  constructor(dir: string, checkpointFrom = CHECKPOINT_FROM) {
    this.#dir = dir;
    this.#checkpointFrom = checkpointFrom;
    mkdirSync(dir, { recursive: true });
  }

  /**
   * Reads what is kept, and opens the log.
   * @throws Error that names file and line of what cannot be read; a last line that was cut off is dropped
   */
  open(): Map<string, unknown> {
    const old = readdirSync(this.#dir).find((name) => name.endsWith('.json'));
    if (old) {
      throw new Error(
        `${join(this.#dir, old)} is of an earlier form of this state, which is not read any more: remove ${this.#dir}, or give another --state`,
      );
    }
    const numbers = (kind: string) =>
      readdirSync(this.#dir)
        .flatMap((name) => new RegExp(`^${kind}-(\\d+)$`).exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => a - b);
    const checkpoint = numbers('checkpoint').at(-1) ?? 0;
    const logs = numbers('log').filter((number) => number >= checkpoint);
    const kept = new Map<string, unknown>();
    if (existsSync(this.#path('checkpoint', checkpoint))) {
      this.#checkpointBytes = statSync(this.#path('checkpoint', checkpoint)).size;
      readLines(this.#path('checkpoint', checkpoint), kept, false);
    }
    for (const number of logs) readLines(this.#path('log', number), kept, number === logs.at(-1));
    this.#generation = logs.at(-1) ?? checkpoint;
    this.#openLog(this.#generation);
    this.#removeBefore(checkpoint);
    return kept;
  }

  #path(kind: 'log' | 'checkpoint', number: number): string {
    return join(this.#dir, `${kind}-${number}`);
  }

  #openLog(number: number): void {
    const file = openSync(this.#path('log', number), 'a', 0o600);
    if (this.#log >= 0) closeSync(this.#log);
    this.#log = file;
    this.#generation = number;
    this.#logBytes = statSync(this.#path('log', number)).size;
  }

  #removeBefore(checkpoint: number): void {
    for (const name of readdirSync(this.#dir)) {
      const number = Number(/^(?:log|checkpoint)-(\d+)$/.exec(name)?.[1] ?? checkpoint);
      if (number < checkpoint || name.endsWith('.new')) rmSync(join(this.#dir, name), { force: true });
    }
  }

  /** Writes changes that belong together. @throws Error of the disk; nothing of them is kept then */
  append(records: readonly Record_[]): void {
    const bytes = Buffer.from(lineOf(records));
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#log, bytes, written);
    } catch (error) {
      ftruncateSync(this.#log, this.#logBytes);
      throw error;
    }
    this.#logBytes += bytes.length;
  }

  get checkpointDue(): boolean {
    const from = Math.max(this.#checkpointFrom, this.#checkpointBytes);
    return this.#checkpointing === undefined && this.#logBytes > from;
  }

  /**
   * Writes all names into a new checkpoint while requests go on. Changes of that time go into a log of their own, which
   * is read after it.
   * @returns when it is done; rejects where it could not be written, and nothing is lost then
   */
  checkpoint(all: Iterable<Record_>): Promise<void> {
    this.#checkpointing ??= this.#writeCheckpoint(all).finally(() => {
      this.#checkpointing = undefined;
    });
    return this.#checkpointing;
  }

  async #writeCheckpoint(all: Iterable<Record_>): Promise<void> {
    const number = this.#generation + 1;
    this.#openLog(number);
    const work = `${this.#path('checkpoint', number)}.new`;
    const file = await open(work, 'w', 0o600);
    let size = 0;
    const write = async (slice: readonly Record_[]) => {
      const line = Buffer.from(lineOf(slice));
      await file.writeFile(line);
      size += line.length;
    };
    try {
      let slice: Record_[] = [];
      for (const record of all) {
        slice.push(record);
        if (slice.length < SLICE) continue;
        await write(slice);
        slice = [];
      }
      await write(slice);
    } catch (error) {
      await file.close();
      rmSync(work, { force: true });
      throw error;
    }
    await file.close();
    renameSync(work, this.#path('checkpoint', number));
    this.#checkpointBytes = size;
    this.#removeBefore(number);
  }

  async close(): Promise<void> {
    await this.#checkpointing?.catch(() => {});
    if (this.#log >= 0) closeSync(this.#log);
    this.#log = -1;
  }
}

function lineOf(records: readonly Record_[]): string {
  const parts = records.map(([name, json]) =>
    json === undefined ? `[${JSON.stringify(name)}]` : `[${JSON.stringify(name)},${json}]`,
  );
  return `[${parts.join(',')}]\n`;
}

const NEWLINE = 0x0a;

/** @param torn whether the end may be a line that was cut off, which is removed */
function readLines(file: string, into: Map<string, unknown>, torn: boolean): void {
  const bytes = readFileSync(file);
  let [start, line] = [0, 1];
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start), line++) {
    let records: ReadonlyArray<readonly [string, unknown?]>;
    try {
      records = JSON.parse(bytes.toString('utf8', start, end)) as typeof records;
    } catch (error) {
      throw new Error(`cannot read ${file}, line ${line}: ${(error as Error).message}`);
    }
    for (const [name, ...value] of records) {
      if (value.length === 0) into.delete(name);
      else into.set(name, value[0]);
    }
    start = end + 1;
  }
  if (start === bytes.length) return;
  if (!torn) throw new Error(`cannot read ${file}, line ${line}: it is cut off`);
  truncateSync(file, start);
}
