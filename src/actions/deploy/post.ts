import { s3Store } from '../../aws/s3-store.ts';
import { siteClient } from '../../aws/site-clients.ts';
import { openLedger } from '../../release/open.ts';
import { liveRelease, type SitePart, siteOf } from '../../release/record.ts';
import type { Job } from '../../runtime/action.ts';
import { messageOf } from '../../runtime/errors.ts';
import { freeSavedLock } from '../lock.ts';
import { leftOpen, type OpenRelease, putRight } from '../put-right.ts';
import { readVerifyHeaders } from '../verify-headers.ts';
import type { action } from './interface.ts';

type DeployJob = Job<typeof action>;

/** Milliseconds: for a step whose release file cannot be read any more, the defaults. */
const WAIT = 20 * 60_000;
const LOCK = 10 * 60_000;

/** After a cancellation or a kill: what was changed goes back, the record says so, and the lock is freed. */
export async function putRightDeployment(job: DeployJob): Promise<void> {
  const open = leftOpen(job);
  try {
    if (open) await putBack(job, open);
  } catch (error) {
    job.log.error(
      `the deployment was stopped half-way and could not be put back: ${messageOf(error)}\n  next: deploy again, which goes on from what is there, or run rollback`,
    );
  } finally {
    await freeSavedLock(job);
  }
}

async function putBack(job: DeployJob, open: OpenRelease): Promise<void> {
  const { log, clock } = job;
  const client = siteClient();
  try {
    const { bucket, environment } = open;
    const ledger = openLedger({ store: s3Store(client, bucket), environment, log, clock });
    await putRight(job, open, {
      ledger,
      lockTimeout: LOCK,
      waitTimeout: WAIT,
      siteOptions: async (name: string, site: SitePart, id: string, signal: AbortSignal) => {
        const release = liveRelease(await ledger.current(), name) ?? '';
        const live = siteOf(await ledger.record(release), name);
        return {
          name,
          site,
          live,
          others: live ? [{ release, site: live }] : [],
          environment,
          releaseBucket: bucket,
          release: id,
          bucket: '',
          distributions: [],
          waitTimeout: WAIT,
          verifyHeaders: readVerifyHeaders(job.inputs.lines('verify-headers'), (value) => log.mask(value)),
          ports: { log, clock, signal },
          client,
        };
      },
    });
  } finally {
    client.destroy();
  }
}
