import { type GitHubAccess, lookAndWrite } from './api.ts';
import { connectGitHub } from './client.ts';

/** Longest body of a comment or an issue that GitHub takes, in characters. */
const BODY_LIMIT = 65_536;

/** An invisible first line, by which our text is found again. Only letters, digits and `. _ -` get in. */
export const markerLine = (marker: string): string =>
  `<!-- wwhd-deploy:${marker.replaceAll(/[^\w.-]/g, '-')} -->`;

/** The text under its marker, cut where GitHub would refuse it. */
export function markedBody(marker: string, text: string): string {
  const body = `${markerLine(marker)}\n${text}`;
  const note = '\n\n… cut: a comment holds 65,536 characters.';
  return body.length <= BODY_LIMIT ? body : `${body.slice(0, BODY_LIMIT - note.length)}${note}`;
}

/** The first of `items` that passes; they are asked one after the other. */
export async function firstOf<T>(
  items: readonly T[],
  passes: (item: T) => Promise<boolean>,
): Promise<T | undefined> {
  for (const item of items) if (await passes(item)) return item;
  return undefined;
}

/**
 * Our one comment with this marker on an issue or pull request: updated where it is there, left alone where it says the
 * same already, else created.
 * https://docs.github.com/en/rest/issues/comments
 * @throws GitHubError
 */
export function upsertComment(
  access: GitHubAccess,
  number: number,
  marker: string,
  text: string,
): Promise<Upserted> {
  return lookAndWrite(() => upsert(access, number, marker, markedBody(marker, text)));
}

interface Upserted {
  readonly id: number;
  readonly url: string;
  readonly written: boolean;
}

async function upsert(access: GitHubAccess, number: number, marker: string, body: string): Promise<Upserted> {
  const { rest, paginate, here, isOurs } = await connectGitHub(access);
  const thread = { ...here, issue_number: number };
  // At the very start: a comment that quotes ours is somebody else's. So is one that a stranger gave our marker.
  const marked = await paginate(rest.issues.listComments, { ...thread, per_page: 100 }, ({ data }) =>
    data.filter((comment) => comment.body?.startsWith(markerLine(marker))),
  );
  const ours = await firstOf(marked, ({ user }) => isOurs(user));
  if (ours?.body === body) return { id: ours.id, url: ours.html_url ?? '', written: false };
  const { data: saved } = ours
    ? await rest.issues.updateComment({ ...here, comment_id: ours.id, body })
    : await rest.issues.createComment({ ...thread, body });
  return { id: saved.id, url: saved.html_url ?? '', written: true };
}
