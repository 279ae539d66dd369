import type { StoredObject } from '../../../aws/object-store.ts';
import { messageOf } from '../../../runtime/errors.ts';
import { readManifest } from '../plan/situation.ts';
import type { SitePorts } from '../types.ts';
import { listBlobs } from './blob-listing.ts';
import type { SiteKeys } from './keys.ts';
import { liveFiles } from './manifest.ts';
import { type FoundState, type SiteState, writeState } from './site-state.ts';

/** Nothing that was written less than a day ago is collected, whatever says that it is not needed. Milliseconds. */
const GRACE = 24 * 3_600_000;

/**
 * Whether it is time: collecting reads the manifests of all kept releases and lists all blobs, so it is done once for
 * several activations.
 */
export const timeToCollect = (state: Pick<SiteState, 'sinceCollection'>, keepReleases: number): boolean =>
  state.sinceCollection >= Math.max(5, Math.ceil(keepReleases / 2));

/**
 * Manifests that no release needs. Pure.
 * @param prefix of their keys; what lies deeper, or is a `site.json`, belongs to a site whose prefix is named so
 */
export function manifestsToDrop(
  manifests: readonly StoredObject[],
  prefix: string,
  state: Pick<SiteState, 'live' | 'activating' | 'releases'>,
  now: number,
): { keep: string[]; drop: string[] } {
  const needed = new Set(
    [...state.releases, ...state.activating, ...(state.live ? [state.live] : [])].map((e) => e.manifest),
  );
  const keep: string[] = [];
  const drop: string[] = [];
  for (const { key, modified } of manifests) {
    const name = key.slice(prefix.length);
    if (name.includes('/') || name === 'site.json') continue;
    (needed.has(key) || modified > now - GRACE ? keep : drop).push(key);
  }
  return { keep, drop };
}

/** Blobs that no kept manifest names. Pure. */
export function blobsToDrop(
  blobs: readonly StoredObject[],
  prefix: string,
  needed: ReadonlySet<string>,
  now: number,
): string[] {
  return blobs
    .filter(({ key, modified }) => {
      const name = key.slice(prefix.length);
      return /^[0-9a-f]{64}$/.test(name) && !needed.has(name) && modified <= now - GRACE;
    })
    .map(({ key }) => key);
}

/**
 * Removes manifests and blobs that no kept release needs. Only under the lock, and only after a deployment that went
 * well; what goes wrong here is a warning, for the release is live.
 */
export async function collect(
  ports: SitePorts,
  keys: SiteKeys,
  found: FoundState,
): Promise<{ manifests: number; blobs: number }> {
  try {
    const now = ports.clock.now();
    const listed = await ports.release.listAll(keys.manifests);
    const { keep, drop } = manifestsToDrop(listed, keys.manifests, found.state, now);
    const needed = new Set<string>();
    for (const key of keep) {
      for (const file of liveFiles(await readManifest(ports, key))) needed.add(file.sha256);
    }
    ports.signal.throwIfAborted();
    const blobs = blobsToDrop(await listBlobs(ports, keys, needed.size), keys.blobs, needed, now);
    const failures = await ports.release.deleteMany([...drop, ...blobs]);
    if (failures.length > 0) {
      ports.log.warning(
        `${failures.length} objects of old releases could not be removed: ${failures[0]?.key}: ${failures[0]?.code}`,
      );
    }
    const { nonce: _nonce, version: _version, ...state } = found.state;
    await writeState(ports.release, keys, { ...state, sinceCollection: 0 }, found);
    return { manifests: drop.length, blobs: blobs.length };
  } catch (error) {
    ports.log.warning(`old releases were not collected this time: ${messageOf(error)}`);
    return { manifests: 0, blobs: 0 };
  }
}
