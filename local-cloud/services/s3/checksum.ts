import { createHash } from 'node:crypto';
import { CloudFault } from '../../core/service.ts';
import { crc32, crc32c, crc64nvme } from './crc.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
export type Algorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256';

export const ALGORITHMS: readonly Algorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'];

export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum as it is kept with an object; a composite one ends in `-<parts>`. */
export interface Checksum {
  readonly algorithm: Algorithm;
  /** Base64. */
  readonly value: string;
  readonly type: ChecksumType;
}

export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

export function hasher(algorithm: Algorithm): Hasher {
  switch (algorithm) {
    case 'CRC32':
      return crc32();
    case 'CRC32C':
      return crc32c();
    case 'CRC64NVME':
      return crc64nvme();
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm.toLowerCase());
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
    }
  }
}

const BYTES: Readonly<Record<Algorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export const checksumHeader = (algorithm: Algorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

/** What a request promises of its body. */
export interface Promised {
  /** Base64 of 16 bytes. */
  readonly md5: string | undefined;
  /** Hex; `undefined` where the payload is not signed. */
  readonly sha256: string | undefined;
  readonly algorithm: Algorithm | undefined;
  /** Base64; `undefined` where it comes in a trailer. */
  readonly checksum: string | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** @throws CloudFault InvalidDigest, InvalidRequest for a header that no body can meet */
export function promised(headers: Headers, signed: boolean): Promised {
  const md5 = headers['content-md5'];
  if (md5 !== undefined && Buffer.from(md5, 'base64').toString('base64') !== md5.trim())
    throw new CloudFault('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400);
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16)
    throw new CloudFault('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400);
  const { algorithm, checksum } = promisedChecksum(headers);
  return { md5: md5?.trim(), sha256: payloadHash(headers, signed), algorithm, checksum };
}

function promisedChecksum(headers: Headers): Pick<Promised, 'algorithm' | 'checksum'> {
  const named = ALGORITHMS.filter((a) => headers[checksumHeader(a)] !== undefined);
  const trailer = ALGORITHMS.filter((a) =>
    (headers['x-amz-trailer'] ?? '').toLowerCase().includes(checksumHeader(a)),
  );
  // CRC32 is the beginning of CRC32C's name.
  const inTrailer = trailer.length > 1 ? trailer.filter((a) => a !== 'CRC32') : trailer;
  if (named.length + inTrailer.length > 1) {
    throw new CloudFault(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  const algorithm = named[0] ?? inTrailer[0];
  const asked = headers['x-amz-sdk-checksum-algorithm']?.toUpperCase();
  if (asked !== undefined && !ALGORITHMS.includes(asked as Algorithm) && asked !== 'MD5') {
    throw new CloudFault('InvalidRequest', 'Value for x-amz-sdk-checksum-algorithm header is invalid.');
  }
  const checksum = named[0] ? headers[checksumHeader(named[0])] : undefined;
  if (algorithm && checksum !== undefined) checkForm(algorithm, checksum);
  return { algorithm, checksum };
}

function checkForm(algorithm: Algorithm, checksum: string): void {
  const bytes = Buffer.from(checksum, 'base64');
  if (bytes.length !== BYTES[algorithm] || bytes.toString('base64') !== checksum) {
    throw new CloudFault('InvalidRequest', `Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
}

function payloadHash(headers: Headers, signed: boolean): string | undefined {
  const hash = headers['x-amz-content-sha256'];
  if (hash === undefined) {
    if (signed && headers['authorization'])
      throw new CloudFault(
        'InvalidRequest',
        'Missing required header for this request: x-amz-content-sha256',
      );
    return undefined;
  }
  if (hash === 'UNSIGNED-PAYLOAD' || hash.startsWith('STREAMING-')) return undefined;
  if (!/^[0-9a-f]{64}$/.test(hash)) {
    throw new CloudFault(
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a valid sha256 value.',
      400,
      { ArgumentName: 'x-amz-content-sha256', ArgumentValue: hash },
    );
  }
  return hash;
}

/** What a body turned out to be. */
export interface Digests {
  /** Hex. */
  readonly md5: string;
  readonly sha256: string;
  /** Base64, of the promised algorithm, or of CRC64NVME, which S3 keeps where none was promised. */
  readonly checksum: string;
}

/**
 * Holds a body to what its headers and trailers promised.
 * @throws CloudFault BadDigest, XAmzContentSHA256Mismatch, InvalidRequest
 */
export function verify(wanted: Promised, got: Digests, trailers: Headers): void {
  if (wanted.sha256 !== undefined && wanted.sha256 !== got.sha256) {
    throw new CloudFault(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      400,
      { ClientComputedContentSHA256: wanted.sha256, S3ComputedContentSHA256: got.sha256 },
    );
  }
  if (wanted.md5 !== undefined && wanted.md5 !== Buffer.from(got.md5, 'hex').toString('base64')) {
    throw new CloudFault('BadDigest', 'The Content-MD5 you specified did not match what we received.', 400, {
      ExpectedDigest: wanted.md5,
      CalculatedDigest: Buffer.from(got.md5, 'hex').toString('base64'),
    });
  }
  if (!wanted.algorithm) return;
  const given = wanted.checksum ?? trailers[checksumHeader(wanted.algorithm)];
  if (given === undefined) {
    throw new CloudFault(
      'MalformedTrailerError',
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    );
  }
  checkForm(wanted.algorithm, given);
  if (given !== got.checksum) {
    throw new CloudFault(
      'BadDigest',
      `The ${wanted.algorithm} you specified did not match the calculated checksum.`,
    );
  }
}

/** A checksum of the parts' checksums, as SHA and (by default) CRC32 of a multipart upload are. */
export function compositeChecksum(algorithm: Algorithm, parts: readonly string[]): string {
  const whole = hasher(algorithm);
  for (const part of parts) whole.update(Buffer.from(part, 'base64'));
  return `${whole.digest().toString('base64')}-${parts.length}`;
}
