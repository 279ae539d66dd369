import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { CloudFault } from '../../core/service.ts';
import { objectAcl } from './acl.ts';
import { type Call, empty, type Handler, numberParameter, xml } from './call.ts';
import { ALGORITHMS, type Algorithm, type ChecksumType, checksumHeader, hasher } from './checksum.ts';
import { sourceOf } from './copy.ts';
import { encryptionHeaders, encryptionOf } from './encryption.ts';
import { keptHeaders, metadataOf, taggingHeader } from './headers.ts';
import { lockOf, requireChecksum } from './lock.ts';
import type { Part, Upload } from './model.ts';
import { checkKey } from './names.ts';
import { OWNER_ID } from './owner.ts';
import { parseRange } from './range.ts';
import { readObject } from './read.ts';
import { receive } from './receive.ts';
import { errorIn200 } from './write.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PARTS = 10_000;
const MAX_PAGE = 1000;

export const createMultipartUpload: Handler = (call) => {
  const { request, store, key } = call;
  const bucket = call.bucket();
  checkKey(key);
  const algorithm = algorithmOf(request.headers['x-amz-checksum-algorithm']);
  const checksumType = typeOf(algorithm, request.headers['x-amz-checksum-type']);
  const upload: Upload = {
    // Never begins with a hyphen, which a command line would take for an option.
    id: randomBytes(32).toString('hex'),
    bucket: bucket.name,
    key,
    started: store.context.now(),
    initiator: request.holder?.arn,
    headers: keptHeaders(request.headers, encryptionOf(request.headers, bucket, store.context.account)),
    metadata: metadataOf(request.headers),
    tags: taggingHeader(request.headers['x-amz-tagging']),
    algorithm,
    checksumType,
    acl: objectAcl(bucket, request.headers),
    lock: lockOf(request.headers, bucket, store.context.now()),
    parts: new Map(),
  };
  store.uploads.set(upload.id, upload);
  store.touched.upload(upload.id);
  return xml(
    'InitiateMultipartUploadResult',
    { Bucket: bucket.name, Key: key, UploadId: upload.id },
    {
      ...encryptionHeaders(upload.headers),
      ...(algorithm
        ? { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': checksumType ?? 'FULL_OBJECT' }
        : {}),
    },
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
export function uploadOf(call: Call): Upload {
  call.bucket();
  const id = call.request.query.get('uploadId') ?? '';
  const upload = call.store.uploads.get(id);
  if (!upload || upload.bucket !== call.bucketName || upload.key !== call.key) throw noSuchUpload(id);
  return upload;
}

export const noSuchUpload = (id: string) =>
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
  requireChecksum(call.request.headers, upload.lock);
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
    ...encryptionHeaders(upload.headers),
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
  return xml(
    'CopyPartResult',
    {
      LastModified: new Date(now),
      ETag: `"${blob.md5}"`,
      ...(upload.algorithm ? { [`Checksum${upload.algorithm}`]: checksum } : {}),
    },
    encryptionHeaders(upload.headers),
  );
};

export const abortMultipartUpload: Handler = (call) => {
  call.store.dropUpload(uploadOf(call));
  return empty(204);
};

/** Who began an upload, who owns it, and its storage class, as lists of uploads and parts have them. */
const owners = ({ initiator, headers }: Upload) => ({
  Initiator: { ID: initiator ?? OWNER_ID },
  Owner: { ID: OWNER_ID },
  StorageClass: headers['x-amz-storage-class'] ?? 'STANDARD',
});

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
    ...owners(upload),
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
      ...owners(u),
      Initiated: new Date(u.started),
      ChecksumAlgorithm: u.algorithm,
      ChecksumType: u.checksumType,
    })),
  });
};
