import type { ObjectHeaders } from '../../../aws/object-store.ts';
import type { FileHeaders } from '../types.ts';

const FIELDS = [
  'contentType',
  'cacheControl',
  'contentEncoding',
  'contentDisposition',
  'contentLanguage',
  'redirect',
] as const;

export function sameHeaders(a: FileHeaders, b: FileHeaders): boolean {
  if (a === b) return true;
  return (
    FIELDS.every((field) => (a[field] ?? '') === (b[field] ?? '')) &&
    metadataKey(a.metadata) === metadataKey(b.metadata)
  );
}

/** One object for each distinct set of headers: a site of 100,000 files has a dozen. */
export class HeaderSets {
  readonly #known = new Map<string, FileHeaders>();

  unique(headers: FileHeaders): FileHeaders {
    const key = headerKey(headers);
    const known = this.#known.get(key);
    if (known) return known;
    this.#known.set(key, headers);
    return headers;
  }
}

function headerKey(headers: FileHeaders): string {
  const carried = headers.carried?.join() ?? '';
  return `${FIELDS.map((field) => headers[field] ?? '').join('\n')}\n${carried}\n${metadataKey(headers.metadata)}`;
}

const metadataKey = (metadata: FileHeaders['metadata']) =>
  Object.entries(metadata ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

/** As S3 keeps them with an object. */
export function toObjectHeaders(headers: FileHeaders): ObjectHeaders {
  return {
    contentType: headers.contentType,
    cacheControl: headers.cacheControl,
    contentEncoding: headers.contentEncoding,
    contentDisposition: headers.contentDisposition,
    contentLanguage: headers.contentLanguage,
    websiteRedirect: headers.redirect,
    metadata: headers.metadata,
  };
}

/** As a manifest has them. */
export function fromObjectHeaders(headers: ObjectHeaders): FileHeaders {
  return {
    contentType: headers.contentType ?? '',
    cacheControl: headers.cacheControl ?? '',
    ...(headers.contentEncoding ? { contentEncoding: headers.contentEncoding } : {}),
    ...(headers.contentDisposition ? { contentDisposition: headers.contentDisposition } : {}),
    ...(headers.contentLanguage ? { contentLanguage: headers.contentLanguage } : {}),
    ...(headers.websiteRedirect ? { redirect: headers.websiteRedirect } : {}),
    ...(headers.metadata && Object.keys(headers.metadata).length > 0 ? { metadata: headers.metadata } : {}),
  };
}
