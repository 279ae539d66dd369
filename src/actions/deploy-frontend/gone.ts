import { readAwsError } from '../../aws/errors.ts';
import { siteClients } from '../../aws/site-clients.ts';
import { isSameOccupant, type Occupant } from '../../release/occupant.ts';
import { distributionsOf } from '../../release/record.ts';
import type { Job } from '../../runtime/action.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { action } from './interface.ts';

/**
 * Whether a recorded site is no more: its bucket is deleted, or it is the same bucket that we are to deploy to and the
 * distributions of before that it is not behind any more are deleted. Never throws: where it cannot be told, it counts as there.
 */
export async function isSiteGone(
  before: Occupant,
  wanted: Occupant,
  { clock, log, signal }: Pick<Job<typeof action>, 'clock' | 'log' | 'signal'>,
): Promise<boolean> {
  if (!('bucket' in before) || !('bucket' in wanted)) return false;
  const { bucket, prefix } = before;
  const others = distributionsOf(before).filter((id) => !distributionsOf(wanted).includes(id));
  const clients = await siteClients({
    bucket,
    releaseBucket: bucket,
    distributions: others,
    connections: 1,
    clock,
    signal: () => signal,
  });
  const isMissing = async (ask: () => Promise<unknown>) => {
    try {
      await ask();
      return false;
    } catch (error) {
      log.debug(`whether ${[bucket, ...others].join(' and ')} are still there: ${messageOf(error)}`);
      return readAwsError(error).kind === 'missing';
    }
  };
  try {
    const sameBucket = isSameOccupant({ bucket, prefix }, { bucket: wanted.bucket, prefix: wanted.prefix });
    if (sameBucket) {
      const missing = await Promise.all(clients.cdns.map((cdn) => isMissing(() => cdn.describe())));
      return missing.length > 0 && missing.every(Boolean);
    }
    return await isMissing(() => clients.live.list(prefix)[Symbol.asyncIterator]().next());
  } finally {
    clients.close();
  }
}
