import type { GitHubAccess } from '../github/api.ts';
import type { Job } from '../runtime/action.ts';
import type { ActionInterface } from '../runtime/inputs.ts';

/** GitHub as an action reaches it. @param token of the input `github-token`; '' asks anonymously */
export function githubAccess<A extends ActionInterface>(
  { run, log, clock, signal }: Pick<Job<A>, 'run' | 'log' | 'clock' | 'signal'>,
  token: string,
): GitHubAccess {
  return { apiUrl: run.apiUrl, repository: run.repository, token, log, clock, signal };
}
