import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, constants, gunzipSync } from 'node:zlib';

export type Encoding = 'br' | 'gzip';

/** Files that the build compressed, and the names that they stand for: `game.wasm.br` is a `game.wasm`. */
export interface StoredEncoding {
  /** Name without the ending. */
  readonly inner: string;
  readonly encoding: Encoding;
  /** What the bytes inside show, as in `FileHash`. */
  readonly charset: string;
}

/** What the folder tells of how its compressed files are loaded. */
export interface Loads {
  has(path: string): boolean;
  /** Text of the pages' scripts, and of the tags that load something. */
  readonly pages: string;
}

const COMPRESSED = /^(.+\.[a-z0-9]+)\.(gz|br|unityweb)$/i;
/** What a browser runs, and cannot run compressed. */
const CODE = /\.(?:m?js|css|wasm)$/i;
/** https://docs.unity3d.com/Manual/webgl-deploying.html */
const UNITY = /\.(?:data|wasm|framework\.js|symbols\.json|asm\.code|asm\.framework|asm\.memory)$/i;
/** Libraries and interfaces with which a page takes the file apart by itself: then it must arrive as it is stored. */
const DECODES = /\b(?:BrotliDecode|DecompressionStream|pako|fflate|gunzipSync)\b|\bdecode(?:\.min)?\.js\b/;

export const isCompressedName = (path: string): boolean => COMPRESSED.test(path);

/**
 * Whether the site loads a compressed file under its own name and leaves it to the browser to decode it: Unity's loader
 * does; so does a page that names it, or whose script has no uncompressed twin. A twin is for servers that choose by
 * Accept-Encoding (nginx, Blazor's host), which S3 does not. Pure.
 */
export function isLoadedEncoded(path: string, loads: Loads): boolean {
  const [, inner = '', ending = ''] = COMPRESSED.exec(path) ?? [];
  if (ending.toLowerCase() === 'unityweb') return true;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  if (UNITY.test(inner) && loads.has(`${folder}*.loader.js`)) return true;
  if (!CODE.test(inner) || DECODES.test(loads.pages)) return false;
  const name = path.slice(folder.length);
  if (!loads.has(inner) || loads.pages.includes(name)) return true;
  // Blazor's loadBootResource: `fetch(defaultUri + '.br')`.
  return /(?:^|\/)_framework\/$/.test(folder) && new RegExp(`['"\`]\\.${ending}['"\`]`).test(loads.pages);
}

/** What the folder's pages say; read only where there are compressed files. @param pages paths */
export function readLoads(source: string, paths: readonly string[], pages: readonly string[]): Loads {
  const all = new Set(paths);
  for (const path of paths) if (path.endsWith('.loader.js')) all.add(path.replace(/[^/]*$/, '*.loader.js'));
  const text = pages.map((page) => readFileSync(join(source, page), 'utf8').replaceAll(/<a\b[^>]*>/gi, ''));
  const loading = text.flatMap((html) => html.match(/<script\b[\s\S]*?<\/script|<link\b[^>]*>/gi) ?? []);
  return { has: (path) => all.has(path), pages: loading.join('\n') };
}

/** Bytes of a file that are looked at. */
const HEAD = 65_536;
/** Bytes that they may become: a bomb is no file of a site. */
const MOST_INSIDE = 64 * 1024 ** 2;

/**
 * How a file's bytes are compressed, as they show it; `undefined` where they are not, whatever its name says.
 * @param full path of a file whose name `isCompressedName`
 */
export function encodingOfBytes(path: string, full: string): StoredEncoding | undefined {
  const [, inner = '', ending = ''] = COMPRESSED.exec(path) ?? [];
  const head = headOf(full);
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  // Unity writes into a stream of its own what it is: brotli itself has no mark.
  const marked = head.subarray(0, 64).includes('UnityWeb Compressed Content (brotli)');
  const encoding = isGzip ? 'gzip' : ending.toLowerCase() === 'br' || marked ? 'br' : undefined;
  if (!encoding || (ending.toLowerCase() === 'gz' && !isGzip)) return undefined;
  const start = decodedStart(head, encoding);
  if (!start) return undefined;
  return { inner, encoding, charset: isUtf8(start.subarray(0, lastWhole(start))) ? 'utf-8' : '' };
}

function headOf(full: string): Buffer {
  const fd = openSync(full, 'r');
  try {
    const buffer = Buffer.alloc(HEAD);
    return buffer.subarray(0, readSync(fd, buffer, 0, HEAD, 0));
  } finally {
    closeSync(fd);
  }
}

/** What the first bytes become; `undefined` where they are no such stream. */
export function decodedStart(head: Buffer, encoding: Encoding): Buffer | undefined {
  try {
    return encoding === 'gzip'
      ? gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_INSIDE })
      : brotliDecompressSync(head, {
          finishFlush: constants.BROTLI_OPERATION_FLUSH,
          maxOutputLength: MOST_INSIDE,
        });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? Buffer.alloc(0) : undefined;
  }
}

/** Where the last line of a cut text ends: what is after it may be half a character. */
const lastWhole = (bytes: Buffer): number => {
  const end = bytes.lastIndexOf(10);
  return end < 0 ? Math.max(0, bytes.length - 4) : end;
};
