import type { ReleaseRecord } from '../../release/record.ts';
import type { ReleaseSteps } from '../../release/take-live.ts';
import type { Job } from '../../runtime/action.ts';
import type { ActionInterface } from '../../runtime/inputs.ts';
import { smokeGate } from '../smoke-gate.ts';

/**
 * The smoke checks at the end, read for the release that is gone back to: `${GITHUB_SHA}` in the file is its commit,
 * for the commit of the workflow that runs the rollback is not what is to be live.
 * @param secrets the lines of the input `check-secrets`
 * @throws ActionError `refused` for a mistake in the file.
 */
export async function rollbackGate<A extends ActionInterface>(
  path: string,
  target: Pick<ReleaseRecord, 'commit' | 'ref' | 'id'>,
  job: Job<A>,
  secrets: readonly string[],
): Promise<ReleaseSteps['gate']> {
  const env = { ...job.env, GITHUB_SHA: target.commit, GITHUB_REF: target.ref, RELEASE_ID: target.id };
  const gate = await smokeGate(path, job, { secrets, env });
  if (!gate) return undefined;
  return async (urls) => {
    const first = urls.find(({ kind }) => kind === 'service') ?? urls[0];
    const { outcome, problems } = await gate(first?.url);
    return { passed: outcome !== 'failed', outcome, problems };
  };
}
