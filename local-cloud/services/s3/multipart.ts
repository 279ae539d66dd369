import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CloudFault, type CloudResponse } from '../../core/service.ts';
import { children, parseXml, text } from '../../core/xml.ts';
import { hashSink } from './blobs.ts';
import { type Call, conditionally, empty, type Handler, malformedXml, numberParameter, xml } from './call.ts';
import {
  ALGORITHMS,
  type Algorithm,
  type Checksum,
  type ChecksumType,
  checksumHeader,
  compositeChecksum,
  hasher,
} from './checksum.ts';
import { keptHeaders, metadataOf, taggingHeader } from './headers.ts';
import type { Part, Upload } from './model.ts';
import { checkKey } from './names.ts';
import { parseRange } from './range.ts';
import { readObject } from './read.ts';
import { receive, receiveDocument } from './receive.ts';
import { errorIn200, refuseAcl, sourceOf, writeHeaders } from './write.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART = 5 * 1024 ** 2;
const MAX_PARTS = 10_000;
const MAX_PAGE = 1000;

export const createMultipartUpload: Handler = (call) => {
  const { request, store, key } = call;
  const bucket = call.bucket();
  checkKey(key);
  refuseAcl(request.headers['x-amz-acl']);
  const algorithm = algorithmOf(request.headers['x-amz-checksum-algorithm']);
  const checksumType = typeOf(algorithm, request.headers['x-amz-checksum-type']);
  const upload: Upload = {
    id: randomBytes(48).toString('base64url'),
    bucket: bucket.name,
    key,
    started: store.context.now(),
    headers: keptHeaders(request.headers),
    metadata: metadataOf(request.headers),
    tags: taggingHeader(request.headers['x-amz-tagging']),
    algorithm,
    checksumType,
    parts: new Map(),
  };
  store.uploads.set(upload.id, upload);
  return xml(
    'InitiateMultipartUploadResult',
    { Bucket: bucket.name, Key: key, UploadId: upload.id },
    algorithm
      ? { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': checksumType ?? 'FULL_OBJECT' }
      : {},
  );
};

function algorithmOf(header: string | undefined): Algorithm | undefined {
  if (header === undefined) return undefined;
  const algorithm = ALGORITHMS.find((a) => a === header.toUpperCase());
  if (!algorithm) {
    throw new CloudFault(
      'InvalidRequest',
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    );
  }
  return algorithm;
}

/** SHA is composite, CRC-64 of the full object, the others as asked and composite by default. */
function typeOf(algorithm: Algorithm | undefined, header: string | undefined): ChecksumType | undefined {
  if (!algorithm) return undefined;
  const asked = header as ChecksumType | undefined;
  const only =
    algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : algorithm.startsWith('SHA') ? 'COMPOSITE' : undefined;
  if (asked !== undefined && asked !== 'COMPOSITE' && asked !== 'FULL_OBJECT')
    throw new CloudFault('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.');
  if (only && asked && asked !== only) {
    throw new CloudFault(
      'InvalidRequest',
      `The ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return only ?? asked ?? 'COMPOSITE';
}

/** @throws CloudFault NoSuchUpload */
function uploadOf(call: Call): Upload {
  call.bucket();
  const id = call.request.query.get('uploadId') ?? '';
  const upload = call.store.uploads.get(id);
  if (!upload || upload.bucket !== call.bucketName || upload.key !== call.key) throw noSuchUpload(id);
  return upload;
}

const noSuchUpload = (id: string) =>
  new CloudFault(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    404,
    { UploadId: id },
  );

function partNumberOf(call: Call): number {
  const text = call.request.query.get('partNumber') ?? '';
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MAX_PARTS) {
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
  return number;
}

function keepPart(call: Call, upload: Upload, number: number, part: Part): void {
  if (!call.store.uploads.has(upload.id)) {
    call.store.blobs.release(part.blob);
    throw noSuchUpload(upload.id);
  }
  const before = upload.parts.get(number);
  if (before) call.store.blobs.release(before.blob);
  upload.parts.set(number, part);
}

export const uploadPart: Handler = async (call) => {
  const number = partNumberOf(call);
  const upload = uploadOf(call);
  const { blob, algorithm, checksum, asked } = await receive(
    call.request,
    call.store.blobs,
    upload.algorithm ?? 'CRC64NVME',
  );
  if (upload.algorithm && asked && algorithm !== upload.algorithm) {
    call.store.blobs.release(blob);
    throw new CloudFault(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, actual checksum Type: ${algorithm.toLowerCase()}`,
    );
  }
  keepPart(call, upload, number, { blob, etag: blob.md5, modified: call.store.context.now(), checksum });
  return empty(200, {
    etag: `"${blob.md5}"`,
    'x-amz-server-side-encryption': 'AES256',
    [checksumHeader(algorithm)]: checksum,
  });
};

export const uploadPartCopy: Handler = async (call) => {
  const { request, store } = call;
  const number = partNumberOf(call);
  const upload = uploadOf(call);
  const source = sourceOf(call);
  const header = request.headers['x-amz-copy-source-range'];
  const range = header === undefined ? 'whole' : parseRange(header, source.size);
  const end = Number(/-(\d+)$/.exec(header ?? '')?.[1] ?? Number.NaN);
  if (header !== undefined && (typeof range === 'string' || end >= source.size)) {
    throw new CloudFault(
      'InvalidArgument',
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy, and within the source',
      400,
      { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header },
    );
  }
  errorIn200(call);
  const { start, end: before } = typeof range === 'string' ? { start: 0, end: source.size } : range;
  const sum = hasher(upload.algorithm ?? 'CRC64NVME');
  const content = Readable.from(readObject(store.blobs, source, start, before), { objectMode: false });
  const blob = await store.blobs.addStream(content, [sum], Number.POSITIVE_INFINITY, () => new Error());
  const now = store.context.now();
  const checksum = sum.digest().toString('base64');
  keepPart(call, upload, number, { blob, etag: blob.md5, modified: now, checksum });
  return xml('CopyPartResult', {
    LastModified: new Date(now),
    ETag: `"${blob.md5}"`,
    ...(upload.algorithm ? { [`Checksum${upload.algorithm}`]: checksum } : {}),
  });
};

interface NamedPart {
  readonly number: number;
  readonly part: Part;
}

/** The parts that a completion names. @throws CloudFault InvalidPart, InvalidPartOrder, EntityTooSmall, MalformedXML */
function namedParts(body: string, upload: Upload): NamedPart[] {
  const nodes = children(parseXml(body, 'CompleteMultipartUpload'), 'Part');
  if (nodes.length === 0 || nodes.length > MAX_PARTS) throw malformedXml();
  let before = 0;
  const named = nodes.map((node) => {
    const number = Number(text(node, 'PartNumber'));
    const etag = text(node, 'ETag')
      ?.trim()
      .replace(/^"(.*)"$/, '$1');
    if (!Number.isInteger(number) || etag === undefined) throw malformedXml();
    if (number <= before) {
      throw new CloudFault(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
        400,
        { UploadId: upload.id },
      );
    }
    before = number;
    const part = upload.parts.get(number);
    const given = upload.algorithm && text(node, `Checksum${upload.algorithm}`);
    if (!part || part.etag !== etag || (given && given !== part.checksum)) {
      throw new CloudFault(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        400,
        { UploadId: upload.id, PartNumber: String(number), ETag: etag },
      );
    }
    return { number, part };
  });
  for (const { number, part } of named.slice(0, -1)) {
    if (part.blob.size < MIN_PART) {
      throw new CloudFault(
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        400,
        {
          ProposedSize: String(part.blob.size),
          MinSizeAllowed: String(MIN_PART),
          PartNumber: String(number),
          ETag: part.etag,
        },
      );
    }
  }
  return named;
}

export const completeMultipartUpload: Handler = async (call): Promise<CloudResponse> => {
  const { request, store, key, bucketName } = call;
  const id = request.query.get('uploadId') ?? '';
  const done = store.completed.get(id);
  if (done && done.key === key && call.bucket()) return completed(bucketName, key, done.etag);
  const upload = uploadOf(call);
  const body = await receiveDocument(request);
  const named = namedParts(body, upload);
  const size = named.reduce((sum, { part }) => sum + part.blob.size, 0);
  const expected = request.headers['x-amz-mp-object-size'];
  if (expected !== undefined && Number(expected) !== size) {
    throw new CloudFault(
      'InvalidRequest',
      'The provided x-amz-mp-object-size header does not match the sum of the sizes of the parts.',
    );
  }
  errorIn200(call);
  const md5 = createHash('md5');
  for (const { part } of named) md5.update(Buffer.from(part.etag, 'hex'));
  const etag = `${md5.digest('hex')}-${named.length}`;
  const object = await conditionally(
    call,
    () => wholeChecksum(call, upload, named, size),
    (checksum, bucket) => {
      if (!store.uploads.has(id)) throw noSuchUpload(id);
      const kept = new Set(named.map(({ number }) => number));
      const blobs = named.map(({ part }) => part.blob);
      for (const [number, part] of upload.parts) if (!kept.has(number)) store.blobs.release(part.blob);
      store.uploads.delete(id);
      store.completed.set(id, { etag, key });
      const { headers, metadata, tags } = upload;
      return store.put(bucket, key, {
        blobs,
        size,
        etag,
        headers,
        metadata,
        tags,
        checksum,
        multipart: true,
      });
    },
    () => {},
  );
  const headers = writeHeaders(object);
  delete headers['etag'];
  for (const name in headers) if (name.startsWith('x-amz-checksum-')) delete headers[name];
  return completed(bucketName, key, etag, object.checksum, headers);
};

const completed = (
  bucket: string,
  key: string,
  etag: string,
  checksum?: Checksum,
  headers = {},
): CloudResponse =>
  xml(
    'CompleteMultipartUploadResult',
    {
      Location: `https://${bucket}.s3.amazonaws.com/${encodeURIComponent(key)}`,
      Bucket: bucket,
      Key: key,
      ETag: `"${etag}"`,
      ...(checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {}),
    },
    headers,
  );

/** @throws CloudFault BadDigest where the request promised another */
async function wholeChecksum(
  call: Call,
  upload: Upload,
  named: readonly NamedPart[],
  size: number,
): Promise<Checksum> {
  const algorithm = upload.algorithm ?? 'CRC64NVME';
  const type = upload.checksumType ?? 'FULL_OBJECT';
  let value: string;
  if (type === 'COMPOSITE')
    value = compositeChecksum(
      algorithm,
      named.map(({ part }) => part.checksum),
    );
  else {
    const sum = hasher(algorithm);
    const object = { blobs: named.map(({ part }) => part.blob) };
    await pipeline(readObject(call.store.blobs, object, 0, size), hashSink([sum]));
    value = sum.digest().toString('base64');
  }
  const given = call.request.headers[checksumHeader(algorithm)];
  if (given !== undefined && given !== value && !(type === 'COMPOSITE' && value.startsWith(given))) {
    throw new CloudFault(
      'BadDigest',
      `The ${algorithm} you specified did not match the calculated checksum.`,
    );
  }
  return { algorithm, value, type };
}

export const abortMultipartUpload: Handler = (call) => {
  call.store.dropUpload(uploadOf(call));
  return empty(204);
};

export const listParts: Handler = (call) => {
  const upload = uploadOf(call);
  const { query } = call.request;
  const marker = numberParameter(query, 'part-number-marker', 0, MAX_PARTS);
  const max = numberParameter(query, 'max-parts', MAX_PAGE, MAX_PAGE);
  const numbers = [...upload.parts.keys()].sort((a, b) => a - b).filter((n) => n > marker);
  const page = numbers.slice(0, max);
  return xml('ListPartsResult', {
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.id,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1) ?? 0,
    MaxParts: max,
    IsTruncated: numbers.length > page.length,
    StorageClass: 'STANDARD',
    ChecksumAlgorithm: upload.algorithm,
    ChecksumType: upload.checksumType,
    Part: page.map((number) => {
      const part = upload.parts.get(number) as Part;
      return {
        PartNumber: number,
        LastModified: new Date(part.modified),
        ETag: `"${part.etag}"`,
        Size: part.blob.size,
        ...(upload.algorithm ? { [`Checksum${upload.algorithm}`]: part.checksum } : {}),
      };
    }),
  });
};

export const listMultipartUploads: Handler = (call) => {
  const bucket = call.bucket();
  const { query } = call.request;
  const max = numberParameter(query, 'max-uploads', MAX_PAGE, MAX_PAGE);
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const order = (u: { key: string; id: string }) => `${u.key}\u0000${u.id}`;
  const after = keyMarker === '' ? '' : order({ key: keyMarker, id: idMarker || '\uffff' });
  const all = [...call.store.uploads.values()]
    .filter((u) => u.bucket === bucket.name && u.key.startsWith(prefix) && order(u) > after)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const page = all.slice(0, max);
  const last = page.at(-1);
  const truncated = all.length > page.length;
  return xml('ListMultipartUploadsResult', {
    Bucket: bucket.name,
    KeyMarker: keyMarker,
    UploadIdMarker: idMarker,
    NextKeyMarker: truncated ? last?.key : undefined,
    NextUploadIdMarker: truncated ? last?.id : undefined,
    Prefix: prefix,
    MaxUploads: max,
    IsTruncated: truncated,
    Upload: page.map((u) => ({
      Key: u.key,
      UploadId: u.id,
      StorageClass: 'STANDARD',
      Initiated: new Date(u.started),
      ChecksumAlgorithm: u.algorithm,
      ChecksumType: u.checksumType,
    })),
  });
};
