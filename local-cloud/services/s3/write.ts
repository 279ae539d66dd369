import { createHash, randomUUID } from 'node:crypto';
import { CloudFault } from '../../core/service.ts';
import { objectAcl } from './acl.ts';
import { type Call, conditionally, empty, type Handler } from './call.ts';
import { checksumHeader } from './checksum.ts';
import { encryptionHeaders, encryptionOf } from './encryption.ts';
import { keptHeaders, metadataOf, taggingHeader } from './headers.ts';
import { lockOf, requireChecksum } from './lock.ts';
import type { S3Object } from './model.ts';
import { checkKey } from './names.ts';
import { receive } from './receive.ts';

/** With KMS encryption an ETag is not the content's MD5. */
export const etagOf = (headers: Readonly<Record<string, string>>, md5: string): string =>
  (headers['x-amz-server-side-encryption'] ?? '').startsWith('aws:kms')
    ? createHash('md5').update(randomUUID()).digest('hex')
    : md5;

export function writeHeaders(object: S3Object): Record<string, string> {
  const headers: Record<string, string> = {
    etag: `"${object.etag}"`,
    ...encryptionHeaders(object.headers),
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
  const now = store.context.now();
  const target = call.bucket();
  const headers = keptHeaders(request.headers, encryptionOf(request.headers, target, store.context.account));
  const metadata = metadataOf(request.headers);
  const tags = taggingHeader(request.headers['x-amz-tagging']);
  const acl = objectAcl(target, request.headers);
  const lock = lockOf(request.headers, target, now);
  requireChecksum(request.headers, lock);
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
        acl,
        lock,
      }),
    ({ blob }) => store.blobs.release(blob),
  );
  return empty(200, writeHeaders(object));
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
