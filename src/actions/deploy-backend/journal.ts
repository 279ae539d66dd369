import { S3Client } from '@aws-sdk/client-s3';
import { clientConfig } from '../../aws/config.ts';
import { awsProblem } from '../../aws/errors.ts';
import { s3Store } from '../../aws/s3-store.ts';
import {
  type BackendResult,
  type BeforeUs,
  digestOf,
  type Journal,
  type RecordedSecrets,
} from '../../backend/index.ts';
import { compareCommits } from '../../github/commits.ts';
import { fence } from '../../release/fence.ts';
import type { Hold, Ledger } from '../../release/ledger.ts';
import { openLedger } from '../../release/open.ts';
import { publishHistory } from '../../release/publish.ts';
import type { BackendHalf, Pointer, ReleaseRecord, Result } from '../../release/record.ts';
import { refuseEarly } from '../../release/refuse-early.ts';
import type { Job } from '../../runtime/action.ts';
import { ActionError, messageOf, refused } from '../../runtime/errors.ts';
import { isSuccess, type Outcome } from '../../runtime/outcome.ts';
import { githubAccess } from '../github-access.ts';
import { holdLock } from '../lock.ts';
import { guardPart } from '../part-guard.ts';
import type { DeployBackendConfig } from './inputs.ts';
import type { action } from './interface.ts';

type BackendJob = Job<typeof action>;

/** How far back in the ledger a run that died is looked for. */
const RECENT = 20;

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
  const now = () => new Date(clock.now()).toISOString();
  const startedAt = now();
  let hold: Hold | undefined;
  let current: Pointer | undefined;
  /** Records that say in-progress, of runs that died: we hold the lock, so nobody is at work on them. */
  let dead: ReleaseRecord[] = [];
  let begun: Omit<BackendResult, 'outcome'> | undefined;
  return {
    async check(service) {
      await ledger.glance();
      // Said again under the lock, where it is so.
      const quiet = { ...log, notice: () => {} };
      await refuseEarly(ledger, async () => {
        const now = await ledger.current();
        await refuseOlder(now, config, { ...job, log: quiet });
        await guardService(ledger, config, releaseId, service, quiet, now);
      });
    },
    async open() {
      hold = await lock(ledger, releaseId, config, job);
      current = await ledger.current();
      await refuseOlder(current, config, job);
      return hold.signal;
    },
    async begin(draft, before) {
      const replaces = await guardService(ledger, config, releaseId, draft.service, log, current);
      begun = draft;
      if (isAdoption(current, draft, before, replaces))
        await adopt(ledger, releaseId, draft, before, startedAt, job);
      await ledger.open({ id: releaseId, type: 'deployment', run });
      await ledger.writeBackend(releaseId, halfOf(draft, 'in-progress', startedAt));
    },
    async provedInstead(service, image) {
      const ours = (await ledger.newest(RECENT)).filter((record) => record.backend?.service === service);
      dead = ours.filter((record) => record.backend?.result === 'in-progress');
      const left = ours.find((record) => record.backend?.image === image);
      if (!['in-progress', 'unknown'].includes(left?.backend?.result ?? '')) return undefined;
      const id = current?.backend;
      const live = id ? (await ledger.record(id))?.backend : undefined;
      return live?.service === service && live.image !== image ? live.image : undefined;
    },
    async finish(result) {
      const half = halfOf(result, result.isUnknown ? 'unknown' : result.outcome, startedAt, now());
      await ledger.writeBackend(releaseId, half, result.smoke ? { checks: result.smoke.outcome } : {});
      if (isSuccess('deploy-backend', result.outcome)) await ledger.movePointer(releaseId, ['backend']);
      for (const { id, backend } of dead) {
        if (!backend || id === releaseId) continue;
        const cause = `its run died; release ${releaseId} found the service so`;
        await ledger.writeBackend(id, { ...backend, result: 'interrupted', cause, finishedAt: now() });
      }
      if (config.historyPage) await publishHistory(ledger, { clock, log });
    },
    async abandon(outcome, cause) {
      if (!begun) return;
      await ledger.writeBackend(releaseId, halfOf({ ...begun, cause }, outcome, startedAt, now()));
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
    return await holdLock(job, ledger, { release, parts: ['backend'], timeout: config.backend.lockTimeout });
  } catch (error) {
    if (error instanceof ActionError || job.signal.aborted) throw error;
    throw awsProblem(error, {
      operation: 's3:GetObject and s3:PutObject',
      resource: `s3://${ledger.bucket}`,
      input: 'release-bucket',
    });
  }
}

/**
 * By default an older commit never takes the place of a newer one.
 * @throws ActionError `refused`.
 */
async function refuseOlder(
  current: Pointer | undefined,
  config: DeployBackendConfig,
  { run, log, clock, signal }: BackendJob,
): Promise<void> {
  const access = githubAccess({ run, log, clock, signal }, config.token);
  const order =
    current?.commit && config.token ? await compareCommits(access, current.commit, run.commit) : 'unknown';
  const wanted = { commit: run.commit, runNumber: run.runNumber, runUrl: run.url };
  const verdict = fence({ current, wanted, order, allowOlder: config.allowOlder });
  if (verdict.allowed) {
    if (verdict.reason) log.notice(verdict.reason);
    return;
  }
  throw refused({
    input: 'allow-older-commit',
    what: 'an older commit does not take the place of a newer one',
    found: verdict.reason,
    fix: 'deploy the newer commit; to go back on purpose, run the rollback action or set allow-older-commit: true',
  });
}

function halfOf(
  draft: Omit<BackendResult, 'outcome'>,
  result: BackendHalf['result'],
  startedAt: string,
  finishedAt?: string,
): BackendHalf {
  const { target, service, image, previousImage, variables, secrets } = draft;
  return {
    target,
    service,
    image,
    previousImage,
    ...(draft.serviceUrl ? { serviceUrl: draft.serviceUrl } : {}),
    ...(draft.operationId ? { operationId: draft.operationId } : {}),
    ...(draft.taskDefinition ? { taskDefinition: draft.taskDefinition } : {}),
    variables,
    secrets,
    ...(draft.secretVersions ? { secretVersions: draft.secretVersions } : {}),
    ...(draft.probe ? { availability: draft.probe.report.availability } : {}),
    result,
    ...(draft.cause ? { cause: draft.cause } : {}),
    startedAt,
    ...(finishedAt ? { finishedAt } : {}),
  };
}

/** Refuses a second service under the name of the first. @throws ActionError `refused`. */
export const guardService = (
  ledger: Ledger,
  config: Pick<DeployBackendConfig, 'replacePart'>,
  release: string,
  service: string,
  log: BackendJob['log'],
  current: Pointer | undefined,
): Promise<boolean> =>
  guardPart(
    ledger,
    { part: 'backend', wanted: { service }, release, replace: config.replacePart, log },
    current,
  );

/** Before the first release of ours to it: what ran then is a release too, and can be gone back to. */
const isAdoption = (
  current: Pointer | undefined,
  draft: { image: string },
  before: BeforeUs,
  replaces: boolean,
): boolean =>
  (!current?.backend || replaces) && before.image !== draft.image && digestOf(before.image) !== undefined;

async function adopt(
  ledger: Ledger,
  releaseId: string,
  draft: Omit<BackendResult, 'outcome'>,
  before: BeforeUs,
  at: string,
  { run, log }: BackendJob,
): Promise<void> {
  const id = `${releaseId}.adopted`;
  const { target, service, serviceUrl } = draft;
  await ledger.open({ id, type: 'adoption', run: { ...run, commit: '' } });
  await ledger.writeBackend(id, {
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
  await ledger.movePointer(id, ['backend']);
  log.info(`what ran before the first release is recorded as release ${id}`);
}

/** What the live release of the service was started with, by the ledger; `undefined` where it says nothing. */
export async function recordedSecrets(
  config: Pick<DeployBackendConfig, 'releaseBucket' | 'environment'>,
  service: string,
  { log, clock }: Pick<BackendJob, 'log' | 'clock'>,
): Promise<RecordedSecrets | undefined> {
  const store = s3Store(new S3Client(clientConfig()), config.releaseBucket);
  const ledger = openLedger({ store, environment: config.environment, log, clock });
  try {
    const live = (await ledger.current())?.backend;
    const half = live ? (await ledger.record(live))?.backend : undefined;
    if (half?.service !== service || !half.secretVersions) return undefined;
    return { secrets: half.secrets ?? {}, versions: half.secretVersions };
  } catch (error) {
    log.debug(`the secrets of the live release are not known: ${messageOf(error)}`);
    return undefined;
  }
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
  /** '' where there is no ledger. */
  readonly bucket: string;
}

function savedLedger(job: BackendJob): { ledger: Ledger; id: string } | undefined {
  const { id, environment, bucket } = JSON.parse(job.state('release') || '{}') as Partial<SavedRelease>;
  if (!id || !environment || !bucket) return undefined;
  const store = s3Store(new S3Client(clientConfig()), bucket);
  return { ledger: openLedger({ store, environment, log: job.log, clock: job.clock }), id };
}

/** The post step holds the lock again while it returns the service: with its own entry, or after it expired. */
export async function rejoinLock(job: BackendJob): Promise<Hold | undefined> {
  const saved = savedLedger(job);
  if (!saved) return undefined;
  try {
    return await holdLock(job, saved.ledger, { release: saved.id, parts: ['backend'], timeout: 0 });
  } catch (error) {
    job.log.warning(`cleaning up without the lock: ${messageOf(error)}`);
    return undefined;
  }
}

/** Writes into the record how the interrupted deployment was left. Never throws. */
export async function recordInterrupted(job: BackendJob, outcome: Result, cause: string): Promise<void> {
  const saved = savedLedger(job);
  if (!saved) return;
  const { ledger, id } = saved;
  await recordSafely(async () => {
    const half = (await ledger.record(id))?.backend;
    if (!half) return;
    const finishedAt = new Date(job.clock.now()).toISOString();
    await ledger.writeBackend(id, { ...half, result: outcome, cause, finishedAt });
  }, job.log);
}
