import { PassThrough, pipeline } from 'node:stream';
import {
  type CloudContext,
  CloudFault,
  type CloudRequest,
  type CloudResponse,
  type Service,
} from '../../core/service.ts';
import type { EcrService } from '../ecr/index.ts';
import { isDigest, isIndex, type Manifest, ManifestInvalid, parseManifest, sha256 } from './manifest.ts';
import { DigestMismatch, type ImageStore, isImmutable, type Repository, type Upload } from './store.ts';
import { checkToken } from './token.ts';

interface Call {
  readonly request: CloudRequest;
  readonly repository: Repository;
  readonly images: ImageStore;
  /** Last part of the path: a tag, a digest or an upload's id. */
  readonly reference: string;
  readonly now: number;
  changed(): void;
}

interface Endpoint {
  readonly method: string;
  readonly path: RegExp;
  readonly operation: string;
  readonly iam: readonly string[];
  readonly mutating?: true;
  readonly run: (call: Call) => Promise<CloudResponse>;
}

const NAME = '((?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*/)*[a-z0-9]+(?:[._-]+[a-z0-9]+)*)';
const at = (rest: string) => new RegExp(`^/v2/${NAME}/${rest}$`);

/**
 * The OCI distribution protocol (github.com/opencontainers/distribution-spec 1.1) as ECR answers it: basic
 * authentication with ECR's token, repositories that must exist, no deletion by this way.
 */
const ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'HEAD',
    path: at('blobs/(sha256:[^/]+)'),
    operation: 'BlobHead',
    iam: ['ecr:BatchCheckLayerAvailability'],
    run: headBlob,
  },
  {
    method: 'GET',
    path: at('blobs/(sha256:[^/]+)'),
    operation: 'BlobGet',
    iam: ['ecr:GetDownloadUrlForLayer'],
    run: getBlob,
  },
  {
    method: 'POST',
    path: at('blobs/uploads/?()'),
    operation: 'BlobUploadBegin',
    iam: ['ecr:InitiateLayerUpload'],
    mutating: true,
    run: beginUpload,
  },
  {
    method: 'GET',
    path: at('blobs/uploads/([^/]+)'),
    operation: 'BlobUploadStatus',
    iam: ['ecr:InitiateLayerUpload'],
    run: uploadStatus,
  },
  {
    method: 'PATCH',
    path: at('blobs/uploads/([^/]+)'),
    operation: 'BlobUploadPart',
    iam: ['ecr:UploadLayerPart'],
    mutating: true,
    run: patchUpload,
  },
  {
    method: 'PUT',
    path: at('blobs/uploads/([^/]+)'),
    operation: 'BlobUploadFinish',
    iam: ['ecr:CompleteLayerUpload'],
    mutating: true,
    run: finishUpload,
  },
  {
    method: 'DELETE',
    path: at('blobs/uploads/([^/]+)'),
    operation: 'BlobUploadCancel',
    iam: [],
    mutating: true,
    run: cancelUpload,
  },
  {
    method: 'HEAD',
    path: at('manifests/([^/]+)'),
    operation: 'ManifestHead',
    iam: ['ecr:BatchGetImage'],
    run: getManifest,
  },
  {
    method: 'GET',
    path: at('manifests/([^/]+)'),
    operation: 'ManifestGet',
    iam: ['ecr:BatchGetImage'],
    run: getManifest,
  },
  {
    method: 'PUT',
    path: at('manifests/([^/]+)'),
    operation: 'ManifestPut',
    iam: ['ecr:PutImage'],
    mutating: true,
    run: putManifest,
  },
  { method: 'GET', path: at('tags/list()'), operation: 'TagsList', iam: ['ecr:ListImages'], run: listTags },
  {
    method: 'GET',
    path: at('referrers/([^/]+)'),
    operation: 'Referrers',
    iam: ['ecr:BatchGetImage'],
    run: referrers,
  },
];

export function registryService(context: CloudContext): Service {
  const store = () => context.service<EcrService>('ecr').images;
  return {
    name: 'registry',
    async handle(request) {
      const path = decodeURIComponent(request.rawPath);
      const endpoint = ENDPOINTS.find((e) => e.method === request.method && e.path.test(path));
      const match = endpoint?.path.exec(path);
      const name = match?.[1] ?? '';
      await request.enter({
        operation: endpoint?.operation ?? (path === '/v2/_catalog' ? 'Catalog' : 'ApiVersion'),
        resource: name ? `${name}${match?.[2] ? `/${match[2]}` : ''}` : '',
        mutating: endpoint?.mutating ?? false,
        iam: endpoint?.iam ?? [],
      });
      const region = authenticate(context, request);
      if (!endpoint || !match) return general(store(), region, path, request);
      const repository = store().repository(region, name);
      if (!repository)
        throw new CloudFault(
          'NAME_UNKNOWN',
          `The repository with name '${name}' does not exist in the registry with id '${context.account}'`,
          404,
        );
      return endpoint.run({
        request,
        repository,
        images: store(),
        reference: match[2] ?? '',
        now: context.now(),
        changed: () => context.changed('ecr'),
      });
    },
    fault: (error) => ({
      status: error.status,
      headers: {
        'content-type': 'application/json',
        'docker-distribution-api-version': 'registry/2.0',
        ...error.headers,
      },
      body: JSON.stringify({ errors: [{ code: error.code, message: error.message }] }),
    }),
    wireFault: (kind) =>
      kind === 'throttle'
        ? new CloudFault('TOOMANYREQUESTS', 'Rate exceeded', 429)
        : kind === 'denied'
          ? new CloudFault('DENIED', 'User is not authorized to perform this action', 403)
          : expired(),
  };
}

const expired = () =>
  new CloudFault('DENIED', 'Your authorization token has expired. Reauthenticate and try again.', 403);

function authenticate(context: CloudContext, request: CloudRequest): string {
  // A URL of GetDownloadUrlForLayer carries the token by itself, as AWS's are signed.
  const given = request.query.get('token');
  const basic = given ? `Basic ${Buffer.from(`AWS:${given}`).toString('base64')}` : undefined;
  const token = checkToken(basic ?? request.headers['authorization'], context.now());
  if (token.ok) return token.region;
  if (token.why === 'expired') throw expired();
  throw new CloudFault(
    'UNAUTHORIZED',
    'authentication required',
    401,
    {},
    {
      'www-authenticate': `Basic realm="${context.endpoint()}/",service="ecr.amazonaws.com"`,
    },
  );
}

function general(images: ImageStore, region: string, path: string, request: CloudRequest): CloudResponse {
  if (/^\/v2\/?$/.test(path) && ['GET', 'HEAD'].includes(request.method)) return json(200, {});
  if (path === '/v2/_catalog' && request.method === 'GET')
    return json(200, { repositories: images.repositories(region).map((r) => r.name) });
  const known = ENDPOINTS.some((e) => e.path.test(path));
  if (known) throw new CloudFault('UNSUPPORTED', `${request.method} is not supported here by ECR`, 405);
  throw new CloudFault('NAME_INVALID', `There is nothing at ${path}`, 404);
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): CloudResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'docker-distribution-api-version': 'registry/2.0',
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

const empty = (status: number, headers: Record<string, string>): CloudResponse => ({
  status,
  headers: { 'content-length': '0', 'docker-distribution-api-version': 'registry/2.0', ...headers },
});

// -- blobs

function knownBlob({ images, repository, reference }: Call): void {
  if (!isDigest(reference))
    throw new CloudFault('DIGEST_INVALID', `"${reference}" is not a sha256 digest`, 400);
  if (!images.hasBlob(repository, reference))
    throw new CloudFault('BLOB_UNKNOWN', `blob unknown to registry: ${reference}`, 404);
}

async function headBlob(call: Call): Promise<CloudResponse> {
  knownBlob(call);
  return empty(200, {
    'content-length': String(await call.images.blobSize(call.reference)),
    'content-type': 'application/octet-stream',
    'docker-content-digest': call.reference,
    'accept-ranges': 'bytes',
  });
}

async function getBlob(call: Call): Promise<CloudResponse> {
  knownBlob(call);
  const size = await call.images.blobSize(call.reference);
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': call.reference,
    'accept-ranges': 'bytes',
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(call.request.headers['range'] ?? '');
  if (!range) {
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(size) },
      body: call.images.openBlob(call.reference),
    };
  }
  const start = Number(range[1]);
  const end = Math.min(range[2] ? Number(range[2]) : size - 1, size - 1);
  if (start > end) throw new CloudFault('RANGE_INVALID', 'the range is outside of the blob', 416);
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${size}`,
    },
    body: call.images.openBlob(call.reference, { start, end }),
  };
}

// -- uploads: in one request, in chunks, or mounted from another repository

async function beginUpload(call: Call): Promise<CloudResponse> {
  const { request, images, repository } = call;
  const mount = request.query.get('mount');
  const from = request.query.get('from');
  const source = from ? images.repository(repository.region, from) : undefined;
  if (mount && source && images.hasBlob(source, mount)) {
    repository.blobs[mount] = true;
    call.changed();
    return created(repository, 'blobs', mount);
  }
  const upload = await images.beginUpload(repository);
  const digest = request.query.get('digest');
  if (!digest) return accepted(call, upload);
  await images.append(upload, content(request));
  return finish(call, upload, digest);
}

/** The body, to be read at leisure: a request's own stream flows from the moment that it is asked for. */
function content(request: CloudRequest): PassThrough {
  const held = new PassThrough();
  pipeline(request.stream(), held, () => {});
  return held;
}

function uploadOf(call: Call): Upload {
  const upload = call.images.upload(call.repository, call.reference);
  if (!upload) throw new CloudFault('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', 404);
  return upload;
}

async function uploadStatus(call: Call): Promise<CloudResponse> {
  return { ...accepted(call, uploadOf(call)), status: 204 };
}

/** A chunk must begin where the last one ended; a stream without Content-Range is appended as it is. */
async function patchUpload(call: Call): Promise<CloudResponse> {
  const upload = uploadOf(call);
  const range = /^(?:bytes[ =])?(\d+)-(\d+)/.exec(call.request.headers['content-range'] ?? '');
  if (range && Number(range[1]) !== upload.size) return { ...accepted(call, upload), status: 416 };
  await call.images.append(upload, content(call.request));
  return accepted(call, upload);
}

async function finishUpload(call: Call): Promise<CloudResponse> {
  const upload = uploadOf(call);
  const digest = call.request.query.get('digest') ?? '';
  await call.images.append(upload, content(call.request));
  return finish(call, upload, digest);
}

async function cancelUpload(call: Call): Promise<CloudResponse> {
  await call.images.cancelUpload(uploadOf(call));
  return empty(204, {});
}

async function finish(call: Call, upload: Upload, digest: string): Promise<CloudResponse> {
  if (!isDigest(digest)) throw new CloudFault('DIGEST_INVALID', `"${digest}" is not a sha256 digest`, 400);
  try {
    await call.images.finishUpload(upload, digest);
  } catch (error) {
    if (!(error instanceof DigestMismatch)) throw error;
    throw new CloudFault('DIGEST_INVALID', 'provided digest did not match uploaded content', 400);
  }
  call.changed();
  return created(call.repository, 'blobs', digest);
}

function accepted({ repository }: Call, upload: Upload): CloudResponse {
  return empty(202, {
    location: `/v2/${repository.name}/blobs/uploads/${upload.id}`,
    'docker-upload-uuid': upload.id,
    range: `0-${Math.max(upload.size - 1, 0)}`,
  });
}

const created = (repository: Repository, kind: 'blobs' | 'manifests', digest: string) =>
  empty(201, { location: `/v2/${repository.name}/${kind}/${digest}`, 'docker-content-digest': digest });

// -- manifests

async function getManifest(call: Call): Promise<CloudResponse> {
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

async function putManifest(call: Call): Promise<CloudResponse> {
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
  const blobs = [...(manifest.config ? [manifest.config] : []), ...manifest.layers];
  const missing = blobs.filter((part) => !images.hasBlob(repository, part.digest)).map((p) => p.digest);
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

// -- lists

async function listTags({ request, repository }: Call): Promise<CloudResponse> {
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

async function referrers({ images, repository, reference }: Call): Promise<CloudResponse> {
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
