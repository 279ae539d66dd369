import type { Pieces } from '../../core/state/pieces.ts';
import type { Blob } from './blobs.ts';
import { Bucket, type Grant, type Part, type S3Object, type Upload, type Version } from './model.ts';
import type { S3Store } from './store.ts';
import type { PieceName } from './touched.ts';

/** What is kept of a bucket itself: plain data, as JSON writes it. */
interface SavedBucket {
  readonly region: string;
  readonly created: number;
  readonly versioning?: 'Enabled' | 'Suspended' | undefined;
  readonly acl?: readonly Grant[] | undefined;
  readonly documents: ReadonlyArray<readonly [string, string]>;
}

/** A key: its current object, and what is kept besides. */
interface SavedKey {
  readonly object?: S3Object | undefined;
  readonly versions?: readonly Version[] | undefined;
}

type SavedUpload = Omit<Upload, 'parts'>;

/** S3's state in pieces: one for each bucket, key, upload and part. */
export function storePieces(store: S3Store): Pieces {
  return {
    entries: () => entries(store),
    *changed() {
      for (const name of store.touched.take()) yield [name, stateOf(store, JSON.parse(name) as PieceName)];
    },
    kept: () => store.blobs.removeGone(),
    load: async (pieces) => {
      await load(store, pieces);
      store.blobs.sweep();
    },
  };
}

function* entries(store: S3Store): Generator<readonly [string, unknown]> {
  const one = (name: PieceName) => [JSON.stringify(name), stateOf(store, name)] as const;
  for (const bucket of store.buckets.values()) {
    yield one(['bucket', bucket.name]);
    for (const [key] of bucket.objects.entries()) yield one(['key', bucket.name, key]);
    for (const [key] of bucket.versions.entries())
      if (!bucket.objects.has(key)) yield one(['key', bucket.name, key]);
  }
  for (const upload of store.uploads.values()) {
    yield one(['upload', upload.id]);
    for (const number of upload.parts.keys()) yield one(['part', upload.id, number]);
  }
}

/** What a name stands for now; `undefined`: it is gone. */
function stateOf(store: S3Store, name: PieceName): unknown {
  switch (name[0]) {
    case 'bucket': {
      const bucket = store.buckets.get(name[1]);
      if (!bucket) return undefined;
      const { region, created, versioning, acl, documents } = bucket;
      return { region, created, versioning, acl, documents: [...documents] } satisfies SavedBucket;
    }
    case 'key': {
      const bucket = store.buckets.get(name[1]);
      const [object, versions] = [bucket?.objects.get(name[2]), bucket?.versions.get(name[2])];
      return object || versions ? ({ object, versions } satisfies SavedKey) : undefined;
    }
    case 'upload': {
      const upload = store.uploads.get(name[1]);
      return upload && { ...upload, parts: undefined };
    }
    case 'part':
      return store.uploads.get(name[1])?.parts.get(name[2]);
  }
}

/** @throws Error where content is missing */
async function load(store: S3Store, pieces: ReadonlyMap<string, unknown>): Promise<void> {
  const named = [...pieces].map(([name, value]) => [JSON.parse(name) as PieceName, value] as const);
  for (const [[kind, name], value] of named) {
    if (kind === 'bucket') loadBucket(store, name, value as SavedBucket);
    if (kind === 'upload') store.uploads.set(name, { ...(value as SavedUpload), parts: new Map() });
  }
  const take = async (blobs: readonly Blob[]) => {
    for (const blob of blobs) await store.blobs.restore(blob);
  };
  for (const [name, value] of named) {
    if (name[0] === 'key') await loadKey(store.buckets.get(name[1]), name[2], value as SavedKey, take);
    const parts = name[0] === 'part' ? store.uploads.get(name[1])?.parts : undefined;
    // Of an upload that is gone its parts are gone too.
    if (name[0] !== 'part' || !parts) continue;
    await take([(value as Part).blob]);
    parts.set(name[2], value as Part);
  }
}

function loadBucket(store: S3Store, name: string, saved: SavedBucket): void {
  const bucket = new Bucket(name, saved.region, saved.created);
  bucket.versioning = saved.versioning;
  bucket.acl = saved.acl;
  for (const [document, body] of saved.documents) bucket.documents.set(document, body);
  store.buckets.set(name, bucket);
}

async function loadKey(
  bucket: Bucket | undefined,
  key: string,
  { object, versions }: SavedKey,
  take: (blobs: readonly Blob[]) => Promise<void>,
): Promise<void> {
  if (!bucket) return;
  if (object) {
    await take(object.blobs);
    bucket.objects.set(key, object);
  }
  for (const version of versions ?? []) await take(version.object?.blobs ?? []);
  if (versions) bucket.versions.set(key, [...versions]);
}
