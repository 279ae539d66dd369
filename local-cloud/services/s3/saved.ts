import type { Blob } from './blobs.ts';
import { Bucket, type Grant, type Part, type S3Object, type Upload, type Version } from './model.ts';
import type { S3Store } from './store.ts';

/** What a state file holds: plain data, as JSON writes it. */
interface SavedBucket {
  readonly name: string;
  readonly region: string;
  readonly created: number;
  readonly versioning?: 'Enabled' | 'Suspended' | undefined;
  readonly acl?: readonly Grant[] | undefined;
  readonly documents: ReadonlyArray<readonly [string, string]>;
  readonly objects: ReadonlyArray<readonly [string, S3Object]>;
  readonly versions: ReadonlyArray<readonly [string, Version[]]>;
}

type SavedUpload = Omit<Upload, 'parts'> & { readonly parts: ReadonlyArray<readonly [number, Part]> };

interface Saved {
  readonly version: 1;
  readonly buckets: readonly SavedBucket[];
  readonly uploads: readonly SavedUpload[];
}

export function saveStore(store: S3Store): Saved {
  return {
    version: 1,
    buckets: [...store.buckets.values()].map((bucket) => ({
      name: bucket.name,
      region: bucket.region,
      created: bucket.created,
      versioning: bucket.versioning,
      acl: bucket.acl,
      documents: [...bucket.documents],
      objects: [...bucket.objects.entries()],
      versions: [...bucket.versions.entries()],
    })),
    uploads: [...store.uploads.values()].map((upload) => ({ ...upload, parts: [...upload.parts] })),
  };
}

/** @throws Error where the state is of another version, or content is missing */
export async function loadStore(store: S3Store, state: unknown): Promise<void> {
  const saved = state as Saved;
  if (saved.version !== 1) throw new Error(`the state of S3 has version ${saved.version}, and 1 is known`);
  const take = async (blobs: readonly Blob[]) => {
    for (const blob of blobs) await store.blobs.restore(blob);
  };
  for (const one of saved.buckets) {
    const bucket = new Bucket(one.name, one.region, one.created);
    bucket.versioning = one.versioning;
    bucket.acl = one.acl;
    for (const [name, body] of one.documents) bucket.documents.set(name, body);
    for (const [key, object] of one.objects) {
      await take(object.blobs);
      bucket.objects.set(key, object);
    }
    for (const [key, versions] of one.versions) {
      for (const version of versions) await take(version.object?.blobs ?? []);
      bucket.versions.set(key, versions);
    }
    store.buckets.set(bucket.name, bucket);
  }
  for (const one of saved.uploads) {
    for (const [, part] of one.parts) await take([part.blob]);
    store.uploads.set(one.id, { ...one, parts: new Map(one.parts) });
  }
}
