import type { S3Client } from '@aws-sdk/client-s3';
import { siteClients } from '../../aws/site-clients.ts';
import {
  planRestoreSite,
  type RestoreConfig,
  type RestorePorts,
  recoverSite,
  restoreSite,
  stageRestore,
} from '../../parts/site/index.ts';
import { isSameOccupant } from '../../release/occupant.ts';
import type { LivePart, Part } from '../../release/part.ts';
import { distributionsOf, recordedDistributions, type SitePart } from '../../release/record.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { completeSite, type OtherSite } from './complete-site.ts';

/** What deploy-frontend does by default; a rollback copies inside S3 and needs no setting of its own. */
const RETAIN_RELEASES = 5;
const MAX_INVALIDATION_PATHS = 1000;
const CONNECTIONS = 48;
/** The most that `keep-releases` takes: a rollback forgets no release, the next deployment does by its own setting. */
const KEEP_RELEASES = 1000;

export interface SitePartOptions {
  readonly name: string;
  /** The site to go back to, as its release recorded it. */
  readonly site: SitePart;
  /** What is live, as the current release recorded it. */
  readonly live: SitePart | undefined;
  /** Releases' sites that may know what its record lacks, in the order in which they are asked. */
  readonly others: readonly OtherSite[];
  readonly environment: string;
  readonly releaseBucket: string;
  /** Id of the release that going back makes; '' while it is only planned. */
  readonly release: string;
  /** In place of what is recorded; '' keeps it. */
  readonly bucket: string;
  /** In place of what is recorded; none keeps it. */
  readonly distributions: readonly string[];
  readonly waitTimeout: number;
  /** See SitePorts. */
  readonly verifyHeaders: Readonly<Record<string, string>>;
  readonly ports: { readonly log: Log; readonly clock: Clock; readonly signal: AbortSignal };
  /** Whose connections to S3 are used. */
  readonly client: S3Client;
}

/**
 * A site's way back: its manifest made live again by copies inside S3. Planning it proves that every blob is there.
 * @throws ActionError `refused` where it could not be finished.
 */
export async function sitePart(given: SitePartOptions): Promise<Part> {
  const { options, taken } = completed(given);
  const { name, site } = options;
  const { clients, ports, useSignal } = await connect(options);
  const config = configOf(options);
  const plan = await planRestoreSite(config, ports);
  const wanted: SitePart = {
    ...site,
    // A site that is live already keeps the manifest that it is live with.
    manifest: plan.changes ? plan.manifestKey : site.manifest,
    files: plan.files,
    bytes: plan.bytes,
  };
  return {
    name,
    kind: 'site',
    wanted,
    url: plan.siteUrl,
    plan: {
      changes: plan.changes,
      lines: [...plan.lines, ...taken],
      estimate: plan.estimate,
      keptVariables: [],
      json: plan.plan,
    },
    async stage(signal) {
      useSignal(signal);
      await stageRestore(config, { ...ports, signal }, plan);
    },
    async activate(signal) {
      useSignal(signal);
      return livePart(await restoreSite(config, { ...ports, signal }, plan));
    },
    close: () => clients.close(),
  };
}

/**
 * Inputs before the site's own record, and that before other releases' records. Visitors come by the distributions that
 * the live site has: one that it was given since must forget what it has, too.
 */
function completed(options: SitePartOptions) {
  const { distribution, distributions, ...recorded } = options.site;
  const then = distributionsOf({ distribution, distributions });
  const now = options.live && isSameOccupant(options.live, options.site) ? distributionsOf(options.live) : [];
  const own = then.length > 0 && now.length > 0 ? now : then;
  const { site, taken } = completeSite(
    {
      ...recorded,
      bucket: options.bucket || recorded.bucket,
      ...recordedDistributions(options.distributions.length > 0 ? options.distributions : own),
    },
    options.others,
  );
  return { options: { ...options, site }, taken };
}

function configOf(options: SitePartOptions): RestoreConfig {
  const { site } = options;
  return {
    place: { bucket: site.bucket, prefix: site.prefix, environment: options.environment },
    manifest: site.manifest,
    releaseId: options.release || 'planned',
    options: {
      retainReleases: RETAIN_RELEASES,
      verify: 'pages',
      waitForInvalidation: true,
      waitTimeout: options.waitTimeout,
      concurrency: CONNECTIONS,
      siteUrl: site.siteUrl,
    },
    keepReleases: KEEP_RELEASES,
    maxInvalidationPaths: MAX_INVALIDATION_PATHS,
  };
}

/**
 * Puts back what a stopped rollback has left of the site, for a post step. The caller holds the lock.
 * @returns false where there is nothing to put back.
 */
export async function recoverSitePart(given: SitePartOptions): Promise<boolean> {
  const { options } = completed(given);
  const { clients, ports } = await connect(options);
  try {
    const { place, releaseId, options: activation } = configOf(options);
    const recovery = { place, releaseId, options: activation, excluded: () => false };
    const limits = { keepReleases: KEEP_RELEASES, maxInvalidationPaths: MAX_INVALIDATION_PATHS };
    return await recoverSite({ ...recovery, ...limits }, ports, ports);
  } finally {
    clients.close();
  }
}

async function connect(options: SitePartOptions) {
  const { site, live, ports } = options;
  let { signal } = ports;
  const clients = await siteClients({
    bucket: site.bucket,
    releaseBucket: options.releaseBucket,
    distributions: distributionsOf(site),
    connections: CONNECTIONS,
    clock: ports.clock,
    signal: () => signal,
    client: options.client,
  });
  const restore: RestorePorts = {
    ...clients,
    ...ports,
    verifyHeaders: options.verifyHeaders,
    pointerManifest: async () => live?.manifest,
  };
  const useSignal = (next: AbortSignal) => {
    signal = next;
  };
  return { clients, ports: restore, useSignal };
}

function livePart(activated: Awaited<ReturnType<typeof restoreSite>>): LivePart {
  const { report } = activated;
  return {
    url: report.siteUrl,
    fields: {
      manifest: report.manifestKey,
      uploaded: report.copied,
      deleted: report.deleted,
      ...(report.siteUrl ? { siteUrl: report.siteUrl } : {}),
      ...(report.invalidationIds.length > 0 ? { invalidationId: report.invalidationIds.join(',') } : {}),
    },
    finish: async () => void (await activated.finish()),
    undo: () => activated.undo(),
  };
}
