import { createHash, randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { CloudFault, type CloudResponse } from '../../core/service.ts';
import { parseXml, text } from '../../core/xml.ts';
import { type Blob, hashSink } from './blobs.ts';
import { type Call, conditionally, empty, type Handler, malformedXml, xml } from './call.ts';
import { ALGORITHMS, type Algorithm, type Checksum, checksumHeader, hasher, promised } from './checksum.ts';
import { copyCondition, etagMatches } from './conditions.ts';
import { deleteEntries } from './delete-request.ts';
import { keptHeaders, metadataOf, taggingHeader } from './headers.ts';
import type { S3Object } from './model.ts';
import { checkKey, copySource } from './names.ts';
import { readObject } from './read.ts';
import { MAX_PUT, receive, receiveDocument } from './receive.ts';

/** With KMS encryption an ETag is not the content's MD5. */
const etagOf = (headers: Readonly<Record<string, string>>, md5: string): string =>
  (headers['x-amz-server-side-encryption'] ?? '').startsWith('aws:kms')
    ? createHash('md5').update(randomUUID()).digest('hex')
    : md5;

export function writeHeaders(object: S3Object): Record<string, string> {
  const headers: Record<string, string> = {
    etag: `"${object.etag}"`,
    'x-amz-server-side-encryption': object.headers['x-amz-server-side-encryption'] ?? 'AES256',
  };
  if (object.checksum) {
    headers[checksumHeader(object.checksum.algorithm)] = object.checksum.value;
    headers['x-amz-checksum-type'] = object.checksum.type;
  }
  if (object.versionId !== 'null') headers['x-amz-version-id'] = object.versionId;
  return headers;
}

export const putObject: Handler = async (call) => {
  const { request, store, key } = call;
  checkKey(key);
  const headers = keptHeaders(request.headers);
  const metadata = metadataOf(request.headers);
  const tags = taggingHeader(request.headers['x-amz-tagging']);
  refuseAcl(request.headers['x-amz-acl']);
  const object = await conditionally(
    call,
    () => receive(request, store.blobs),
    ({ blob, algorithm, checksum }, bucket) =>
      store.put(bucket, key, {
        blobs: [blob],
        size: blob.size,
        etag: etagOf(headers, blob.md5),
        headers,
        metadata,
        tags,
        checksum: { algorithm, value: checksum, type: 'FULL_OBJECT' },
        multipart: false,
      }),
    ({ blob }) => store.blobs.release(blob),
  );
  return empty(200, writeHeaders(object));
};

/** Buckets enforce their owner, as new ones do: only the ACL that says so is taken. */
export function refuseAcl(acl: string | undefined): void {
  if (acl !== undefined && acl !== 'bucket-owner-full-control' && acl !== 'private') {
    throw new CloudFault('AccessControlListNotSupported', 'The bucket does not allow ACLs', 400);
  }
}

/** The object that a copy reads. @throws CloudFault NoSuchBucket, NoSuchKey, PreconditionFailed, InvalidRequest */
export function sourceOf(call: Call): S3Object {
  const { request, store } = call;
  const source = copySource(request.headers['x-amz-copy-source'] ?? '');
  const bucket = store.bucket(source.bucket, request);
  const object = store.object(bucket, source.key, source.versionId);
  copyCondition(request.headers, object);
  return object;
}

export const copyObject: Handler = async (call) => {
  const { request, store, key } = call;
  checkKey(key);
  refuseAcl(request.headers['x-amz-acl']);
  const source = sourceOf(call);
  if (source.size > MAX_PUT) {
    throw new CloudFault(
      'InvalidRequest',
      'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
    );
  }
  const replace = directive(request.headers, 'x-amz-metadata-directive');
  const replaceTags = directive(request.headers, 'x-amz-tagging-directive');
  if (!replace && isSelf(call) && !changesStorage(request.headers)) {
    throw new CloudFault(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const headers = replace ? keptHeaders(request.headers) : copiedHeaders(source, request.headers);
  const metadata = replace ? metadataOf(request.headers) : source.metadata;
  const tags = replaceTags ? taggingHeader(request.headers['x-amz-tagging']) : source.tags;
  errorIn200(call);
  const object = await conditionally(
    call,
    () => copyContent(call, source, wantedAlgorithm(request.headers)),
    ({ blobs, md5, checksum }, bucket) =>
      store.put(bucket, key, {
        blobs,
        size: source.size,
        etag: etagOf(headers, md5),
        headers,
        metadata,
        tags,
        checksum,
        multipart: false,
      }),
    ({ blobs }) => {
      for (const blob of blobs) store.blobs.release(blob);
    },
  );
  return xml(
    'CopyObjectResult',
    {
      LastModified: new Date(object.modified),
      ETag: `"${object.etag}"`,
      ChecksumType: object.checksum?.type,
      ...(object.checksum ? { [`Checksum${object.checksum.algorithm}`]: object.checksum.value } : {}),
    },
    {
      'x-amz-server-side-encryption': object.headers['x-amz-server-side-encryption'] ?? 'AES256',
      ...(object.versionId === 'null' ? {} : { 'x-amz-version-id': object.versionId }),
      ...(source.versionId === 'null' ? {} : { 'x-amz-copy-source-version-id': source.versionId }),
    },
  );
};

/** S3 may begin a long answer with 200 and end it with an error: asked for by the fault `error-in-200`. */
export function errorIn200(call: Call): void {
  const { context } = call.store;
  const fault = context.fault('s3', 'error-in-200', `${call.bucketName}/${call.key}`, call.operation);
  if (!fault) return;
  throw new CloudFault(
    String(fault['code'] ?? 'InternalError'),
    String(fault['message'] ?? 'We encountered an internal error. Please try again.'),
    200,
  );
}

function directive(headers: Readonly<Record<string, string>>, name: string): boolean {
  const value = headers[name];
  if (value !== undefined && value !== 'COPY' && value !== 'REPLACE') {
    throw new CloudFault('InvalidArgument', `Unknown ${name.slice('x-amz-'.length)}.`, 400, {
      ArgumentName: name,
      ArgumentValue: value,
    });
  }
  return value === 'REPLACE';
}

function isSelf(call: Call): boolean {
  const source = copySource(call.request.headers['x-amz-copy-source'] ?? '');
  return source.bucket === call.bucketName && source.key === call.key && source.versionId === undefined;
}

const changesStorage = (headers: Readonly<Record<string, string>>) =>
  ['x-amz-storage-class', 'x-amz-website-redirect-location', 'x-amz-server-side-encryption'].some(
    (name) => headers[name] !== undefined,
  );

/** The website redirect and the storage class are the request's own and never copied. */
function copiedHeaders(source: S3Object, headers: Readonly<Record<string, string>>): Record<string, string> {
  const own = keptHeaders(headers);
  const copied: Record<string, string> = { ...source.headers };
  for (const name of [
    'x-amz-website-redirect-location',
    'x-amz-storage-class',
    'x-amz-server-side-encryption',
    'x-amz-server-side-encryption-aws-kms-key-id',
  ]) {
    delete copied[name];
    if (own[name] !== undefined) copied[name] = own[name];
  }
  return copied;
}

function wantedAlgorithm(headers: Readonly<Record<string, string>>): Algorithm | undefined {
  const asked = headers['x-amz-checksum-algorithm']?.toUpperCase();
  if (asked === undefined) return undefined;
  const algorithm = ALGORITHMS.find((a) => a === asked);
  if (!algorithm) {
    throw new CloudFault(
      'InvalidRequest',
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    );
  }
  return algorithm;
}

/** A copy shares its source's content. What was uploaded in parts gets the MD5 of its whole. */
async function copyContent(call: Call, source: S3Object, algorithm: Algorithm | undefined) {
  const { blobs } = call.store;
  const held = source.blobs.map((blob) => blobs.retain(blob));
  try {
    const keep = source.checksum?.type === 'FULL_OBJECT' ? source.checksum : undefined;
    const only = held.length === 1 && !source.multipart ? held[0] : undefined;
    if (only && keep && (algorithm === undefined || algorithm === keep.algorithm)) {
      return { blobs: held, md5: only.md5, checksum: keep as Checksum | undefined };
    }
    const wanted = algorithm ?? source.checksum?.algorithm ?? 'CRC64NVME';
    const [sum, md5] = [hasher(wanted), createHash('md5')];
    const both = hashSink([sum, { update: (bytes) => void md5.update(bytes), digest: () => md5.digest() }]);
    await pipeline(readObject(blobs, source, 0, source.size), both);
    const value = sum.digest().toString('base64');
    const checksum: Checksum = { algorithm: wanted, value, type: 'FULL_OBJECT' };
    return {
      blobs: held as readonly Blob[],
      md5: md5.digest('hex'),
      checksum: checksum as Checksum | undefined,
    };
  } catch (error) {
    for (const blob of held) blobs.release(blob);
    throw error;
  }
}

export const deleteObject: Handler = (call) => {
  const { request, store, key } = call;
  checkKey(key);
  const bucket = call.bucket();
  const versionId = request.query.get('versionId') ?? undefined;
  const match = request.headers['if-match'];
  if (
    match !== undefined &&
    !store.context.fault('s3', 'ignore-conditions', `${call.bucketName}/${key}`, call.operation)
  ) {
    deleteCondition(match, key, bucket.objects.get(key));
  }
  if (versionId !== undefined) {
    const { deleteMarker } = store.removeVersion(bucket, key, versionId);
    return empty(204, {
      'x-amz-version-id': versionId,
      ...(deleteMarker ? { 'x-amz-delete-marker': 'true' } : {}),
    });
  }
  const { versionId: marker } = store.remove(bucket, key);
  return empty(204, marker ? { 'x-amz-version-id': marker, 'x-amz-delete-marker': 'true' } : {});
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html */
export function deleteCondition(match: string, key: string, current: S3Object | undefined): void {
  if (!current) throw new CloudFault('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });
  if (!etagMatches(match, current.etag)) {
    throw new CloudFault(
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
      412,
      {
        Condition: 'If-Match',
      },
    );
  }
}

/** Keys of one request: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const MAX_DELETES = 1000;

export const deleteObjects: Handler = async (call): Promise<CloudResponse> => {
  const { request, store, bucketName } = call;
  const wanted = promised(request.headers, request.signed);
  if (wanted.md5 === undefined && wanted.algorithm === undefined) {
    throw new CloudFault(
      'InvalidRequest',
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    );
  }
  const document = parseXml(await receiveDocument(request), 'Delete');
  const entries = deleteEntries(document);
  if (entries.length === 0 || entries.length > MAX_DELETES) throw malformedXml();
  if (entries.some((entry) => entry.etag !== undefined))
    request.note({ iam: ['s3:DeleteObject', 's3:GetObject'] });
  const quiet = text(document, 'Quiet')?.trim().toLowerCase() === 'true';
  const bucket = call.bucket();
  const deleted: Record<string, string | boolean | undefined>[] = [];
  const errors: Record<string, string | undefined>[] = [];
  for (const entry of entries) {
    const fault = store.context.fault('s3', 'key-error', `${bucketName}/${entry.key}`, call.operation);
    try {
      if (fault)
        throw new CloudFault(
          String(fault['code'] ?? 'InternalError'),
          String(fault['message'] ?? 'We encountered an internal error. Please try again.'),
        );
      checkKey(entry.key);
      if (entry.etag !== undefined) deleteCondition(entry.etag, entry.key, bucket.objects.get(entry.key));
      const result =
        entry.versionId === undefined
          ? store.remove(bucket, entry.key)
          : { ...store.removeVersion(bucket, entry.key, entry.versionId), versionId: undefined };
      deleted.push({
        Key: entry.key,
        VersionId: entry.versionId,
        DeleteMarker: result.deleteMarker,
        DeleteMarkerVersionId: result.versionId,
      });
    } catch (error) {
      if (!(error instanceof CloudFault)) throw error;
      errors.push({ Key: entry.key, VersionId: entry.versionId, Code: error.code, Message: error.message });
    }
  }
  return xml('DeleteResult', { Deleted: quiet ? [] : deleted, Error: errors });
};
