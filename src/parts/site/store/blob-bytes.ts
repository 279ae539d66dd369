import { createHash } from 'node:crypto';
import type { BulkStore } from '../../../aws/bulk-store.ts';
import { awsProblem } from '../../../aws/errors.ts';
import type { SiteFile } from '../types.ts';

/**
 * Whether a blob has the bytes that its name promises. An ETag that is the MD5 proves it without a request. Another one
 * proves nothing (SSE-KMS and multipart uploads have such ETags): then the checksum decides that S3 keeps with the blob,
 * and where it keeps no SHA-256, the bytes themselves.
 * @param etag of the blob, or of a copy that has just been made of it
 */
export async function blobIsWhole(
  release: BulkStore,
  key: string,
  file: Pick<SiteFile, 'sha256' | 'md5'>,
  etag: string,
): Promise<boolean> {
  if (etag === file.md5) return true;
  try {
    const kept = await release.digests(key);
    if (kept.etag === file.md5) return true;
    return (kept.sha256 ?? (await sha256Of(release, key))) === file.sha256;
  } catch (error) {
    throw awsProblem(error, {
      operation: 's3:GetObject',
      resource: `s3://${release.bucket}/${key}`,
      input: 'release-bucket',
    });
  }
}

async function sha256Of(release: BulkStore, key: string): Promise<string> {
  const hash = createHash('sha256');
  const { body } = await release.read(key);
  for await (const chunk of body) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
