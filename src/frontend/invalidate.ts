import { createHash } from 'node:crypto';
import { awsProblem, readAwsError } from '../aws/errors.ts';
import { timedOut } from '../runtime/errors.ts';
import { poll } from '../runtime/poll.ts';
import type { SitePorts } from './types.ts';

export interface InvalidationRequest {
  /** Unique to this activation: the same paths in another one must not be answered with this one's result. */
  readonly reference: string;
  readonly paths: readonly string[];
  readonly wait: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Milliseconds between two tries while CloudFront has too many invalidations under way. */
const RETRY_EVERY = 5000;
/** Milliseconds between two looks: close together at first, for a small distribution is done in seconds; then doubled. */
const LOOK_FIRST = 250;
const LOOK_MOST = 5000;

/** @returns id of the invalidation; `undefined` where there is no distribution or nothing to invalidate. */
export async function invalidate(
  ports: SitePorts,
  request: InvalidationRequest,
): Promise<string | undefined> {
  const { cdn, clock, log, signal } = ports;
  if (!cdn || request.paths.length === 0) return undefined;
  const digest = createHash('sha256').update(request.paths.join('\n')).digest('hex').slice(0, 12);
  const reference = `wwhd-${request.reference}-${digest}`;
  const asked = {
    operation: 'cloudfront:CreateInvalidation',
    resource: cdn.id,
    input: 'distribution',
    afterChange: true,
  };
  let told = false;
  const made = await poll(
    {
      what: `CloudFront to take another invalidation for ${cdn.id}`,
      every: RETRY_EVERY,
      timeout: request.timeout,
      clock,
      signal,
      fix: 'see what else invalidates this distribution; run it again when that is done',
    },
    async () => {
      try {
        return await cdn.invalidate(reference, request.paths);
      } catch (error) {
        // https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
        if (readAwsError(error).code !== 'TooManyInvalidationsInProgress') throw awsProblem(error, asked);
        if (!told) log.info('CloudFront has too many invalidations under way; waiting for one to end');
        told = true;
        return undefined;
      }
    },
  );
  if (request.wait && made.status !== 'Completed') await waitFor(ports, made.id, request.timeout);
  return made.id;
}

async function waitFor(ports: SitePorts, id: string, timeout: number): Promise<void> {
  const { cdn, clock, log, signal } = ports;
  if (!cdn) return;
  const start = clock.now();
  let pause = LOOK_FIRST;
  for (;;) {
    await clock.sleep(pause, signal);
    const status = await cdn.invalidation(id).catch((error) => {
      throw awsProblem(error, {
        operation: 'cloudfront:GetInvalidation',
        resource: `${cdn.id}/${id}`,
        input: 'distribution',
        afterChange: true,
      });
    });
    if (status === 'Completed') return;
    const waited = clock.now() - start;
    if (waited >= timeout) {
      throw timedOut({
        what: `the invalidation ${id} did not complete in ${Math.round(timeout / 1000)} s`,
        fix: 'raise `wait-timeout`, or set `wait-for-invalidation: false`',
      });
    }
    log.progress(`waiting for invalidation ${id} (${Math.round(waited / 1000)} s)`);
    pause = Math.min(LOOK_MOST, pause * 2);
  }
}
