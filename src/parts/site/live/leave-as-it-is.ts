import { gateFailed, resultOf } from '../deploy-result.ts';
import type { DeploySiteConfig, DeploySitePorts, DeploySiteResult } from '../deploy-types.ts';
import type { Prepared } from '../plan/plan-deployment.ts';
import type { Recorder } from '../store/recorder.ts';
import { writeState } from '../store/site-state.ts';
import type { SitePorts } from '../types.ts';

/** Nothing differs: the release is recorded with the manifest that is live, and no live object is touched. */
export async function leaveAsItIs(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
  recorder: Recorder,
): Promise<DeploySiteResult> {
  const { situation, front } = prepared;
  const { found, baseEntry } = situation;
  if (!found || !baseEntry) throw new Error('an unchanged site has a state');
  const gate = await ports.gate?.(front.siteUrl);
  if (gate?.outcome === 'failed') {
    const cause = gateFailed(gate);
    await recorder.end('failed', { manifestKey: baseEntry.manifest, cause, gate });
    return { ...resultOf('failed', prepared), cause, gate };
  }
  await recorder.end('unchanged', { manifestKey: baseEntry.manifest, gate });
  await ports.ledger.movePointer(config.releaseId, [config.part]);
  await rememberUnchanged(config, ports, prepared);
  return { ...resultOf('unchanged', prepared), gate };
}

/** The site's state counts the release among those that were live, so that it can be gone back to. */
export async function rememberUnchanged(
  config: Pick<DeploySiteConfig, 'releaseId' | 'keepReleases'>,
  ports: Pick<SitePorts, 'release'>,
  { situation, keys }: Prepared,
): Promise<void> {
  const { found, baseEntry } = situation;
  if (!found || !baseEntry) throw new Error('an unchanged site has a state');
  const { version: _version, nonce: _nonce, ...state } = found.state;
  const releases = [...state.releases, { release: config.releaseId, manifest: baseEntry.manifest }];
  await writeState(
    ports.release,
    keys,
    {
      ...state,
      releases: releases.slice(-config.keepReleases),
    },
    found,
  );
}
