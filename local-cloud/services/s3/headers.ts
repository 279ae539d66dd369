import { CloudFault } from '../../core/service.ts';
import { lockHeaders } from './lock.ts';
import type { S3Object } from './model.ts';

type Headers = Readonly<Record<string, string>>;

const KEPT = [
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
  'x-amz-storage-class',
] as const;

/** Bytes of all user metadata, names and values: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA = 2048;

const META = 'x-amz-meta-';

/**
 * Headers that S3 keeps with an object.
 * @param encryption how it is encrypted: see encryption.ts
 * @throws CloudFault InvalidRedirectLocation, InvalidStorageClass, …
 */
export function keptHeaders(headers: Headers, encryption: Headers): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': headers['content-type'] ?? 'binary/octet-stream' };
  for (const name of KEPT) {
    const value = headers[name];
    if (value !== undefined) kept[name] = value;
  }
  const encoding = contentEncoding(headers['content-encoding']);
  if (encoding) kept['content-encoding'] = encoding;
  Object.assign(kept, encryption);
  if (kept['x-amz-storage-class'] === 'STANDARD') delete kept['x-amz-storage-class'];
  checkKept(kept);
  return kept;
}

/** `aws-chunked` is how the request came, not how the content is encoded. */
function contentEncoding(header: string | undefined): string | undefined {
  const rest = (header ?? '').split(',').filter((one) => one.trim().toLowerCase() !== 'aws-chunked');
  return rest.join(',').trim() || undefined;
}

export const STORAGE_CLASSES = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
]);

function checkKept(kept: Headers): void {
  const redirect = kept['x-amz-website-redirect-location'];
  if (redirect !== undefined && (!/^(\/|https?:\/\/)/.test(redirect) || redirect.length > 2048)) {
    throw new CloudFault(
      'InvalidRedirectLocation',
      "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    );
  }
  const storage = kept['x-amz-storage-class'];
  if (storage !== undefined && !STORAGE_CLASSES.has(storage)) {
    throw new CloudFault('InvalidStorageClass', 'The storage class you specified is not valid', 400, {
      StorageClassRequested: storage,
    });
  }
}

/** User metadata without its prefix. @throws CloudFault MetadataTooLarge */
export function metadataOf(headers: Headers): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (const name in headers) {
    if (!name.startsWith(META)) continue;
    const value = headers[name] ?? '';
    metadata[name.slice(META.length)] = value;
    size += name.length - META.length + Buffer.byteLength(value);
  }
  if (size > MAX_METADATA) {
    throw new CloudFault(
      'MetadataTooLarge',
      'Your metadata headers exceed the maximum allowed metadata size',
      400,
      {
        Size: String(size),
        MaxSizeAllowed: String(MAX_METADATA),
      },
    );
  }
  return metadata;
}

/** `x-amz-tagging: a=1&b=2`. @throws CloudFault InvalidTag, BadRequest */
export function taggingHeader(header: string | undefined): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(header ?? '')) {
    if (Object.hasOwn(tags, key)) throw invalidTag('Cannot provide multiple Tags with the same key');
    tags[key] = value;
  }
  if (Object.keys(tags).some(isSystemTag)) throw invalidTag('Your TagKey cannot be prefixed with aws:');
  return checkTags(tags, 10);
}

const isSystemTag = (key: string) => /^aws:/i.test(key);

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function checkTags(tags: Record<string, string>, max: number): Record<string, string> {
  const all = Object.entries(tags);
  if (all.length > max) throw new CloudFault('BadRequest', `Object tags cannot be greater than ${max}`);
  for (const [key, value] of all) {
    if (key === '' || key.length > 128 || !TAG.test(key))
      throw invalidTag('The TagKey you have provided is invalid');
    if (value.length > 256 || !TAG.test(value)) throw invalidTag('The TagValue you have provided is invalid');
    if (isSystemTag(key)) throw invalidTag('System tags cannot be added/updated by requester');
  }
  return tags;
}

const invalidTag = (message: string) => new CloudFault('InvalidTag', message);

/** Query parameters by which a signed GET overrides what is answered. */
const OVERRIDES: Readonly<Record<string, string>> = {
  'response-content-type': 'content-type',
  'response-content-language': 'content-language',
  'response-expires': 'expires',
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
};

/**
 * What is not ASCII comes back in RFC 2047's words, as S3 has it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
const printable = (value: string) =>
  /^[\x20-\x7e\t]*$/.test(value) ? value : `=?UTF-8?B?${Buffer.from(value, 'utf8').toString('base64')}?=`;

/** Headers of an answer to GET or HEAD. */
export function objectHeaders(object: S3Object, withChecksum: boolean): Record<string, string> {
  const headers: Record<string, string> = {
    ...object.headers,
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modified).toUTCString(),
    'accept-ranges': 'bytes',
  };
  for (const name in object.metadata) headers[META + name] = printable(object.metadata[name] ?? '');
  if (object.versionId !== 'null') headers['x-amz-version-id'] = object.versionId;
  Object.assign(headers, lockHeaders(object.lock));
  const tags = Object.keys(object.tags).length;
  if (tags > 0) headers['x-amz-tagging-count'] = String(tags);
  if (withChecksum && object.checksum) {
    headers[`x-amz-checksum-${object.checksum.algorithm.toLowerCase()}`] = object.checksum.value;
    headers['x-amz-checksum-type'] = object.checksum.type;
  }
  return headers;
}

/** @throws CloudFault InvalidRequest where an anonymous request overrides, InvalidArgument for what no header can hold */
export function overrides(query: URLSearchParams, signed: boolean): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of query) {
    const header = OVERRIDES[name];
    if (!header) continue;
    if (!signed) {
      throw new CloudFault(
        'InvalidRequest',
        'Request specific response headers cannot be used for anonymous GET requests.',
      );
    }
    if (/\p{Cc}/u.test(value)) {
      throw new CloudFault('InvalidArgument', 'Header value cannot be represented using ISO-8859-1.', 400, {
        ArgumentName: name,
      });
    }
    // Bytes of UTF-8 as they are: a header is written in Latin-1.
    found[header] = Buffer.from(value, 'utf8').toString('latin1');
  }
  return found;
}
