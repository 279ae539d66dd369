import type { Hold } from '../../release/ledger.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Edges, loadBackendHalf, type Way } from './edges.ts';
import type { HalfPort } from './half.ts';
import type { Survey } from './survey.ts';

/**
 * The site's way back, planned while the lock is asked for: it reads, and changes nothing. It counts only where nobody
 * else held the lock from before its first request until we had it; then it is what a plan under the lock would be.
 */
export interface EarlyPlan {
  /** The plan, where it may be used for what was found under the lock; else it is to be made again. */
  for(found: Survey, id: string, hold: Hold): Promise<HalfPort> | undefined;
  /** Its last request has been answered. Never throws. */
  settled(): Promise<void>;
}

export function planEarly(edges: Edges, clock: Clock, found: Survey, way: Way): EarlyPlan {
  const begun = clock.now();
  const id = found.resumes?.id ?? way.id;
  const half = found.pair.frontend ? edges.half('frontend', found, { ...way, id }) : undefined;
  half?.catch(() => {});
  // What the service is planned with is loaded meanwhile too, and not under the lock; who plans it hears of a failure.
  if (found.pair.backend) loadBackendHalf().catch(() => {});
  return {
    for(now, nowId, { quietSince }) {
      const valid = quietSince !== undefined && begun >= quietSince && id === nowId && isSame(found, now);
      return valid ? half : undefined;
    },
    settled: async () => void (await half?.catch(() => {})),
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
