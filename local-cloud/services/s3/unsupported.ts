import { CloudFault, type CloudRequest } from '../../core/service.ts';

/**
 * Headers of S3's model that nothing here acts upon: appends, MFA, checksums that the local cloud does not make, conditions of
 * directory buckets, and the encryption context of a KMS key. To take one in silence would promise what is not done.
 */
const NOT_HERE: readonly string[] = [
  'x-amz-write-offset-bytes',
  'x-amz-mfa',
  'x-amz-bucket-object-lock-token',
  'x-amz-if-match-initiated-time',
  'x-amz-server-side-encryption-context',
  'x-amz-checksum-md5',
  'x-amz-checksum-sha512',
  'x-amz-checksum-xxhash3',
  'x-amz-checksum-xxhash64',
  'x-amz-checksum-xxhash128',
];

/** @throws CloudFault NotImplemented */
export function refuseUnsupported(headers: CloudRequest['headers']): void {
  const found = NOT_HERE.find((name) => headers[name] !== undefined);
  if (found) throw unsupportedHeader(found);
}

/** A header that S3 does not act upon, in its own words: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const unsupportedHeader = (Header: string): CloudFault =>
  new CloudFault(
    'NotImplemented',
    'A header you provided implies functionality that is not implemented',
    501,
    { Header },
  );
