import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { CloudFault } from '../../core/service.ts';
import { objectAcl } from './acl.ts';
import { type Blob, hashSink } from './blobs.ts';
import { type Call, conditionally, type Handler, xml } from './call.ts';
import { ALGORITHMS, type Algorithm, type Checksum, hasher } from './checksum.ts';
import { copyCondition } from './conditions.ts';
import { encryptionHeaders, encryptionOf } from './encryption.ts';
import { keptHeaders, metadataOf, taggingHeader } from './headers.ts';
import { lockOf } from './lock.ts';
import type { S3Object } from './model.ts';
import { checkKey, copySource } from './names.ts';
import { readObject, refuseArchived } from './read.ts';
import { MAX_PUT } from './receive.ts';
import { errorIn200, etagOf } from './write.ts';

/** The object that a copy reads, of whatever region. @throws CloudFault NoSuchBucket, NoSuchKey, PreconditionFailed, InvalidRequest */
export function sourceOf(call: Call): S3Object {
  const { request, store } = call;
  const source = copySource(request.headers['x-amz-copy-source'] ?? '');
  const bucket = store.knownBucket(source.bucket);
  const object = store.object(bucket, source.key, source.versionId);
  copyCondition(request.headers, object);
  refuseArchived(object);
  return object;
}

export const copyObject: Handler = async (call) => {
  const { request, store, key } = call;
  checkKey(key);
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
  const target = call.bucket();
  const acl = objectAcl(target, request.headers);
  const lock = lockOf(request.headers, target, store.context.now());
  const own = keptHeaders(request.headers, encryptionOf(request.headers, target, store.context.account));
  const headers = replace ? own : copiedHeaders(source, own);
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
        acl,
        lock,
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
      ...encryptionHeaders(object.headers),
      ...(object.versionId === 'null' ? {} : { 'x-amz-version-id': object.versionId }),
      ...(source.versionId === 'null' ? {} : { 'x-amz-copy-source-version-id': source.versionId }),
    },
  );
};

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

/** The website redirect, the storage class and the encryption are the request's own and never copied. */
function copiedHeaders(source: S3Object, own: Readonly<Record<string, string>>): Record<string, string> {
  const copied: Record<string, string> = { ...source.headers };
  for (const name of Object.keys(encryptionHeaders(copied))) delete copied[name];
  for (const name of ['x-amz-website-redirect-location', 'x-amz-storage-class']) {
    delete copied[name];
    if (own[name] !== undefined) copied[name] = own[name];
  }
  return { ...copied, ...encryptionHeaders(own) };
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
