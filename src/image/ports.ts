import type { Readable } from 'node:stream';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { ScanReport } from './scan.ts';

/** The repository that we push to, as far as more than the distribution protocol is needed. */
export interface ImageRepository {
  /** Registry host, with its port. */
  readonly host: string;
  /** Path of the repository within the registry. */
  readonly name: string;
  /** True where a tag, once given, cannot be moved. */
  readonly immutableTags: boolean;
  /** Digest of the image that has this tag, or `undefined`. */
  digestOf(tag: string): Promise<string | undefined>;
  /** What to log in with; `undefined` where the registry asks for nothing. */
  credentials(): Promise<Credentials | undefined>;
  /** The scan of an image as it stands now; `undefined` where this registry has no scans. */
  scan?(digest: string): Promise<ScanReport>;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Runs a program. Its output goes to the log, line by line, unless `quiet`. Never rejects for an exit code. */
export type Exec = (
  command: string,
  args: readonly string[],
  options?: ExecOptions,
) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;

export interface ExecOptions {
  /** Written to the program's standard input: how a password is given, for arguments can be read by others. */
  readonly input?: string;
  readonly quiet?: boolean;
}

/** Files, as far as this capability touches them. */
export interface ImageFiles {
  exists(path: string): Promise<boolean>;
  readText(path: string): Promise<string>;
  open(path: string): Readable;
  size(path: string): Promise<number>;
  /** Hash of the files that a build is sent of a folder. */
  contextDigest(context: string, dockerfile: string): Promise<{ digest: string; files: number }>;
  /** A folder that goes away with the action. */
  readonly scratch: string;
}

export interface ImagePorts {
  readonly exec: Exec;
  readonly files: ImageFiles;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called before an engine is logged in: who is stopped after it has to log it out again. */
  onLogin(engine: string, host: string): void;
}
