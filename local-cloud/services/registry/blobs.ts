import { PassThrough, pipeline } from 'node:stream';
import { CloudFault, type CloudRequest, type CloudResponse } from '../../core/service.ts';
import { type Call, created, empty } from './call.ts';
import { isDigest } from './manifest.ts';
import { DigestMismatch, type Upload } from './store.ts';

function knownBlob({ images, repository, reference }: Call): void {
  if (!isDigest(reference))
    throw new CloudFault('DIGEST_INVALID', `"${reference}" is not a sha256 digest`, 400);
  if (!images.hasBlob(repository, reference))
    throw new CloudFault('BLOB_UNKNOWN', `blob unknown to registry: ${reference}`, 404);
}

export async function headBlob(call: Call): Promise<CloudResponse> {
  knownBlob(call);
  return empty(200, {
    'content-length': String(await call.images.blobSize(call.reference)),
    'content-type': 'application/octet-stream',
    'docker-content-digest': call.reference,
    'accept-ranges': 'bytes',
  });
}

export async function getBlob(call: Call): Promise<CloudResponse> {
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

// Uploads: in one request, in chunks, or mounted from another repository

export async function beginUpload(call: Call): Promise<CloudResponse> {
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

export async function uploadStatus(call: Call): Promise<CloudResponse> {
  return { ...accepted(call, uploadOf(call)), status: 204 };
}

function outOfOrder({ request }: Call, upload: Upload): boolean {
  const range = /^(?:bytes[ =])?(\d+)-(\d+)/.exec(request.headers['content-range'] ?? '');
  return range !== null && Number(range[1]) !== upload.size;
}

/** A chunk must begin where the last one ended; a stream without Content-Range is appended as it is. */
export async function patchUpload(call: Call): Promise<CloudResponse> {
  const upload = uploadOf(call);
  if (outOfOrder(call, upload)) return { ...accepted(call, upload), status: 416 };
  await call.images.append(upload, content(call.request));
  return accepted(call, upload);
}

export async function finishUpload(call: Call): Promise<CloudResponse> {
  const upload = uploadOf(call);
  const digest = call.request.query.get('digest') ?? '';
  // The last chunk may come with the request that finishes the upload.
  if (outOfOrder(call, upload)) return { ...accepted(call, upload), status: 416 };
  await call.images.append(upload, content(call.request));
  return finish(call, upload, digest);
}

export async function cancelUpload(call: Call): Promise<CloudResponse> {
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
