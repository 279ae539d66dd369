import { messageOf, refused } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { BackendState, NewerRevision, Target } from '../targets/target.ts';
import type { BackendConfig } from './config.ts';

/**
 * The state that the change is applied to: the service as it runs or, with `base: latest`, as it would be with the newest
 * revision of its task definition's family.
 * @param log told what the newest revision has differently; left out where that was said before
 * @throws ActionError `refused`: `latest` for a target that has no families, or that cannot be read.
 */
export async function stateToChange(
  target: Target,
  state: BackendState,
  { base }: Pick<BackendConfig, 'base'>,
  log?: Log,
): Promise<BackendState> {
  if (base === 'latest' && !target.newer) {
    throw refused({
      input: 'base',
      what: 'is for ECS services with a task definition of their own, and this target has none',
      found: `base latest, service ${state.arn}`,
      fix: 'leave it out',
    });
  }
  if (base === undefined || (base === 'running' && !log)) return state;
  const newer = await target.newer?.(state).catch((error) => {
    if (base === 'latest') throw error;
    // Only told: a deployment on top of what runs needs it not.
    log?.info(`whether the task definition has a newer revision cannot be read: ${messageOf(error)}`);
    return undefined;
  });
  if (!newer) return state;
  log?.notice(sayNewer(newer, base));
  return base === 'latest' ? newer.asBase() : state;
}

function sayNewer({ arn, by, differences }: NewerRevision, base: 'running' | 'latest'): string {
  const found = `${arn}${by ? ` (registered by ${by})` : ''} is newer than the revision that runs, and differs in ${differences.join(', ')}`;
  return base === 'latest'
    ? `${found}: it is the base of this deployment`
    : `${found}: this deployment leaves that out; \`base: latest\` starts from it`;
}
