/** Headers that everything written to one bucket carries besides its own: an ACL, an encryption. */
export interface WriteHeaders {
  readonly acl?: 'public-read' | undefined;
  readonly encryption?: Encryption | undefined;
}

/** What a bucket's policy demands of every write: `key` is the id or ARN of a KMS key. */
export interface Encryption {
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  readonly key?: string | undefined;
}

/** As S3 reads them (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html). */
export function writeHeaderLines({ acl, encryption }: WriteHeaders): Record<string, string> {
  return {
    ...(acl ? { 'x-amz-acl': acl } : {}),
    ...(encryption ? { 'x-amz-server-side-encryption': encryption.algorithm } : {}),
    ...(encryption?.key ? { 'x-amz-server-side-encryption-aws-kms-key-id': encryption.key } : {}),
  };
}

/** The same as fields of the SDK's PutObject. */
export function writeHeaderInput({ acl, encryption }: WriteHeaders) {
  return {
    ...(acl ? { ACL: acl } : {}),
    ...(encryption ? { ServerSideEncryption: encryption.algorithm } : {}),
    ...(encryption?.key ? { SSEKMSKeyId: encryption.key } : {}),
  };
}
