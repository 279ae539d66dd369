import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Commit } from './model.ts';

/** The little of GitHub's API that a deployment asks for: how two commits of the team's history stand to each other. */
export interface GitHubStandIn {
  readonly url: string;
  readonly asked: readonly string[];
  stop(): void;
}

/**
 * `GET /repos/{owner}/{repo}/compare/{base}...{head}`, answered from a history without branches, oldest first.
 * https://docs.github.com/en/rest/commits/commits#compare-two-commits
 */
export async function startGitHub(history: readonly Commit[]): Promise<GitHubStandIn> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? '');
    asked.push(`${request.method} ${url}`);
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(body));
    };
    const match = /^\/repos\/[^/]+\/[^/]+\/compare\/([0-9a-f]+)\.\.\.([0-9a-f]+)/.exec(url);
    const [base, head] = [match?.[1], match?.[2]].map((sha) =>
      history.findIndex((commit) => commit.sha === sha),
    );
    if (base === undefined || head === undefined || base < 0 || head < 0)
      return answer(404, { message: 'Not Found', documentation_url: 'https://docs.github.com/rest' });
    const status = base === head ? 'identical' : head > base ? 'ahead' : 'behind';
    return answer(200, {
      status,
      ahead_by: Math.max(0, head - base),
      behind_by: Math.max(0, base - head),
      total_commits: Math.max(0, head - base),
      commits: [],
      files: [],
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
