import { publicUrl } from '../../../runtime/url.ts';
import type { BackendConfig, BackendPorts } from '../plan/config.ts';
import type { BackendState, Target } from '../targets/target.ts';
import { type Probe, type ProbeTarget, startProbe } from './probe.ts';

/** Starts the probe where the service can be asked: as it is told, as the service says, or as its load balancer does. */
export async function openProbe(
  target: Pick<Target, 'findAddress'>,
  now: BackendState,
  { probe }: Pick<BackendConfig, 'probe'>,
  { log, clock }: Pick<BackendPorts, 'log' | 'clock'>,
): Promise<Probe | undefined> {
  const found = await probeTarget(target, now, probe);
  if ('why' in found) {
    log.notice(`no probe: ${found.why}; give \`probe-url\` to have one`);
    return undefined;
  }
  if (found.said) log.info(found.said);
  return startProbe(found, probe.interval, clock);
}

async function probeTarget(
  target: Pick<Target, 'findAddress'>,
  now: BackendState,
  { url, forRecordOnly }: BackendConfig['probe'],
): Promise<(ProbeTarget & { readonly said?: string }) | { readonly why: string }> {
  if (url) return { url };
  if (now.url) return { url: `${publicUrl(now.url)}${now.health.path}` };
  // What is measured for the record alone is not worth three more requests.
  if (!target.findAddress || forRecordOnly) return { why: 'the service has no public address' };
  const found = await target.findAddress(now);
  if ('why' in found) return found;
  const full = `${found.url}${found.path}`;
  const about = found.anyCertificate ? ', whatever its certificate is made for' : '';
  const said = `the probe asks the load balancer of the service, ${full}${about}`;
  return { url: full, anyCertificate: found.anyCertificate, said };
}
