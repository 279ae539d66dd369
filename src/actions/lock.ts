import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { clientConfig } from '../aws/config.ts';
import { isWithoutCredentials } from '../aws/errors.ts';
import { s3Store } from '../aws/s3-store.ts';
import type { Hold, Ledger } from '../release/ledger.ts';
import { LOCK_TTL } from '../release/lock-state.ts';
import { openLedger } from '../release/open.ts';
import type { Job } from '../runtime/action.ts';
import { formatDuration } from '../runtime/duration.ts';
import type { ActionInterface } from '../runtime/inputs.ts';

/** Under which name the post step finds our entry in the lock. */
const STATE = 'lock';

interface SavedLock {
  readonly bucket: string;
  readonly environment: string;
  readonly token: string;
  readonly region?: string;
}

/**
 * Takes the lock for an action. Its token is saved *before* it is asked for, so that the post step of a job that was
 * cancelled at any moment finds the entry and frees it. Called in that post step, it takes the main step's own entry
 * over at once.
 */
export async function holdLock<A extends ActionInterface>(
  job: Job<A>,
  ledger: Ledger,
  want: { release: string; parts: readonly string[]; timeout: number; region?: string | undefined },
): Promise<Hold> {
  const token = readSaved(job)?.token ?? randomUUID();
  const saved: SavedLock = {
    bucket: ledger.bucket,
    environment: ledger.environment,
    token,
    ...(want.region ? { region: want.region } : {}),
  };
  job.saveState(STATE, JSON.stringify(saved));
  return job.log.group(`Lock ${ledger.environment}`, () =>
    ledger.acquire({ ...want, run: job.run, signal: job.signal, token }),
  );
}

/** The `post:` of a deploying action: frees the lock where the job was stopped before it could. */
export async function freeSavedLock<A extends ActionInterface>(job: Job<A>): Promise<void> {
  const saved = readSaved(job);
  if (!saved) return;
  const { bucket, environment, token, region } = saved;
  const client = new S3Client(clientConfig({ region }));
  const { log, clock } = job;
  const ledger = openLedger({ store: s3Store(client, bucket), environment, log, clock });
  try {
    if (await ledger.free(token)) {
      log.warning(`this job was stopped while it held the lock of ${environment}: the lock has been freed`);
    }
  } catch (error) {
    if (!isWithoutCredentials(error)) throw error;
    log.warning(
      `the lock of ${environment} is left as it is, for the credentials have ended: nobody renews it, so it is free by itself ${formatDuration(LOCK_TTL)} after its last renewal`,
    );
  } finally {
    client.destroy();
  }
}

function readSaved<A extends ActionInterface>(job: Job<A>): SavedLock | undefined {
  const state = job.state(STATE);
  return state === '' ? undefined : (JSON.parse(state) as SavedLock);
}

/** The token of this job's entry in the lock, for a post step that goes on under it. */
export const savedToken = <A extends ActionInterface>(job: Job<A>): string | undefined =>
  readSaved(job)?.token;
