import type { ReleaseSteps } from '../../release/take-live.ts';
import type { Job } from '../../runtime/action.ts';
import { smokeGate } from '../smoke-gate.ts';
import type { action } from './interface.ts';

/**
 * The smoke checks on the release as a whole; where a check names no address, it asks the first service, or the first site
 * where there is none.
 * @param release id of the release: `${RELEASE_ID}` in the file
 * @throws ActionError `refused` for a mistake in the file.
 */
export async function releaseGate(
  path: string,
  release: string,
  job: Job<typeof action>,
): Promise<ReleaseSteps['gate']> {
  const env = { ...job.env, RELEASE_ID: release };
  const gate = await smokeGate(path, job, { secrets: job.inputs.lines('check-secrets'), env });
  if (!gate) return undefined;
  return async (urls) => {
    const first = urls.find(({ kind }) => kind === 'service') ?? urls[0];
    const { outcome, problems } = await gate(first?.url);
    return { passed: outcome !== 'failed', outcome, problems };
  };
}
