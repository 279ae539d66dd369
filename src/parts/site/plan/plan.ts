import { totalBytes } from '../store/manifest.ts';
import type { Change } from './change.ts';
import type { Phase } from './phases.ts';
import { PHASES, phaseOf } from './phases.ts';

/** What a deployment would do, as data: the output `plan`, and what the summary shows. */
export interface SitePlan {
  readonly release: string;
  /** Files of the release, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  readonly writes: number;
  readonly writeBytes: number;
  readonly unchanged: number;
  readonly deletes: number;
  /** Files that stay for open tabs. */
  readonly kept: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly phases: ReadonlyArray<{ readonly phase: Phase; readonly files: number; readonly bytes: number }>;
  readonly invalidate: readonly string[];
  readonly biggest: ReadonlyArray<{ readonly path: string; readonly bytes: number }>;
  /** The first of each, so that a person sees what it is about. */
  readonly samples: { readonly writes: readonly string[]; readonly deletes: readonly string[] };
  readonly requests: { readonly expected: number; readonly dollars: number };
  /** True where a bucket that already serves a site is recorded as a release first. */
  readonly adopts: boolean;
  /** Headers that live objects have and that go with their bytes: `path: Content-Disposition "attachment"`. */
  readonly losses: readonly string[];
}

/** Dollars: https://aws.amazon.com/s3/pricing/ (us-east-1): PUT, COPY, POST, LIST; GET. A DELETE is free. */
const WRITE_PRICE = 0.005 / 1000;
const READ_PRICE = 0.0004 / 1000;
/** Requests of the ledger, the state and the manifest, about. */
const OVERHEAD = { writes: 8, reads: 5 };
const SAMPLE = 50;

export function describePlan(
  change: Change,
  known: {
    liveObjects: number;
    storedBlobs: ReadonlySet<string>;
    invalidate: readonly string[];
    adopts: boolean;
    losses?: readonly string[];
  },
): SitePlan {
  const { target, diff } = change;
  const reasons: Record<string, number> = {};
  for (const step of diff.writes) reasons[step.reason] = (reasons[step.reason] ?? 0) + 1;
  const blobs = new Set(diff.writes.map((s) => s.file.sha256).filter((sha) => !known.storedBlobs.has(sha)))
    .size;
  const lists = Math.max(1, Math.ceil(known.liveObjects / 1000));
  const adoption = known.adopts ? known.liveObjects : 0;
  const writes = diff.writes.length + blobs + lists + adoption + OVERHEAD.writes;
  const reads = OVERHEAD.reads + adoption;
  const deletions = Math.ceil(diff.deletes.length / 1000);
  return {
    release: target.release,
    files: target.files.length,
    bytes: totalBytes(target.files),
    writes: diff.writes.length,
    writeBytes: totalBytes(diff.writes.map((step) => step.file)),
    unchanged: diff.unchanged,
    deletes: diff.deletes.length,
    kept: target.kept.length,
    reasons,
    phases: PHASES.map((phase) => {
      const files = diff.writes
        .filter((step) => phaseOf(step.file, target.entries) === phase)
        .map((step) => step.file);
      return { phase, files: files.length, bytes: totalBytes(files) };
    }).filter(({ files }) => files > 0),
    invalidate: known.invalidate,
    biggest: [...target.files]
      .sort((a, b) => b.size - a.size)
      .slice(0, 10)
      .map((file) => ({ path: file.path, bytes: file.size })),
    samples: {
      writes: diff.writes.slice(0, SAMPLE).map((step) => `${step.file.path} (${step.reason})`),
      deletes: diff.deletes.slice(0, SAMPLE).map((step) => `${step.path} (${step.reason})`),
    },
    requests: {
      expected: writes + reads + deletions,
      dollars: Number((writes * WRITE_PRICE + reads * READ_PRICE).toFixed(6)),
    },
    adopts: known.adopts,
    losses: known.losses ?? [],
  };
}
