import { courtesy, type GitHubAccess } from './api.ts';
import { connectGitHub } from './client.ts';
import type { CommitOrder } from './commit-order.ts';

/**
 * `status` of a comparison `base...head`: how `head` stands to `base`.
 * https://docs.github.com/en/rest/commits/commits#compare-two-commits
 */
const ORDER: Readonly<Record<string, CommitOrder>> = {
  identical: 'same',
  ahead: 'newer',
  behind: 'older',
  diverged: 'diverged',
};

/**
 * How commit `head` stands to commit `base` in the repository's graph: `newer` where `base` is an ancestor of `head`.
 * Asks GitHub, for the checkout of a job is one commit deep. Where GitHub cannot tell, it warns and answers
 * `unknown`, and the caller falls back to the run numbers.
 * @throws ActionError of the signal only
 */
export async function compareCommits(access: GitHubAccess, base: string, head: string): Promise<CommitOrder> {
  if (base === head) return 'same';
  if (!isCommit(base) || !isCommit(head) || !access.repository.includes('/')) return 'unknown';
  const status = await courtesy(
    access.log,
    `comparing commits ${short(base)} and ${short(head)}`,
    async () => {
      const { rest, here } = await connectGitHub(access);
      // One commit a page: only the verdict is needed, and a comparison can hold 250 commits and 300 files.
      const page = { basehead: `${base}...${head}`, per_page: 1 };
      return (await rest.repos.compareCommitsWithBasehead({ ...here, ...page })).data.status;
    },
  );
  return ORDER[status ?? ''] ?? 'unknown';
}

const isCommit = (text: string) => /^[0-9a-f]{7,64}$/.test(text);
const short = (commit: string) => commit.slice(0, 7);
