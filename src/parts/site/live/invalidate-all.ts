import { pathsAt, type Stale } from '../plan/stale-paths.ts';
import { type Face, facesOf } from '../site.ts';
import type { SitePorts } from '../types.ts';
import type { Activation } from './activation.ts';
import { type InvalidationRequest, invalidate } from './invalidate.ts';

export interface AllInvalidated {
  readonly ids: readonly string[];
  /** Of all distributions, each once. */
  readonly paths: readonly string[];
  /** False where one of them is still under way. */
  readonly completed: boolean;
}

/**
 * Tells each distribution what it may no longer answer with, by the paths that it knows the site's files by, side by side.
 * @throws ActionError `timed-out`
 */
export async function invalidateAll(
  ports: SitePorts,
  { front, options, maxInvalidationPaths }: Pick<Activation, 'front' | 'options' | 'maxInvalidationPaths'>,
  stale: Stale,
  request: Pick<InvalidationRequest, 'reference' | 'mayTakeLonger'>,
): Promise<AllInvalidated> {
  const tell = async (face: Face) => {
    const cdn = ports.cdns.find(({ id }) => id === face.distribution);
    const paths = cdn ? pathsAt(face, stale, maxInvalidationPaths) : [];
    const told = await invalidate(ports, cdn, {
      ...request,
      paths,
      wait: options.waitForInvalidation,
      timeout: options.waitTimeout,
    });
    return { told, paths };
  };
  const ended = await Promise.allSettled(facesOf(front).map(tell));
  const all = ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
  return {
    ids: all.flatMap(({ told }) => (told ? [told.id] : [])),
    paths: [...new Set(all.flatMap(({ paths }) => paths))],
    completed: all.every(({ told }) => told?.completed ?? true),
  };
}
