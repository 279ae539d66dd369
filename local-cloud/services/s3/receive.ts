import { createHash } from 'node:crypto';
import { CloudFault, type CloudRequest } from '../../core/service.ts';
import { type Blob, type BlobStore, SMALL } from './blobs.ts';
import { type Algorithm, hasher, promised, verify } from './checksum.ts';
import { unsupportedHeader } from './unsupported.ts';

/** Bytes of one PUT or one part: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PUT = 5 * 1024 ** 3;

export interface Received {
  readonly blob: Blob;
  readonly algorithm: Algorithm;
  /** Base64. */
  readonly checksum: string;
  /** The client named the algorithm; else S3 chose CRC64NVME. */
  readonly asked: boolean;
}

/**
 * Takes a request's body into the blob store, and holds it to all that its headers and trailers promise.
 * @throws CloudFault where length, digest or signature's hash are not the body's
 */
export async function receive(
  request: CloudRequest,
  blobs: BlobStore,
  fallback: Algorithm = 'CRC64NVME',
): Promise<Received> {
  const wanted = promised(request.headers, request.signed);
  const length = declaredLength(request);
  const algorithm = wanted.algorithm ?? fallback;
  const sum = hasher(algorithm);
  let blob: Blob;
  if (length <= SMALL) {
    const bytes = await request.body();
    sum.update(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const md5 = createHash('md5').update(bytes).digest('hex');
    blob = blobs.add(bytes, sha256, md5);
  } else blob = await blobs.addStream(request.stream(), [sum], MAX_PUT, tooLarge);
  const checksum = sum.digest().toString('base64');
  try {
    if (blob.size !== length) {
      throw new CloudFault(
        'IncompleteBody',
        'You did not provide the number of bytes specified by the Content-Length HTTP header',
      );
    }
    verify(wanted, { md5: blob.md5, sha256: blob.id, checksum }, request.trailers);
  } catch (error) {
    blobs.release(blob);
    throw error;
  }
  return { blob, algorithm, checksum, asked: wanted.algorithm !== undefined };
}

/**
 * A document in the body, held likewise to what its headers promise.
 * @param headers those of them that are about the body
 */
export async function receiveDocument(
  request: CloudRequest,
  headers: Readonly<Record<string, string>> = request.headers,
): Promise<string> {
  const wanted = promised(headers, request.signed);
  const bytes = await request.body();
  const sum = hasher(wanted.algorithm ?? 'CRC32');
  sum.update(bytes);
  const digests = {
    md5: createHash('md5').update(bytes).digest('hex'),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    checksum: sum.digest().toString('base64'),
  };
  verify(wanted, digests, request.trailers);
  return bytes.toString('utf8');
}

/** Bytes of the content itself, without the frame of `aws-chunked`. */
function declaredLength(request: CloudRequest): number {
  const { headers } = request;
  const decoded = headers['x-amz-decoded-content-length'];
  if (headers['transfer-encoding'] !== undefined && decoded === undefined) {
    throw unsupportedHeader('Transfer-Encoding');
  }
  const text = decoded ?? headers['content-length'];
  if (text === undefined) {
    throw new CloudFault('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  const length = Number(text);
  if (!/^\d+$/.test(text))
    throw new CloudFault('InvalidArgument', 'The content length is not a number.', 400);
  if (length > MAX_PUT) throw tooLarge(length);
  return length;
}

const tooLarge = (size?: number) =>
  new CloudFault('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400, {
    MaxSizeAllowed: String(MAX_PUT),
    ...(size === undefined ? {} : { ProposedSize: String(size) }),
  });
