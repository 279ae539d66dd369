import { callGitHub, type GitHubAccess } from './api.ts';

interface Deployment {
  readonly id: number;
}
interface Status {
  readonly state: string;
  readonly environment_url?: string;
}

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
  const deployments = await callGitHub<Deployment[]>(access, 'GET /repos/{owner}/{repo}/deployments', {
    environment,
    per_page: NEWEST,
  });
  let changed = 0;
  for (const { id } of deployments) {
    const route = '/repos/{owner}/{repo}/deployments/{deployment_id}/statuses';
    const [newest] = await callGitHub<Status[]>(access, `GET ${route}`, { deployment_id: id, per_page: 1 });
    if (newest?.environment_url !== url || newest.state === 'inactive') continue;
    await callGitHub(access, `POST ${route}`, { deployment_id: id, state: 'inactive' });
    changed += 1;
  }
  return changed;
}
