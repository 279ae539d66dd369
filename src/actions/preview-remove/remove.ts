import type { BulkStore } from '../../aws/bulk-store.ts';
import type { Cdn } from '../../aws/cloudfront.ts';
import { awsProblem, readAwsError } from '../../aws/errors.ts';
import type { SiteClients } from '../../aws/site-clients.ts';
import { mountAt } from '../../parts/site/index.ts';
import { defaultReleaseId } from '../../release/id.ts';
import { ledgerKeys } from '../../release/keys.ts';
import { openLedger } from '../../release/open.ts';
import { parseLock } from '../../release/parse.ts';
import type { Job } from '../../runtime/action.ts';
import { failed } from '../../runtime/errors.ts';
import { holdLock } from '../lock.ts';
import type { action } from './interface.ts';
import { type PreviewPlace, previewPrefixes } from './previews.ts';

type RemoveJob = Job<typeof action>;

/** One preview: what it is called, and where its objects are. */
interface Preview {
  readonly number: number;
  readonly environment: string;
  readonly live: string;
  /** Its stores with their prefixes, the live site first: what people see is gone before what it can be restored from. */
  readonly parts: ReadonlyArray<readonly [BulkStore, string]>;
}

function previewOf(place: PreviewPlace, number: number, clients: SiteClients): Preview {
  const { environment, live, release } = previewPrefixes(place, number);
  const parts = [[clients.live, live] as const, ...release.map((one) => [clients.release, one] as const)];
  return { number, environment, live, parts };
}

interface Keys {
  readonly store: BulkStore;
  readonly prefix: string;
  /** All but the lock's. */
  readonly keys: readonly string[];
  readonly hasLock: boolean;
}

async function keysOf({ parts, environment }: Preview): Promise<readonly Keys[]> {
  const { lock } = ledgerKeys(environment);
  const found: Keys[] = [];
  for (const [store, prefix] of parts) {
    const all = (await store.listAll(prefix)).map((object) => object.key);
    found.push({ store, prefix, keys: all.filter((key) => key !== lock), hasLock: all.includes(lock) });
  }
  return found;
}

/** @returns how many objects would go */
export async function countPreview(
  place: PreviewPlace,
  number: number,
  clients: SiteClients,
  { log }: RemoveJob,
): Promise<number> {
  const preview = previewOf(place, number, clients);
  let count = 0;
  for (const { store, prefix, keys } of await keysOf(preview)) {
    log.info(`s3://${store.bucket}/${prefix}: ${keys.length} objects would go`);
    count += keys.length;
  }
  return count;
}

/**
 * Removes one preview under the lock of its environment, which `deploy-frontend` holds while it deploys one: whichever
 * comes second waits. @returns how many objects there were
 * @throws ActionError `refused` where a deployment held the lock for longer than `lockTimeout`, in milliseconds
 */
export async function removePreview(
  place: PreviewPlace,
  number: number,
  clients: SiteClients,
  job: RemoveJob,
  lockTimeout: number,
): Promise<number> {
  const { log, clock, run } = job;
  const preview = previewOf(place, number, clients);
  // What is not there needs no lock, which would be a new object.
  if ((await keysOf(preview)).every(({ keys, hasLock }) => keys.length === 0 && !hasLock)) return 0;
  const ledger = openLedger({ store: clients.release, environment: preview.environment, log, clock });
  const release = defaultReleaseId(clock.now(), run.commit);
  const hold = await holdLock(job, ledger, { release, parts: ['frontend'], timeout: lockTimeout });
  let count: number;
  try {
    count = await removeAll(preview, AbortSignal.any([job.signal, hold.signal]), job);
    if (count > 0) await Promise.all(clients.cdns.map((cdn) => invalidatePreview(place, preview, cdn, job)));
  } finally {
    await hold.release();
  }
  await removeLock(preview, clients.release, job);
  return count;
}

async function invalidatePreview(
  { bucket }: PreviewPlace,
  { number, live }: Preview,
  cdn: Cdn,
  { log, clock }: RemoveJob,
): Promise<void> {
  const prefix = live.replace(/\/$/, '');
  const { ours, mount = prefix } = await cdn
    .describe()
    .then((distribution) => mountAt(distribution, { bucket, prefix }))
    .catch((error: unknown) => {
      throw awsProblem(error, {
        operation: 'cloudfront:GetDistribution',
        resource: cdn.id,
        input: 'distribution',
        afterChange: true,
      });
    });
  if (ours.length === 0) {
    log.warning(`none of the origins of ${cdn.id} is the bucket ${bucket}: is it the right distribution?`);
  }
  // Named by the moment: the same name and paths again would be the invalidation of the last time.
  await cdn.invalidate(`preview-pr-${number}-removed-${clock.now()}`, [mount ? `/${mount}/*` : '/*']);
}

async function removeAll(preview: Preview, signal: AbortSignal, { log }: RemoveJob): Promise<number> {
  let count = 0;
  for (const { store, prefix, keys } of await keysOf(preview)) {
    log.info(`s3://${store.bucket}/${prefix}: ${keys.length} objects`);
    count += keys.length;
    if (keys.length === 0) continue;
    signal.throwIfAborted();
    const kept = await store.deleteMany(keys);
    if (kept.length > 0) {
      throw failed({
        what: `${kept.length} objects of the preview of #${preview.number} could not be removed`,
        found: `${kept[0]?.key}: ${kept[0]?.code} ${kept[0]?.message}`,
        fix: 'the role needs s3:DeleteObject on both buckets; run it again, and it removes what is left',
      });
    }
  }
  return count;
}

/** The lock goes as the last, unless somebody has taken it: then there is a preview again, and the lock is theirs. */
async function removeLock({ environment }: Preview, store: BulkStore, { log }: RemoveJob): Promise<void> {
  const { lock } = ledgerKeys(environment);
  const found = await store.get(lock);
  if (!found) return;
  const parsed = parseLock(found.body);
  if (!('value' in parsed) || parsed.value.holders.length > 0) return;
  try {
    await store.delete(lock, { ifMatch: found.etag });
  } catch (error) {
    const { kind, status } = readAwsError(error);
    if (kind !== 'precondition' && kind !== 'conflict' && status !== 404) throw error;
    log.info(`s3://${store.bucket}/${lock} was taken by another run, and stays`);
  }
}
