import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/**
 * The texts that Signature Version 4 signs, made anew from a request as it came:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

export const sha256 = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Bytes that stay as they are: RFC 3986's unreserved ones. */
const UNRESERVED = /[A-Za-z0-9._~-]/;
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return byte < 128 && UNRESERVED.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});
const SLASH = 0x2f;

function encode(bytes: Uint8Array, keepSlash: boolean): string {
  let text = '';
  for (const byte of bytes) text += keepSlash && byte === SLASH ? '/' : ENCODED[byte];
  return text;
}

/** The bytes that percent-encoded text stands for; a `%` that begins no code is itself. */
function decode(text: string): Buffer {
  if (!text.includes('%')) return Buffer.from(text, 'utf8');
  const parts = text.split(/(%[0-9a-fA-F]{2})/);
  return Buffer.concat(
    parts.map((part, i) =>
      i % 2 === 1 ? Buffer.of(Number.parseInt(part.slice(1), 16)) : Buffer.from(part, 'utf8'),
    ),
  );
}

/** Plain as most paths and keys are: nothing to decode or to encode. */
const PLAIN = /^[\w.~/-]*$/;

/**
 * @param asWritten S3's way: the path is taken as it is, encoded once; every other service removes dot segments and
 *   doubled slashes, and encodes what is encoded already once more
 */
export function canonicalPath(rawPath: string, asWritten: boolean): string {
  if (asWritten) return PLAIN.test(rawPath) ? rawPath || '/' : encode(decode(rawPath), true);
  const segments: string[] = [];
  for (const segment of rawPath.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const end = segments.length > 0 && /\/\.{0,2}$/.test(rawPath) ? '/' : '';
  return encode(Buffer.from(`/${segments.join('/')}${end}`, 'utf8'), true);
}

/** Names and values encoded and sorted; `without` is left out (the signature of a presigned URL). */
export function canonicalQuery(rawQuery: string, without?: string): string {
  if (rawQuery === '') return '';
  const pairs: Array<readonly [string, string]> = [];
  for (const part of rawQuery.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = again(equals < 0 ? part : part.slice(0, equals));
    if (name !== without) pairs.push([name, equals < 0 ? '' : again(part.slice(equals + 1))]);
  }
  pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

const again = (text: string) => encode(decode(text.replaceAll('+', ' ')), false);

/** The signed headers with their values: trimmed, inner spaces made one, those of one name joined by commas. */
function canonicalHeaders(rawHeaders: readonly string[], names: readonly string[]): string {
  const values = new Map<string, string[]>(names.map((name) => [name, []]));
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1] ?? '';
    values.get((rawHeaders[i] ?? '').toLowerCase())?.push(value.trim().replace(/\s+/g, ' '));
  }
  return names.map((name) => `${name}:${(values.get(name) ?? []).join(',')}\n`).join('');
}

/** A request as it came. */
export interface RawRequest {
  readonly method: string;
  /** Percent-encoded, without the query. */
  readonly rawPath: string;
  /** Without `?`. */
  readonly rawQuery: string;
  /** Names and values in turn, as Node's `rawHeaders`. */
  readonly rawHeaders: readonly string[];
}

/** @param payload the hash of the body, or the word that stands for it (`UNSIGNED-PAYLOAD`, `STREAMING-…`) */
export function canonicalRequest(
  request: RawRequest,
  signedHeaders: readonly string[],
  payload: string,
  asWritten: boolean,
): string {
  return [
    request.method,
    canonicalPath(request.rawPath, asWritten),
    canonicalQuery(request.rawQuery, 'X-Amz-Signature'),
    canonicalHeaders(request.rawHeaders, signedHeaders),
    signedHeaders.join(';'),
    payload,
  ].join('\n');
}

/** Where and for what a signing key is good: the parts of a credential scope. */
export interface Scope {
  /** `20260101`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export const scopeText = ({ date, region, service }: Scope): string =>
  `${date}/${region}/${service}/aws4_request`;

/** @param time `20260101T120000Z` */
export const stringToSign = (time: string, scope: Scope, canonical: string): string =>
  `AWS4-HMAC-SHA256\n${time}\n${scopeText(scope)}\n${sha256(canonical)}`;

export const sign = (key: KeyObject, text: string): string =>
  createHmac('sha256', key).update(text).digest('hex');

const derived = new Map<string, KeyObject>();
/** A day's keys of a few services and regions; more than this are those of a fuzzer. */
const KEPT = 1000;

/** The key of a scope, derived from a secret access key once. */
export function signingKey(secret: string, scope: Scope): KeyObject {
  const name = `${secret}\n${scopeText(scope)}`;
  const known = derived.get(name);
  if (known) return known;
  const bytes = [scope.date, scope.region, scope.service, 'aws4_request'].reduce<Buffer>(
    (parent, part) => createHmac('sha256', parent).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  const key = createSecretKey(bytes);
  if (derived.size >= KEPT) derived.clear();
  derived.set(name, key);
  return key;
}
