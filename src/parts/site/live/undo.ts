import { planChange } from '../plan/change.ts';
import { afterAll } from '../plan/stale-paths.ts';
import { noSources } from '../scan/scan.ts';
import { listLive } from '../store/live-listing.ts';
import { encodeManifest } from '../store/manifest.ts';
import { type FoundState, type StateEntry, writeState } from '../store/site-state.ts';
import { writeLive } from '../store/transfer.ts';
import type { SitePorts } from '../types.ts';
import { type Activation, reference, removeLive, verify, withEtags } from './activation.ts';
import { invalidateAll } from './invalidate-all.ts';

/** Back to the release before: its files from their blobs, what is new removed, caches told, and the proof of it. */
export async function undoActivation(
  ports: SitePorts,
  work: Activation,
  entry: StateEntry,
  open: FoundState,
): Promise<void> {
  const { keys, situation, change, options, place } = work;
  const { base } = situation;
  const known = [base, change.target, ...situation.known.slice(1)];
  const live = await listLive(ports, keys, work.excluded);
  const back = planChange(live, base, known, undefined, () => true);
  const written = await writeLive(
    ports,
    keys,
    { steps: back.diff.writes, sources: noSources, entries: base.entries },
    options.concurrency,
  );
  await removeLive(
    ports,
    back.diff.deletes.filter((step) => step.reason !== 'foreign').map((step) => keys.live(step.path)),
  );
  const told = await invalidateAll(ports, work, afterAll(back), {
    reference: reference(ports, change.target, 'u'),
    // What is back is back: whether visitors see it is for the proof to say.
    mayTakeLonger: true,
  });
  await verify(ports, work, back, told.completed);
  const { baseEntry } = situation;
  if (written.etags.size > 0 && baseEntry) {
    await ports.release.put({
      key: baseEntry.manifest,
      body: encodeManifest(withEtags(back.target, written.etags)),
      contentType: 'application/json',
    });
  }
  await writeState(
    ports.release,
    keys,
    {
      environment: place.environment,
      live: baseEntry,
      activating: [],
      releases: open.state.releases.filter((e) => e.release !== entry.release),
      undone: entry,
      writes: open.state.writes,
      sinceCollection: open.state.sinceCollection + 1,
    },
    open,
  );
  work.onOpen(false);
}
