import { createReadStream } from 'node:fs';
import pMap from 'p-map';
import type { Content } from '../../../aws/bulk-store.ts';
import { awsProblem, readAwsError } from '../../../aws/errors.ts';
import { failed } from '../../../runtime/errors.ts';
import { Progress } from '../live/progress.ts';
import type { WriteStep } from '../plan/diff.ts';
import { inPhases } from '../plan/phases.ts';
import { toObjectHeaders } from '../scan/headers.ts';
import { changedSince, readSource, type Source, type Sources } from '../scan/scan.ts';
import type { SiteFile, SitePorts } from '../types.ts';
import { blobIsWhole } from './blob-bytes.ts';
import type { SiteKeys } from './keys.ts';

/** Files up to this size are sent from memory, larger ones from the disk as a stream. Bytes. */
const IN_MEMORY = 1024 * 1024;

export interface Written {
  readonly uploaded: number;
  readonly copied: number;
  readonly bytesUploaded: number;
  /** ETags that are not the MD5, by path: of a bucket that is encrypted with KMS. */
  readonly etags: ReadonlyMap<string, string>;
}

/** A file's bytes as a request's body, with the hashes that S3 is to hold it to. */
export function contentOf(file: SiteFile, source: Source): Content {
  const stream = source.kind === 'file' && file.size > IN_MEMORY;
  return {
    size: file.size,
    sha256: file.sha256,
    md5: file.md5,
    open: stream
      ? () => createReadStream(source.full, { start: 0, end: file.size - 1, highWaterMark: 262_144 })
      : () => readSource(file, source),
  };
}

/** Puts blobs that the release bucket does not have yet. Each content once, however many files have it. */
export async function putBlobs(
  ports: SitePorts,
  keys: SiteKeys,
  files: readonly SiteFile[],
  sources: Sources,
  concurrency: number,
): Promise<{ blobs: number; bytes: number }> {
  const distinct = [...new Map(files.map((file) => [file.sha256, file])).values()];
  const bytes = distinct.reduce((sum, file) => sum + file.size, 0);
  const progress = new Progress('backing up', { files: distinct.length, bytes }, ports.log, ports.clock);
  await pMap(
    distinct,
    async (file) => {
      const source = sources.get(file.path) as Source;
      await asking('s3:PutObject', ports.release.bucket, keys.blob(file.sha256), 'release-bucket', file, () =>
        ports.release.putContent(keys.blob(file.sha256), contentOf(file, source), {
          contentType: 'application/octet-stream',
        }),
      );
      progress.add(file.size);
    },
    { concurrency },
  );
  return { blobs: distinct.length, bytes };
}

/** What is to be made live. */
export interface LiveWork {
  readonly steps: readonly WriteStep[];
  readonly sources: Sources;
  /** Of the manifest: they go live last. */
  readonly entries: readonly string[] | undefined;
}

/** Makes the steps live, phase after phase. Nothing of a phase begins before the one before it is whole. */
export async function writeLive(
  ports: SitePorts,
  keys: SiteKeys,
  { steps, sources, entries }: LiveWork,
  concurrency: number,
): Promise<Written> {
  const done = { uploaded: 0, copied: 0, bytesUploaded: 0, etags: new Map<string, string>() };
  for (const { phase, steps: inPhase } of inPhases(steps, entries)) {
    const bytes = inPhase.reduce((sum, step) => sum + step.file.size, 0);
    const progress = new Progress(phase, { files: inPhase.length, bytes }, ports.log, ports.clock);
    await pMap(
      inPhase,
      async (step) => {
        const how = await writeOne(ports, keys, step, sources.get(step.file.path));
        if (how.put) {
          done.uploaded++;
          done.bytesUploaded += step.file.size;
        } else done.copied++;
        if (how.etag !== step.file.md5) done.etags.set(step.file.path, how.etag);
        progress.add(step.file.size);
      },
      { concurrency },
    );
  }
  return done;
}

async function writeOne(
  ports: SitePorts,
  keys: SiteKeys,
  step: WriteStep,
  source: Source | undefined,
): Promise<{ put: boolean; etag: string }> {
  const { file } = step;
  const key = keys.live(file.path);
  const headers = toObjectHeaders(file.headers);
  const copy = (from: { bucket: string; key: string; etag?: string }) =>
    ports.live.copy({ from, key, ...headers });
  if (step.bytesAreLive && step.live) {
    try {
      // The bytes stay where they are: only the headers are replaced.
      const { etag } = await copy({ bucket: ports.live.bucket, key, etag: step.live.etag });
      return { put: false, etag };
    } catch (error) {
      // It has changed or gone since it was listed: write it whole.
      const { kind } = readAwsError(error);
      if (kind !== 'precondition' && kind !== 'missing')
        throw writeProblem(error, 's3:PutObject', ports, key, file);
    }
  }
  if (source) {
    const { etag } = await asking('s3:PutObject', ports.live.bucket, key, 'bucket', file, () =>
      ports.live.putContent(key, contentOf(file, source), headers),
    );
    return { put: true, etag };
  }
  const blob = keys.blob(file.sha256);
  const { etag } = await asking('s3:PutObject (copy)', ports.live.bucket, key, 'bucket', file, () =>
    copy({ bucket: ports.release.bucket, key: blob }),
  );
  if (!(await blobIsWhole(ports.release, blob, file, etag))) throw otherBytes(ports, blob, file);
  return { put: false, etag };
}

const otherBytes = (ports: SitePorts, blob: string, file: SiteFile) =>
  failed({
    what: `the release bucket has other bytes than those of ${file.path}`,
    found: `the content of s3://${ports.release.bucket}/${blob} is not what its name says`,
    fix: 'find out what else writes to the release bucket; deploy from a build instead',
  });

async function asking<T>(
  operation: string,
  bucket: string,
  key: string,
  input: string,
  file: SiteFile,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(error, operation, `s3://${bucket}/${key}`, input, file);
  }
}

const writeProblem = (error: unknown, operation: string, ports: SitePorts, key: string, file: SiteFile) =>
  explained(error, operation, `s3://${ports.live.bucket}/${key}`, 'bucket', file);

/** S3's names for "the body that arrived is not the one that was announced". */
const OTHER_BODY = new Set(['XAmzContentSHA256Mismatch', 'BadDigest', 'IncompleteBody']);

function explained(
  error: unknown,
  operation: string,
  resource: string,
  input: string,
  file: SiteFile,
): unknown {
  if (error instanceof Error && error.name === 'ActionError') return error;
  const { code, kind } = readAwsError(error);
  if (kind === 'other' && error instanceof Error && error.name === 'AbortError') return error;
  if (OTHER_BODY.has(code)) return changedSince(file.path);
  if (code === 'ENOENT' || code === 'ERR_STREAM_WRITE_AFTER_END') return changedSince(file.path);
  if (code === 'NoSuchKey' && operation.includes('copy')) {
    return failed({
      what: `the release bucket has lost the content of ${file.path}`,
      found: `${resource} was to be copied from the blob ${file.sha256}, which is not there`,
      fix: 'find out what deletes blobs (a lifecycle rule of the release bucket?); deploy from a build instead',
      cause: error,
    });
  }
  if (code === 'AccessControlListNotSupported') {
    return failed({
      input: 'acl',
      what: `the bucket of ${resource} has no ACLs (its object ownership is "bucket owner enforced")`,
      fix: 'take `acl` away from this step: what is public here is so by the bucket policy, or through CloudFront',
      cause: error,
    });
  }
  return awsProblem(error, { operation, resource, input, afterChange: true });
}
