import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type BrotliOptions, brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { compareKeys } from '../aws/bulk-store.ts';
import { failed, refused } from '../runtime/errors.ts';
import { keepHeapSmall } from '../runtime/heap.ts';
import type { Log } from '../runtime/log.ts';
import { MARK_FILES, markedPaths } from './build-marks.ts';
import { type CacheRule, cacheControlOf, REVALIDATE } from './cache-rules.ts';
import { contentTypeOf } from './content-type.ts';
import { type FileHash, hashAll } from './hash-files.ts';
import { HeaderSets } from './headers.ts';
import { checkNames, LARGEST_FILE } from './names.ts';
import { parseRedirects, redirectPage } from './redirects.ts';
import type { SiteFile } from './types.ts';
import { walk } from './walk.ts';

export type Encoding = 'br' | 'gzip';

export interface ScanOptions {
  /** The folder, absolute. */
  readonly source: string;
  /** Prefix of the live keys, for their length. */
  readonly livePrefix: string;
  readonly excluded: (path: string) => boolean;
  readonly dotfiles: boolean;
  readonly cacheRules: readonly CacheRule[];
  /** How a file is compressed before it is stored; `undefined` leaves it to CloudFront. */
  readonly precompress: (path: string) => Encoding | undefined;
}

/** Where a file's bytes are. */
export type Source =
  | { readonly kind: 'file'; readonly full: string }
  | { readonly kind: 'compressed'; readonly full: string; readonly encoding: Encoding }
  | { readonly kind: 'bytes'; readonly bytes: Buffer };

/** Where bytes can be had by path; what it does not know is in the release bucket as a blob. */
export interface Sources {
  get(path: string): Source | undefined;
}

export const noSources: Sources = { get: () => undefined };

/** The folder as it is to be served. */
export interface Scanned {
  /** In S3's order of keys. */
  readonly files: readonly SiteFile[];
  readonly sources: Sources;
  readonly skippedDotfiles: readonly string[];
}

/** Netlify's and Cloudflare's name for it. */
const REDIRECTS = '_redirects';

/**
 * Reads the whole folder: names, bytes, and the headers that each file is served with.
 * @throws ActionError `refused` for what cannot be served.
 */
export async function scan(options: ScanOptions, log: Log): Promise<Scanned> {
  checkFolder(options.source);
  const walked = await walk(options.source, options);
  const paths = walked.paths.filter((path) => path !== REDIRECTS).sort(compareKeys);
  keepHeapSmall(paths.length);
  checkNames(paths, options.livePrefix);
  const onProgress = (done: number) => log.progress(`read ${done} of ${paths.length} files`);
  const hashes = await hashAll(options.source, paths, onProgress);
  const sets = new HeaderSets();
  // Most files are sent as they are: what is not said once for each of 100,000 takes no memory.
  const made = new Map<string, Source>();
  const files: SiteFile[] = [];
  const marked = new Set(MARK_FILES.flatMap((name) => markedPaths(readList(options.source, name))));
  paths.forEach((path, i) => {
    const hash = wholeHash(path, hashes[i] as FileHash);
    const contentType = contentTypeOf(path, hash.head);
    const cacheControl = cacheControlOf(path, options.cacheRules, { content: hash, marked });
    const encoding = options.precompress(path);
    let content: Omit<FileHash, 'head'> = hash;
    if (encoding) {
      const full = join(options.source, path);
      made.set(path, { kind: 'compressed', full, encoding });
      content = hashOf(compress(readFileSync(full), encoding));
    }
    files.push({
      path,
      sha256: content.sha256,
      md5: content.md5,
      size: content.size,
      headers: sets.unique({ contentType, cacheControl, ...(encoding ? { contentEncoding: encoding } : {}) }),
    });
  });
  if (walked.paths.includes(REDIRECTS)) addRedirects(options, files, made);
  files.sort((a, b) => compareKeys(a.path, b.path));
  const sources = sourcesOf(options.source, new Set(paths), made);
  return { files, sources, skippedDotfiles: walked.skipped };
}

/** Bytes of a build tool's list that are still read: one of 100,000 files. */
const LARGEST_LIST = 32 * 1024 ** 2;

/** A build tool's list where there is one, else nothing; it may be in a folder that is not published. */
function readList(source: string, name: string): string {
  const full = join(source, name);
  const found = statSync(full, { throwIfNoEntry: false });
  return found?.isFile() && found.size <= LARGEST_LIST ? readFileSync(full, 'utf8') : '';
}

/** Beside `scan`, so that it keeps nothing of it in memory but what it is given. */
const sourcesOf = (
  folder: string,
  asTheyAre: ReadonlySet<string>,
  made: ReadonlyMap<string, Source>,
): Sources => ({
  get: (path) =>
    made.get(path) ?? (asTheyAre.has(path) ? { kind: 'file', full: join(folder, path) } : undefined),
});

function checkFolder(source: string): void {
  const fix = 'build the site before this step; `source` is relative to the workspace';
  const found = statSync(source, { throwIfNoEntry: false });
  if (!found) throw refused({ input: 'source', what: 'there is no such folder', found: source, fix });
  if (!found.isDirectory()) throw refused({ input: 'source', what: 'is not a folder', found: source, fix });
}

function wholeHash(path: string, hash: FileHash | { problem: string } | undefined): FileHash {
  if (!hash || 'problem' in hash) {
    throw refused({
      input: 'source',
      what: `the file ${path} could not be read whole`,
      found: hash?.problem,
      fix: 'let the build end before this step begins; then run it again',
    });
  }
  if (hash.size <= LARGEST_FILE) return hash;
  throw refused({
    input: 'source',
    what: `the file ${path} is too large for S3 to take in one piece`,
    found: `${hash.size} bytes; the limit is ${LARGEST_FILE} (5 GiB)`,
    fix: 'name it in `exclude` and upload it by other means, or split it',
  });
}

function addRedirects(options: ScanOptions, files: SiteFile[], made: Map<string, Source>): void {
  const taken = new Set(files.map((file) => file.path));
  for (const redirect of parseRedirects(readFileSync(join(options.source, REDIRECTS), 'utf8'))) {
    // As in Netlify, a file that exists goes before a redirect of its path.
    if (taken.has(redirect.from)) continue;
    const bytes = Buffer.from(redirectPage(redirect.to));
    const headers = {
      contentType: 'text/html; charset=utf-8',
      cacheControl: REVALIDATE,
      redirect: encodeURI(decodeURI(redirect.to)),
    };
    const { sha256, md5, size } = hashOf(bytes);
    for (const path of keysOfRedirect(redirect.from).filter((key) => !taken.has(key))) {
      taken.add(path);
      made.set(path, { kind: 'bytes', bytes });
      files.push({ path, sha256, md5, size, headers });
    }
  }
}

/** Where a redirect stands: a function that finds the file of an address makes `/old` one of the other two. */
const keysOfRedirect = (from: string) =>
  /\.[^/]+$/.test(from) ? [from] : [from, `${from}.html`, `${from}/index.html`];

export function hashOf(bytes: Uint8Array): Omit<FileHash, 'head'> {
  const hex = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
  return { size: bytes.length, sha256: hex('sha256'), md5: hex('md5') };
}

/** The same bytes for the same input, always: a second compression must have the first one's hash. */
export function compress(bytes: Buffer, encoding: Encoding): Buffer {
  if (encoding === 'gzip') return gzipSync(bytes, { level: 9 });
  const options: BrotliOptions = {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  };
  return brotliCompressSync(bytes, options);
}

/** The bytes of a wanted file. @throws ActionError when they are no longer those that were hashed. */
export function readSource(file: SiteFile, source: Source): Buffer {
  const bytes =
    source.kind === 'bytes'
      ? source.bytes
      : source.kind === 'file'
        ? readFileSync(source.full)
        : compress(readFileSync(source.full), source.encoding);
  if (bytes.length !== file.size) throw changedSince(file.path);
  return bytes;
}

export const changedSince = (path: string) =>
  failed({
    what: `the file ${path} changed after it was read`,
    fix: 'let the build end before this step begins; then run it again',
  });
