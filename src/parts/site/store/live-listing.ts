import { awsProblem } from '../../../aws/errors.ts';
import type { LiveObject } from '../plan/diff.ts';
import type { SitePorts } from '../types.ts';
import type { SiteKeys } from './keys.ts';

/** The live objects of the site, by path. One request for each thousand. */
export async function listLive(
  ports: SitePorts,
  keys: SiteKeys,
  excluded: (path: string) => boolean,
): Promise<Map<string, LiveObject>> {
  const objects = await ports.live.listAll(keys.livePrefix).catch((error) => {
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
