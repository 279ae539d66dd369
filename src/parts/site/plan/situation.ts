import { awsProblem } from '../../../aws/errors.ts';
import { ActionError, failed } from '../../../runtime/errors.ts';
import type { SiteKeys } from '../store/keys.ts';
import { listLive } from '../store/live-listing.ts';
import { byPath, emptyManifest, ManifestReader } from '../store/manifest.ts';
import { type FoundState, readState, type StateEntry } from '../store/site-state.ts';
import type { Manifest, SiteFile, SitePorts } from '../types.ts';
import type { LiveObject } from './diff.ts';

/** The site as it stands: what is recorded of it, and what is live. */
export interface Situation {
  /** `undefined` before our first deployment. */
  readonly found: FoundState | undefined;
  /** What to go back to if we fail. */
  readonly base: Manifest;
  readonly baseEntry: StateEntry | undefined;
  /** Manifests that may have written to the live bucket, the base first. */
  readonly known: readonly Manifest[];
  /** Whether a page of an activation that was undone named a path. */
  readonly named: (path: string) => boolean;
  /** Live objects by path; without those that `exclude` leaves alone. */
  readonly live: Map<string, LiveObject>;
}

/** What decides, where a run died, which of two releases is the one to go back to. */
export interface LastGood {
  /** Key of the manifest that the ledger's pointer leads to, where it is known. */
  pointerManifest(): Promise<string | undefined>;
}

/**
 * Reads the site's state, its manifests and its listing. Changes nothing. The listing is asked for after the state: what
 * changes the site later changes the state too, and whoever writes the state under its ETag notices.
 * @param pool see ManifestReader
 */
export async function readSituation(
  ports: SitePorts,
  keys: SiteKeys,
  excluded: (path: string) => boolean,
  lastGood: LastGood,
  pool?: Map<string, SiteFile>,
): Promise<Situation> {
  const found = await readState(ports.release, keys);
  const entries = found ? [...(found.state.live ? [found.state.live] : []), ...found.state.activating] : [];
  const undone = found?.state.undone;
  const read = (entry: StateEntry) => readManifest(ports, entry.manifest, undefined, pool);
  const [manifests, gone, live] = await Promise.all([
    Promise.all(entries.map(read)),
    // It is a hint, and may have been collected.
    undone ? read(undone).catch(() => undefined) : undefined,
    listLive(ports, keys, excluded),
  ]);
  let baseEntry = found?.state.live;
  if (found && found.state.activating.length > 0) {
    const pointed = await lastGood.pointerManifest();
    baseEntry = found.state.activating.find((entry) => entry.manifest === pointed) ?? baseEntry;
  }
  const at = baseEntry ? entries.indexOf(baseEntry) : -1;
  const base = manifests[at] ?? emptyManifest('nothing');
  const known = [base, ...manifests.filter((_manifest, i) => i !== at)];
  const undonePaths = gone && byPath(gone);
  return { found, base, baseEntry, known, named: (path) => undonePaths?.has(path) ?? false, live };
}

/**
 * @param missing what to throw where there is none; by default that it was lost
 * @param pool see ManifestReader
 * @throws ActionError `failed` where it is missing or damaged.
 */
export async function readManifest(
  ports: SitePorts,
  key: string,
  missing?: (resource: string) => ActionError,
  pool?: Map<string, SiteFile>,
): Promise<Manifest> {
  const resource = `s3://${ports.release.bucket}/${key}`;
  const lost = (why: string, cause?: unknown) =>
    failed({
      what: `the manifest ${resource} cannot be read`,
      found: why,
      fix: 'restore an earlier version of it (the release bucket keeps versions), or delete site.json beside it: the site is then adopted anew',
      cause,
    });
  const reader = new ManifestReader(pool);
  const read = <T>(step: () => T): T => {
    try {
      return step();
    } catch (error) {
      throw lost(error instanceof Error ? error.message : String(error), error);
    }
  };
  try {
    const body = await ports.release.stream(key);
    if (!body) throw missing?.(resource) ?? lost('there is no such object');
    for await (const chunk of body) read(() => reader.push(chunk));
  } catch (error) {
    if (error instanceof ActionError) throw error;
    throw awsProblem(error, { operation: 's3:GetObject', resource, input: 'release-bucket' });
  }
  return read(() => reader.end());
}
