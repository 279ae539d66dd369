import type { DeploySiteConfig, DeploySitePorts } from '../deploy-types.ts';
import type { Prepared } from '../plan/plan-deployment.ts';
import { lookAgain } from '../plan/prepare.ts';
import { adopt } from './adopt.ts';
import { totalBytes } from './manifest.ts';
import { partFor } from './recorder.ts';
import { writeState } from './site-state.ts';

/** Records what the bucket serves as a release, before anything is changed, and plans anew on top of it. */
export async function adoptFirst(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
): Promise<Prepared> {
  const { keys, situation, scanned } = prepared;
  const { place } = config;
  const release = `${config.releaseId}.adopted`;
  await ports.log.group(`Adopting ${situation.live.size} files that are live`, async () => {
    const { concurrency } = config.options;
    const manifest = await adopt(ports, keys, situation.live, scanned.files, release, concurrency);
    const startedAt = manifest.createdAt;
    const entry = { release, manifest: keys.manifest(release) };
    await ports.ledger.open({ id: release, type: 'adoption', run: { ...ports.run, commit: '' } });
    await ports.ledger.writePart(release, config.part, {
      ...partFor(config, prepared),
      manifest: entry.manifest,
      files: manifest.files.length,
      bytes: totalBytes(manifest.files),
      uploaded: 0,
      deleted: 0,
      result: 'deployed',
      startedAt,
      finishedAt: new Date(ports.clock.now()).toISOString(),
    });
    await ports.ledger.movePointer(release, [config.part]);
    await writeState(
      ports.release,
      keys,
      {
        environment: place.environment,
        live: entry,
        activating: [],
        releases: [entry],
        sinceCollection: 0,
      },
      undefined,
    );
  });
  return lookAgain(config, ports, prepared);
}
