import type { S3Client } from '@aws-sdk/client-s3';
import { rememberingStore } from '../../aws/remembering-store.ts';
import { s3Store } from '../../aws/s3-store.ts';
import { siteClient } from '../../aws/site-clients.ts';
import type { Undo } from '../../parts/service/index.ts';
import { siteKeys } from '../../parts/site/store/keys.ts';
import { recordedPart } from '../../release/composition.ts';
import { isReleaseId } from '../../release/id.ts';
import { ledgerKeys } from '../../release/keys.ts';
import type { Ledger } from '../../release/ledger.ts';
import { openLedger } from '../../release/open.ts';
import type { Part } from '../../release/part.ts';
import { ownValue } from '../../release/part-name.ts';
import {
  type PartRecord,
  type ReleaseRecord,
  type ServicePart,
  type SitePart,
  serviceOf,
  siteOf,
} from '../../release/record.ts';
import type { ReleaseSteps } from '../../release/take-live.ts';
import type { Job } from '../../runtime/action.ts';
import { refused } from '../../runtime/errors.ts';
import { githubAccess } from '../github-access.ts';
import { readVerifyHeaders } from '../verify-headers.ts';
import type { OtherSite } from './complete-site.ts';
import { estimateService } from './estimate.ts';
import { rollbackGate } from './gate.ts';
import type { RollbackConfig } from './inputs.ts';
import type { action } from './interface.ts';
import type { ServicePartOptions } from './service-part.ts';
import { type SitePartOptions, sitePart } from './site-part.ts';
import type { Survey } from './survey.ts';
import { commitOfTag, type TagAnswer } from './tag.ts';

/** Under which id, and until when, a part goes back. */
export interface Way {
  /** The rollback's own release id; '' while it is only planned. */
  readonly id: string;
  readonly signal: AbortSignal;
  /** Told the way back of a service before it is changed. */
  readonly onUndo: (name: string, undo: Undo) => void;
  /** False where what is under way on the service is not waited out; true where it is left out. */
  readonly waits?: boolean;
}

/** What the rollback reaches the world through. */
export interface Edges {
  readonly ledger: Ledger;
  /** The release that the rollback makes: its record is not read again between our own writes. */
  own(id: string, isNew: boolean): void;
  /** What `to` is as a tag of the repository; asked once. @param repository as the ledger knows it */
  tag(repository: string): Promise<TagAnswer>;
  /** Plans one part: proves that it could be finished. @throws ActionError `refused` where it could not. */
  part(name: string, found: Survey, way: Way): Promise<Part>;
  /** What a post step puts a site back with. @param site as the stopped rollback recorded it. */
  siteOptions(name: string, site: SitePart, id: string, signal: AbortSignal): Promise<SitePartOptions>;
  /** The smoke checks for `target`; `undefined` where there are none. */
  gate(target: ReleaseRecord): Promise<ReleaseSteps['gate']>;
  close(): void;
}

/** A file of its own beside the bundle, with all that a service is changed by: a site that goes back alone loads none. */
export const loadServicePart = () => import(/* webpackChunkName: "backend" */ './service-part.ts');

export async function openEdges(config: RollbackConfig, job: Job<typeof action>): Promise<Edges> {
  const { log, clock, run } = job;
  const client = siteClient();
  const keys = ledgerKeys(config.environment);
  // What was read of the pointer is forgotten when the lock is taken.
  const store = rememberingStore(s3Store(client, config.releaseBucket), { keys: [keys.current], new: [] });
  // At three in the morning the way back is worth more than a lock: see docs/ledger.md.
  const ledger = openLedger({ store, environment: config.environment, log, clock, unsafeStore: 'warn' });
  const opened: Part[] = [];
  let tag: Promise<TagAnswer> | undefined;
  return {
    ledger,
    own: (id, isNew) => store.remember(keys.record(id), isNew),
    tag: (repository) => {
      const named = run.repository || repository;
      const access = named.includes('/') ? githubAccess(job, config.githubToken) : undefined;
      tag ??= commitOfTag(config.to, run.workspace, access && { ...access, repository: named });
      return tag;
    },
    async part(name, found, way) {
      const wanted = wantedPart(name, found);
      const part =
        wanted.kind === 'service'
          ? await (await loadServicePart()).servicePart(serviceOptions(config, job, found, way, name, wanted))
          : await sitePart(
              siteOptions(config, job, client, way, {
                name,
                site: wanted,
                live: liveSite(name, found),
                others: sitesOf(found),
              }),
            );
      opened.push(part);
      return part;
    },
    async siteOptions(name, site, id, signal) {
      const release = ownValue((await ledger.current())?.parts, name) ?? '';
      const live = siteOf(await ledger.record(release), name);
      const others = live ? [{ release, site: live }] : [];
      return siteOptions(config, job, client, { id, signal }, { name, site, live, others });
    },
    gate: (target) => rollbackGate(config.smokeChecks, target, job, job.inputs.lines('check-secrets')),
    close: () => {
      for (const part of opened) part.close?.();
      client.destroy();
    },
  };
}

function serviceOptions(
  config: RollbackConfig,
  job: Job<typeof action>,
  found: Survey,
  way: Way,
  name: string,
  wanted: ServicePart,
): ServicePartOptions {
  return {
    name,
    wanted,
    service: config.service,
    gated: [wanted, liveService(name, found)].some((part) => part?.gate === 'pause'),
    waits: !config.dryRun && way.waits !== false,
    estimate: estimateService(wanted, found.records),
    waitTimeout: config.waitTimeout,
    lockTimeout: config.lockTimeout,
    jobTimeout: config.jobTimeout,
    ports: { log: job.log, clock: job.clock, signal: way.signal },
    onUndo: (undo) => way.onUndo(name, undo),
  };
}

function siteOptions(
  config: RollbackConfig,
  job: Job<typeof action>,
  client: S3Client,
  { id, signal }: Pick<Way, 'id' | 'signal'>,
  site: Pick<SitePartOptions, 'name' | 'site' | 'live' | 'others'>,
): SitePartOptions {
  return {
    ...site,
    environment: config.environment,
    releaseBucket: config.releaseBucket,
    release: id,
    bucket: config.bucket,
    distributions: config.distributions,
    waitTimeout: config.waitTimeout,
    verifyHeaders: readVerifyHeaders(job.inputs.lines('verify-headers'), (value) => job.log.mask(value)),
    ports: { log: job.log, clock: job.clock, signal },
    client,
  };
}

/** A record names the manifest of its own site, and no other key of the release bucket. */
function refuseForeignManifest(site: SitePart, release: string): void {
  const { manifests } = siteKeys(site);
  if (site.manifest.startsWith(manifests) && isReleaseId(site.manifest.slice(manifests.length))) return;
  throw refused({
    input: 'to',
    what: `the record of release ${release} names a manifest that is not one of its site`,
    found: JSON.stringify(site.manifest.slice(0, 200)),
    fix: `restore an earlier version of that record (the release bucket keeps versions), or go back to another release`,
  });
}

/** @throws ActionError `refused` where the record of that part's release is gone or damaged. */
function wantedPart(name: string, { wanted, byId, target }: Survey): PartRecord {
  const id = ownValue(wanted, name) ?? '';
  const part = recordedPart(wanted, name, byId);
  if (part?.kind === 'site') refuseForeignManifest(part, id);
  if (part) return part;
  throw refused({
    input: 'to',
    what: `the ${name} of release ${target.id} is that of release ${id}, whose record cannot be read`,
    found: byId.has(id) ? `a record without a part ${name}` : 'no readable record',
    fix: `restore that record (the release bucket keeps versions), or use \`parts\` or \`scope\` to go back with the others only`,
  });
}

/** Sites that may know what a record lacks: those of the live releases, then the newest first. */
function sitesOf({ current, byId, records }: Survey): readonly OtherSite[] {
  const live = Object.values(current.parts).flatMap((id) => byId.get(id) ?? []);
  return [...live, ...records].flatMap(({ id, parts }: ReleaseRecord) =>
    Object.values(parts).flatMap((part) => (part.kind === 'site' ? [{ release: id, site: part }] : [])),
  );
}

const liveService = (name: string, { current, byId }: Survey): ServicePart | undefined =>
  serviceOf(byId.get(ownValue(current.parts, name) ?? ''), name);

function liveSite(name: string, { current, byId }: Survey): SitePart | undefined {
  return siteOf(byId.get(ownValue(current.parts, name) ?? ''), name);
}
