import { CloudFault } from '../../core/service.ts';
import { escapeXml } from '../../core/xml.ts';
import { type Handler, NAMESPACE, numberParameter } from './call.ts';
import type { Bucket, S3Object } from './model.ts';
import type { OrderedMap } from './ordered-map.ts';
import { OWNER_ID } from './owner.ts';

/** Keys of one page: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const MAX_PAGE = 1000;

export interface Page {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  readonly truncated: boolean;
  /** The last key or common prefix of this page: the next one starts after it. */
  readonly last: string | undefined;
}

export interface PageRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** Keys and common prefixes up to and including this are left out. */
  readonly after: string | undefined;
  readonly max: number;
}

/** The first text, in the order of keys, that does not begin with `prefix`; `undefined` where there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = [...prefix];
  for (let point = points.pop(); point !== undefined; point = points.pop()) {
    const code = point.codePointAt(0) ?? 0;
    if (code < 0x10ffff) return points.join('') + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1);
  }
  return undefined;
}

/** One page of a listing. Skips over what a common prefix stands for, instead of walking through it. */
export function pageOf(objects: OrderedMap<unknown>, { prefix, delimiter, after, max }: PageRequest): Page {
  const all = objects.keys();
  const past = (rolledUp: string) => {
    const next = afterPrefix(rolledUp);
    return next === undefined ? all.length : objects.lowerBound(next);
  };
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  let at = objects.lowerBound(prefix);
  if (after !== undefined && objects.compare(after, prefix) >= 0) {
    const rolledUp = delimiter !== '' && after.endsWith(delimiter) && after.length > prefix.length;
    at = rolledUp ? past(after) : objects.lowerBound(after);
    if (!rolledUp && all[at] === after) at++;
  }
  for (let key = all[at]; key?.startsWith(prefix); key = all[at]) {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (keys.length + prefixes.length >= max) return { keys, prefixes, truncated: max > 0, last };
    if (cut < 0) {
      keys.push(key);
      last = key;
      at++;
    } else {
      last = key.slice(0, cut + delimiter.length);
      prefixes.push(last);
      at = past(last);
    }
  }
  return { keys, prefixes, truncated: false, last };
}

/** `encoding-type=url`, as S3 writes it: a space is `+`, and `/` stays. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+')
    .replace(/[!'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function encoderOf(query: URLSearchParams): (key: string) => string {
  const encoding = query.get('encoding-type');
  if (encoding === null || encoding === '') return escapeXml;
  if (encoding !== 'url') {
    throw new CloudFault('InvalidArgument', 'Invalid Encoding Method specified in Request', 400, {
      ArgumentName: 'encoding-type',
      ArgumentValue: encoding,
    });
  }
  return encodeKey;
}

let lastTime = Number.NaN;
let lastText = '';

/** Objects that were written in the same second stand together, as a rule. */
function timeText(ms: number): string {
  if (ms !== lastTime) {
    lastTime = ms;
    lastText = new Date(ms).toISOString();
  }
  return lastText;
}

const contents = (key: string, object: S3Object, owner: string): string =>
  `<Contents><Key>${key}</Key><LastModified>${timeText(object.modified)}</LastModified>` +
  `<ETag>&quot;${object.etag}&quot;</ETag>` +
  (object.checksum
    ? `<ChecksumAlgorithm>${object.checksum.algorithm}</ChecksumAlgorithm><ChecksumType>${object.checksum.type}</ChecksumType>`
    : '') +
  `<Size>${object.size}</Size>${owner}<StorageClass>${object.headers['x-amz-storage-class'] ?? 'STANDARD'}</StorageClass></Contents>`;

export const OWNER = `<Owner><ID>${OWNER_ID}</ID></Owner>`;

export const common = (prefixes: readonly string[], encode: (key: string) => string): string =>
  prefixes.map((p) => `<CommonPrefixes><Prefix>${encode(p)}</Prefix></CommonPrefixes>`).join('');

export const tag = (name: string, value: string | number | boolean | undefined): string =>
  value === undefined ? '' : `<${name}>${value}</${name}>`;

export function answer(root: string, inner: string) {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${inner}</${root}>`,
  };
}

export function requestOf(query: URLSearchParams, after: string | undefined): PageRequest {
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    after: after || undefined,
    max: numberParameter(query, 'max-keys', MAX_PAGE, MAX_PAGE),
  };
}

function objectsXml(bucket: Bucket, page: Page, encode: (key: string) => string, owner: string): string {
  let xml = '';
  for (const key of page.keys) xml += contents(encode(key), bucket.objects.get(key) as S3Object, owner);
  return xml;
}

export const listObjectsV2: Handler = (call) => {
  const { query } = call.request;
  const bucket = call.bucket();
  const encode = encoderOf(query);
  const token = query.get('continuation-token');
  const start = query.get('start-after');
  const asked = requestOf(query, token === null ? (start ?? undefined) : readToken(token));
  const page = pageOf(bucket.objects, asked);
  const owner = query.get('fetch-owner') === 'true' ? OWNER : '';
  return answer(
    'ListBucketResult',
    tag('Name', bucket.name) +
      tag('Prefix', encode(asked.prefix)) +
      (token === null ? '' : tag('ContinuationToken', escapeXml(token))) +
      (start ? tag('StartAfter', encode(start)) : '') +
      tag('KeyCount', page.keys.length + page.prefixes.length) +
      tag('MaxKeys', asked.max) +
      (asked.delimiter ? tag('Delimiter', encode(asked.delimiter)) : '') +
      (query.get('encoding-type') ? tag('EncodingType', 'url') : '') +
      tag('IsTruncated', page.truncated) +
      (page.truncated && page.last !== undefined ? tag('NextContinuationToken', makeToken(page.last)) : '') +
      objectsXml(bucket, page, encode, owner) +
      common(page.prefixes, encode),
  );
};

/** Opaque to clients, as S3's is: a version byte and the key that the next page starts after. */
const makeToken = (last: string) => Buffer.from(`1${last}`, 'utf8').toString('base64');

function readToken(token: string): string {
  const plain = Buffer.from(token, 'base64').toString('utf8');
  if (!plain.startsWith('1') || makeToken(plain.slice(1)) !== token) {
    throw new CloudFault('InvalidArgument', 'The continuation token provided is incorrect', 400, {
      ArgumentName: 'continuation-token',
    });
  }
  return plain.slice(1);
}

export const listObjects: Handler = (call) => {
  const { query } = call.request;
  const bucket = call.bucket();
  const encode = encoderOf(query);
  const marker = query.get('marker') ?? '';
  const asked = requestOf(query, marker);
  const page = pageOf(bucket.objects, asked);
  return answer(
    'ListBucketResult',
    tag('Name', bucket.name) +
      tag('Prefix', encode(asked.prefix)) +
      tag('Marker', encode(marker)) +
      (page.truncated && asked.delimiter && page.last !== undefined
        ? tag('NextMarker', encode(page.last))
        : '') +
      tag('MaxKeys', asked.max) +
      (asked.delimiter ? tag('Delimiter', encode(asked.delimiter)) : '') +
      (query.get('encoding-type') ? tag('EncodingType', 'url') : '') +
      tag('IsTruncated', page.truncated) +
      objectsXml(bucket, page, encode, OWNER) +
      common(page.prefixes, encode),
  );
};
