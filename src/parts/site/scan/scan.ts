import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type BrotliOptions, brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { compareKeys } from '../../../aws/bulk-store.ts';
import { failed, refused } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { SiteFile } from '../types.ts';
import { MARK_FILES, markedPaths } from './build-marks.ts';
import { type CacheRule, REVALIDATE } from './cache-rules.ts';
import { contentTypeOf } from './content-type.ts';
import { refuseForbidden } from './forbidden-files.ts';
import { type FileHash, hashAll } from './hash-files.ts';
import { hasHashOfBuild } from './hashed-names.ts';
import { cacheRulesOf, type HeaderRule } from './header-rules.ts';
import { HeaderSets } from './headers.ts';
import { HEADERS_FILE, parseHeadersFile } from './headers-file.ts';
import { isPage } from './is-page.ts';
import { BLAZOR_BOOT, blazorPaths, integritiesOf, NGSW, ngswPaths } from './more-marks.ts';
import { checkNames, LARGEST_FILE } from './names.ts';
import { keysOfRedirect, type Redirect } from './redirect-circles.ts';
import { parseRedirects, redirectPage } from './redirects.ts';
import { refuseOtherEncoding, servedWith } from './served-with.ts';
import {
  type Encoding,
  encodingOfBytes,
  isCompressedName,
  isLoadedEncoded,
  readLoads,
  type StoredEncoding,
} from './stored-encoding.ts';
import { walk } from './walk.ts';

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
  /** Of the input `headers`; they go before those of a `_headers` file. */
  readonly headerRules: readonly HeaderRule[];
  /** Pages that the site begins with; none of a site that others load. */
  readonly entries: readonly string[];
  /** Whether a file is meant to be published although it looks as if it were not. */
  readonly allowed: (path: string) => boolean;
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
  /** What the user says of headers, in the input and in the folder's `_headers`; earlier ones win. */
  readonly headerRules: readonly HeaderRule[];
  /** What the user says of caching, in all its places. */
  readonly cacheRules: readonly CacheRule[];
  /** Lines of `_headers` that S3 cannot do, see `HeadersFile`. */
  readonly beyondS3: readonly string[];
  /** Lines of `_redirects`; each stands at one path or more. */
  readonly redirects: readonly Redirect[];
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
  const paths = walked.paths.filter((path) => path !== REDIRECTS && path !== HEADERS_FILE).sort(compareKeys);
  checkNames(paths, options.livePrefix);
  const onProgress = (done: number) => log.progress(`read ${done} of ${paths.length} files`);
  const hashes = await hashAll(options.source, paths, onProgress);
  const read = paths.map((path, i) => Object.assign(wholeHash(path, hashes[i] as FileHash), { path }));
  refuseForbidden(read, options.allowed, options.entries);
  const said = walked.paths.includes(HEADERS_FILE)
    ? parseHeadersFile(readFileSync(join(options.source, HEADERS_FILE), 'utf8'))
    : { rules: [], beyond: [] };
  const headerRules = [...options.headerRules, ...said.rules];
  const cacheRules = [...options.cacheRules, ...cacheRulesOf(headerRules)];
  // Most files are sent as they are: what is not said once for each of 100,000 takes no memory.
  const made = new Map<string, Source>();
  const files = filesOf(options, read, made, { headerRules, cacheRules });
  const redirects = walked.paths.includes(REDIRECTS) ? addRedirects(options, files, made) : [];
  files.sort((a, b) => compareKeys(a.path, b.path));
  const sources = sourcesOf(options.source, new Set(paths), made);
  const { beyond: beyondS3 } = said;
  const skippedDotfiles = walked.skipped;
  return { files, sources, skippedDotfiles, headerRules, cacheRules, beyondS3, redirects };
}

/** The files with their headers; what is compressed for them is noted in `made`. */
function filesOf(
  options: ScanOptions,
  read: ReadonlyArray<FileHash & { readonly path: string }>,
  made: Map<string, Source>,
  rules: Pick<Scanned, 'headerRules' | 'cacheRules'>,
): SiteFile[] {
  const { source } = options;
  const sets = new HeaderSets();
  const marked = markedIn(options, read);
  const stored = storedEncodings(source, read);
  return read.map((hash) => {
    const { path } = hash;
    const full = join(source, path);
    const encoding = options.precompress(path);
    if (encoding) made.set(path, { kind: 'compressed', full, encoding });
    const { size, sha256, md5 } = encoding ? hashOf(compress(readFileSync(full), encoding)) : hash;
    const headers = servedWith(path, hash, { ...rules, marked, encoding, stored: stored.get(path) });
    if (!encoding) refuseOtherEncoding(path, full, headers.contentEncoding);
    return { path, sha256, md5, size, headers: sets.unique(headers) };
  });
}

/** Paths whose names belong to one content, by the lists of build tools and by what the entry page demands. */
function markedIn(
  { source, entries }: ScanOptions,
  read: ReadonlyArray<FileHash & { readonly path: string }>,
): ReadonlySet<string> {
  const paths = new Set(read.map(({ path }) => path));
  const demanded = entries
    .flatMap((entry) => integritiesOf(readList(source, entry)))
    .flatMap(({ url, algorithm, digest }) => {
      const path = url.replace(/[?#].*$/, '').replace(/^(?:\.?\/)+/, '');
      if (!paths.has(path) || !hasHashOfBuild(path)) return [];
      const hash = createHash(algorithm).update(readFileSync(join(source, path)));
      return hash.digest('base64') === digest ? [path] : [];
    });
  return new Set([
    ...MARK_FILES.flatMap((name) => markedPaths(readList(source, name))),
    ...ngswPaths(readList(source, NGSW)),
    ...blazorPaths(readList(source, BLAZOR_BOOT)),
    ...demanded,
  ]);
}

/** The build's own compressed files that the site leaves to the browser to decode, by path. */
function storedEncodings(
  source: string,
  read: ReadonlyArray<FileHash & { readonly path: string }>,
): Map<string, StoredEncoding> {
  const names = read.map(({ path }) => path).filter(isCompressedName);
  if (names.length === 0) return new Map();
  const pages = read.filter(({ path, head }) => isPage(contentTypeOf(path, head))).map(({ path }) => path);
  const loads = readLoads(
    source,
    read.map(({ path }) => path),
    pages,
  );
  return new Map(
    names
      .filter((path) => isLoadedEncoded(path, loads))
      .flatMap((path): [string, StoredEncoding][] => {
        const found = encodingOfBytes(path, join(source, path));
        return found ? [[path, found]] : [];
      }),
  );
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

function addRedirects(options: ScanOptions, files: SiteFile[], made: Map<string, Source>): Redirect[] {
  const taken = new Set(files.map((file) => file.path));
  const text = readFileSync(join(options.source, REDIRECTS), 'utf8');
  const redirects = parseRedirects(text, (path) => taken.has(path));
  for (const redirect of redirects) {
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
  return redirects;
}

export function hashOf(bytes: Uint8Array): Pick<FileHash, 'size' | 'sha256' | 'md5'> {
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
