import { callGitHub, type GitHubAccess, GitHubError } from './api.ts';

interface Named {
  readonly object: { readonly type: string; readonly sha: string };
}

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
    const ref = `tags/${name}`;
    let { object } = await callGitHub<Named>(access, 'GET /repos/{owner}/{repo}/git/ref/{ref}', { ref });
    // An annotated tag is an object of its own that names the commit.
    for (let i = 0; object.type === 'tag' && i < DEPTH; i++) {
      const tag_sha = object.sha;
      const route = 'GET /repos/{owner}/{repo}/git/tags/{tag_sha}';
      ({ object } = await callGitHub<Named>(access, route, { tag_sha }));
    }
    return object.type === 'commit' ? object.sha : undefined;
  } catch (error) {
    if (error instanceof GitHubError && error.kind === 'missing') return undefined;
    throw error;
  }
}
