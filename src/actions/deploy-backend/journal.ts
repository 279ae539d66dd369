import { S3Client } from '@aws-sdk/client-s3';
import { clientConfig } from '../../aws/config.ts';
import { awsProblem } from '../../aws/errors.ts';
import { s3Store } from '../../aws/s3-store.ts';
import {
  awsClients,
  type BackendResult,
  type BeforeUs,
  digestOf,
  isServiceGone,
  type Journal,
  servicePartOf,
} from '../../parts/service/index.ts';
import { closeAbandonedRecords, provedInstead, unfinished } from '../../release/abandoned.ts';
import type { Hold, Ledger } from '../../release/ledger.ts';
import { openLedger } from '../../release/open.ts';
import { publishHistory } from '../../release/publish.ts';
import { liveRelease, type Pointer, type Result, serviceOf } from '../../release/record.ts';
import { refuseEarly } from '../../release/refuse-early.ts';
import type { Job } from '../../runtime/action.ts';
import { ActionError, messageOf } from '../../runtime/errors.ts';
import { isSuccess, type Outcome } from '../../runtime/outcome.ts';
import { commitFence } from '../commit-fence.ts';
import { holdLock } from '../lock.ts';
import { guardPart } from '../part-guard.ts';
import type { DeployBackendConfig } from './inputs.ts';
import type { action } from './interface.ts';

type BackendJob = Job<typeof action>;

/** The ledger as a backend deployment uses it: lock, fence, record, pointer. */
export interface LedgerJournal extends Journal {
  /** Writes how it ended, and moves the pointer where it ended well. */
  finish(result: BackendResult): Promise<void>;
  /** Writes that it ended by an error, where a record was begun. */
  abandon(outcome: Outcome, cause: string): Promise<void>;
  /** Frees the lock, or only stops to renew it, for the post step that takes it over. Never throws. */
  close(keepsLock: boolean): Promise<void>;
}

export function backendLedger(config: DeployBackendConfig, { log, clock }: BackendJob): Ledger {
  const store = s3Store(new S3Client(clientConfig()), config.releaseBucket);
  return openLedger({ store, environment: config.environment, log, clock });
}

export function openJournal(config: DeployBackendConfig, releaseId: string, job: BackendJob): LedgerJournal {
  const { log, clock, run } = job;
  const ledger = backendLedger(config, job);
  const { part } = config;
  const refuseOlder = commitFence(job, config);
  const now = () => new Date(clock.now()).toISOString();
  const startedAt = now();
  let hold: Hold | undefined;
  let current: Pointer | undefined;
  let begun: Omit<BackendResult, 'outcome'> | undefined;
  return {
    async check(service) {
      // Said again under the lock, where it is so.
      const quiet = { ...log, notice: () => {} };
      await refuseEarly(ledger, async () => {
        const now = await ledger.current();
        await refuseOlder(now, quiet);
        await guardService(ledger, config, releaseId, service, { log: quiet }, now);
      });
    },
    async open() {
      hold = await lock(ledger, releaseId, config, job);
      current = await ledger.current();
      await refuseOlder(current, log);
      return hold.signal;
    },
    async begin(draft, before) {
      const replaces = await guardService(ledger, config, releaseId, draft.service, job, current);
      begun = draft;
      if (isAdoption(liveRelease(current, part), draft, before, replaces))
        await adopt(ledger, { releaseId, part }, draft, before, startedAt, job);
      await ledger.open({ id: releaseId, type: 'deployment', run });
      await ledger.writePart(releaseId, part, servicePartOf(draft, 'in-progress', startedAt));
    },
    provedInstead: (service, image) => provedInstead(ledger, part, { service, image }),
    unfinished: (service) => unfinished(ledger, part, service),
    async finish(result) {
      const ended = servicePartOf(result, result.isUnknown ? 'unknown' : result.outcome, startedAt, now());
      await ledger.writePart(releaseId, part, ended, result.smoke ? { checks: result.smoke.outcome } : {});
      if (isSuccess('deploy-backend', result.outcome)) await ledger.movePointer(releaseId, [part]);
      await closeAbandonedRecords(ledger, releaseId, [{ name: part, wanted: ended }], { clock, log });
      if (config.historyPage) await publishHistory(ledger, { clock, log });
    },
    async abandon(outcome, cause) {
      if (!begun) return;
      await ledger.writePart(releaseId, part, servicePartOf({ ...begun, cause }, outcome, startedAt, now()));
    },
    close: async (keepsLock) => (keepsLock ? hold?.leave() : hold?.release()),
  };
}

async function lock(
  ledger: Ledger,
  release: string,
  config: DeployBackendConfig,
  job: BackendJob,
): Promise<Hold> {
  try {
    return await holdLock(job, ledger, {
      release,
      parts: [config.part],
      timeout: config.backend.lockTimeout,
    });
  } catch (error) {
    if (error instanceof ActionError || job.signal.aborted) throw error;
    throw awsProblem(error, {
      operation: 's3:GetObject and s3:PutObject',
      resource: `s3://${ledger.bucket}`,
      input: 'release-bucket',
    });
  }
}

/** Refuses a second service under the name of the first. @throws ActionError `refused`. */
export const guardService = (
  ledger: Ledger,
  { part, replacePart: replace }: Pick<DeployBackendConfig, 'part' | 'replacePart'>,
  release: string,
  service: string,
  { log }: Pick<BackendJob, 'log'>,
  current: Pointer | undefined,
): Promise<boolean> =>
  guardPart(
    ledger,
    {
      part,
      wanted: { service },
      release,
      replace,
      log,
      isGone: async (before) =>
        'service' in before && (await isServiceGone(before.service, { aws: awsClients(), log })),
    },
    current,
  );

/** Before the first release of ours to it: what ran then is a release too, and can be gone back to. */
const isAdoption = (
  live: string | undefined,
  draft: { image: string },
  before: BeforeUs,
  replaces: boolean,
): boolean => (!live || replaces) && before.image !== draft.image && digestOf(before.image) !== undefined;

async function adopt(
  ledger: Ledger,
  { releaseId, part }: { readonly releaseId: string; readonly part: string },
  draft: Omit<BackendResult, 'outcome'>,
  before: BeforeUs,
  at: string,
  { run, log }: BackendJob,
): Promise<void> {
  const id = `${releaseId}.adopted`;
  const { target, service, serviceUrl } = draft;
  await ledger.open({ id, type: 'adoption', run: { ...run, commit: '' } });
  await ledger.writePart(id, part, {
    kind: 'service',
    target,
    service,
    image: before.image,
    ...(serviceUrl ? { serviceUrl } : {}),
    ...(before.taskDefinition ? { taskDefinition: before.taskDefinition } : {}),
    variables: before.variables,
    secrets: before.secrets,
    result: 'deployed',
    startedAt: at,
    finishedAt: at,
  });
  await ledger.movePointer(id, [part]);
  log.info(`what ran before the first release is recorded as release ${id}`);
}

/** A record that cannot be written does not undo a deployment that is live: it is said, loudly. */
export async function recordSafely(
  write: () => Promise<void>,
  log: BackendJob['log'],
): Promise<string | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    const why = `the release record could not be written: ${messageOf(error)}`;
    log.error(why);
    return why;
  }
}

/** What the main step keeps of its release for the post step. */
export interface SavedRelease {
  readonly id: string;
  readonly environment: string;
  /** Name of the part. */
  readonly part: string;
  /** '' where there is no ledger. */
  readonly bucket: string;
}

function savedLedger(job: BackendJob): { ledger: Ledger; id: string; part: string } | undefined {
  const { id, environment, bucket, part } = JSON.parse(job.state('release') || '{}') as Partial<SavedRelease>;
  if (!id || !environment || !bucket || !part) return undefined;
  const store = s3Store(new S3Client(clientConfig()), bucket);
  return { ledger: openLedger({ store, environment, log: job.log, clock: job.clock }), id, part };
}

/** The post step holds the lock again while it returns the service: with its own entry, or after it expired. */
export async function rejoinLock(job: BackendJob): Promise<Hold | undefined> {
  const saved = savedLedger(job);
  if (!saved) return undefined;
  try {
    return await holdLock(job, saved.ledger, { release: saved.id, parts: [saved.part], timeout: 0 });
  } catch (error) {
    job.log.warning(`cleaning up without the lock: ${messageOf(error)}`);
    return undefined;
  }
}

/** Writes into the record how the interrupted deployment was left. Never throws. */
export async function recordInterrupted(job: BackendJob, outcome: Result, cause: string): Promise<void> {
  const saved = savedLedger(job);
  if (!saved) return;
  const { ledger, id, part } = saved;
  await recordSafely(async () => {
    const left = serviceOf(await ledger.record(id), part);
    if (!left) return;
    const finishedAt = new Date(job.clock.now()).toISOString();
    await ledger.writePart(id, part, { ...left, result: outcome, cause, finishedAt });
  }, job.log);
}
