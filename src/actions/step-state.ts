import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ALGORITHM = 'aes-256-gcm';
const [IV_BYTES, TAG_BYTES, KEY_BYTES] = [12, 16, 32];
/** Name of the key's file, as the state names it. */
const KEY_FILE = /^wwhd-state-[0-9a-f-]{36}$/;

/** A value that this step's main part did not write, or whose key is gone. */
export class ForeignState extends Error {}

/**
 * What a step keeps for its `post:` step. The runner prints state in its debug log, and a process that the step starts
 * could write it; what is kept is sealed therefore: it shows no value of a variable, and what somebody else wrote does not
 * open. The key is a file of the runner's temporary folder, readable by its owner, and goes with the post step.
 */
export class StepState {
  readonly #folder: string;
  readonly #keyFile: string;
  #key: Buffer | undefined;

  private constructor(folder: string, keyFile: string, key: Buffer | undefined) {
    this.#folder = folder;
    this.#keyFile = keyFile;
    this.#key = key;
  }

  /** For the main part. @throws the system's error where the key cannot be written */
  static create(folder: string): StepState {
    const [keyFile, key] = [`wwhd-state-${randomUUID()}`, randomBytes(KEY_BYTES)];
    writeFileSync(join(folder, keyFile), key, { mode: 0o600, flag: 'wx' });
    return new StepState(folder, keyFile, key);
  }

  /** For the post step. @param keyFile as the main part named it: any other text opens nothing */
  static reopen(folder: string, keyFile: string): StepState {
    return new StepState(folder, keyFile, readKey(folder, keyFile));
  }

  /** The name of the key's file, to be kept beside what is sealed. */
  get keyFile(): string {
    return this.#keyFile;
  }

  seal(name: string, value: string): string {
    if (value === '' || this.#key === undefined) return '';
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, iv).setAAD(Buffer.from(name));
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** @throws ForeignState */
  open(name: string, sealed: string): string {
    if (sealed === '') return '';
    const bytes = Buffer.from(sealed, 'base64');
    if (this.#key === undefined || bytes.length < IV_BYTES + TAG_BYTES) throw new ForeignState(name);
    try {
      const iv = bytes.subarray(0, IV_BYTES);
      const decipher = createDecipheriv(ALGORITHM, this.#key, iv, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(name))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      return text.toString('utf8');
    } catch {
      throw new ForeignState(name);
    }
  }

  /** Nothing that was sealed opens any more. */
  forget(): void {
    if (this.#key) rmSync(join(this.#folder, this.#keyFile), { force: true });
    this.#key = undefined;
  }
}

function readKey(folder: string, keyFile: string): Buffer | undefined {
  if (!KEY_FILE.test(keyFile)) return undefined;
  try {
    const key = readFileSync(join(folder, keyFile));
    return key.length === KEY_BYTES ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Where the key lies: our own command line gives a folder that goes with the run, a runner its temporary one. */
export const stateFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  env['WWHD_STATE_FOLDER'] || env['RUNNER_TEMP'] || tmpdir();
