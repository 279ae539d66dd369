import type { Blob } from './blobs.ts';
import type { Algorithm, Checksum, ChecksumType } from './checksum.ts';
import { OrderedMap } from './ordered-map.ts';

/** Who may do what by an ACL. */
export interface Grant {
  /** Canonical user id, or the URI of a group. */
  readonly grantee: string;
  readonly permission: string;
}

/** What keeps a version from being deleted. */
export interface Lock {
  readonly mode?: 'GOVERNANCE' | 'COMPLIANCE';
  /** Milliseconds since the epoch. */
  readonly until?: number;
  readonly hold?: 'ON' | 'OFF';
}

/** One version of an object, as it is kept. */
export interface S3Object {
  /** One blob, or those of the parts of a multipart upload in their order. */
  readonly blobs: readonly Blob[];
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch, whole seconds as in `Last-Modified`. */
  readonly modified: number;
  /** Headers that S3 gives back, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `x-amz-meta-*` without the prefix. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly checksum: Checksum | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** `null` in a bucket without versioning. */
  readonly versionId: string;
  readonly multipart: boolean;
  /** What was asked for when it was put or later; left out, its owner alone has rights. */
  readonly acl?: readonly Grant[] | undefined;
  readonly lock?: Lock | undefined;
  /** Of a multipart upload: its parts as they were numbered. */
  readonly parts?: ReadonlyArray<{
    readonly number: number;
    readonly size: number;
    /** Base64. */
    readonly checksum: string;
  }>;
}

/** What can be changed of a version that stays. */
export type Amendment = Partial<Pick<S3Object, 'tags' | 'acl' | 'lock'>>;

/** A version that is not, or no longer, the current one; without `object` it is a delete marker. */
export interface Version {
  readonly versionId: string;
  readonly modified: number;
  readonly object: S3Object | undefined;
}

export interface Part {
  readonly blob: Blob;
  /** Without quotes. */
  readonly etag: string;
  readonly modified: number;
  /** Base64. */
  readonly checksum: string;
}

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly started: number;
  /** ARN of who began it; left out: nobody who signed. */
  readonly initiator?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly algorithm: Algorithm | undefined;
  readonly checksumType: ChecksumType | undefined;
  readonly acl?: readonly Grant[] | undefined;
  /** As the request asked; where it asked nothing, the bucket decides when the upload is completed. */
  readonly lock?: Lock | undefined;
  readonly parts: Map<number, Part>;
}

export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly created: number;
  readonly objects = new OrderedMap<S3Object>();
  /** Newest first, of keys whose history is kept: everything but the current version; see versions.ts. */
  readonly versions = new OrderedMap<Version[]>();
  versioning: 'Enabled' | 'Suspended' | undefined;
  acl: readonly Grant[] | undefined;
  /** Documents by subresource (`policy`, `cors`, …), as they were put. */
  readonly documents = new Map<string, string>();
  /** Conditional writes under way, by key: a delete in the meantime makes them fail with 409. */
  readonly pending = new Map<string, Set<{ deleted: boolean }>>();

  constructor(name: string, region: string, created: number) {
    this.name = name;
    this.region = region;
    this.created = created;
  }
}
