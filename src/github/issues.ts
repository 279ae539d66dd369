import { callGitHub, type GitHubAccess, listGitHub, lookAndWrite } from './api.ts';
import { markedBody, markerLine } from './comments.ts';

interface Issue {
  readonly number: number;
  readonly body?: string | null;
  readonly html_url?: string;
}

export interface IssueText {
  /** Finds the issue again: one open issue for one marker. */
  readonly marker: string;
  readonly label: string;
  readonly title: string;
  readonly body: string;
}

/** The open issue with this marker. Asked for by label, so that a large repository is not read whole. */
async function findIssue(access: GitHubAccess, { label, marker }: IssueText): Promise<Issue | undefined> {
  const open = await listGitHub<Issue>(access, 'GET /repos/{owner}/{repo}/issues', {
    labels: label,
    state: 'open',
  });
  return open.find((issue) => issue.body?.startsWith(markerLine(marker)));
}

/**
 * One open issue that says `text`: created, updated, or left alone where it says so already. GitHub makes a label that is
 * new. https://docs.github.com/en/rest/issues/issues
 * @throws GitHubError
 */
export function upsertIssue(access: GitHubAccess, text: IssueText): Promise<Upserted> {
  return lookAndWrite(() => upsert(access, text));
}

interface Upserted {
  readonly number: number;
  readonly change: 'opened' | 'updated' | 'none';
}

async function upsert(access: GitHubAccess, text: IssueText): Promise<Upserted> {
  const body = markedBody(text.marker, text.body);
  const found = await findIssue(access, text);
  if (!found) {
    const { number } = await callGitHub<Issue>(access, 'POST /repos/{owner}/{repo}/issues', {
      title: text.title,
      body,
      labels: [text.label],
    });
    return { number, change: 'opened' };
  }
  if (found.body === body) return { number: found.number, change: 'none' };
  await callGitHub(access, 'PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
    issue_number: found.number,
    title: text.title,
    body,
  });
  return { number: found.number, change: 'updated' };
}

/** Closes the open issue of a marker, with a last word. @returns its number, where there was one */
export async function closeIssue(
  access: GitHubAccess,
  text: IssueText,
  lastWord: string,
): Promise<number | undefined> {
  const found = await findIssue(access, text);
  if (!found) return undefined;
  await callGitHub(access, 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
    issue_number: found.number,
    body: lastWord,
  });
  await callGitHub(access, 'PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
    issue_number: found.number,
    state: 'closed',
    state_reason: 'completed',
  });
  return found.number;
}
