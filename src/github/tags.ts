import { type GitHubAccess, GitHubError } from './api.ts';
import { connectGitHub } from './client.ts';

/** Tags of tags that are followed: git allows any number, nobody needs more than one. */
const DEPTH = 3;

/**
 * The commit that a tag names at GitHub; `undefined` where there is no such tag, or the token may not see it (GitHub
 * does not tell the two apart).
 * https://docs.github.com/en/rest/git/refs#get-a-reference, https://docs.github.com/en/rest/git/tags#get-a-tag
 * @throws GitHubError where GitHub cannot be asked.
 */
export async function commitOfGitHubTag(access: GitHubAccess, name: string): Promise<string | undefined> {
  try {
    const { rest, here } = await connectGitHub(access);
    let { object } = (await rest.git.getRef({ ...here, ref: `tags/${name}` })).data;
    // An annotated tag is an object of its own that names the commit.
    for (let i = 0; object.type === 'tag' && i < DEPTH; i++)
      ({ object } = (await rest.git.getTag({ ...here, tag_sha: object.sha })).data);
    return object.type === 'commit' ? object.sha : undefined;
  } catch (error) {
    if (error instanceof GitHubError && error.kind === 'missing') return undefined;
    throw error;
  }
}
