import { PAGE, pageEnds } from '../../../aws/bulk-store.ts';
import { awsProblem } from '../../../aws/errors.ts';
import type { LiveObject } from '../plan/diff.ts';
import type { Manifest, SitePorts } from '../types.ts';
import type { SiteKeys } from './keys.ts';
import { liveFiles } from './manifest.ts';

/**
 * The live objects of the site, by path. One request for each thousand, side by side.
 * @param ends paths that its pages are expected to end with
 */
export async function listLive(
  ports: SitePorts,
  keys: SiteKeys,
  ends: readonly string[],
  excluded: (path: string) => boolean,
): Promise<Map<string, LiveObject>> {
  const objects = await ports.live.listAll(keys.livePrefix, ends.map(keys.live)).catch((error) => {
    throw awsProblem(error, {
      operation: 's3:ListBucket',
      resource: `s3://${ports.live.bucket}/${keys.livePrefix}`,
      input: 'bucket',
      ifMissing: 'create the bucket (infra/terraform does), or correct `bucket` and the region',
    });
  });
  const live = new Map<string, LiveObject>();
  for (const { key, size, etag, modified } of objects) {
    const path = key.slice(keys.livePrefix.length);
    // What consoles make to show a folder; it is nobody's file.
    if (path === '' || (size === 0 && path.endsWith('/'))) continue;
    if (!excluded(path)) live.set(path, { size, etag, modified });
  }
  return live;
}

/** Paths that the pages of the listing end with while a manifest is live: files and kept ones are each in order, merged here. */
export function pageEndsOf(manifest: Manifest): string[] {
  if (manifest.files.length + manifest.kept.length <= PAGE) return [];
  const paths = [...liveFiles(manifest)].map((file) => file.path);
  const isAscii = paths.every((path) => /^[\x20-\x7e]*$/.test(path));
  return pageEnds(
    isAscii
      ? paths.sort() // ASCII sorts in UTF-16 as it does in UTF-8.
      : paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
}
