import { CloudFault, type CloudResponse } from '../../core/service.ts';
import { type Call, created, json } from './call.ts';
import {
  isDigest,
  isIndex,
  type Manifest,
  ManifestInvalid,
  ownBlobs,
  parseManifest,
  sha256,
} from './manifest.ts';
import { type ImageStore, isImmutable, type Repository } from './store.ts';

export async function getManifest(call: Call): Promise<CloudResponse> {
  const { images, repository, reference, request } = call;
  const digest = images.resolve(repository, reference);
  const stored = digest === undefined ? undefined : repository.manifests[digest];
  if (!digest || !stored)
    throw new CloudFault(
      'MANIFEST_UNKNOWN',
      `Requested image not found: ${repository.name}:${reference}`,
      404,
    );
  const bytes = await images.readBlob(digest);
  if (request.method === 'GET') stored.lastPulledAt = call.now;
  return {
    status: 200,
    headers: {
      'content-type': stored.mediaType,
      'content-length': String(bytes.length),
      'docker-content-digest': digest,
      'docker-distribution-api-version': 'registry/2.0',
    },
    ...(request.method === 'GET' ? { body: bytes } : {}),
  };
}

/** Largest manifest that ECR takes: "Manifest size" in its quotas, 4 MiB. */
const MANIFEST_LIMIT = 4 * 1024 * 1024;

export async function putManifest(call: Call): Promise<CloudResponse> {
  const bytes = await call.request.body();
  const digest = sha256(bytes);
  const byDigest = call.reference.startsWith('sha256:');
  if (byDigest && call.reference !== digest)
    throw new CloudFault('DIGEST_INVALID', 'provided digest did not match uploaded content', 400);
  if (!byDigest && !/^\w[\w.-]{0,127}$/.test(call.reference))
    throw new CloudFault('TAG_INVALID', `"${call.reference}" is not a tag`, 400);
  if (bytes.length > MANIFEST_LIMIT) throw new CloudFault('SIZE_INVALID', 'the manifest is too large', 413);
  try {
    await storeManifest(
      call,
      bytes,
      byDigest ? undefined : call.reference,
      call.request.headers['content-type'],
    );
  } catch (error) {
    if (error instanceof ManifestInvalid) throw new CloudFault('MANIFEST_INVALID', error.message, 400);
    if (error instanceof TagTaken) throw new CloudFault('TAG_INVALID', error.message, 400);
    if (error instanceof ContentMissing) throw new CloudFault('MANIFEST_BLOB_UNKNOWN', error.message, 404);
    throw error;
  }
  const subject = call.repository.manifests[digest]?.subject;
  const answer = created(call.repository, 'manifests', digest);
  return subject ? { ...answer, headers: { ...answer.headers, 'oci-subject': subject } } : answer;
}

export class TagTaken extends Error {}
export class ContentMissing extends Error {
  /** True where images of an index are missing, false where layers of an image are. */
  readonly images: boolean;
  constructor(message: string, images: boolean) {
    super(message);
    this.images = images;
  }
}

/**
 * Puts a manifest, for the registry and for PutImage alike.
 * @throws ManifestInvalid, TagTaken (an immutable tag names another image), ContentMissing
 */
export async function storeManifest(
  call: Pick<Call, 'images' | 'repository' | 'now' | 'changed'>,
  bytes: Buffer,
  tag: string | undefined,
  contentType: string | undefined,
): Promise<{ digest: string; mediaType: string }> {
  const { images, repository } = call;
  const manifest = parseManifest(bytes, contentType);
  const digest = sha256(bytes);
  checkContent(images, repository, manifest);
  const taken = tag === undefined ? undefined : repository.tags[tag];
  if (tag !== undefined && taken !== undefined && taken !== digest && isImmutable(repository, tag))
    throw new TagTaken(
      `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the tag is immutable.`,
    );
  const parts = [...(manifest.config ? [manifest.config] : []), ...manifest.layers];
  const artifact = manifest.artifactType ?? manifest.config?.mediaType;
  await images.putManifest(
    repository,
    {
      digest,
      mediaType: manifest.mediaType,
      size: parts.reduce((sum, part) => sum + part.size, 0),
      ...(artifact ? { artifactMediaType: artifact } : {}),
      ...(manifest.subject ? { subject: manifest.subject.digest } : {}),
    },
    bytes,
    tag,
    call.now,
  );
  call.changed();
  return { digest, mediaType: manifest.mediaType };
}

function checkContent(images: ImageStore, repository: Repository, manifest: Manifest): void {
  const missing = ownBlobs(manifest)
    .filter((part) => !images.hasBlob(repository, part.digest))
    .map((p) => p.digest);
  if (missing.length > 0)
    throw new ContentMissing(
      `Layers with digests '${missing.join(', ')}' required for pushing image are missing`,
      false,
    );
  const absent = isIndex(manifest.mediaType)
    ? manifest.manifests.filter((m) => !Object.hasOwn(repository.manifests, m.digest)).map((m) => m.digest)
    : [];
  if (absent.length > 0)
    throw new ContentMissing(
      `Images with digests '${absent.join(', ')}' required for pushing image are missing`,
      true,
    );
}

export async function listTags({ request, repository }: Call): Promise<CloudResponse> {
  const last = request.query.get('last') ?? '';
  const all = Object.keys(repository.tags)
    .sort()
    .filter((tag) => tag > last);
  const size = Number(request.query.get('n') ?? 1000);
  if (!Number.isInteger(size) || size < 1)
    throw new CloudFault('PAGINATION_NUMBER_INVALID', 'n must be a positive integer', 400);
  const tags = all.slice(0, size);
  const more = all.length > size;
  return json(
    200,
    { name: repository.name, tags },
    more ? { link: `</v2/${repository.name}/tags/list?n=${size}&last=${tags.at(-1)}>; rel="next"` } : {},
  );
}

export async function referrers({ images, repository, reference }: Call): Promise<CloudResponse> {
  if (!isDigest(reference)) throw new CloudFault('DIGEST_INVALID', `"${reference}" is not a digest`, 400);
  const manifests = await Promise.all(
    Object.values(repository.manifests)
      .filter((m) => m.subject === reference)
      .map(async (m) => ({
        mediaType: m.mediaType,
        digest: m.digest,
        size: await images.blobSize(m.digest),
        artifactType: m.artifactMediaType,
      })),
  );
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  return json(200, index, { 'content-type': 'application/vnd.oci.image.index.v1+json' });
}
