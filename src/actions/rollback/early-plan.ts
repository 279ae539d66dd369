import type { Hold, Ledger } from '../../release/ledger.ts';
import { refuseEarly } from '../../release/refuse-early.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Edges, Way } from './edges.ts';
import type { HalfPort } from './half.ts';
import type { Survey } from './survey.ts';

/**
 * The way back, planned before the lock is asked for: it reads, and changes nothing, so that what could not be finished is
 * refused and nothing has been written. The site's plan counts under the lock too where nobody else held the lock from
 * before its first request until we had it; the service's is made again.
 */
export interface EarlyPlan {
  /** The plan, where it may be used for what was found under the lock; else it is to be made again. */
  for(found: Survey, id: string, hold: Hold): Promise<HalfPort> | undefined;
  /** @throws ActionError where a half could not go back, or all is as it would be, and nobody else is at work. */
  refuse(ledger: Ledger, isLive: (() => Error) | undefined): Promise<void>;
  /** Its last request has been answered. Never throws. */
  settled(): Promise<void>;
}

export function planEarly(edges: Edges, clock: Clock, found: Survey, way: Way): EarlyPlan {
  const begun = clock.now();
  const id = found.resumes?.id ?? way.id;
  const half = found.pair.frontend ? edges.half('frontend', found, { ...way, id }) : undefined;
  half?.catch(() => {});
  // Something under way on the service is waited out under the lock, and not before it.
  const service = found.pair.backend ? edges.half('backend', found, { ...way, id, waits: false }) : undefined;
  service?.catch(() => {});
  return {
    async refuse(ledger, isLive) {
      await refuseEarly(ledger, async () => {
        const halves = await Promise.all([half, service]);
        if (isLive && halves.every((one) => !one?.plan.changes)) throw isLive();
      });
    },
    for(now, nowId, { quietSince }) {
      const valid = quietSince !== undefined && begun >= quietSince && id === nowId && isSame(found, now);
      return valid ? half : undefined;
    },
    settled: async () => void (await Promise.allSettled([half, service])),
  };
}

/** True where both looks lead from the same site to the same manifest. */
function isSame(a: Survey, b: Survey): boolean {
  const [wanted, other] = [a.byId.get(a.pair.frontend ?? ''), b.byId.get(b.pair.frontend ?? '')];
  const [live, now] = [a.byId.get(a.current.frontend ?? ''), b.byId.get(b.current.frontend ?? '')];
  const sameCurrent = a.current.release === b.current.release && a.current.updatedAt === b.current.updatedAt;
  // A record that has not changed is the same object.
  return sameCurrent && wanted === other && live === now;
}
