import { recordedPart } from '../../release/composition.ts';
import type { Hold, Ledger } from '../../release/ledger.ts';
import type { PartPort } from '../../release/part.ts';
import { refuseEarly } from '../../release/refuse-early.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Edges, Way } from './edges.ts';
import type { Survey } from './survey.ts';

/**
 * The way back, planned before the lock is asked for: it reads, and changes nothing, so that what could not be finished is
 * refused and nothing has been written. A site's plan counts under the lock too where nobody else held the lock from
 * before its first request until we had it; a service's is made again.
 */
export interface EarlyPlan {
  /** The plan of a site, where it may be used for what was found under the lock; else it is to be made again. */
  for(name: string, found: Survey, id: string, hold: Hold): Promise<PartPort> | undefined;
  /** @throws ActionError where a part could not go back, or all is as it would be, and nobody else is at work. */
  refuse(ledger: Ledger, isLive: (() => Error) | undefined): Promise<void>;
  /** Its last request has been answered. Never throws. */
  settled(): Promise<void>;
}

export function planEarly(edges: Edges, clock: Clock, found: Survey, way: Way): EarlyPlan {
  const begun = clock.now();
  const id = found.resumes?.id ?? way.id;
  // Something under way on a service is waited out under the lock, and not before it.
  const planned = new Map(
    [...found.kinds.keys()].map((name) => [name, edges.part(name, found, { ...way, id, waits: false })]),
  );
  for (const part of planned.values()) part.catch(() => {});
  return {
    async refuse(ledger, isLive) {
      await refuseEarly(ledger, async () => {
        const parts = await Promise.all(planned.values());
        if (isLive && parts.every(({ plan }) => !plan.changes)) throw isLive();
      });
    },
    for(name, now, nowId, { quietSince }) {
      const valid =
        quietSince !== undefined && begun >= quietSince && id === nowId && isSame(name, found, now);
      return valid && found.kinds.get(name) === 'site' ? planned.get(name) : undefined;
    },
    settled: async () => void (await Promise.allSettled(planned.values())),
  };
}

/** True where both looks lead from the same site to the same manifest. */
function isSame(name: string, a: Survey, b: Survey): boolean {
  const sameCurrent = a.current.release === b.current.release && a.current.updatedAt === b.current.updatedAt;
  // A record that has not changed is the same object.
  return (
    sameCurrent &&
    recordedPart(a.wanted, name, a.byId) === recordedPart(b.wanted, name, b.byId) &&
    recordedPart(a.current.parts, name, a.byId) === recordedPart(b.current.parts, name, b.byId)
  );
}
