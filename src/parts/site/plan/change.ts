import { isImmutable } from '../scan/cache-rules.ts';
import { sameHeaders } from '../scan/headers.ts';
import { byPath, liveFiles } from '../store/manifest.ts';
import type { Manifest, SiteFile } from '../types.ts';
import { type Diff, diffSite, type LiveObject } from './diff.ts';

/** Everything that making a manifest live comes to. */
export interface Change {
  readonly target: Manifest;
  readonly diff: Diff;
  /** Paths whose old content a CDN may hold, to be invalidated once the writes are done. */
  readonly changed: readonly string[];
  /**
   * Paths that nobody could get before and that somebody may have asked for: a CDN may hold the error. An immutable name
   * that no page named before is not among them.
   */
  readonly appeared: readonly string[];
  /** Paths of the same kind that go with the deletions. */
  readonly removed: readonly string[];
  /** Names that were immutable and whose content is another now: the build does not keep its promise. */
  readonly broken: readonly string[];
}

/**
 * The change from what is live to `target`. Pure.
 * @param known manifests that may have written what is live, and so what a CDN may have cached
 * @param closedAt see Knowledge
 * @param named whether pages that were live before name a path that none of `known` has: of a release that was live
 */
export function planChange(
  live: ReadonlyMap<string, LiveObject>,
  target: Manifest,
  known: readonly Manifest[],
  closedAt: number | undefined,
  named: (path: string) => boolean = () => false,
): Change {
  const earlier = known.map(byPath);
  const wanted = [...liveFiles(target)];
  const diff = diffSite(live, wanted, { manifests: earlier, closedAt });
  const written = new Set(diff.writes.filter((step) => step.reason !== 'new').map((step) => step.file.path));
  const changed: string[] = [];
  const broken: string[] = [];
  for (const file of wanted) {
    const before = versionsOf(file.path, earlier);
    const differs = before.some(
      (old) => old.sha256 !== file.sha256 || !sameHeaders(old.headers, file.headers),
    );
    const isNew = before.length === 0 && !live.has(file.path);
    if (isNew || (!differs && !written.has(file.path))) continue;
    const promise = promiseOf(file, before);
    // Same name and same bytes: whatever was written anew, no cache holds anything else.
    if (promise === 'kept') continue;
    if (promise === 'broken') broken.push(file.path);
    changed.push(file.path);
  }
  // The distribution may give such a page at its root, whatever its name.
  if (target.entries?.some((entry) => changed.includes(entry)) && !changed.includes('index.html'))
    changed.push('index.html');
  const staying = new Set(wanted.map((file) => file.path));
  const gone = new Set(diff.deletes.map((step) => step.path));
  // What an earlier run deleted and did not live to invalidate is gone from the listing but not from the manifests.
  for (const manifest of earlier) for (const path of manifest.keys()) if (!staying.has(path)) gone.add(path);
  const removed = [...gone].filter((path) => !wasImmutable(earlier.flatMap((m) => m.get(path) ?? [])));
  const appeared = appearing(wanted, live, earlier, named);
  return { target: withLiveEtags(target, live, diff), diff, changed, appeared, removed, broken };
}

/**
 * What stays as it is keeps the ETag that it has, where that is not the MD5 (a bucket encrypted with KMS, an upload in
 * parts): else the release after the next would no longer know it. What is written gets one of its own.
 */
function withLiveEtags(target: Manifest, live: ReadonlyMap<string, LiveObject>, diff: Diff): Manifest {
  const written = new Set(diff.writes.map((step) => step.file.path));
  const asLive = <T extends SiteFile>(file: T): T => {
    const etag = written.has(file.path) ? undefined : live.get(file.path)?.etag;
    const wanted = etag === file.md5 ? undefined : etag;
    return file.etag === wanted ? file : { ...file, etag: wanted };
  };
  return { ...target, files: target.files.map(asLive), kept: target.kept.map(asLive) };
}

/** See Change. */
function appearing(
  wanted: readonly SiteFile[],
  live: ReadonlyMap<string, LiveObject>,
  earlier: readonly ReadonlyMap<string, SiteFile>[],
  named: (path: string) => boolean,
): string[] {
  const isNamed = ({ path, headers }: SiteFile) =>
    !isImmutable(headers.cacheControl) || named(path) || earlier.some((manifest) => manifest.has(path));
  return wanted
    .filter((file) => !wasThere(file.path, live, earlier) && isNamed(file))
    .map((file) => file.path);
}

/** What a run wrote that died before it told the caches is live now, and was not there for whoever asked before. */
const wasThere = (
  path: string,
  live: ReadonlyMap<string, LiveObject>,
  [base, ...died]: readonly ReadonlyMap<string, SiteFile>[],
) => live.has(path) && (died.length === 0 || base?.has(path) === true);

const wasImmutable = (versions: readonly SiteFile[]) =>
  versions.length > 0 && versions.every((file) => isImmutable(file.headers.cacheControl));

/** Whether a name that was immutable has the content that it had, and is immutable still. */
function promiseOf(file: SiteFile, before: readonly SiteFile[]): 'kept' | 'broken' | 'none' {
  if (!wasImmutable(before)) return 'none';
  if (before.some((old) => old.sha256 !== file.sha256)) return 'broken';
  return isImmutable(file.headers.cacheControl) ? 'kept' : 'none';
}

/** What each manifest says of a path. A loop, for `flatMap` makes ten thousand arrays of nothing. */
function versionsOf(path: string, manifests: readonly ReadonlyMap<string, SiteFile>[]): SiteFile[] {
  const versions: SiteFile[] = [];
  for (const manifest of manifests) {
    const file = manifest.get(path);
    if (file) versions.push(file);
  }
  return versions;
}
