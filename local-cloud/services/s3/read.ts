import { Readable } from 'node:stream';
import { CloudFault, type CloudResponse } from '../../core/service.ts';
import { children, parseXml, text } from '../../core/xml.ts';
import type { BlobStore } from './blobs.ts';
import { empty, type Handler, malformedXml, xml } from './call.ts';
import { checksumHeader } from './checksum.ts';
import { readCondition } from './conditions.ts';
import { checkTags, objectHeaders, overrides } from './headers.ts';
import type { S3Object } from './model.ts';
import { type ByteRange, parseRange } from './range.ts';
import { receiveDocument } from './receive.ts';

/** An object's bytes from `start` to before `end`, over all its blobs. */
export async function* readObject(
  blobs: BlobStore,
  object: Pick<S3Object, 'blobs'>,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  let at = 0;
  for (const blob of object.blobs) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, blob.size);
    if (from < to) yield* blobs.read(blob, from, to);
    at += blob.size;
    if (at >= end) return;
  }
}

/** Small content at once, other content as a stream. */
export function contentOf(
  blobs: BlobStore,
  object: S3Object,
  { start, end }: ByteRange,
): Uint8Array | Readable {
  const only = object.blobs.length === 1 ? object.blobs[0] : undefined;
  const bytes = only && blobs.bytes(only);
  if (bytes) return bytes.subarray(start, end);
  return Readable.from(readObject(blobs, object, start, end), { objectMode: false });
}

/**
 * How an object is encrypted is told and not asked: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @throws CloudFault InvalidArgument
 */
function refuseEncryption(headers: Readonly<Record<string, string>>): void {
  const ArgumentName = 'x-amz-server-side-encryption';
  const ArgumentValue = headers[ArgumentName];
  if (ArgumentValue === undefined) return;
  throw new CloudFault(
    'InvalidArgument',
    `${ArgumentName} header is not supported for this operation.`,
    400,
    {
      ArgumentName,
      ArgumentValue,
    },
  );
}

const ARCHIVED: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** @throws CloudFault InvalidObjectState for what is archived and was not restored */
export function refuseArchived(object: S3Object): void {
  const storage = object.headers['x-amz-storage-class'] ?? 'STANDARD';
  if (!ARCHIVED.has(storage)) return;
  throw new CloudFault(
    'InvalidObjectState',
    "The operation is not valid for the object's storage class",
    403,
    { StorageClass: storage },
  );
}

/** GET and HEAD. */
export const getObject: Handler = (call) => {
  const { request, store, key } = call;
  refuseEncryption(request.headers);
  const object = store.object(call.bucket(), key, request.query.get('versionId') ?? undefined);
  if (request.method === 'GET') refuseArchived(object);
  const withChecksum = request.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
  const headers = { ...objectHeaders(object, withChecksum), ...overrides(request.query, request.signed) };
  if (readCondition(request.headers, object) === 'not-modified') return notModified(headers);
  const part = partRange(request.query.get('partNumber'), object);
  const range = part ?? satisfiable(request.headers['range'], object.size);
  const whole = range === 'whole';
  const { start, end } = whole ? { start: 0, end: object.size } : range;
  headers['content-length'] = String(end - start);
  if (!whole) {
    headers['content-range'] = `bytes ${start}-${Math.max(end - 1, 0)}/${object.size}`;
    replaceChecksum(headers, object, part === undefined ? undefined : call.request.query.get('partNumber'));
  }
  if (part && object.multipart) headers['x-amz-mp-parts-count'] = String(object.blobs.length);
  const status = whole ? 200 : 206;
  if (request.method === 'HEAD') return { status, headers };
  return { status, headers, body: contentOf(store.blobs, object, { start, end }) };
};

/**
 * The checksum is the whole object's: a client would find a range wrong by it. That of a part is known where the object's
 * is made of them; with one of the full object S3 keeps none of the parts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
function replaceChecksum(
  headers: Record<string, string>,
  object: S3Object,
  partNumber: string | null | undefined,
): void {
  const { checksum, multipart } = object;
  const name = checksum && checksumHeader(checksum.algorithm);
  if (!name || headers[name] === undefined) return;
  // A part of what was put as a whole is the whole.
  if (partNumber && !multipart) return;
  const part = partNumber ? object.parts?.[Number(partNumber) - 1] : undefined;
  if (part && checksum.type === 'COMPOSITE') headers[name] = part.checksum;
  else for (const one in headers) if (one.startsWith('x-amz-checksum-')) delete headers[one];
}

/** @throws CloudFault InvalidRange */
function satisfiable(header: string | undefined, size: number): ByteRange | 'whole' {
  const range = parseRange(header, size);
  if (range !== 'unsatisfiable') return range;
  throw new CloudFault('InvalidRange', 'The requested range is not satisfiable', 416, {
    RangeRequested: header ?? '',
    ActualObjectSize: String(size),
  });
}

function notModified(headers: Record<string, string>): CloudResponse {
  const kept = ['etag', 'last-modified', 'cache-control', 'expires', 'x-amz-version-id'];
  return empty(304, Object.fromEntries(kept.filter((n) => headers[n]).map((n) => [n, headers[n] ?? ''])));
}

/** Bytes of one part. @throws CloudFault InvalidPartNumber, InvalidArgument */
function partRange(text: string | null, object: S3Object): ByteRange | undefined {
  if (text === null) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 10_000) {
    throw new CloudFault(
      'InvalidArgument',
      'Part number must be an integer between 1 and 10000, inclusive',
      400,
      {
        ArgumentName: 'partNumber',
        ArgumentValue: text,
      },
    );
  }
  if (number > object.blobs.length) {
    throw new CloudFault('InvalidPartNumber', 'The requested partnumber is not satisfiable', 416, {
      PartNumberRequested: text,
      ActualPartCount: String(object.blobs.length),
    });
  }
  const start = object.blobs.slice(0, number - 1).reduce((sum, blob) => sum + blob.size, 0);
  return { start, end: start + (object.blobs[number - 1]?.size ?? 0) };
}

export const getObjectTagging: Handler = (call) => {
  const object = call.store.object(call.bucket(), call.key, call.request.query.get('versionId') ?? undefined);
  return xml('Tagging', {
    TagSet: {
      Tag: Object.entries(object.tags)
        .map(([Key, Value]) => ({ Key, Value }))
        .sort((a, b) => (a.Key < b.Key ? -1 : 1)),
    },
  });
};

export const putObjectTagging: Handler = async (call) => {
  const tags = checkTags(readTags(await receiveDocument(call.request)), 10);
  return setTags(call, tags, 200);
};

export const deleteObjectTagging: Handler = (call) => setTags(call, {}, 204);

function setTags(call: Parameters<Handler>[0], tags: Record<string, string>, status: number): CloudResponse {
  const bucket = call.bucket();
  const object = call.store.object(bucket, call.key, call.request.query.get('versionId') ?? undefined);
  call.store.amend(bucket, call.key, object, { tags });
  return empty(status, object.versionId === 'null' ? {} : { 'x-amz-version-id': object.versionId });
}

/** A `Tagging` document. @throws CloudFault MalformedXML, InvalidTag */
export function readTags(body: string): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const node of children(children(parseXml(body, 'Tagging'), 'TagSet')[0], 'Tag')) {
    const [key, value] = [text(node, 'Key'), text(node, 'Value')];
    if (key === undefined || value === undefined) throw malformedXml();
    if (Object.hasOwn(tags, key))
      throw new CloudFault('InvalidTag', 'Cannot provide multiple Tags with the same key');
    tags[key] = value;
  }
  return tags;
}
