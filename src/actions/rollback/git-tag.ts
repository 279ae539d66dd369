import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Longest that git is waited for, in milliseconds. */
const GIT_TIMEOUT = 5000;

/** The commit that a tag names in the repository of `folder`; `undefined` where it names none, or there is no git. */
export async function commitOfTag(folder: string, name: string): Promise<string | undefined> {
  if (!/^[\w][\w./+-]*$/.test(name)) return undefined;
  try {
    const args = ['rev-parse', '--verify', '--quiet', `refs/tags/${name}^{commit}`];
    const { stdout } = await promisify(execFile)('git', args, { cwd: folder, timeout: GIT_TIMEOUT });
    return /^[0-9a-f]{40,64}$/.exec(stdout.trim())?.[0];
  } catch {
    return undefined;
  }
}
