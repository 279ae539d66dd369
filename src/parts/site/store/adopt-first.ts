import type { SitePart } from '../../../release/record.ts';
import type { DeploySiteConfig, DeploySitePorts, PreparePorts } from '../deploy-types.ts';
import type { Prepared } from '../plan/plan-deployment.ts';
import { lookAgain } from '../plan/prepare.ts';
import { adopt } from './adopt.ts';
import { totalBytes } from './manifest.ts';
import { partFor } from './recorder.ts';
import { writeState } from './site-state.ts';

/** What the bucket serves, as a release of its own. */
export interface AdoptedSite {
  readonly release: string;
  readonly record: SitePart;
  /** Called when the pointer leads to it: from now on the site's state knows it, and the plan is made on top of it. */
  settle(): Promise<Prepared>;
}

/** Copies what the bucket serves into the release bucket. Changes nothing that is live. */
export function adoptSite(
  config: DeploySiteConfig,
  ports: PreparePorts,
  prepared: Prepared,
): Promise<AdoptedSite> {
  const { keys, situation, scanned } = prepared;
  const release = `${config.releaseId}.adopted`;
  return ports.log.group(`Adopting ${situation.live.size} files that are live`, async () => {
    const { concurrency } = config.options;
    const manifest = await adopt(ports, keys, situation.live, scanned.files, release, concurrency);
    const entry = { release, manifest: keys.manifest(release) };
    const record: SitePart = {
      ...partFor(config, prepared),
      manifest: entry.manifest,
      files: manifest.files.length,
      bytes: totalBytes(manifest.files),
      uploaded: 0,
      deleted: 0,
      result: 'deployed',
      startedAt: manifest.createdAt,
      finishedAt: new Date(ports.clock.now()).toISOString(),
    };
    const settle = async () => {
      const { environment } = config.place;
      const state = { environment, live: entry, activating: [], releases: [entry] };
      await writeState(ports.release, keys, { ...state, sinceCollection: 0 }, undefined);
      return lookAgain(config, ports, prepared);
    };
    return { release, record, settle };
  });
}

/** Records what the bucket serves as a release, before anything is changed, and plans anew on top of it. */
export async function adoptFirst(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
): Promise<Prepared> {
  const { release, record, settle } = await adoptSite(config, ports, prepared);
  await ports.ledger.open({ id: release, type: 'adoption', run: { ...ports.run, commit: '' } });
  await ports.ledger.writePart(release, config.part, record);
  await ports.ledger.movePointer(release, [config.part]);
  return settle();
}
