import { type GitHubAccess, GitHubError } from './api.ts';
import { connectGitHub } from './client.ts';

/**
 * Whether a pull request is open. A number that is none any more (its repository's issues were deleted) counts as closed.
 * https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request
 * @throws GitHubError
 */
export async function stateOfPull(access: GitHubAccess, number: number): Promise<'open' | 'closed'> {
  try {
    const { rest, here } = await connectGitHub(access);
    return (await rest.pulls.get({ ...here, pull_number: number })).data.state;
  } catch (error) {
    if (error instanceof GitHubError && error.status === 410) return 'closed';
    throw error;
  }
}
