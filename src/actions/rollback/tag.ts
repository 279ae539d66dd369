import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { GitHubAccess } from '../../github/api.ts';
import { commitOfGitHubTag } from '../../github/tags.ts';
import { messageOf } from '../../runtime/errors.ts';

/** Longest that git is waited for, in milliseconds. */
const GIT_TIMEOUT = 5000;
/** Longest that GitHub is waited for, in milliseconds: where it is down, the rollback has other ways to go on. */
const GITHUB_TIMEOUT = 8000;

/** What a name is as a tag. */
export interface TagAnswer {
  /** Full SHA; `undefined` where it is no tag that we know of. */
  readonly commit: string | undefined;
  /** Why that may not be all that there is to know, for the error text. */
  readonly doubt?: string;
}

/**
 * The commit that a tag names: at GitHub, for the checkout of a job has no tags as a rule; where GitHub cannot tell, in
 * the clone at hand. (What the release records themselves say of a tag is known anyway.) Never throws.
 * @param access left out where the repository's name is not known
 */
export async function commitOfTag(
  name: string,
  folder: string,
  access: GitHubAccess | undefined,
): Promise<TagAnswer> {
  // https://git-scm.com/docs/git-check-ref-format
  if (!/^[\w][\w./+@-]*$/.test(name) || /\.\.|@\{|\/$|\.$/.test(name)) return { commit: undefined };
  const known = await atGitHub(name, access);
  if (known.commit) return known;
  const commit = await inClone(name, folder);
  return commit ? { commit } : known;
}

async function atGitHub(name: string, access: GitHubAccess | undefined): Promise<TagAnswer> {
  if (!access) {
    const doubt =
      'if it is a tag: GitHub was not asked, for the repository is not known (run this in a clone, or give --repository)';
    return { commit: undefined, doubt };
  }
  const bound = AbortSignal.timeout(GITHUB_TIMEOUT);
  const signal = access.signal ? AbortSignal.any([access.signal, bound]) : bound;
  try {
    const commit = await commitOfGitHubTag({ ...access, signal, patience: GITHUB_TIMEOUT / 2 }, name);
    if (commit) return { commit };
    const unseen = access.token === '' ? ', or it cannot be seen without `github-token`' : '';
    return { commit, doubt: `${access.repository} has no such tag at GitHub${unseen}` };
  } catch (error) {
    access.signal?.throwIfAborted();
    access.log.debug(`GitHub did not say what ${name} is: ${messageOf(error)}`);
    const why = bound.aborted ? `no answer in ${GITHUB_TIMEOUT / 1000} s` : messageOf(error);
    return {
      commit: undefined,
      doubt: `GitHub could not be asked (${why}), and the clone here has no such tag`,
    };
  }
}

/** `undefined` where it names none, or there is no git, or no repository. */
async function inClone(name: string, folder: string): Promise<string | undefined> {
  try {
    const args = ['rev-parse', '--verify', '--quiet', `refs/tags/${name}^{commit}`];
    const { stdout } = await promisify(execFile)('git', args, { cwd: folder, timeout: GIT_TIMEOUT });
    return /^[0-9a-f]{40,64}$/.exec(stdout.trim())?.[0];
  } catch {
    return undefined;
  }
}
