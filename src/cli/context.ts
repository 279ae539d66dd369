import { execFile } from 'node:child_process';
import { hostname, userInfo } from 'node:os';
import { promisify } from 'node:util';
import type { CliOptions } from './flags.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Longest that git is waited for, in milliseconds. */
const GIT_TIMEOUT = 3000;

/**
 * The run as a bundle wants to know it: inside a GitHub job as it is there, on a laptop from git and the flags. There
 * is no run id on a laptop; the lock names the person and the machine instead.
 */
export async function runEnvironment(
  options: CliOptions,
  env: Env,
  cwd: string,
): Promise<Record<string, string>> {
  const [commit, ref, remote] = await Promise.all([
    options.commit || env['GITHUB_SHA'] || git(cwd, ['rev-parse', 'HEAD']),
    options.ref || env['GITHUB_REF'] || git(cwd, ['symbolic-ref', '--quiet', 'HEAD']),
    options.repository || env['GITHUB_REPOSITORY'] || git(cwd, ['remote', 'get-url', 'origin']),
  ]);
  const committed = commit && (await git(cwd, ['show', '--no-patch', '--format=%cI', commit]));
  return {
    GITHUB_SHA: commit,
    ...(committed ? { WWHD_COMMITTED_AT: committed } : {}),
    GITHUB_REF: ref,
    GITHUB_REPOSITORY: repositoryOf(remote),
    GITHUB_ACTOR: options.actor || env['GITHUB_ACTOR'] || userName(),
    GITHUB_WORKSPACE: cwd,
    USER: `${userName()}@${hostname()}`,
  };
}

/** What git says, '' where it says nothing: no repository, no commit, no git. */
async function git(cwd: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)('git', args, { cwd, timeout: GIT_TIMEOUT })).stdout.trim();
  } catch {
    return '';
  }
}

/** `owner/name` of a remote's address, such as `git@github.com:owner/name.git`; what is one already stays as it is. */
export function repositoryOf(remote: string): string {
  return /(?:^|[/:])([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(remote)?.[1] ?? '';
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
