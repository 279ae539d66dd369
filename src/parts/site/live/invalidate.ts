import { createHash } from 'node:crypto';
import type { Cdn } from '../../../aws/cloudfront.ts';
import { awsProblem, readAwsError } from '../../../aws/errors.ts';
import { ActionError } from '../../../runtime/errors.ts';
import { poll } from '../../../runtime/poll.ts';
import type { SitePorts } from '../types.ts';

export interface InvalidationRequest {
  /** Unique to this activation: the same paths in another one must not be answered with this one's result. */
  readonly reference: string;
  readonly paths: readonly string[];
  readonly wait: boolean;
  /** Milliseconds; bound on all waiting. */
  readonly timeout: number;
  /** Whether one that takes longer than that is only told of: what reads the site back decides then. */
  readonly mayTakeLonger?: boolean;
}

export interface Invalidated {
  readonly id: string;
  readonly completed: boolean;
}

/** Milliseconds between two tries while CloudFront has too many invalidations under way: doubled, up to the most. */
const RETRY = { first: 1000, every: 5000, doubling: true };
/** Milliseconds between two looks: close together at first, for a small distribution is done in seconds; doubled too. */
const LOOK = { first: 250, every: 5000, doubling: true };

/**
 * Asks for an invalidation, and waits for it where that is wanted.
 * @returns `undefined` where there is no distribution or nothing to invalidate.
 * @throws ActionError `timed-out`
 */
export async function invalidate(
  ports: SitePorts,
  cdn: Cdn | undefined,
  request: InvalidationRequest,
): Promise<Invalidated | undefined> {
  const { clock, log } = ports;
  if (!cdn || request.paths.length === 0) return undefined;
  const digest = createHash('sha256').update(request.paths.join('\n')).digest('hex').slice(0, 12);
  const asked = clock.now();
  const { id, status } = await ask(ports, cdn, `wwhd-${request.reference}-${digest}`, request);
  if (status === 'Completed' || !request.wait) return { id, completed: status === 'Completed' };
  // An answer takes a moment; a wait for room is what counts.
  const spent = Math.floor((clock.now() - asked) / 1000) * 1000;
  try {
    await waitFor(ports, cdn, id, Math.max(0, request.timeout - spent));
    return { id, completed: true };
  } catch (error) {
    if (!request.mayTakeLonger || !(error instanceof ActionError) || error.outcome !== 'timed-out')
      throw error;
    log.warning(`${error.problem.what}: it is under way, and the pages are read back all the same`);
    return { id, completed: false };
  }
}

/** CloudFront has 3,000 paths and 15 wildcards of one distribution under way at most: one that is too many waits. */
async function ask(ports: SitePorts, cdn: Cdn, reference: string, request: InvalidationRequest) {
  const { clock, log, signal } = ports;
  const once = async () => {
    try {
      return await cdn.invalidate(reference, request.paths);
    } catch (error) {
      // https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
      if (readAwsError(error).code === 'TooManyInvalidationsInProgress') return undefined;
      throw awsProblem(error, {
        operation: 'cloudfront:CreateInvalidation',
        resource: cdn.id,
        input: 'distribution',
        afterChange: true,
      });
    }
  };
  const made = await once();
  if (made) return made;
  log.info('CloudFront has too many invalidations under way; waiting for one to end');
  const wait = {
    ...RETRY,
    what: `CloudFront to take another invalidation of ${cdn.id} (TooManyInvalidationsInProgress)`,
    timeout: request.timeout,
    clock,
    signal,
    fix: 'see what else invalidates this distribution; run it again when that is done, or raise `wait-timeout`',
  };
  return poll(wait, once);
}

async function waitFor(ports: SitePorts, cdn: Cdn, id: string, timeout: number): Promise<void> {
  const { clock, log, signal } = ports;
  const wait = {
    ...LOOK,
    what: `CloudFront to complete the invalidation ${id} of ${cdn.id}`,
    timeout,
    clock,
    signal,
    fix: 'raise `wait-timeout`, or set `wait-for-invalidation: false`: edges may then serve the pages of before for a while',
  };
  await poll(wait, async (elapsed) => {
    const status = await cdn.invalidation(id).catch((error) => {
      throw awsProblem(error, {
        operation: 'cloudfront:GetInvalidation',
        resource: `${cdn.id}/${id}`,
        input: 'distribution',
        afterChange: true,
      });
    });
    log.progress(`invalidation ${id}: ${status} (${Math.round(elapsed / 1000)} s)`);
    return status === 'Completed' ? status : undefined;
  });
}
