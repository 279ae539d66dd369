import { randomBytes } from 'node:crypto';
import { type CloudContext, CloudFault, type CloudRequest } from '../../core/service.ts';
import type { BlobStore } from './blobs.ts';
import type { Checksum } from './checksum.ts';
import type { Amendment, Bucket, S3Object, Upload, Version } from './model.ts';
import { isBucketName } from './names.ts';
import { Touched } from './touched.ts';

/** Buckets and uploads, and the rules by which objects come and go. */
export class S3Store {
  readonly context: CloudContext;
  readonly blobs: BlobStore;
  readonly buckets = new Map<string, Bucket>();
  readonly uploads = new Map<string, Upload>();
  /** What is to be kept of it. */
  readonly touched: Touched;
  /** Uploads that were completed: completing one again is answered alike. */
  readonly completed = new Map<
    string,
    { readonly etag: string; readonly key: string; readonly checksum: Checksum }
  >();

  constructor(context: CloudContext, blobs: BlobStore) {
    this.context = context;
    this.blobs = blobs;
    this.touched = new Touched(context.durable);
  }

  /** @throws CloudFault NoSuchBucket, and AWS's two answers to a request that was signed for another region */
  bucket(name: string, request: Pick<CloudRequest, 'signed' | 'region' | 'query'>): Bucket {
    const bucket = this.knownBucket(name);
    if (request.signed && request.region !== bucket.region) throw wrongRegion(bucket, request);
    return bucket;
  }

  /** A bucket of any region: a copy reads across regions. @throws CloudFault NoSuchBucket, InvalidBucketName */
  knownBucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket) return bucket;
    if (!isBucketName(name)) throw invalidName(name);
    throw new CloudFault('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
  }

  /** Makes `object` the current one. @returns its version id */
  put(bucket: Bucket, key: string, object: Omit<S3Object, 'versionId' | 'modified'>): S3Object {
    this.touched.key(bucket.name, key);
    const before = bucket.objects.get(key);
    const versionId = bucket.versioning === 'Enabled' ? newVersionId() : 'null';
    const stored: S3Object = { ...object, versionId, modified: this.#now() };
    if (bucket.versioning === 'Suspended') this.#dropNull(bucket, key);
    if (before && bucket.versioning && (versionId !== 'null' || before.versionId !== 'null')) {
      this.#pushVersion(bucket, key, {
        versionId: before.versionId,
        modified: before.modified,
        object: before,
      });
    } else if (before) this.#release(before);
    bucket.objects.set(key, stored);
    return stored;
  }

  /** Deletes the current object; with versioning, by a delete marker. */
  remove(bucket: Bucket, key: string): { versionId?: string; deleteMarker?: boolean } {
    this.touched.key(bucket.name, key);
    for (const write of bucket.pending.get(key) ?? []) write.deleted = true;
    const before = bucket.objects.get(key);
    if (!bucket.versioning) {
      if (before) {
        bucket.objects.delete(key);
        this.#release(before);
      }
      return {};
    }
    const versionId = bucket.versioning === 'Enabled' ? newVersionId() : 'null';
    if (versionId === 'null') this.#dropNull(bucket, key);
    if (before) {
      bucket.objects.delete(key);
      if (versionId === 'null' && before.versionId === 'null') this.#release(before);
      else
        this.#pushVersion(bucket, key, {
          versionId: before.versionId,
          modified: before.modified,
          object: before,
        });
    }
    this.#pushVersion(bucket, key, { versionId, modified: this.#now(), object: undefined });
    return { versionId, deleteMarker: true };
  }

  /** Deletes one version for good. */
  removeVersion(bucket: Bucket, key: string, versionId: string): { deleteMarker?: boolean } {
    this.touched.key(bucket.name, key);
    const current = bucket.objects.get(key);
    const versions = bucket.versions.get(key) ?? [];
    if (current?.versionId === versionId) {
      bucket.objects.delete(key);
      this.#release(current);
      this.#promote(bucket, key, versions);
      return {};
    }
    const at = versions.findIndex((v) => v.versionId === versionId);
    if (at < 0) return {};
    const [gone] = versions.splice(at, 1);
    if (gone?.object) this.#release(gone.object);
    if (at === 0 && !current) this.#promote(bucket, key, versions);
    else if (versions.length === 0) bucket.versions.delete(key);
    return gone?.object ? {} : { deleteMarker: true };
  }

  /** A version with its content; `undefined` where there is none, or a delete marker. */
  version(bucket: Bucket, key: string, versionId: string): S3Object | undefined {
    const current = bucket.objects.get(key);
    if (current?.versionId === versionId) return current;
    return bucket.versions.get(key)?.find((version) => version.versionId === versionId)?.object;
  }

  /** The current object, or the version asked for. @throws CloudFault NoSuchKey, NoSuchVersion, MethodNotAllowed */
  object(bucket: Bucket, key: string, versionId?: string): S3Object {
    const current = bucket.objects.get(key);
    if (versionId === undefined) {
      if (current) return current;
      const marker = bucket.versions.get(key)?.[0];
      const headers = marker
        ? { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId }
        : undefined;
      throw new CloudFault(
        'NoSuchKey',
        'The specified key does not exist.',
        404,
        { Key: key },
        headers ?? {},
      );
    }
    if (current?.versionId === versionId) return current;
    const version = bucket.versions.get(key)?.find((v) => v.versionId === versionId);
    if (!version) {
      throw new CloudFault('NoSuchVersion', 'The specified version does not exist.', 404, {
        Key: key,
        VersionId: versionId,
      });
    }
    if (!version.object) {
      throw new CloudFault(
        'MethodNotAllowed',
        'The specified method is not allowed against this resource.',
        405,
        { ResourceType: 'DeleteMarker' },
        { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionId, allow: 'DELETE' },
      );
    }
    return version.object;
  }

  /** Changes what may be changed of a version: it stays the same version. */
  amend(bucket: Bucket, key: string, object: S3Object, change: Amendment): void {
    const amended = { ...object, ...change };
    if (bucket.objects.get(key)?.versionId === object.versionId) {
      bucket.objects.set(key, amended);
      return;
    }
    const versions = bucket.versions.get(key) ?? [];
    const at = versions.findIndex((version) => version.versionId === object.versionId);
    const version = versions[at];
    if (version) versions[at] = { ...version, object: amended };
  }

  changeBucket(bucket: Bucket, change: Partial<Pick<Bucket, 'versioning' | 'acl'>>): void {
    Object.assign(bucket, change);
  }

  /** @param body `undefined` where the document is to go */
  setDocument(bucket: Bucket, name: string, body: string | undefined): void {
    if (body === undefined) bucket.documents.delete(name);
    else bucket.documents.set(name, body);
  }

  dropUpload(upload: Upload): void {
    this.touched.upload(upload.id);
    this.uploads.delete(upload.id);
    for (const part of upload.parts.values()) this.blobs.release(part.blob);
    upload.parts.clear();
  }

  /** Last-Modified has whole seconds, and so has what conditions compare. */
  #now(): number {
    return Math.floor(this.context.now() / 1000) * 1000;
  }

  #pushVersion(bucket: Bucket, key: string, version: Version): void {
    const versions = bucket.versions.get(key);
    if (versions) versions.unshift(version);
    else bucket.versions.set(key, [version]);
  }

  #dropNull(bucket: Bucket, key: string): void {
    const versions = bucket.versions.get(key) ?? [];
    const at = versions.findIndex((v) => v.versionId === 'null');
    if (at < 0) return;
    const [gone] = versions.splice(at, 1);
    if (gone?.object) this.#release(gone.object);
    if (versions.length === 0) bucket.versions.delete(key);
  }

  #promote(bucket: Bucket, key: string, versions: Version[]): void {
    const next = versions[0];
    if (next?.object) {
      versions.shift();
      bucket.objects.set(key, next.object);
    }
    if (versions.length === 0) bucket.versions.delete(key);
  }

  #release(object: S3Object): void {
    for (const blob of object.blobs) this.blobs.release(blob);
  }
}

const newVersionId = () => randomBytes(16).toString('hex');

export const invalidName = (name: string) =>
  new CloudFault('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name });

/**
 * A client of us-east-1 has reached S3's global endpoint, which knows where the bucket is and finds the signature
 * wrong; one of any other region has reached a regional endpoint, which sends it away.
 */
function wrongRegion(bucket: Bucket, { region, query }: Pick<CloudRequest, 'region' | 'query'>): CloudFault {
  const headers = { 'x-amz-bucket-region': bucket.region };
  if (region === 'us-east-1' && query.has('X-Amz-Credential')) {
    return new CloudFault(
      'AuthorizationQueryParametersError',
      `Error parsing the X-Amz-Credential parameter; the region '${region}' is wrong; expecting '${bucket.region}'`,
      400,
      { Region: bucket.region },
      headers,
    );
  }
  if (region === 'us-east-1') {
    return new CloudFault(
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`,
      400,
      { Region: bucket.region },
      headers,
    );
  }
  return new CloudFault(
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    301,
    { Endpoint: `${bucket.name}.s3.${bucket.region}.amazonaws.com`, Bucket: bucket.name },
    headers,
  );
}
