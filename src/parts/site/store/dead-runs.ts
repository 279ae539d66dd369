import { siteOf } from '../../../release/record.ts';
import type { DeploySiteConfig, DeploySitePorts } from '../deploy-types.ts';
import type { Prepared } from '../plan/plan-deployment.ts';
import { partFor } from './recorder.ts';

/** Runs that died left records that say `in-progress` for ever: they are told how they ended. */
export async function tellDeadRuns(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
): Promise<void> {
  const { found, baseEntry } = prepared.situation;
  for (const entry of found?.state.activating ?? []) {
    if (entry.release === config.releaseId || entry === baseEntry) continue;
    ports.log.notice(
      `release ${entry.release} did not come to its end: what it left is put right by this one`,
    );
    const part = siteOf(await ports.ledger.record(entry.release), config.part);
    if (part && part.result !== 'in-progress') continue;
    await ports.ledger.writePart(entry.release, config.part, {
      ...partFor(config, prepared),
      ...part,
      manifest: entry.manifest,
      result: 'interrupted',
      cause: `its run died; release ${config.releaseId} went on from there`,
      finishedAt: new Date(ports.clock.now()).toISOString(),
    });
  }
}
