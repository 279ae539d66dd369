import type { S3Client } from '@aws-sdk/client-s3';
import { rememberingStore } from '../../aws/remembering-store.ts';
import { s3Store } from '../../aws/s3-store.ts';
import { siteClient } from '../../aws/site-clients.ts';
import type { Undo } from '../../backend/index.ts';
import { siteKeys } from '../../frontend/keys.ts';
import { isReleaseId } from '../../release/id.ts';
import { ledgerKeys } from '../../release/keys.ts';
import type { Ledger } from '../../release/ledger.ts';
import { openLedger } from '../../release/open.ts';
import type { BackendHalf, FrontendHalf, Part, ReleaseRecord } from '../../release/record.ts';
import type { Job } from '../../runtime/action.ts';
import { refused } from '../../runtime/errors.ts';
import { githubAccess } from '../github-access.ts';
import { readVerifyHeaders } from '../verify-headers.ts';
import type { BackendHalfOptions } from './backend-half.ts';
import { estimateBackend } from './estimate.ts';
import { type FrontendHalfOptions, frontendHalf } from './frontend-half.ts';
import { rollbackGate } from './gate.ts';
import type { HalfPort } from './half.ts';
import type { RollbackConfig } from './inputs.ts';
import type { action } from './interface.ts';
import type { PairSteps } from './pair.ts';
import type { Survey } from './survey.ts';
import { commitOfTag, type TagAnswer } from './tag.ts';

/** Under which id, and until when, a half goes back. */
export interface Way {
  /** The rollback's own release id; '' while it is only planned. */
  readonly id: string;
  readonly signal: AbortSignal;
  readonly onUndo: (undo: Undo) => void;
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
  /** Plans one half: proves that it could be finished. @throws ActionError `refused` where it could not. */
  half(part: Part, found: Survey, way: Way): Promise<HalfPort>;
  /** What a post step puts the site back with. @param half as the stopped rollback recorded it. */
  frontendOptions(half: FrontendHalf, id: string, signal: AbortSignal): Promise<FrontendHalfOptions>;
  /** The smoke checks for `target`; `undefined` where there are none. */
  gate(target: ReleaseRecord): Promise<PairSteps['gate']>;
  close(): void;
}

/** A file of its own beside the bundle, with all that a service is changed by: a site that goes back alone loads none. */
export const loadBackendHalf = () => import(/* webpackChunkName: "backend" */ './backend-half.ts');

export async function openEdges(config: RollbackConfig, job: Job<typeof action>): Promise<Edges> {
  const { log, clock, run } = job;
  const client = siteClient();
  const keys = ledgerKeys(config.environment);
  // What was read of the pointer is forgotten when the lock is taken.
  const store = rememberingStore(s3Store(client, config.releaseBucket), { keys: [keys.current], new: [] });
  // At three in the morning the way back is worth more than a lock: see docs/ledger.md.
  const ledger = openLedger({ store, environment: config.environment, log, clock, unsafeStore: 'warn' });
  const opened: HalfPort[] = [];
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
    async half(part, found, way) {
      const half =
        part === 'backend'
          ? await (await loadBackendHalf()).backendHalf(backendOptions(config, job, found, way))
          : await frontendHalf(
              siteOptions(config, job, client, way, {
                half: wantedHalf('frontend', found) as FrontendHalf,
                live: liveHalf('frontend', found) as FrontendHalf | undefined,
                others: othersOf(found),
              }),
            );
      opened.push(half);
      return half;
    },
    async frontendOptions(half, id, signal) {
      const current = (await ledger.current())?.frontend ?? '';
      const live = (await ledger.record(current))?.frontend;
      const others = [{ id: current, frontend: live }];
      return siteOptions(config, job, client, { id, signal }, { half, live, others });
    },
    gate: (target) => rollbackGate(config.smokeChecks, target, job, job.inputs.lines('check-secrets')),
    close: () => {
      for (const half of opened) half.close?.();
      client.destroy();
    },
  };
}

function backendOptions(
  config: RollbackConfig,
  job: Job<typeof action>,
  found: Survey,
  way: Way,
): BackendHalfOptions {
  const half = wantedHalf('backend', found) as BackendHalf;
  return {
    half,
    service: config.service,
    waits: !config.dryRun && way.waits !== false,
    estimate: estimateBackend(half, found.records),
    waitTimeout: config.waitTimeout,
    lockTimeout: config.lockTimeout,
    jobTimeout: config.jobTimeout,
    ports: { log: job.log, clock: job.clock, signal: way.signal },
    onUndo: way.onUndo,
  };
}

function siteOptions(
  config: RollbackConfig,
  job: Job<typeof action>,
  client: S3Client,
  { id, signal }: Pick<Way, 'id' | 'signal'>,
  halves: Pick<FrontendHalfOptions, 'half' | 'live' | 'others'>,
): FrontendHalfOptions {
  return {
    ...halves,
    environment: config.environment,
    releaseBucket: config.releaseBucket,
    release: id,
    bucket: config.bucket,
    distribution: config.distribution,
    waitTimeout: config.waitTimeout,
    verifyHeaders: readVerifyHeaders(job.inputs.lines('verify-headers'), (value) => job.log.mask(value)),
    ports: { log: job.log, clock: job.clock, signal },
    client,
  };
}

/** A record names the manifest of its own site, and no other key of the release bucket. */
function refuseForeignManifest(half: FrontendHalf, release: string): void {
  const { manifests } = siteKeys(half);
  if (half.manifest.startsWith(manifests) && isReleaseId(half.manifest.slice(manifests.length))) return;
  throw refused({
    input: 'to',
    what: `the record of release ${release} names a manifest that is not one of its site`,
    found: JSON.stringify(half.manifest.slice(0, 200)),
    fix: `restore an earlier version of that record (the release bucket keeps versions), or go back to another release`,
  });
}

/** @throws ActionError `refused` where the record of that half's release is gone or damaged. */
function wantedHalf(part: Part, { pair, byId, target }: Survey): BackendHalf | FrontendHalf {
  const id = pair[part] ?? '';
  const half = byId.get(id)?.[part];
  if (half && 'manifest' in half) refuseForeignManifest(half, id);
  if (half) return half;
  throw refused({
    input: 'to',
    what: `the ${part} of release ${target.id} is that of release ${id}, whose record cannot be read`,
    found: byId.has(id) ? `a record without a ${part} half` : 'no readable record',
    fix: `restore that record (the release bucket keeps versions), or use \`scope\` to go back with the other half only`,
  });
}

/** Releases that may know what a record lacks: the live one, then the newest first. */
function othersOf({ current, byId, records }: Survey): readonly ReleaseRecord[] {
  const live = byId.get(current.frontend ?? '');
  return live ? [live, ...records] : records;
}

function liveHalf(part: Part, { current, byId }: Survey): BackendHalf | FrontendHalf | undefined {
  return byId.get(current[part] ?? '')?.[part];
}
