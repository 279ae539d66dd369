import type { GitHubAccess } from './api.ts';
import { connectGitHub } from './client.ts';

/** How many of an environment's newest deployments are looked at. */
const NEWEST = 50;

/**
 * Marks the deployments of an environment that lead to `url` as inactive. A job with `environment:` has made them; they
 * would go on offering an address that answers no more.
 * https://docs.github.com/en/rest/deployments/statuses
 * @returns how many
 * @throws GitHubError
 */
export async function deactivateDeployments(
  access: GitHubAccess,
  environment: string,
  url: string,
): Promise<number> {
  const { rest, here } = await connectGitHub(access);
  const newest = { ...here, environment, per_page: NEWEST };
  let changed = 0;
  for (const { id } of (await rest.repos.listDeployments(newest)).data) {
    const one = { ...here, deployment_id: id };
    const [last] = (await rest.repos.listDeploymentStatuses({ ...one, per_page: 1 })).data;
    if (last?.environment_url !== url || last.state === 'inactive') continue;
    await rest.repos.createDeploymentStatus({ ...one, state: 'inactive' });
    changed += 1;
  }
  return changed;
}
