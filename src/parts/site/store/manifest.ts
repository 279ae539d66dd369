import { HeaderSets, sameHeaders } from '../scan/headers.ts';
import { nameProblem } from '../scan/names.ts';
import type { FileHeaders, KeptFile, Manifest, SiteFile } from '../types.ts';

/*
 * The stored form: JSON with one file a line, so that it can be read, compared and searched with any tool; the header
 * sets stand once, and files point at them.
 *
 *   {"version":1,"release":"…","createdAt":"…",
 *   "headers":[{…}],
 *   "files":[
 *   ["path","sha256","md5",size,headers],
 *   …
 *   ],"kept":[
 *   ["path","sha256","md5",size,headers,age],
 *   …
 *   ]}
 *
 * An ETag that is not the MD5 stands at the end of the line.
 */
type Line = readonly [string, string, string, number, number, ...(number | string)[]];

/** The manifest's stored form. */
export function encodeManifest(manifest: Manifest): Buffer {
  const sets = new Map<FileHeaders, number>();
  const index = (headers: FileHeaders) => {
    const known = sets.get(headers);
    if (known !== undefined) return known;
    sets.set(headers, sets.size);
    return sets.size - 1;
  };
  const line = (file: SiteFile, age?: number) =>
    JSON.stringify([
      file.path,
      file.sha256,
      file.md5,
      file.size,
      index(file.headers),
      ...(age === undefined ? [] : [age]),
      ...(file.etag ? [file.etag] : []),
    ]);
  const files = chunked(manifest.files, (file) => line(file));
  const kept = chunked(manifest.kept, (file) => line(file, file.age));
  const { version, release, createdAt, entries } = manifest;
  const head = JSON.stringify({ version, release, createdAt, entries }).slice(0, -1);
  return Buffer.concat([
    Buffer.from(`${head},\n"headers":${JSON.stringify([...sets.keys()])},\n"files":[`),
    ...files,
    Buffer.from('\n],"kept":['),
    ...kept,
    Buffer.from('\n]}\n'),
  ]);
}

/** Lines in pieces of a few hundred kilobytes: a site of 100,000 files must not stand in memory as one string. */
function chunked<T>(items: readonly T[], line: (item: T) => string): Buffer[] {
  const chunks: Buffer[] = [];
  let text = '';
  items.forEach((item, i) => {
    text += `${i === 0 ? '' : ','}\n${line(item)}`;
    if (text.length > 262_144) {
      chunks.push(Buffer.from(text));
      text = '';
    }
  });
  if (text) chunks.push(Buffer.from(text));
  return chunks;
}

const FILES = Buffer.from('\n"files":[\n');

/**
 * Reads a stored manifest as it arrives, a line at a time: a site of 100,000 files is 20 MB of text, and parsed as one
 * value it would take ten times that for a moment.
 */
export class ManifestReader {
  readonly #pool: Map<string, SiteFile> | undefined;
  readonly #files: SiteFile[] = [];
  readonly #kept: KeptFile[] = [];
  /** What has arrived and is not read yet. */
  #rest: Buffer = Buffer.alloc(0);
  #head: Stored | undefined;
  #read: (line: Line, extra: number) => SiteFile = () => {
    throw new Error('it has no head');
  };
  #part: 'files' | 'kept' | 'end' = 'files';

  /** @param pool files by path that other manifests have too: what is the same in both stands in memory once */
  constructor(pool?: Map<string, SiteFile>) {
    this.#pool = pool;
  }

  /** Files that have been read. */
  get count(): number {
    return this.#files.length;
  }

  /** @throws Error that says what is wrong with it */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = this.#head ? 0 : this.#readHead(bytes);
    if (this.#head) {
      for (let end = bytes.indexOf(10, at); end >= 0; at = end + 1, end = bytes.indexOf(10, at)) {
        this.#line(bytes.toString('utf8', at, end));
      }
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : bytes.subarray(at);
  }

  /** @throws Error that says what is wrong with it, that it is cut off above all */
  end(): Manifest {
    // One that somebody has formatted anew has no such head: it is read as one value.
    if (!this.#head) return decodeWhole(JSON.parse(this.#rest.toString()) as Stored);
    if (this.#part !== 'end') throw new Error('it is cut off');
    return { ...about(this.#head), files: this.#files, kept: this.#kept };
  }

  /** @returns where the files begin; 0 until that has arrived */
  #readHead(bytes: Buffer): number {
    const start = bytes.indexOf(FILES);
    if (start < 0) return 0;
    this.#head = JSON.parse(`${bytes.toString('utf8', 0, start).replace(/,$/, '')}}`) as Stored;
    this.#read = lineReader(this.#head);
    return start + FILES.length;
  }

  #line(text: string): void {
    if (this.#part === 'end' || text === '') return;
    if (text === '],"kept":[') this.#part = 'kept';
    else if (text === ']}') this.#part = 'end';
    else if (!text.startsWith('[')) throw new Error('it is cut off');
    else {
      const line = JSON.parse(text.endsWith(',') ? text.slice(0, -1) : text) as Line;
      if (this.#part === 'kept') this.#kept.push({ ...this.#read(line, 1), age: Number(line[5]) });
      else this.#files.push(this.#shared(this.#read(line, 0)));
    }
  }

  #shared(file: SiteFile): SiteFile {
    if (!this.#pool) return file;
    const known = this.#pool.get(file.path);
    if (!known) this.#pool.set(file.path, file);
    return known && isSame(known, file) ? known : file;
  }
}

const isSame = (a: SiteFile, b: SiteFile) =>
  a.sha256 === b.sha256 &&
  a.md5 === b.md5 &&
  a.size === b.size &&
  a.etag === b.etag &&
  sameHeaders(a.headers, b.headers) &&
  a.headers.carried?.join() === b.headers.carried?.join();

/**
 * Reads a stored manifest that is here whole.
 * @throws Error that says what is wrong with it
 */
export function decodeManifest(body: Buffer): Manifest {
  const reader = new ManifestReader();
  reader.push(body);
  return reader.end();
}

interface Stored {
  readonly version?: unknown;
  readonly release?: unknown;
  readonly createdAt?: unknown;
  readonly entries?: unknown;
  readonly headers?: readonly FileHeaders[];
  readonly files?: readonly Line[];
  readonly kept?: readonly Line[];
}

/** One that somebody has formatted anew. */
function decodeWhole(stored: Stored): Manifest {
  const read = lineReader(stored);
  if (!Array.isArray(stored.files)) throw new Error('it has no list of files');
  const files = stored.files.map((line: Line) => read(line, 0));
  const kept = (stored.kept ?? []).map((line): KeptFile => ({ ...read(line, 1), age: Number(line[5]) }));
  return { ...about(stored), files, kept };
}

const about = (stored: Stored) => ({
  version: 1 as const,
  release: String(stored.release),
  createdAt: String(stored.createdAt),
  ...(Array.isArray(stored.entries) ? { entries: stored.entries.map(String) } : {}),
});

/** What a manifest names is written to the site's bucket by a rollback: a path that no deployment writes is refused. */
const pathProblem = (path: string): string | undefined => (path === '' ? 'it is empty' : nameProblem(path));

/** @returns what reads one line; `extra` fields stand before the ETag */
function lineReader(stored: Stored): (line: Line, extra: number) => SiteFile {
  if (stored.version !== 1) throw new Error(`version ${JSON.stringify(stored.version)} is not known`);
  if (!Array.isArray(stored.headers)) throw new Error('it has no list of headers');
  const sets = new HeaderSets();
  const headers = stored.headers.map((set: FileHeaders) => sets.unique(set));
  return (line, extra) => {
    const set = headers[line[4]];
    const whole =
      typeof line[0] === 'string' && /^[0-9a-f]{64}$/.test(line[1]) && Number.isSafeInteger(line[3]);
    const wrong = whole ? pathProblem(line[0]) : undefined;
    if (wrong)
      throw new Error(`${JSON.stringify(line[0]).slice(0, 200)} is not the path of a file: ${wrong}`);
    if (!whole || !set) {
      throw new Error(`line ${JSON.stringify(line).slice(0, 200)} is not one of a file`);
    }
    const etag = line[5 + extra];
    const file = { path: line[0], sha256: line[1], md5: line[2], size: line[3], headers: set };
    return typeof etag === 'string' ? { ...file, etag } : file;
  };
}

/** A site that has nothing: what was live before the first release. */
export const emptyManifest = (release: string): Manifest => ({
  version: 1,
  release,
  createdAt: new Date(0).toISOString(),
  files: [],
  kept: [],
});

/** Where most sites begin, and all of a manifest that says nothing. */
export const INDEX: readonly string[] = ['index.html'];

/** Pages that the site begins with; none of a site that others load. */
export const entriesOf = ({ entries }: Pick<Manifest, 'entries'>): readonly string[] => entries ?? INDEX;

/** All that is live with a manifest. */
export function* liveFiles(manifest: Manifest): Generator<SiteFile> {
  yield* manifest.files;
  yield* manifest.kept;
}

/** The same, to be asked by path. */
export const byPath = (manifest: Manifest): Map<string, SiteFile> => {
  const files = new Map<string, SiteFile>();
  for (const file of liveFiles(manifest)) files.set(file.path, file);
  return files;
};

/** Sum of sizes, in bytes. */
export const totalBytes = (files: readonly SiteFile[]): number =>
  files.reduce((sum, file) => sum + file.size, 0);
