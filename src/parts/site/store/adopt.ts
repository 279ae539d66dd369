import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { awsProblem } from '../../../aws/errors.ts';
import { refused } from '../../../runtime/errors.ts';
import { Progress } from '../live/progress.ts';
import type { LiveObject } from '../plan/diff.ts';
import { fromObjectHeaders, HeaderSets } from '../scan/headers.ts';
import { LARGEST_FILE } from '../scan/names.ts';
import type { Manifest, SiteFile, SitePorts } from '../types.ts';
import { asCarried } from './carried-headers.ts';
import type { SiteKeys } from './keys.ts';
import { encodeManifest } from './manifest.ts';

/**
 * Makes a release of what a bucket serves before we touch it. Each object is read once, for its hash and its headers
 * (S3 lists neither), and its blob is copied inside S3. What the build has too, byte for byte, is not read: its first
 * byte brings the headers.
 * @param known files of the build, whose hashes may be those of live objects
 */
export async function adopt(
  ports: SitePorts,
  keys: SiteKeys,
  live: ReadonlyMap<string, LiveObject>,
  known: readonly SiteFile[],
  release: string,
  concurrency: number,
): Promise<Manifest> {
  const objects = [...live].map(([path, object]) => ({ path, ...object }));
  refuseHuge(objects);
  const bytes = objects.reduce((sum, object) => sum + object.size, 0);
  const progress = new Progress('adopting', { files: objects.length, bytes }, ports.log, ports.clock);
  const byMd5 = new Map(known.map((file) => [file.md5, file]));
  const sets = new HeaderSets();
  const copied = new Map<string, Promise<void>>();
  const files = await pMap(
    objects,
    async (object): Promise<SiteFile> => {
      const same = byMd5.get(object.etag);
      const hash = same?.size === object.size && object.size > 0 ? same : undefined;
      const read = await readLive(ports, keys.live(object.path), hash);
      const blob = copied.get(read.sha256) ?? copyToBlob(ports, keys, object, read.sha256);
      copied.set(read.sha256, blob);
      await blob;
      progress.add(object.size);
      const { path, size, etag } = object;
      const headers = sets.unique(asCarried(fromObjectHeaders(read.headers)));
      const file = { path, size, sha256: read.sha256, md5: read.md5, headers };
      return etag === read.md5 ? file : { ...file, etag };
    },
    { concurrency },
  );
  const createdAt = new Date(ports.clock.now()).toISOString();
  const manifest: Manifest = { version: 1, release, createdAt, files, kept: [] };
  await ports.release.put({
    key: keys.manifest(release),
    body: encodeManifest(manifest),
    contentType: 'application/json',
  });
  return manifest;
}

function refuseHuge(objects: ReadonlyArray<{ path: string; size: number }>): void {
  const huge = objects.filter((object) => object.size > LARGEST_FILE);
  if (huge.length === 0) return;
  throw refused({
    input: 'bucket',
    what: 'the bucket holds objects that are too large to be adopted (S3 copies 5 GiB in one piece)',
    details: huge.slice(0, 10).map((object) => `${object.path}: ${object.size} bytes`),
    fix: 'name them in `exclude`: they are then left alone',
  });
}

async function readLive(ports: SitePorts, key: string, known: SiteFile | undefined) {
  const resource = `s3://${ports.live.bucket}/${key}`;
  try {
    const { body, headers } = await ports.live.read(key, { headersOnly: known !== undefined });
    const [sha256, md5] = [createHash('sha256'), createHash('md5')];
    for await (const chunk of body) {
      sha256.update(chunk);
      md5.update(chunk);
    }
    if (known) return { sha256: known.sha256, md5: known.md5, headers };
    return { sha256: sha256.digest('hex'), md5: md5.digest('hex'), headers };
  } catch (error) {
    throw awsProblem(error, { operation: 's3:GetObject', resource, input: 'bucket' });
  }
}

async function copyToBlob(
  ports: SitePorts,
  keys: SiteKeys,
  object: { path: string; etag: string },
  sha256: string,
): Promise<void> {
  const from = { bucket: ports.live.bucket, key: keys.live(object.path), etag: object.etag };
  try {
    await ports.release.copy({ from, key: keys.blob(sha256), contentType: 'application/octet-stream' });
  } catch (error) {
    throw awsProblem(error, {
      operation: 's3:PutObject (copy)',
      resource: `s3://${ports.release.bucket}/${keys.blob(sha256)}`,
      input: 'release-bucket',
      afterChange: true,
    });
  }
}
