import { type GitHubAccess, lookAndWrite } from './api.ts';
import { connectGitHub, type GitHubClient } from './client.ts';
import { firstOf, markedBody, markerLine } from './comments.ts';

export interface IssueText {
  /** Finds the issue again: one open issue for one marker. */
  readonly marker: string;
  readonly label: string;
  readonly title: string;
  readonly body: string;
}

/** Our open issue with this marker. Asked for by label, so that a large repository is not read whole. */
async function findIssue({ rest, paginate, here, isOurs }: GitHubClient, { label, marker }: IssueText) {
  const open = { ...here, labels: label, state: 'open', per_page: 100 } as const;
  const marked = await paginate(rest.issues.listForRepo, open, ({ data }) =>
    data.filter((issue) => issue.body?.startsWith(markerLine(marker))),
  );
  return firstOf(marked, ({ user }) => isOurs(user));
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
  const client = await connectGitHub(access);
  const { title, label } = text;
  const body = markedBody(text.marker, text.body);
  const found = await findIssue(client, text);
  const { issues } = client.rest;
  if (!found) {
    const { data } = await issues.create({ ...client.here, title, body, labels: [label] });
    return { number: data.number, change: 'opened' };
  }
  const { number } = found;
  if (found.body === body) return { number, change: 'none' };
  await issues.update({ ...client.here, issue_number: number, title, body });
  return { number, change: 'updated' };
}

/** Closes the open issue of a marker, with a last word. @returns its number, where there was one */
export async function closeIssue(
  access: GitHubAccess,
  text: IssueText,
  lastWord: string,
): Promise<number | undefined> {
  const client = await connectGitHub(access);
  const found = await findIssue(client, text);
  if (!found) return undefined;
  const one = { ...client.here, issue_number: found.number };
  await client.rest.issues.createComment({ ...one, body: lastWord });
  await client.rest.issues.update({ ...one, state: 'closed', state_reason: 'completed' });
  return found.number;
}
