import { awsProblem } from '../../../aws/errors.ts';
import type { WriteHeaders } from '../../../aws/write-headers.ts';
import { failed, messageOf } from '../../../runtime/errors.ts';
import type { Change } from '../plan/change.ts';
import type { Situation } from '../plan/situation.ts';
import type { Sources } from '../scan/scan.ts';
import { type Face, type Front, facesOf } from '../site.ts';
import type { SiteKeys } from '../store/keys.ts';
import { encodeManifest } from '../store/manifest.ts';
import type { ActivationOptions, Manifest, SitePlace, SitePorts } from '../types.ts';
import type { Address } from './addresses.ts';
import { waitedOut } from './cached-errors.ts';
import { filesToVerify, verifySite } from './verify.ts';

/** All that an activation stands on. */
export interface Activation {
  readonly place: SitePlace;
  readonly keys: SiteKeys;
  readonly situation: Situation;
  readonly change: Change;
  readonly sources: Sources;
  readonly options: ActivationOptions;
  /** Where the site is read back, and whose caches are told. */
  readonly front: Front;
  /** See SiteState. */
  readonly writes: WriteHeaders;
  /** Addresses whose pages the proof asks for as visitors do. */
  readonly addresses?: readonly Address[];
  /** Whether the proof asks for a name that is not there: it could not be asked for before. */
  readonly asksForMissing?: boolean;
  readonly maxInvalidationPaths: number;
  /** Releases that `site.json` remembers. */
  readonly keepReleases: number;
  /** Called just before the first change of the live bucket, and when there is nothing left to undo. */
  readonly onOpen: (open: boolean) => void;
  readonly excluded: (path: string) => boolean;
}

/** Signals that tell a caller whether a failure left something behind. */
export class ActivationError extends Error {
  readonly undo: () => Promise<void>;

  constructor(cause: unknown, undo: () => Promise<void>) {
    super(messageOf(cause), { cause });
    this.name = 'ActivationError';
    this.undo = undo;
  }
}

export async function putManifest(ports: SitePorts, keys: SiteKeys, manifest: Manifest): Promise<void> {
  await ports.release.put({
    key: keys.manifest(manifest.release),
    body: encodeManifest(manifest),
    contentType: 'application/json',
  });
}

/** Within one run the same request is the same invalidation, whatever is sent twice; in another run it is another. */
export const reference = (ports: SitePorts, target: Manifest, step: string) =>
  `${target.release.slice(0, 60)}-${ports.clock.now().toString(36)}-${step}`;

export async function verify(
  ports: SitePorts,
  work: Activation,
  change: Change,
  invalidated: boolean,
): Promise<number> {
  const written = new Set(change.diff.writes.map((step) => step.file.path));
  const files = filesToVerify(change.target.files, written, change.target.entries);
  const counts = await atEachFace(work, ({ siteUrl, distribution, errorTtl }) =>
    verifySite(ports, {
      siteUrl,
      files,
      level: work.options.verify,
      invalidated: distribution !== undefined && invalidated,
      waitedOut: waitedOut(change, errorTtl),
      errorTtl,
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * Looks at each face whose address is known, side by side; none where nothing is to be read back.
 * @throws what the first of them threw, once all have ended
 */
export async function atEachFace<T>(
  { front, options }: Pick<Activation, 'front' | 'options'>,
  look: (face: Face & { readonly siteUrl: string }) => Promise<T>,
): Promise<T[]> {
  if (options.verify === 'off') return [];
  const faces = facesOf(front).flatMap((face) => (face.siteUrl ? [{ ...face, siteUrl: face.siteUrl }] : []));
  const ended = await Promise.allSettled(faces.map(look));
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

export async function removeLive(ports: SitePorts, keys: readonly string[]): Promise<void> {
  const refusedKeys = await ports.live.deleteMany(keys).catch((error) => {
    throw awsProblem(error, {
      operation: 's3:DeleteObject',
      resource: `s3://${ports.live.bucket}`,
      input: 'bucket',
      afterChange: true,
    });
  });
  if (refusedKeys.length === 0) return;
  throw failed({
    what: `S3 did not delete ${refusedKeys.length} of ${keys.length} files from ${ports.live.bucket}`,
    details: refusedKeys.slice(0, 10).map((r) => `${r.key}: ${r.code} ${r.message}`),
    fix: 'grant s3:DeleteObject on the bucket to the role that the job assumes; the next deployment deletes what is left',
  });
}

export const withEtags = (manifest: Manifest, etags: ReadonlyMap<string, string>): Manifest => ({
  ...manifest,
  files: manifest.files.map((file) => ({ ...file, etag: etags.get(file.path) ?? file.etag })),
  kept: manifest.kept.map((file) => ({ ...file, etag: etags.get(file.path) ?? file.etag })),
});
