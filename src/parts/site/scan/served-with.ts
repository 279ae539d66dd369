import { closeSync, openSync, readSync } from 'node:fs';
import { refused } from '../../../runtime/errors.ts';
import type { FileHeaders } from '../types.ts';
import { type CacheRule, cacheControlOf } from './cache-rules.ts';
import { contentTypeOf } from './content-type.ts';
import type { FileHash } from './hash-files.ts';
import { type HeaderRule, headersBy } from './header-rules.ts';
import { isPage } from './is-page.ts';
import { decodedStart, type Encoding, type StoredEncoding } from './stored-encoding.ts';

/** What decides about a file's headers beside its name and its bytes. */
export interface Serving {
  readonly headerRules: readonly HeaderRule[];
  readonly cacheRules: readonly CacheRule[];
  readonly marked: ReadonlySet<string>;
  /** How we compress the file. */
  readonly encoding: Encoding | undefined;
  /** How the build compressed it, where the browser is to decode it. */
  readonly stored: StoredEncoding | undefined;
}

/** The headers of a file: the user's rules, then what its bytes and its name say. Pure. */
export function servedWith(path: string, hash: FileHash, serving: Serving): FileHeaders {
  const { headerRules, cacheRules, marked, encoding, stored } = serving;
  const own = headersBy(path, headerRules);
  const contentType =
    own.contentType ??
    (stored ? contentTypeOf(stored.inner, '', stored.charset) : contentTypeOf(path, hash.head, hash.charset));
  const page = isPage(contentType);
  const contentEncoding = encoding ?? own.contentEncoding ?? stored?.encoding;
  return {
    ...own,
    contentType,
    cacheControl: cacheControlOf(path, cacheRules, { content: hash, marked, page }),
    ...(contentEncoding ? { contentEncoding } : {}),
  };
}

/**
 * A file that says of itself that it is compressed and is not cannot be opened by any browser.
 * @throws ActionError `refused`
 */
export function refuseOtherEncoding(path: string, full: string, encoding: string | undefined): void {
  if (encoding !== 'gzip' && encoding !== 'br') return;
  const fd = openSync(full, 'r');
  const head = Buffer.alloc(65_536);
  try {
    if (decodedStart(head.subarray(0, readSync(fd, head, 0, head.length, 0)), encoding)) return;
  } finally {
    closeSync(fd);
  }
  throw refused({
    input: 'headers',
    what: `${path} is not compressed with ${encoding}, as its Content-Encoding would say`,
    fix: 'correct the line of `headers` or `_headers`; `precompress` compresses files that are not',
  });
}
