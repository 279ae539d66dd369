import type { BulkStore, Usage } from '../../aws/bulk-store.ts';
import type { Cdn } from '../../aws/cloudfront.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ActionError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { FoundState } from './store/site-state.ts';

/** The headers that a file is served with. Equal sets are one object, so that comparing is cheap. */
export interface FileHeaders {
  readonly contentType: string;
  readonly cacheControl: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  /** Where S3's website endpoint sends the visitor instead. */
  readonly redirect?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Which of these are of the object that was live before us, and of no rule of ours: they stay while its bytes do. */
  readonly carried?: readonly CarriedField[];
}

/** Headers that whoever wrote an object before us may have given it. */
export type CarriedField = 'contentEncoding' | 'contentDisposition' | 'contentLanguage' | 'metadata';

/** One file of a site: where it is, every byte of it, and how it is served. */
export interface SiteFile {
  /** Relative to the site's prefix, with `/` between names, never at the start. */
  readonly path: string;
  /** Hex; the name of its blob. */
  readonly sha256: string;
  /** Hex; what S3 answers as ETag, unless the bucket is encrypted with KMS. */
  readonly md5: string;
  /** Bytes. */
  readonly size: number;
  readonly headers: FileHeaders;
  /** ETag of the live object, where it is not the MD5. */
  readonly etag?: string | undefined;
}

/** A file of an earlier release that stays live for tabs that are still open. */
export interface KeptFile extends SiteFile {
  /** How many releases ago it belonged to the site: 1 for the last one. */
  readonly age: number;
}

/** The frontend half of a release: all that is live with it. */
export interface Manifest {
  readonly version: 1;
  readonly release: string;
  /** ISO time. */
  readonly createdAt: string;
  /** Pages that the site begins with; `index.html` where it says nothing. */
  readonly entries?: readonly string[] | undefined;
  readonly files: readonly SiteFile[];
  readonly kept: readonly KeptFile[];
}

/** Which site. */
export interface SitePlace {
  readonly bucket: string;
  /** '' or a path without slashes at its ends. */
  readonly prefix: string;
  readonly environment: string;
}

/** How a manifest is made live; the same for a deployment and a rollback. */
export interface ActivationOptions {
  /** Releases whose files stay live for open tabs. */
  readonly retainReleases: number;
  readonly verify: 'full' | 'pages' | 'off';
  readonly waitForInvalidation: boolean;
  /** Milliseconds; bound on waiting for an invalidation. */
  readonly waitTimeout: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Address that the site is read back at; default: the distribution's domain. */
  readonly siteUrl?: string | undefined;
}

/** Edges that a site needs. */
export interface SitePorts {
  readonly live: BulkStore;
  readonly release: BulkStore;
  /** The distributions in front of the site. */
  readonly cdns: readonly Cdn[];
  readonly usage: Usage;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Sent with every question to the site itself, for one that does not let everybody in; names in lower case. */
  readonly verifyHeaders?: Readonly<Record<string, string>> | undefined;
}

/** What an activation did, for outputs and summaries. */
export interface ActivationReport {
  readonly uploaded: number;
  readonly copied: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly bytesUploaded: number;
  /** One for each distribution that had something to forget. */
  readonly invalidationIds: readonly string[];
  readonly invalidatedPaths: readonly string[];
  readonly siteUrl: string | undefined;
  /** Key of the manifest in the release bucket. */
  readonly manifestKey: string;
  readonly verifiedPages: number;
}

/** An activation at its end. */
export interface Finished {
  readonly report: ActivationReport;
  /** `undefined` where something is left over. */
  readonly state: FoundState | undefined;
  /** Why what is gone could not be removed, or not be told the caches. */
  readonly leftOver?: ActionError | undefined;
}

/**
 * A manifest that has been made live and verified, but is not yet final. The caller runs its gates, moves the pointer
 * and calls `finish`; or calls `undo`, which puts back what was live before.
 */
export interface Activated {
  readonly report: ActivationReport;
  /**
   * After the pointer has moved: removes what is gone, invalidates it, and closes the activation. The release is live and
   * proved, so what goes wrong here is told and not thrown, and is left to the next activation.
   */
  finish(): Promise<Finished>;
  /** Puts the site before back, verifies it, and closes the activation. Throws when that does not work. */
  undo(): Promise<void>;
}
