import { messageOf } from '../../../runtime/errors.ts';
import { planChange } from '../plan/change.ts';
import { type LastGood, readSituation } from '../plan/situation.ts';
import { noSources } from '../scan/scan.ts';
import { type Face, findFront, mapFaces } from '../site.ts';
import { siteKeys } from '../store/keys.ts';
import { carry } from '../store/write-options.ts';
import type { ActivationOptions, SitePlace, SitePorts } from '../types.ts';
import type { Activation } from './activation.ts';
import { reachSite } from './site-access.ts';
import { undoActivation } from './undo.ts';

/** What is left of a run that was stopped. */
export interface Recovery {
  readonly place: SitePlace;
  readonly releaseId: string;
  readonly options: ActivationOptions;
  readonly keepReleases: number;
  readonly maxInvalidationPaths: number;
  readonly excluded: (path: string) => boolean;
}

/**
 * Puts back what a run of ours left half done, for a post step. The caller holds the lock.
 * @returns false where nothing of that release is open any more: it was finished, undone, or taken over by another run.
 */
export async function recoverSite(
  recovery: Recovery,
  ports: SitePorts,
  lastGood: LastGood,
): Promise<boolean> {
  const { place, options } = recovery;
  const keys = siteKeys(place);
  const situation = await readSituation(ports, keys, recovery.excluded, lastGood);
  const { found, baseEntry } = situation;
  const entry = found?.state.activating.find((e) => e.release === recovery.releaseId);
  if (!found || !entry || entry === baseEntry) return false;
  const front = await mapFaces(await findFront(ports, place, options.siteUrl), (face) =>
    whereItIs(ports, face, options.verify),
  );
  carry(ports, found.state.writes ?? {});
  const left = situation.known.find((manifest) => manifest.release === recovery.releaseId);
  const work: Activation = {
    ...recovery,
    keys,
    situation,
    change: planChange(situation.live, left ?? situation.base, situation.known, undefined),
    sources: noSources,
    front,
    writes: found.state.writes ?? {},
    onOpen: () => {},
  };
  await undoActivation(ports, work, entry, found);
  return true;
}

/** The host to read back from. Nobody who puts a site right is refused for not being let in: the proof tells. */
async function whereItIs(ports: SitePorts, face: Face, level: ActivationOptions['verify']): Promise<Face> {
  if (!face.siteUrl || level === 'off') return face;
  try {
    return (await reachSite(ports, face, 'index.html')).face;
  } catch (error) {
    ports.signal.throwIfAborted();
    ports.log.debug(messageOf(error));
    return face;
  }
}
