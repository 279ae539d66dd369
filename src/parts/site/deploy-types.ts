import type { WriteHeaders } from '../../aws/write-headers.ts';
import type { Hold, Ledger } from '../../release/ledger.ts';
import type { Pointer } from '../../release/record.ts';
import type { RunContext } from '../../runtime/action.ts';
import type { ActionError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { AnyOutcome, Outcome } from '../../runtime/outcome.ts';
import type { Diff } from './plan/diff.ts';
import type { DeletionLimit } from './plan/mass-removal.ts';
import type { SitePlan } from './plan/plan.ts';
import type { LastGood } from './plan/situation.ts';
import type { ScanOptions } from './scan/scan.ts';
import type { ActivationOptions, ActivationReport, Manifest, SitePlace, SitePorts } from './types.ts';

/** What a deployment is to do. */
export interface DeploySiteConfig {
  /** Name of the part in the ledger. */
  readonly part: string;
  readonly place: SitePlace;
  readonly scan: Omit<ScanOptions, 'livePrefix'>;
  readonly options: ActivationOptions;
  readonly releaseId: string;
  /** What everything is written with: an ACL that the live objects have, an encryption that policies demand. */
  readonly writes: WriteHeaders;
  readonly keepReleases: number;
  readonly maxDelete: DeletionLimit;
  readonly maxInvalidationPaths: number;
  /** True for a path that pages may load although the folder does not have it. */
  readonly mayBeMissing: (path: string) => boolean;
  readonly rollbackOnFailure: boolean;
  readonly dryRun: boolean;
}

/** What a deployment is prepared with: where a run died, the ledger's pointer tells which release to go back to. */
export interface PreparePorts extends SitePorts, LastGood {}

/** The edges of a deployment beyond those of the site. */
export interface DeploySitePorts extends PreparePorts {
  readonly ledger: Ledger;
  readonly run: RunContext;
  /** Takes the lock. */
  lock(): Promise<Hold>;
  /** May this commit take the place of the live one, and this site that of the one before? @throws ActionError `refused` */
  fence(current: Pointer | undefined, log: Log): Promise<void>;
  /** The smoke checks, where there are any. */
  readonly gate: ((siteUrl: string | undefined) => Promise<GateAnswer>) | undefined;
  /** From now on, requests end with this signal. */
  useSignal(signal: AbortSignal): void;
  /** What a post step would have to put right: the release whose activation is open, or ''. */
  onOpen(release: string): void;
}

/** How the smoke checks ended. */
export interface GateAnswer {
  readonly outcome: AnyOutcome;
  readonly problems: readonly string[];
  readonly summary?: string | undefined;
}

/** How a deployment ended, for outputs and summaries. */
export interface DeploySiteResult {
  readonly outcome: Outcome;
  readonly plan: SitePlan;
  /** File by file, where no more than the plan was made. */
  readonly diff?: Diff | undefined;
  readonly report: ActivationReport | undefined;
  readonly siteUrl: string | undefined;
  readonly manifest: Manifest;
  readonly cause?: ActionError | undefined;
  /** Why going back failed too. */
  readonly undoProblem?: string | undefined;
  readonly gate?: GateAnswer | undefined;
  /** The release is live; what it no longer has is not all gone, and why. */
  readonly leftOver?: ActionError | undefined;
  readonly collected?: { readonly manifests: number; readonly blobs: number } | undefined;
}
