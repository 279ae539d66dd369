import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync } from 'node:fs';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** One manifest of a repository, as ECR's image details need it. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  /** Epoch milliseconds. */
  pushedAt: number;
  lastPulledAt?: number;
  /** Bytes of the layers and configuration that it names. */
  readonly size: number;
  readonly artifactMediaType?: string;
  readonly subject?: string;
}

export interface Repository {
  readonly name: string;
  readonly region: string;
  readonly createdAt: number;
  mutability: 'MUTABLE' | 'IMMUTABLE' | 'MUTABLE_WITH_EXCLUSION' | 'IMMUTABLE_WITH_EXCLUSION';
  exclusions: string[];
  scanOnPush: boolean;
  readonly encryption: { readonly encryptionType: string; readonly kmsKey?: string | undefined };
  resourceTags: Record<string, string>;
  policy?: string;
  lifecyclePolicy?: string;
  readonly manifests: Record<string, StoredManifest>;
  /** Tag to digest. */
  readonly tags: Record<string, string>;
  /** Digests of the blobs that were pushed or mounted here. */
  readonly blobs: Record<string, true>;
  /** Digest to the time of its last finished scan. */
  readonly scans: Record<string, number>;
}

/** A blob on its way in. */
export interface Upload {
  readonly id: string;
  readonly repository: Repository;
  size: number;
  last: number;
}

export type PushListener = (repository: Repository, tag: string | undefined, digest: string) => void;

export class DigestMismatch extends Error {}

/** Repositories by region, and their content by digest on disk: what the ECR API and the OCI registry share. */
export class ImageStore {
  readonly #dir: string;
  readonly #repositories = new Map<string, Repository>();
  readonly #uploads = new Map<string, Upload>();
  readonly #listeners: PushListener[] = [];

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(join(dir, 'blobs'), { recursive: true });
    mkdirSync(join(dir, 'uploads'), { recursive: true });
  }

  repository(region: string, name: string): Repository | undefined {
    return this.#repositories.get(`${region}/${name}`);
  }

  repositories(region: string): Repository[] {
    return [...this.#repositories.values()]
      .filter((r) => r.region === region)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  add(repository: Repository): void {
    this.#repositories.set(`${repository.region}/${repository.name}`, repository);
  }

  remove(repository: Repository): void {
    this.#repositories.delete(`${repository.region}/${repository.name}`);
  }

  /** Called after a manifest was put, with its tag where it has one. */
  onPush(listener: PushListener): void {
    this.#listeners.push(listener);
  }

  // -- content

  blobPath(digest: string): string {
    return join(this.#dir, 'blobs', digest.replace(':', '-'));
  }

  hasBlob(repository: Repository, digest: string): boolean {
    return Object.hasOwn(repository.blobs, digest) && existsSync(this.blobPath(digest));
  }

  async blobSize(digest: string): Promise<number> {
    return (await stat(this.blobPath(digest))).size;
  }

  openBlob(digest: string, range?: { start: number; end: number }): Readable {
    return createReadStream(this.blobPath(digest), range);
  }

  readBlob(digest: string): Promise<Buffer> {
    return readFile(this.blobPath(digest));
  }

  // -- uploads

  async beginUpload(repository: Repository): Promise<Upload> {
    const upload = { id: randomUUID(), repository, size: 0, last: Date.now() };
    await writeFile(this.#uploadPath(upload), '');
    this.#uploads.set(upload.id, upload);
    return upload;
  }

  upload(repository: Repository, id: string): Upload | undefined {
    const upload = this.#uploads.get(id);
    return upload?.repository === repository ? upload : undefined;
  }

  async append(upload: Upload, content: AsyncIterable<Uint8Array>): Promise<void> {
    const file = await open(this.#uploadPath(upload), 'a');
    try {
      for await (const chunk of content) {
        await file.write(chunk);
        upload.size += chunk.byteLength;
      }
    } finally {
      await file.close();
    }
  }

  /** @throws DigestMismatch where the bytes are others than the digest says; the upload is gone then */
  async finishUpload(upload: Upload, digest: string): Promise<void> {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.#uploadPath(upload))) hash.update(chunk as Buffer);
    this.#uploads.delete(upload.id);
    if (`sha256:${hash.digest('hex')}` !== digest) {
      await rm(this.#uploadPath(upload), { force: true });
      throw new DigestMismatch();
    }
    await rename(this.#uploadPath(upload), this.blobPath(digest));
    upload.repository.blobs[digest] = true;
  }

  async cancelUpload(upload: Upload): Promise<void> {
    this.#uploads.delete(upload.id);
    await rm(this.#uploadPath(upload), { force: true });
  }

  #uploadPath(upload: Upload): string {
    return join(this.#dir, 'uploads', upload.id);
  }

  // -- manifests

  async putManifest(
    repository: Repository,
    manifest: Omit<StoredManifest, 'pushedAt'>,
    bytes: Buffer,
    tag: string | undefined,
    now: number,
  ): Promise<void> {
    // Another repository may have it already, and an instance that starts may be reading it: it is whole at any moment.
    const work = join(this.#dir, 'uploads', randomUUID());
    await writeFile(work, bytes);
    await rename(work, this.blobPath(manifest.digest));
    const known = repository.manifests[manifest.digest];
    repository.manifests[manifest.digest] = { ...known, ...manifest, pushedAt: known?.pushedAt ?? now };
    if (tag !== undefined) repository.tags[tag] = manifest.digest;
    for (const listener of this.#listeners) listener(repository, tag, manifest.digest);
  }

  /** A tag or a digest to the digest of a manifest that is here. */
  resolve(repository: Repository, reference: string): string | undefined {
    const digest = reference.startsWith('sha256:') ? reference : repository.tags[reference];
    return digest !== undefined && Object.hasOwn(repository.manifests, digest) ? digest : undefined;
  }

  tagsOf(repository: Repository, digest: string): string[] {
    return Object.keys(repository.tags).filter((tag) => repository.tags[tag] === digest);
  }

  removeManifest(repository: Repository, digest: string): void {
    delete repository.manifests[digest];
    for (const tag of this.tagsOf(repository, digest)) delete repository.tags[tag];
  }

  save(): unknown {
    return [...this.#repositories.values()];
  }

  load(state: unknown): void {
    for (const repository of state as Repository[]) this.add(repository);
  }
}

/** True where a tag that exists may not be moved: the repository's setting, with its wildcard exclusions. */
export function isImmutable(repository: Repository, tag: string): boolean {
  const excluded = repository.exclusions.some((filter) =>
    new RegExp(`^${filter.split('*').map(escapeRegExp).join('.*')}$`).test(tag),
  );
  if (repository.mutability === 'IMMUTABLE') return true;
  if (repository.mutability === 'IMMUTABLE_WITH_EXCLUSION') return !excluded;
  return repository.mutability === 'MUTABLE_WITH_EXCLUSION' && excluded;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
