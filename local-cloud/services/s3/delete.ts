import { CloudFault, type CloudResponse } from '../../core/service.ts';
import { children, parseXml, text, type XmlNode } from '../../core/xml.ts';
import { refuseDenied } from './authorize.ts';
import { type Call, empty, type Handler, malformedXml, xml } from './call.ts';
import { promised } from './checksum.ts';
import { etagMatches } from './conditions.ts';
import { refuseLocked } from './lock.ts';
import type { Bucket, S3Object } from './model.ts';
import { checkKey } from './names.ts';
import { receiveDocument } from './receive.ts';
import { unsupportedHeader } from './unsupported.ts';

export const deleteObject: Handler = (call) => {
  const { request, store, key } = call;
  checkKey(key);
  const bucket = call.bucket();
  const versionId = request.query.get('versionId') ?? undefined;
  for (const name of ['x-amz-if-match-size', 'x-amz-if-match-last-modified-time'])
    if (request.headers[name] !== undefined) throw unsupportedHeader(name);
  const match = request.headers['if-match'];
  if (
    match !== undefined &&
    !store.context.fault('s3', 'ignore-conditions', `${call.bucketName}/${key}`, call.operation)
  ) {
    deleteCondition(match, key, bucket.objects.get(key));
  }
  if (versionId !== undefined) {
    refuseLocked(store.version(bucket, key, versionId), request.headers, store.context.now());
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
      const result = deleteEntry(call, bucket, entry);
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

/** Deletes one of the keys. @throws CloudFault of this key */
function deleteEntry(call: Call, bucket: Bucket, entry: DeleteEntry) {
  const { store, request } = call;
  const { key, versionId } = entry;
  checkKey(key);
  refuseDenied(call, bucket, key, versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion');
  if (entry.etag !== undefined) deleteCondition(entry.etag, key, bucket.objects.get(key));
  if (versionId === undefined) return store.remove(bucket, key);
  refuseLocked(store.version(bucket, key, versionId), request.headers, store.context.now());
  return { ...store.removeVersion(bucket, key, versionId), versionId: undefined };
}

interface DeleteEntry {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly etag: string | undefined;
}

/** The objects that a DeleteObjects document names. @throws CloudFault MalformedXML, UserKeyMustBeSpecified */
function deleteEntries(document: XmlNode): DeleteEntry[] {
  return children(document, 'Object').map((node) => {
    const key = text(node, 'Key');
    if (key === undefined || key === '') {
      throw new CloudFault('UserKeyMustBeSpecified', 'The key that was specified is empty.');
    }
    return { key, versionId: text(node, 'VersionId') || undefined, etag: text(node, 'ETag') };
  });
}
